package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalised appends h = (x − mean)·rstd.
func normalised(e *Expr, x, mean, rstd Val) Val { return e.Mul(e.Sub(x, mean), rstd) }

const batchNormDXSignature = "func(n, f int, dx, dy, x, mean, rstd, a, b, gain *float32)"

func emitBatchNormDX(g *Gen, unroll int) {
	g.header("batchNormDX", batchNormDXSignature)
	c := g.newCols()
	dx, dy, x := c.pointer("dx"), c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		var cols []column
		for _, v := range []string{"mean", "rstd", "a", "b", "gain"} {
			cols = append(cols, t.keep(t.load(c.pointer(v))))
		}
		e := newExpr()
		dyv := e.In()
		h := normalised(e, e.In(), e.Col(), e.Col())
		a, b, gain := e.Col(), e.Col(), e.Col()
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: cols,
			stores: []store{{dx, e.Mul(gain, e.FNMA(h, b, e.Sub(dyv, a)))}}})
	})
}

const batchNormInferSignature = "func(n, f int, y, x, gamma, beta, runMean, runVar *float32, eps float32)"

func emitBatchNormInfer(g *Gen, unroll int) {
	g.header("batchNormInfer", batchNormInferSignature)
	eps := g.broadcastArg("eps")
	c := g.newCols()
	y, x := c.pointer("y"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		s := t.each([]operand.Mem{eps}, nil, func(e *Expr, in, sc, _ []Val) Val {
			return e.Mul(in[1], e.Div(e.C(1), e.Sqrt(e.Add(in[0], sc[0]))))
		}, t.load(c.pointer("runVar")), t.load(c.pointer("gamma")))
		e := newExpr()
		v := e.Sub(e.In(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x},
			cols:   []column{t.keep(t.load(c.pointer("runMean"))), t.keep(s), t.keep(t.load(c.pointer("beta")))},
			stores: []store{{y, e.FMA(v, e.Col(), e.Col())}}})
	})
}

const deviationsSignature = "func(n, f int, x, mean, sum *float32)"

func emitDeviations(g *Gen, unroll int) {
	g.header("deviations", deviationsSignature)
	c := g.newCols()
	x, sum := c.pointer("x"), c.pointer("sum")
	c.tiles(unroll, func(t tile) {
		cols := []column{t.keep(t.load(c.pointer("mean")))}
		e := newExpr()
		s := t.load(sum)
		d := e.Sub(e.In(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, cols: cols, accs: []colAcc{{acc{accFMA, d, d}, s}}})
		t.store(sum, s)
	})
}

// normalize is y = fma((x − mean)·rstd, γ, β).
var normalize = ColMap{"normalize", "normalize", []string{"mean", "rstd", "gamma", "beta"},
	func(e *Expr, x Val, v []Val) Val {
		return e.FMA(normalised(e, x, v[0], v[1]), v[2], v[3])
	}}

const gradSumsSignature = "func(n, f int, sum, dot, dy, x, mean, rstd *float32)"

func emitGradSums(g *Gen, unroll int) {
	g.header("gradSums", gradSumsSignature)
	c := g.newCols()
	sum, dot, dy, x := c.pointer("sum"), c.pointer("dot"), c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		cols := []column{t.keep(t.load(c.pointer("mean"))), t.keep(t.load(c.pointer("rstd")))}
		e := newExpr()
		s, sh := t.load(sum), t.load(dot)
		gv := e.In()
		h := normalised(e, e.In(), e.Col(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: cols,
			accs: []colAcc{{acc{kind: accAdd, a: gv}, s}, {acc{accFMA, gv, h}, sh}}})
		t.store(sum, s)
		t.store(dot, sh)
	})
}

const groupNormDXSignature = "func(n, f int, dx, dy, x, gamma, mean, rstd, a, b *float32)"

func emitGroupNormDX(g *Gen, unroll int) {
	g.header("groupNormDX", groupNormDXSignature)
	c := g.newCols()
	dx, dy, x := c.pointer("dx"), c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		var cols []column
		for _, v := range []string{"gamma", "mean", "rstd", "a", "b"} {
			cols = append(cols, t.keep(t.load(c.pointer(v))))
		}
		e := newExpr()
		dyv, xv := e.In(), e.In()
		gamma, mean, r, a, b := e.Col(), e.Col(), e.Col(), e.Col(), e.Col()
		h := normalised(e, xv, mean, r)
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: cols,
			stores: []store{{dx, e.Mul(r, e.FNMA(h, b, e.Sub(e.Mul(dyv, gamma), a)))}}})
	})
}

const layerNormSignature = "func(n, f int, y, x, gamma, beta, mean, rstd *float32, count, eps float32)"

