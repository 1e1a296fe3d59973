package vec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A Part is u columns of a matrix, those from i·u on.
type Part struct {
	Matrix string
	I      int // 0 to 3
}

// A CellMap is a kernel that takes n rows of several matrices at a time, whose parts are values of the units of a recurrent
// cell, and computes others of them:
//
//	out[row, j]… = f(in[row, j]…)    for 0 ≤ j < cols
//
// Each matrix has a row stride of its own; a stride of 0 makes it a vector. A part may be read and written.
type CellMap struct {
	Name, File string
	Matrices   []string // in the order of the arguments, each followed by its stride in elements
	In, Out    []Part
	F          func(e *Expr, in []Val) (out []Val)
}

// gates returns the first k parts of a matrix.
func gates(matrix string, k int) []Part {
	var parts []Part
	for i := range k {
		parts = append(parts, Part{matrix, i})
	}
	return parts
}

// firsts returns the first part of each of some matrices.
func firsts(matrices ...string) []Part {
	var parts []Part
	for _, m := range matrices {
		parts = append(parts, Part{m, 0})
	}
	return parts
}

// interleave appends the operations of several values in turn, so that the latencies of one are hidden behind the others,
// and returns the values. The operations of one must not use those of another.
func (e *Expr) interleave(values ...func() Val) []Val {
	start := len(e.nodes)
	var ends []int
	var out []Val
	for _, v := range values {
		out = append(out, v())
		ends = append(ends, len(e.nodes))
	}
	chains := make([][]int, len(values))
	for c, from := 0, start; c < len(values); c++ {
		for i := from; i < ends[c]; i++ {
			chains[c] = append(chains[c], i)
		}
		from = ends[c]
	}
	var order []int
	for i := 0; len(order) < len(e.nodes)-start; i++ {
		for _, c := range chains {
			if i < len(c) {
				order = append(order, c[i])
			}
		}
	}
	// A constant that several chains use belongs to the first of them: constants come before all else.
	slices.SortStableFunc(order, func(a, b int) int {
		return btoi(e.nodes[b].kind == kConst) - btoi(e.nodes[a].kind == kConst)
	})
	to := map[Val]Val{}
	var nodes []node
	for i, from := range order {
		to[Val(from)] = Val(start + i)
		nodes = append(nodes, e.nodes[from])
	}
	e.nodes = append(e.nodes[:start], nodes...)
	move := func(v *Val) {
		if n, ok := to[*v]; ok {
			*v = n
		}
	}
	for _, n := range nodes {
		for i := range n.args {
			move(&n.args[i])
		}
	}
	for i := range out {
		move(&out[i])
	}
	for b, v := range e.consts {
		move(&v)
		e.consts[b] = v
	}
	return out
}

// btoi is 1 for true.
func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sigmoids are the sigmoids of two values.
func (e *Expr) sigmoids(a, b Val) (Val, Val) {
	v := e.interleave(func() Val { return e.sigmoid(a) }, func() Val { return e.sigmoid(b) })
	return v[0], v[1]
}

// CellMaps is the table of steps of recurrent cells over a batch.
var CellMaps = []CellMap{
	{
		Name: "lstmForward", File: "lstm_forward", Matrices: []string{"gates", "c", "h", "last"},
		In:  slices.Concat(gates("gates", 4), firsts("last")),
		Out: slices.Concat(gates("gates", 4), firsts("c", "h")),
		F: func(e *Expr, in []Val) []Val {
			i, f := e.sigmoids(in[0], in[1])
			v := e.interleave(func() Val { return e.tanh(in[2]) }, func() Val { return e.sigmoid(in[3]) })
			g, o := v[0], v[1]
			c := e.Add(e.Mul(f, in[4]), e.Mul(i, g))
			return []Val{i, f, g, o, c, e.Mul(e.tanh(c), o)}
		},
	},
	{
		Name: "lstmBackward", File: "lstm_backward", Matrices: []string{"d", "dc", "dh", "dy", "gates", "c", "last"},
		In:  slices.Concat(firsts("dc", "dh", "dy"), gates("gates", 4), firsts("c", "last")),
		Out: slices.Concat(gates("d", 4), firsts("dc")),
		F: func(e *Expr, in []Val) []Val {
			i, f, g, o, dh, a := in[3], in[4], in[5], in[6], e.Add(in[1], in[2]), e.tanh(in[7])
			do := e.sigmoidGrad(e.Mul(dh, a), o)
			dc := e.Add(in[0], e.tanhGrad(e.Mul(dh, o), a))
			return []Val{
				e.sigmoidGrad(e.Mul(dc, g), i), e.sigmoidGrad(e.Mul(dc, in[8]), f), e.tanhGrad(e.Mul(dc, i), g), do,
				e.Mul(dc, f),
			}
		},
	},
	{
		Name: "gruForward", File: "gru_forward", Matrices: []string{"gates", "q", "h", "last", "b"},
		In:  slices.Concat(gates("gates", 3), firsts("q", "last"), gates("b", 3)),
		Out: slices.Concat(gates("gates", 3), firsts("q", "h")),
		F: func(e *Expr, in []Val) []Val {
			z, r := e.sigmoids(e.Add(in[0], in[5]), e.Add(in[1], in[6]))
			q := e.Add(in[3], in[7])
			g := e.tanh(e.Add(in[2], e.Mul(r, q)))
			return []Val{z, r, g, q, e.Add(g, e.Mul(e.Sub(in[4], g), z))}
		},
	},
	{
		Name: "gruBackward", File: "gru_backward", Matrices: []string{"d", "dh", "dy", "gates", "q", "last"},
		In:  slices.Concat(firsts("dh", "dy"), gates("gates", 3), firsts("q", "last")),
		Out: slices.Concat(gates("d", 4), firsts("dh")),
		F: func(e *Expr, in []Val) []Val {
			dh, z, r, g := e.Add(in[0], in[1]), in[2], in[3], in[4]
			dz := e.sigmoidGrad(e.Mul(dh, e.Sub(in[6], g)), z)
			kept := e.Mul(dh, z)
			dg := e.tanhGrad(e.Sub(dh, kept), g)
			return []Val{dz, e.sigmoidGrad(e.Mul(dg, in[5]), r), dg, e.Mul(dg, r), kept}
		},
	},
}

