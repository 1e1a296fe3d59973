// Package hw emits the loops with which runtime/hw measures what the machine can
// do: multiply-adds on registers, and loads from memory.
package hw

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An isa is an instruction set of which loops are emitted.
type isa struct {
	name  string
	lanes int
	vec   func() reg.VecVirtual
}

var isas = []isa{
	{"AVX2", 8, func() reg.VecVirtual { return YMM() }},
	{"AVX512", 16, func() reg.VecVirtual { return ZMM() }},
}

// Chains is how many independent multiply-adds a step of fmaAVX2 and fmaAVX512 has: more than the latency
// times the throughput of any processor that has them.
const Chains = 12

// Emit emits both loops for each instruction set.
func Emit() {
	ConstraintExpr("amd64,!purego")
	for _, x := range isas {
		x.emit()
	}
}

func (x isa) emit() {
	const nosplit = 4
	name := "fma" + x.name
	TEXT(name, nosplit, "func(steps int)")
	Doc(fmt.Sprintf("%s does steps × %d multiply-adds of %d lanes, all on registers.", name, Chains, x.lanes))
	steps := Load(Param("steps"), GP64())
	var sums []reg.VecVirtual
	for range Chains {
		s := x.vec()
		VPSUBD(s, s, s)
		sums = append(sums, s)
	}
	factor := x.vec()
	VPSUBD(factor, factor, factor)
	Label("fma")
	for _, s := range sums {
		VFMADD231PS(factor, factor, s)
	}
	DECQ(steps)
	JNZ(LabelRef("fma"))
	VZEROUPPER()
	RET()

	name = "load" + x.name
	TEXT(name, nosplit, "func(x *float32, lines, times int)")
	Pragma("noescape")
	Doc(name + " loads lines × 4 cache lines of 64 bytes from x on, the whole as often as times says.")
	base := Load(Param("x"), GP64())
	lines := Load(Param("lines"), GP64())
	times := Load(Param("times"), GP64())
	Label("again")
	p, n := GP64(), GP64()
	MOVQ(base, p)
	MOVQ(lines, n)
	Label("load")
	for at := 0; at < 256; at += 4 * x.lanes {
		VMOVUPS(Mem{Base: p, Disp: at}, x.vec())
	}
	ADDQ(U32(256), p)
	DECQ(n)
	JNZ(LabelRef("load"))
	DECQ(times)
	JNZ(LabelRef("again"))
	VZEROUPPER()
	RET()
}
