//go:build amd64 && !purego

package cpu

import "os"

// Values of the environment variable NNRT that choose among the instruction sets that the machine has: AVX2 keeps to
// AVX2, AVX512 takes AVX-512 for all kernels that have it, also where it is no faster.
const (
	AVX2   = "avx2"
	AVX512 = "avx512"
)

// HasAVX512 tells whether AVX-512 kernels (F, VL, DQ and BW) may run and are the faster ones: HasAVX2FMA, the
// processor has the instructions at full width, and the operating system saves ZMM registers and masks. It is a
// variable as HasAVX2FMA is.
var HasAVX512 = HasAVX2FMA && chooseAVX512(os.Getenv("NNRT"))

func chooseAVX512(nnrt string) bool {
	return nnrt != AVX2 && detectAVX512() && (nnrt == AVX512 || fullWidth(processor()))
}

// HasSplitAVX512 tells whether AVX-512 kernels may run that are the faster ones also where 512 bits are split into two
// halves: HasAVX512, or the processor is one of those. It is a variable as HasAVX2FMA is.
//
// What gains there is not the width but fewer instructions for the same work, 32 registers, masks in place of code for
// edges, and instructions that AVX2 lacks, and of kernels that wait for their own results, such as steps of recurrent
// cells, twice as many lanes in the same queues: functions of elements and of rows, norms, losses, pools and dropout,
// optimizers, and some products. Each family of kernels that asks for this was measured beside its part for AVX2, in
// turns and in one run.
var HasSplitAVX512 = HasAVX2FMA && chooseSplitAVX512(os.Getenv("NNRT"))

func chooseSplitAVX512(nnrt string) bool {
	return chooseAVX512(nnrt) || nnrt != AVX2 && detectAVX512() && split(processor())
}

func detectAVX512() bool {
	const needX = xcr0SSE | xcr0AVX | 1<<5 | 1<<6 | 1<<7 // masks, the upper halves of Z0 to Z15, and Z16 to Z31
	const f, dq, bw, vl = 1 << 16, 1 << 17, 1 << 30, 1 << 31
	const need = f | dq | bw | vl
	return machine.xcr0&needX == needX && machine.ebx7&need == need
}

// KeepsClock tells whether the processor keeps its clock under AVX-512, so that small products may take it whatever
// runs behind them: those by AMD. On others that have the full width, the clock falls by less than large products gain.
var KeepsClock = string(machine.vendor[:]) == "AuthenticAMD"

// HasVNNI tells whether kernels may run that add products of bytes by AVX-512 VNNI: they are the faster ones also where
// 512 bits are two halves. It is a variable as HasAVX2FMA is.
var HasVNNI = HasAVX2FMA && os.Getenv("NNRT") != AVX2 && detectAVX512() && detectVNNI()

func detectVNNI() bool {
	const vnni = 1 << 11
	return machine.ecx7&vnni != 0
}

// fullWidth tells of which processors AVX-512 is worth it: two multiply-adds of 512 bits a cycle, and a clock that does
// not fall by more than that brings. There a product takes a bit more than half of the cycles. Elsewhere it takes as
// many as with AVX2 or more:
//
//	Zen 4, Zen 5 in notebooks      512 bits are two halves
//	Ice Lake, Rocket Lake, Tiger   one multiply-add a cycle, as two of 256 bits
//	Skylake-X to Cooper Lake       the clock falls for all that runs on the core, and some have one unit
//
// The processors of the first line have a rule of their own for other kernels than most products: see split. On the others
// all kernels follow this one: where the clock falls, it falls for the products beside them.
//
// Sources: Intel, Optimization Reference Manual, chapters 2 and 18; AMD, Software Optimization Guide for the Zen 5
// Microarchitecture, section 2.11.
func fullWidth(vendor string, family, model uint32) bool {
	switch {
	case vendor == "AuthenticAMD" && family == 0x1a:
		return model&^0xf != 0x20 && model&^0xf != 0x60
	case vendor == "AuthenticAMD":
		return family > 0x1a
	case vendor == "GenuineIntel" && family == 6:
		switch model {
		case 0x6a, 0x6c, // Ice Lake for servers
			0x8f, 0xcf, // Sapphire Rapids, Emerald Rapids
			0xad, 0xae: // Granite Rapids
			return true
		}
	}
	return false
}

// split tells of which processors 512 bits are two halves that go through the units for 256 one after the other, without
// a lower clock: Zen 4, which is the family 0x19 with AVX-512, and Zen 5 in notebooks.
func split(vendor string, family, model uint32) bool {
	return vendor == "AuthenticAMD" && (family == 0x19 || family == 0x1a && !fullWidth(vendor, family, model))
}

// processor returns who made the processor, its family and its model.
func processor() (vendor string, family, model uint32) {
	a := machine.eax1
	family, model = a>>8&0xf, a>>4&0xf|a>>12&0xf0
	if family == 0xf {
		family += a >> 20 & 0xff
	}
	return string(machine.vendor[:]), family, model
}
