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
	I      int // 0 to 4
}

// A CellMap is a kernel that takes n rows of several matrices at a time, whose parts are values of the units of a
// recurrent cell, and computes others of them:
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

// CellMaps is the table of steps of recurrent cells over a batch.
var CellMaps = []CellMap{
	{
		Name: "lstmForward", File: "lstm_forward", Matrices: []string{"gates", "c", "h", "last"},
		In:  slices.Concat(gates("gates", 4), firsts("last")),
		Out: slices.Concat(gates("gates", 5), firsts("c", "h")),
		F: func(e *Expr, in []Val) []Val {
			i, g := e.sigmoid(in[0]), e.tanh(in[2])
			ig, f := e.Mul(i, g), e.sigmoid(in[1])
			c := e.Add(e.Mul(f, in[4]), ig)
			a, o := e.tanh(c), e.sigmoid(in[3])
			return []Val{i, f, g, o, a, c, e.Mul(a, o)}
		},
	},
	{
		Name: "lstmBackward", File: "lstm_backward", Matrices: []string{"d", "dc", "dh", "dy", "gates", "last"},
		In:  slices.Concat(firsts("dc", "dh", "dy"), gates("gates", 5), firsts("last")),
		Out: slices.Concat(gates("d", 4), firsts("dc")),
		F: func(e *Expr, in []Val) []Val {
			i, f, g, o, dh, a := in[3], in[4], in[5], in[6], e.Add(in[1], in[2]), in[7]
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
			r, q := e.sigmoid(e.Add(in[1], in[6])), e.Add(in[3], in[7])
			g := e.tanh(e.Add(in[2], e.Mul(r, q)))
			z := e.sigmoid(e.Add(in[0], in[5]))
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
	{
		Name: "simpleForward", File: "simple_forward", Matrices: []string{"h", "sums"},
		In: firsts("sums"), Out: firsts("h"),
		F: func(e *Expr, in []Val) []Val { return []Val{e.tanh(in[0])} },
	},
	{
		Name: "simpleBackward", File: "simple_backward", Matrices: []string{"d", "dh", "dy", "h"},
		In: firsts("dh", "dy", "h"), Out: firsts("d"),
		F: func(e *Expr, in []Val) []Val { return []Val{e.tanhGrad(e.Add(in[0], in[1]), in[2])} },
	},
}

// Signature returns the type of the kernel's Go function.
func (k *CellMap) Signature() string {
	var strides []string
	for _, m := range k.Matrices {
		strides = append(strides, m+"Stride")
	}
	return fmt.Sprintf("func(n, cols, u int, %s *float32, %s int)", strings.Join(k.Matrices, ", "),
		strings.Join(strides, ", "))
}

// emit writes the kernel. n and cols are not 0.
//
//	two rows at a time: loop of a register of each, then the last cols mod 8 columns
//	the last row:       loop of two registers, loop of one, then the last cols mod 8 columns
//
// For AVX-512 a loop takes up to 16 columns under a mask, of two rows at a time and of the last one. Rows of 8 are
// taken two in a register, and of fewer left to the part for AVX2, whose registers they fill better. There the operations of
// both registers are put in one order.
//
// Pointers pass over the columns of a row, and then on to the next row. Two registers side by side hide the latencies
// of the functions, and rows may have no more than one.
func (k *CellMap) emit(g *Gen, unroll int) {
	g.headerUnless(k.Name, k.Signature(), func(narrow string) {
		g.CMPQ(g.arg("cols"), operand.Imm(8))
		g.JL(operand.LabelRef(narrow))
	})
	c := cellGen{Gen: g, at: map[string]reg.GPVirtual{}, strides: map[string]operand.Mem{}}
	for _, m := range k.Matrices {
		c.at[m] = g.Load(g.Param(m), g.GP64()).(reg.GPVirtual)
	}
	n := g.Load(g.Param("n"), g.GP64()).(reg.GPVirtual)
	if g.wide {
		c.limit, unroll = cellLimits[unroll], 2
		c.eights(k, n)
	}
	g.Comment("bytes from a part to the next, and to that behind the next two")
	c.step = g.GP64()
	u := g.step(c.step, "u")
	if slices.ContainsFunc(slices.Concat(k.In, k.Out), func(p Part) bool { return p.I == 3 }) {
		c.three = g.GP64()
		g.LEAQ(operand.Mem{Base: u, Index: u, Scale: 2}, c.three)
	}

	g.Comment("bytes from a row to the next, and those that pointers pass over in a row")
	passed := g.GP64()
	g.step(passed, "cols")
	if g.wide {
		g.ADDQ(operand.Imm(63), passed)
	}
	g.ANDQ(operand.I32(int32(-g.bytes())), passed)
	for _, m := range k.Matrices {
		stride, at := g.GP64(), g.AllocLocal(8)
		g.step(stride, m+"Stride")
		g.MOVQ(stride, at)
		c.strides[m] = at
	}
	back := g.AllocLocal(8)
	g.MOVQ(passed, back)
	left := g.GP64()

	columns := func(label, next string, rows, wide int) {
		g.Label(label)
		if g.wide { // up to 16 columns, under a mask
			g.TESTQ(left, left)
			g.JLE(operand.LabelRef(next))
			c.body(k, lanes(rows, rows > 1), nil, g.edge(left))
			for _, m := range k.Matrices {
				g.ADDQ(operand.Imm(64), c.at[m])
			}
			g.SUBQ(operand.Imm(16), left)
			g.JMP(operand.LabelRef(label))
			return
		}
		g.CMPQ(left, operand.Imm(uint64(8*wide)))
		g.JL(operand.LabelRef(next))
		c.body(k, lanes(rows*wide, rows > 1), nil, nil)
		for _, m := range k.Matrices {
			g.ADDQ(operand.U32(32*wide), c.at[m])
		}
		g.SUBQ(operand.Imm(uint64(8*wide)), left)
		g.JMP(operand.LabelRef(label))
	}
	part := func(label, next string, rows int) {
		g.Label(label)
		if !g.wide {
			g.TESTQ(left, left)
			g.JZ(operand.LabelRef(next))
			c.body(k, lanes(rows, rows > 1), left, nil)
			g.Label(next)
		}
		for _, m := range k.Matrices {
			g.SUBQ(back, c.at[m])
			for range rows {
				g.ADDQ(c.strides[m], c.at[m])
			}
		}
	}
	if unroll > 1 {
		g.Label("rows")
		g.CMPQ(n, operand.Imm(uint64(unroll)))
		g.JL(operand.LabelRef("lastRow"))
		g.Load(g.Param("cols"), left)
		columns("columns", "part", unroll, 1)
		part("part", "nextRows", unroll)
		g.SUBQ(operand.Imm(uint64(unroll)), n)
		g.JMP(operand.LabelRef("rows"))
		g.Label("lastRow")
		g.TESTQ(n, n)
		g.JZ(operand.LabelRef("done"))
	}
	g.Label("row")
	g.Load(g.Param("cols"), left)
	if unroll > 1 && !g.wide {
		columns("wide", "single", 1, unroll)
	}
	columns("single", "singlePart", 1, 1)
	part("singlePart", "nextRow", 1)
	g.DECQ(n)
	g.JNZ(operand.LabelRef("row"))
	g.Label("done")
	g.VZEROUPPER()
	g.RET()
}

// cellLimits are how many values AVX-512 has in registers beside inputs: as many as fit.
var cellLimits = map[int]int{2: 24, 1: 16}

// step loads an argument that counts elements as bytes.
func (g *Gen) step(r reg.GPVirtual, arg string) reg.GPVirtual {
	g.Load(g.Param(arg), r)
	g.SHLQ(operand.Imm(2), r)
	return r
}

// eights emits what AVX-512 does for rows of the 8 units of a cell: four at a time, two in a register, then two. The last
// one is taken as any other.
func (c *cellGen) eights(k *CellMap, n reg.GPVirtual) {
	for _, extent := range []string{"cols", "u"} {
		c.CMPQ(c.arg(extent), operand.Imm(8))
		c.JNE(operand.LabelRef("longer"))
	}
	c.apart = map[string]reg.GPVirtual{}
	for _, m := range k.Matrices {
		c.apart[m] = c.Gen.step(c.GP64(), m+"Stride")
	}
	for _, rows := range []int{4, 2} {
		label, next := fmt.Sprintf("eights%d", rows), fmt.Sprintf("eights%d", rows/2)
		c.Label(label)
		c.CMPQ(n, operand.Imm(uint64(rows)))
		c.JL(operand.LabelRef(next))
		c.body(k, cellLanes{count: rows / 2, rowsEach: 2}, nil, nil)
		for _, m := range k.Matrices {
			c.LEAQ(operand.Mem{Base: c.at[m], Index: c.apart[m], Scale: uint8(rows)}, c.at[m])
		}
		c.SUBQ(operand.Imm(uint64(rows)), n)
		c.JMP(operand.LabelRef(label))
	}
	c.Label("eights1")
	c.TESTQ(n, n)
	c.JZ(operand.LabelRef("done"))
	c.Label("longer")
}

// eight returns where the 8 numbers of a part lie, some rows below the row at hand, of which four are taken at most.
func (c *cellGen) eight(p Part, below int) operand.Mem {
	m := operand.Mem{Base: c.at[p.Matrix], Index: c.apart[p.Matrix], Scale: uint8(below)}
	switch below {
	case 0:
		m.Index = nil
	case 3:
		two := c.GP64()
		c.LEAQ(operand.Mem{Base: m.Base, Index: m.Index, Scale: 2}, two)
		m.Base, m.Scale = two, 1
	}
	return m.Offset(32 * p.I)
}

// A cellGen writes the kernel of a CellMap.
type cellGen struct {
	*Gen
	at          map[string]reg.GPVirtual // where the columns at hand begin in each matrix
	strides     map[string]operand.Mem   // bytes from a row to the next
	step, three reg.GPVirtual            // bytes of one part and of three
	apart       map[string]reg.GPVirtual // bytes from a row of 8 numbers to the next
	limit       int                      // of values in registers for AVX-512
}

// mem returns where the columns at hand of a part lie, some rows below the row at hand.
func (c *cellGen) mem(p Part, below int) operand.Mem {
	m := operand.Mem{Base: c.at[p.Matrix]}
	if below > 0 {
		at := c.GP64()
		c.MOVQ(c.at[p.Matrix], at)
		for range below {
			c.ADDQ(c.strides[p.Matrix], at)
		}
		m.Base = at
	}
	switch p.I {
	case 1, 2, 4:
		m.Index, m.Scale = c.step, uint8(p.I)
	case 3:
		m.Index, m.Scale = c.three, 1
	}
	return m
}

// cellLanes are the registers that are computed side by side.
type cellLanes struct {
	count    int
	rowsEach int // rows that a register holds, one below another; 0 if all are of one row
}

// lanes are registers of rows one below another, or of columns side by side.
func lanes(count int, rows bool) cellLanes {
	if rows {
		return cellLanes{count, 1}
	}
	return cellLanes{count: count}
}

// body computes some registers, or the first left < 8 columns of each row. What is computed is stored at once, so that
// few registers are needed. For AVX-512 a mask takes the place of left, and the operations of all registers are put in one
// order.
func (c *cellGen) body(k *CellMap, lanes cellLanes, left, mask reg.Register) {
	e := newExpr()
	copies, side := 1, lanes.count // of the function, and registers side by side of each
	if c.wide {
		copies, side = lanes.count, 1
	}
	var out []Val
	for range copies {
		var in []Val
		for range k.In {
			in = append(in, e.In())
		}
		out = append(out, k.F(e, in)...)
	}
	if c.wide {
		out = e.schedule(out, c.limit)
	}
	mem := func(p Part, lane int) operand.Mem {
		switch lanes.rowsEach {
		case 0:
			return c.mem(p, 0).Offset(32 * lane)
		case 1:
			return c.mem(p, lane)
		}
		return c.eight(p, lane*2)
	}
	half := func(p Part, lane int) operand.Mem { return c.eight(p, lane*2+1) } // the upper one of two rows
	address := func(p Part, lane int) reg.GPVirtual {
		r := c.GP64()
		c.LEAQ(mem(p, lane), r)
		return r
	}
	l := newLowering(c.Gen, e, nil, env{lanes: side,
		load: func(input, lane int) reg.VecVirtual {
			p, lane := k.In[input%len(k.In)], lane+input/len(k.In)
			if lanes.rowsEach == 2 {
				r := c.ZMM()
				c.VBROADCASTF32X8(mem(p, lane), r)
				c.VINSERTF32X8(operand.Imm(1), half(p, lane), r, r)
				return r
			}
			if c.wide {
				return c.loadWide(mem(p, lane), mask)
			}
			if left != nil {
				return c.loadTail(left, address(p, lane))
			}
			r := c.YMM()
			c.VMOVUPS(mem(p, lane), r)
			return r
		}})
	for i := range e.nodes {
		at := slices.Index(out, Val(i))
		if at < 0 && l.last[i] == 0 {
			continue
		}
		l.node(i)
		if at < 0 {
			continue
		}
		p := k.Out[at%len(k.Out)]
		for lane, r := range l.regs[Val(i)] {
			lane += at / len(k.Out)
			switch {
			case lanes.rowsEach == 2:
				c.VMOVUPS(r.AsY(), mem(p, lane))
				c.VEXTRACTF32X8(operand.Imm(1), r, half(p, lane))
			case c.wide:
				c.storeWide(r, mask, mem(p, lane))
			case left == nil:
				c.VMOVUPS(r, mem(p, lane))
			default:
				t := c.YMM()
				c.VMOVAPS(r, t)
				c.storeTail(left, t, address(p, lane))
			}
		}
	}
}