// Signature returns the type of the kernel's Go function.
func (k *CellMap) Signature() string {
	var strides []string
	for _, m := range k.Matrices {
		strides = append(strides, m+"Stride")
	}
	return fmt.Sprintf("func(n, cols, u int, %s *float32, %s int)", strings.Join(k.Matrices, ", "), strings.Join(strides, ", "))
}

// emit writes the kernel. n and cols are not 0.
//
//	for each row: loop of unroll registers, loop of one register, then the last cols mod 8 columns
//
// Pointers pass over the columns of a row, and then on to the next row.
func (k *CellMap) emit(g *Gen, unroll int) {
	g.header(k.Name, k.Signature())
	c := cellGen{Gen: g, at: map[string]reg.GPVirtual{}, step: g.GP64()}
	g.Comment("bytes from a part to the next, and to that behind the next two")
	u := g.step(c.step, "u")
	if slices.ContainsFunc(slices.Concat(k.In, k.Out), func(p Part) bool { return p.I == 3 }) {
		c.three = g.GP64()
		g.LEAQ(operand.Mem{Base: u, Index: u, Scale: 2}, c.three)
	}

	g.Comment("bytes from the last column that a row's pointers come to, to the next row")
	var skips []operand.Mem
	for _, m := range k.Matrices {
		passed, stride, skip := g.GP64(), g.GP64(), g.AllocLocal(8)
		g.step(stride, m+"Stride")
		g.step(passed, "cols")
		g.ANDQ(operand.I32(-32), passed)
		g.SUBQ(passed, stride)
		g.MOVQ(stride, skip)
		skips = append(skips, skip)
	}
	for _, m := range k.Matrices {
		c.at[m] = g.Load(g.Param(m), g.GP64()).(reg.GPVirtual)
	}
	n := g.Load(g.Param("n"), g.GP64())
	left := g.GP64()

	g.Label("row")
	g.Load(g.Param("cols"), left)
	columns := func(label, next string, lanes int) {
		g.Label(label)
		g.CMPQ(left, operand.Imm(uint64(8*lanes)))
		g.JL(operand.LabelRef(next))
		c.body(k, lanes, nil)
		for _, m := range k.Matrices {
			g.ADDQ(operand.U32(32*lanes), c.at[m])
		}
		g.SUBQ(operand.Imm(uint64(8*lanes)), left)
		g.JMP(operand.LabelRef(label))
	}
	if unroll > 1 {
		columns("wide", "one", unroll)
	}
	columns("one", "part", 1)
	g.Label("part")
	g.TESTQ(left, left)
	g.JZ(operand.LabelRef("next"))
	c.body(k, 1, left)
	g.Label("next")
	for i, m := range k.Matrices {
		g.ADDQ(skips[i], c.at[m])
	}
	g.DECQ(n)
	g.JNZ(operand.LabelRef("row"))
	g.VZEROUPPER()
	g.RET()
}

// step loads an argument that counts elements as bytes.
func (g *Gen) step(r reg.GPVirtual, arg string) reg.GPVirtual {
	g.Load(g.Param(arg), r)
	g.SHLQ(operand.Imm(2), r)
	return r
}

// A cellGen writes the kernel of a CellMap.
type cellGen struct {
	*Gen
	at          map[string]reg.GPVirtual // where the columns at hand begin in each matrix
	step, three reg.GPVirtual            // bytes of one part and of three
}

// mem returns where the columns at hand of a part lie.
func (c *cellGen) mem(p Part) operand.Mem {
	m := operand.Mem{Base: c.at[p.Matrix]}
	switch p.I {
	case 1, 2:
		m.Index, m.Scale = c.step, uint8(p.I)
	case 3:
		m.Index, m.Scale = c.three, 1
	}
	return m
}

// body computes some registers of columns, or the first left < 8 columns. What is computed is stored at once, so that few
// registers are needed.
func (c *cellGen) body(k *CellMap, lanes int, left reg.Register) {
	e := newExpr()
	var in []Val
	for range k.In {
		in = append(in, e.In())
	}
	places := map[Val]Part{}
	for i, v := range k.F(e, in) {
		places[v] = k.Out[i]
	}
	address := func(p Part) reg.GPVirtual {
		r := c.GP64()
		c.LEAQ(c.mem(p), r)
		return r
	}
	l := &lowering{Gen: c.Gen, e: e, last: e.lastUses(nil), regs: map[Val][]reg.VecVirtual{}, env: env{lanes: lanes,
		load: func(input, lane int) reg.VecVirtual {
			if left != nil {
				return c.loadTail(left, address(k.In[input]))
			}
			r := c.YMM()
			c.VMOVUPS(c.mem(k.In[input]).Offset(32*lane), r)
			return r
		}}}
	for i := range e.nodes {
		p, out := places[Val(i)]
		if !out && l.last[i] == 0 {
			continue
		}
		l.node(i)
		for lane := range lanes {
			switch {
			case !out:
			case left == nil:
				c.VMOVUPS(l.regs[Val(i)][lane], c.mem(p).Offset(32*lane))
			default:
				r := c.YMM()
				c.VMOVAPS(l.regs[Val(i)][lane], r)
				c.storeTail(left, r, address(p))
			}
		}
	}
}
