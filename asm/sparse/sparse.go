// Package sparse emits the kernel of runtime/sparse for one example: eight outputs in flight, each a
// chain of scalar multiply-adds over its own connections.
//
// A gather would fetch eight inputs in one instruction, but on AMD's processors takes as long as eight
// loads; and it would want weights in another order than that in which they are trained and saved.
package sparse

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// outputs is the number of outputs in flight: the latency of a multiply-add times two for each cycle.
const outputs = 8

// Emit emits the kernel.
func Emit() {
	TEXT("oneAVX2", NOSPLIT, "func(y, x, w *float32, start, index *int32)")
	Doc("oneAVX2 works like oneGeneric, for 8 outputs; start has the starts of their connections and the end of the last.")
	Pragma("noescape")
	x, w, index := Load(Param("x"), GP64()), Load(Param("w"), GP64()), Load(Param("index"), GP64())
	start := Load(Param("start"), GP64())

	Comment("k: the next connection of each output; count: how many all have")
	var k, sum [outputs]reg.Register
	count, length := GP64(), GP64()
	MOVQ(U32(1<<30), count)
	for o := range outputs {
		k[o], sum[o] = GP64(), XMM()
		MOVLQSX(Mem{Base: start, Disp: 4 * o}, k[o])
		MOVLQSX(Mem{Base: start, Disp: 4 * (o + 1)}, length)
		SUBQ(k[o], length)
		CMPQ(length, count)
		CMOVQLT(length, count)
		VXORPS(sum[o].(reg.VecVirtual), sum[o].(reg.VecVirtual), sum[o].(reg.VecVirtual))
	}
	at, v := GP64(), XMM()
	step := func(o int) {
		MOVLQSX(Mem{Base: index, Index: k[o], Scale: 4}, at)
		VMOVSS(Mem{Base: w, Index: k[o], Scale: 4}, v)
		VFMADD231SS(Mem{Base: x, Index: at, Scale: 4}, v, sum[o])
		INCQ(k[o])
	}
	rest := asm.NewLabel("rest")
	TESTQ(count, count)
	asm.Goto(JZ, rest)
	loop := asm.NewLabel("loop")
	Label(loop)
	for o := range outputs {
		step(o)
	}
	DECQ(count)
	asm.Goto(JNZ, loop)

	Label(rest)
	Comment("what one output has beyond the others")
	y := Load(Param("y"), GP64())
	for o := range outputs {
		more, done := asm.NewLabel("more"), asm.NewLabel("done")
		MOVLQSX(Mem{Base: start, Disp: 4 * (o + 1)}, length)
		Label(more)
		CMPQ(k[o], length)
		asm.Goto(JGE, done)
		step(o)
		asm.Goto(JMP, more)
		Label(done)
		VMOVSS(sum[o], Mem{Base: y, Disp: 4 * o})
	}
	RET()
}