func emitLayerNorm(g *Gen, _ int) {
	g.header("layerNorm", layerNormSignature)
	count, eps := g.broadcastArg("count"), g.broadcastArg("eps")
	r := g.newRows()
	y, x := r.matrix("y"), r.matrix("x")
	gamma, beta, mean, rstd := r.vector("gamma"), r.vector("beta"), r.vector("mean"), r.vector("rstd")
	m, k := r.slot(), r.slot()
	g.Label("row")
	g.Comment("mean")
	e := newExpr()
	s := r.run(phase{e: e, in: []reg.GPVirtual{x}, accs: []acc{{kind: accAdd, a: e.In()}},
		lanes: 4, unroll: 4, side: 4})[0]
	g.fold(accAdd, s)
	s = g.small([]operand.Mem{count}, func(e *Expr, in, sc []Val) Val { return e.Div(in[0], sc[0]) }, s)
	g.VMOVUPS(s, m)
	g.VMOVSS(s.AsX(), operand.Mem{Base: mean})

	g.Comment("variance")
	e = newExpr()
	d := e.Sub(e.In(), e.Scalar())
	s = r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{m}, accs: []acc{{accFMA, d, d}},
		lanes: 4, unroll: 4, side: 4})[0]
	g.fold(accAdd, s)
	s = g.small([]operand.Mem{count, eps}, func(e *Expr, in, sc []Val) Val {
		return e.Div(e.C(1), e.Sqrt(e.Add(e.Div(in[0], sc[0]), sc[1])))
	}, s)
	g.VMOVUPS(s, k)
	g.VMOVSS(s.AsX(), operand.Mem{Base: rstd})

	g.Comment("y")
	e = newExpr()
	h := normalised(e, e.In(), e.Scalar(), e.Scalar())
	v := e.FMA(h, e.In(), e.In())
	r.run(phase{e: e, in: []reg.GPVirtual{x, gamma, beta}, scalars: []operand.Mem{m, k}, stores: []store{{y, v}},
		lanes: 1, unroll: 4, side: 4})
	g.ADDQ(operand.Imm(4), mean)
	g.ADDQ(operand.Imm(4), rstd)
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}

const layerNormGradSignature = "func(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd *float32, count float32)"

func emitLayerNormGrad(g *Gen, _ int) {
	g.header("layerNormGrad", layerNormGradSignature)
	count := g.broadcastArg("count")
	r := g.newRows()
	dx, dy, x := r.matrix("dx"), r.matrix("dy"), r.matrix("x")
	gamma, mean, rstd := r.vector("gamma"), r.vector("mean"), r.vector("rstd")
	m, k, as, bs := r.slot(), r.slot(), r.slot(), r.slot()
	g.Label("row")
	for _, v := range []struct {
		from reg.GPVirtual
		to   operand.Mem
	}{{mean, m}, {rstd, k}} {
		t := g.YMM()
		g.VBROADCASTSS(operand.Mem{Base: v.from}, t)
		g.VMOVUPS(t, v.to)
		g.ADDQ(operand.Imm(4), v.from)
	}
	g.Comment("Σ g and Σ g·h")
	e := newExpr()
	gv := e.Mul(e.In(), e.In())
	h := normalised(e, e.In(), e.Scalar(), e.Scalar())
	s := r.run(phase{e: e, in: []reg.GPVirtual{dy, gamma, x}, scalars: []operand.Mem{m, k},
		accs: []acc{{kind: accAdd, a: gv}, {accFMA, gv, h}}, lanes: 4, unroll: 4, side: 2})
	for i, to := range []operand.Mem{as, bs} {
		g.fold(accAdd, s[i])
		g.VMOVUPS(g.small([]operand.Mem{count}, func(e *Expr, in, sc []Val) Val { return e.Div(in[0], sc[0]) }, s[i]), to)
	}

	g.Comment("dγ and dβ")
	e = newExpr()
	dyv := e.In()
	h = normalised(e, e.In(), e.Scalar(), e.Scalar())
	dgamma := r.vector("dgamma")
	dg := e.FMA(dyv, h, e.In())
	r.run(phase{e: e, in: []reg.GPVirtual{dy, x, dgamma}, scalars: []operand.Mem{m, k}, stores: []store{{dgamma, dg}},
		lanes: 1, unroll: 4, side: 4})
	e = newExpr()
	dbeta := r.vector("dbeta")
	db := e.Add(e.In(), e.In())
	r.run(phase{e: e, in: []reg.GPVirtual{dbeta, dy}, stores: []store{{dbeta, db}}, lanes: 1, unroll: 4, side: 4})

	g.Comment("dx")
	e = newExpr()
	gv = e.Mul(e.In(), e.In())
	xv := e.In()
	mv, kv, av, bv := e.Scalar(), e.Scalar(), e.Scalar(), e.Scalar()
	h = normalised(e, xv, mv, kv)
	v := e.Mul(kv, e.FNMA(h, bv, e.Sub(gv, av)))
	r.run(phase{e: e, in: []reg.GPVirtual{dy, gamma, x}, scalars: []operand.Mem{m, k, as, bs}, stores: []store{{dx, v}},
		lanes: 1, unroll: 2, side: 2})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}
