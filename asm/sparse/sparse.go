// Package sparse emits the kernels of runtime/sparse.
//
// For one example eight outputs are in flight, each a chain of scalar multiply-adds over its own
// connections. For a batch a tile of examples lies side by side, and each connection is a multiply-add
// of vectors.
//
// A gather would fetch eight inputs in one instruction, but on AMD's processors takes as long as eight
// loads; and it would want weights in another order than that in which they are trained and saved.
package sparse

import (
	"math/bits"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	asm "github.com/nngen/nngen/asm/internal/emit"
)

// outputs is the number of outputs in flight: the latency of a multiply-add times two for each cycle.
const outputs = 8

// Emit emits the kernel for one example.
func Emit() {
	TEXT("oneSIMD", NOSPLIT, "func(y, x, w *float32, start, index *int32)")
	Doc("oneSIMD works like oneGeneric, for 8 outputs; start has the starts of their connections and the end of the last.")
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

// Widths are the registers that hold the examples of a tile, for each of which there are kernels.
var Widths = []int{1, 2, 4, 8}

// A tileKernel walks over the connections of every output of a tile of 8·width examples, which lie side
// by side: row l of x has the values of input l.
type tileKernel struct {
	width          int
	rows, columns  reg.Register // the tile of the inputs, and the row at hand of that of the outputs
	w, index, k    reg.Register
	start          reg.Register
	end, at, count reg.Register
}

// emitTile emits one kernel: before and after each output, and for each of its connections with the
// register that points to the row of its input.
func emitTile(name, doc, signature, rows, columns string, width int, before, after func(t *tileKernel),
	each func(t *tileKernel, row reg.Register)) {
	TEXT(name, NOSPLIT, "func("+signature+" *float32, start, index *int32, out int)")
	Doc(doc)
	Pragma("noescape")
	t := &tileKernel{width: width, end: GP64(), at: GP64(), k: GP64()}
	t.rows, t.columns = Load(Param(rows), GP64()), Load(Param(columns), GP64())
	weights := "w"
	if rows == "x" && columns == "dy" {
		weights = "dw"
	}
	t.w, t.index, t.start, t.count = Load(Param(weights), GP64()), Load(Param("index"), GP64()),
		Load(Param("start"), GP64()), Load(Param("out"), GP64())
	MOVLQSX(Mem{Base: t.start}, t.k)
	output, loop, done := asm.NewLabel("output"), asm.NewLabel("connection"), asm.NewLabel("done")
	Label(output)
	before(t)
	MOVLQSX(Mem{Base: t.start, Disp: 4}, t.end)
	CMPQ(t.k, t.end)
	asm.Goto(JGE, done)
	Label(loop)
	MOVLQSX(Mem{Base: t.index, Index: t.k, Scale: 4}, t.at)
	SHLQ(U8(bits.Len(uint(32*width))-1), t.at)
	ADDQ(t.rows, t.at)
	each(t, t.at)
	INCQ(t.k)
	CMPQ(t.k, t.end)
	asm.Goto(JLT, loop)
	Label(done)
	after(t)
	ADDQ(U32(32*width), t.columns)
	ADDQ(Imm(4), t.start)
	DECQ(t.count)
	asm.Goto(JNZ, output)
	VZEROUPPER()
	RET()
}

func vectors(n int) []reg.VecVirtual {
	v := make([]reg.VecVirtual, n)
	for i := range v {
		v[i] = YMM()
	}
	return v
}

// EmitTiles emits the kernels for one width.
func EmitTiles(width int) {
	suffix := map[int]string{1: "8", 2: "16", 4: "32", 8: "64"}[width] + "SIMD"
	y, dy := vectors(width), vectors(width)
	weight := func(t *tileKernel) reg.VecVirtual {
		w := YMM()
		VBROADCASTSS(Mem{Base: t.w, Index: t.k, Scale: 4}, w)
		return w
	}
	nothing := func(*tileKernel) {}
	load := func(t *tileKernel) {
		for i, v := range dy {
			VMOVUPS(Mem{Base: t.columns, Disp: 32 * i}, v)
		}
	}

	emitTile("forward"+suffix, "forward"+suffix+" works like forwardGeneric.", "y, x, w", "x", "y", width,
		func(*tileKernel) {
			for _, v := range y {
				VXORPS(v, v, v)
			}
		},
		func(t *tileKernel) {
			for i, v := range y {
				VMOVUPS(v, Mem{Base: t.columns, Disp: 32 * i})
			}
		},
		func(t *tileKernel, row reg.Register) {
			w := weight(t)
			for i, v := range y {
				VFMADD231PS(Mem{Base: row, Disp: 32 * i}, w, v)
			}
		})

	emitTile("backward"+suffix, "backward"+suffix+" works like backwardGeneric.", "dx, dy, w", "dx",
		"dy", width, load, nothing,
		func(t *tileKernel, row reg.Register) {
			w := weight(t)
			for i, v := range dy {
				s := YMM()
				VMOVUPS(Mem{Base: row, Disp: 32 * i}, s)
				VFMADD231PS(w, v, s)
				VMOVUPS(s, Mem{Base: row, Disp: 32 * i})
			}
		})

	emitTile("weights"+suffix, "weights"+suffix+" works like weightsGeneric.", "dw, x, dy", "x",
		"dy", width, load, nothing,
		func(t *tileKernel, row reg.Register) {
			s := vectors(min(width, 4))
			for _, v := range s {
				VXORPS(v, v, v)
			}
			for i, v := range dy {
				VFMADD231PS(Mem{Base: row, Disp: 32 * i}, v, s[i%4])
			}
			for half := len(s) / 2; half > 0; half /= 2 {
				for i := range half {
					VADDPS(s[i+half], s[i], s[i])
				}
			}
			upper := XMM()
			low := s[0].AsX()
			VEXTRACTF128(Imm(1), s[0], upper)
			VADDPS(upper, low, low)
			VMOVHLPS(low, low, upper)
			VADDPS(upper, low, low)
			VMOVSHDUP(low, upper)
			VADDSS(upper, low, low)
			VADDSS(Mem{Base: t.w, Index: t.k, Scale: 4}, low, low)
			VMOVSS(low, Mem{Base: t.w, Index: t.k, Scale: 4})
		})
}
