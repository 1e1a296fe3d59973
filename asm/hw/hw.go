// Package hw emits the loops with which runtime/hw measures what the machine can
// do: multiply-adds on registers, and loads from memory.
package hw

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Chains is how many independent multiply-adds a step of fmaAVX2 has: more than the latency
// times the throughput of any processor with AVX2.
const Chains = 12

// Emit emits both loops.
func Emit() {
	ConstraintExpr("amd64,!purego")
	const nosplit = 4

	TEXT("fmaAVX2", nosplit, "func(steps int)")
	Doc("fmaAVX2 does steps × 12 multiply-adds of 8 lanes, all on registers.")
	steps := Load(Param("steps"), GP64())
	var sums []reg.VecVirtual
	for range Chains {
		s := YMM()
		VXORPS(s, s, s)
		sums = append(sums, s)
	}
	x := YMM()
	VXORPS(x, x, x)
	Label("fma")
	for _, s := range sums {
		VFMADD231PS(x, x, s)
	}
	DECQ(steps)
	JNZ(LabelRef("fma"))
	VZEROUPPER()
	RET()

	TEXT("loadAVX2", nosplit, "func(x *float32, lines, times int)")
	Pragma("noescape")
	Doc("loadAVX2 loads lines × 4 cache lines of 64 bytes from x on, the whole as often as times says.")
	base := Load(Param("x"), GP64())
	lines := Load(Param("lines"), GP64())
	times := Load(Param("times"), GP64())
	Label("again")
	p, n := GP64(), GP64()
	MOVQ(base, p)
	MOVQ(lines, n)
	Label("load")
	for i := range 8 {
		VMOVUPS(Mem{Base: p, Disp: 32 * i}, YMM())
	}
	ADDQ(U32(256), p)
	DECQ(n)
	JNZ(LabelRef("load"))
	DECQ(times)
	JNZ(LabelRef("again"))
	VZEROUPPER()
	RET()
}
