package vec

import (
	"math"
	"strings"

	"github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// NewGen returns what writes kernels of several functions into one file.
func NewGen() *Gen {
	g := newGen()
	g.ConstraintExpr("amd64,!purego")
	return g
}

func newGen() *Gen {
	return &Gen{writer: writer{build.NewContext()}, consts: map[uint32]operand.Mem{}}
}

// NewLabel returns a new label with a name that tells its purpose.
func (g *Gen) NewLabel(purpose string) string { return g.label(purpose) }

// Constant returns a register's width of copies of b in read-only memory.
func (g *Gen) Constant(b uint32) operand.Mem { return g.constant(b) }

// Mask returns, in read-only memory, a register whose first w lanes are set, for 0 ≤ w ≤ 8, and whose others are clear.
func (g *Gen) Mask(w int) operand.Mem { return g.tailMask().Offset(4 * (8 - w)) }

// Apply applies an expression to registers, which it may destroy: in[i] holds those of input i, side by side.
func (g *Gen) Apply(f func(e *Expr, in []Val) Val, in ...[]reg.VecVirtual) []reg.VecVirtual {
	return g.Hold(f, len(in), 0)(in...)
}

// Hold emits the loads of as many constants of an expression as most allows into registers, and returns what applies it
// as Apply does: to emit a loop, behind them.
func (g *Gen) Hold(f func(e *Expr, in []Val) Val, inputs, most int) func(in ...[]reg.VecVirtual) []reg.VecVirtual {
	e := newExpr()
	var args []Val
	for range inputs {
		args = append(args, e.In())
	}
	out := f(e, args)
	held := g.hold(e, out, most)
	return func(in ...[]reg.VecVirtual) []reg.VecVirtual {
		return g.lower(e, []Val{out}, env{lanes: len(in[0]), held: held,
			load: func(input, lane int) reg.VecVirtual { return in[input][lane] }})[0]
	}
}

// A Source is where an input of an expression is: in registers side by side, which may be destroyed, or in memory,
// which is read each time that the input is used.
type Source struct {
	Regs []reg.VecVirtual
	Mem  func(lane int) operand.Mem // of a register; nil for what is in registers
}

// Compute applies an expression to some lanes of its inputs side by side, and returns those of the result.
func (g *Gen) Compute(f func(e *Expr, in []Val) Val, lanes int, in ...Source) []reg.VecVirtual {
	e, v := newExpr(), env{lanes: lanes, given: map[int][]reg.VecVirtual{}}
	v.direct = func(input, lane int) operand.Mem { return in[input].Mem(lane) }
	var args []Val
	for i, s := range in {
		args = append(args, e.In())
		if s.Regs != nil {
			v.given[i] = s.Regs
		}
	}
	return g.lower(e, []Val{f(e, args)}, v)[0]
}

// ComputeScheduled applies an expression to one register of each of its inputs, and returns those of its results. The
// operations are in an order in which a core waits little, with few values in registers at a time.
func (g *Gen) ComputeScheduled(f func(e *Expr, in []Val) []Val, few int, in ...reg.VecVirtual) (out []reg.VecVirtual) {
	e := newExpr()
	var args []Val
	for range in {
		args = append(args, e.In())
	}
	outs := e.schedule(f(e, args), few)
	load := func(input, _ int) reg.VecVirtual { return in[input] }
	for _, r := range g.lower(e, outs, env{lanes: 1, load: load}) {
		out = append(out, r[0])
	}
	return out
}

// Wide tells whether registers are those of AVX-512, and SetWide that they are from here on.
func (g *Gen) Wide() bool { return g.wide }

// SetWide is documented with Wide.
func (g *Gen) SetWide(wide bool) { g.wide = wide }

// Vec returns a register.
func (g *Gen) Vec() reg.VecVirtual { return g.vec() }

// Clear sets a register to 0.
func (g *Gen) Clear(r reg.VecVirtual) { g.clear(r) }

// FoldSum adds the eight lanes of t as the sums of rows do, the upper half to the lower until one is left, and leaves
// the result in all lanes; FoldMax does the same with the larger.
func (g *Gen) FoldSum(t reg.VecVirtual) { g.fold(accAdd, t) }

// FoldMax is documented with FoldSum.
func (g *Gen) FoldMax(t reg.VecVirtual) { g.fold(accMax, t) }

// Transpose emits the transposition of 4×4 numbers in both halves of registers of AVX2, or all quarters of AVX-512.
func (g *Gen) Transpose(v [4]reg.VecVirtual) [4]reg.VecVirtual {
	fresh := g.YMM
	if v[0].Size() > 32 {
		fresh = g.ZMM
	}
	low, high := [2]reg.VecVirtual{fresh(), fresh()}, [2]reg.VecVirtual{fresh(), fresh()}
	for i := range 2 {
		g.VUNPCKLPS(v[2*i+1], v[2*i], low[i])
		g.VUNPCKHPS(v[2*i+1], v[2*i], high[i])
	}
	out := [4]reg.VecVirtual{fresh(), fresh(), fresh(), fresh()}
	g.VUNPCKLPD(low[1], low[0], out[0])
	g.VUNPCKHPD(low[1], low[0], out[1])
	g.VUNPCKLPD(high[1], high[0], out[2])
	g.VUNPCKHPD(high[1], high[0], out[3])
	return out
}

// Bits returns those of a number.
func Bits(x float32) uint32 { return math.Float32bits(x) }

// Exp is eˣ, Sigmoid 1/(1 + e⁻ˣ), and Tanh the hyperbolic tangent.
func (e *Expr) Exp(x Val) Val { return e.exp(x) }

// Sigmoid is documented with Exp.
func (e *Expr) Sigmoid(x Val) Val { return e.sigmoid(x) }

// Tanh is documented with Exp.
func (e *Expr) Tanh(x Val) Val { return e.tanh(x) }

// Function returns the expression of the elementwise function of package vec of the runtime with a name such as
// LeakyReLU, which takes one element and at most one scalar; nil if there is none.
func Function(name string) func(e *Expr, in, scalars []Val) Val {
	for i := range Elementwises {
		if k := &Elementwises[i]; strings.EqualFold(k.Name, name) {
			return k.F
		}
	}
	return nil
}
