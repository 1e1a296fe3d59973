package vec

import (
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// normalised appends h = (x − mean)·rstd.
func normalised(e *Expr, x, mean, rstd Val) Val { return e.Mul(e.Sub(x, mean), rstd) }

const batchNormTrainSignature = "func(n, f int, y, x, gamma, beta, mean, rstd, runMean, runVar *float32, count, unbias, momentum, eps float32)"

func emitBatchNormTrain(g *Gen, unroll int) {
	g.header("batchNormTrain", batchNormTrainSignature)
	count, unbias, momentum, eps := g.broadcastArg("count"), g.broadcastArg("unbias"), g.broadcastArg("momentum"), g.broadcastArg("eps")
	c := g.newCols()
	y, x := c.pointer("y"), c.pointer("x")
	// The other pointers are loaded where they are used: there are more than registers.
	c.tiles(unroll, func(t tile) {
		g.Comment("mean")
		e := newExpr()
		s := t.zero()
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, accs: []colAcc{{acc{kind: accAdd, a: e.In()}, s}}})
		m := t.each([]operand.Mem{count}, nil, func(e *Expr, in, sc, _ []Val) Val { return e.Div(in[0], sc[0]) }, s)
		t.store(c.pointer("mean"), m)
		mean := t.keep(m)

		g.Comment("variance")
		e = newExpr()
		s = t.zero()
		d := e.Sub(e.In(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, cols: []operand.Mem{mean}, accs: []colAcc{{acc{accFMA, d, d}, s}}})
		v := t.keep(t.each([]operand.Mem{count}, nil, func(e *Expr, in, sc, _ []Val) Val { return e.Div(in[0], sc[0]) }, s))

		g.Comment("running statistics")
		p := c.pointer("runMean")
		t.store(p, t.each([]operand.Mem{momentum}, []operand.Mem{mean}, func(e *Expr, in, sc, col []Val) Val {
			return e.FMA(sc[0], e.Sub(col[0], in[0]), in[0])
		}, t.load(p)))
		p = c.pointer("runVar")
		t.store(p, t.each([]operand.Mem{momentum, unbias}, []operand.Mem{v}, func(e *Expr, in, sc, col []Val) Val {
			return e.FMA(sc[0], e.Sub(e.Mul(col[0], sc[1]), in[0]), in[0])
		}, t.load(p)))

		g.Comment("y")
		r := t.each([]operand.Mem{eps}, []operand.Mem{v}, func(e *Expr, _, sc, col []Val) Val {
			return e.Div(e.C(1), e.Sqrt(e.Add(col[0], sc[0])))
		})
		t.store(c.pointer("rstd"), r)
		e = newExpr()
		h := normalised(e, e.In(), e.Col(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x},
			cols:   []operand.Mem{mean, t.keep(r), t.keep(t.load(c.pointer("gamma"))), t.keep(t.load(c.pointer("beta")))},
			stores: []store{{y, e.FMA(h, e.Col(), e.Col())}}})
	})
}

const batchNormGradSignature = "func(n, f int, dx, dgamma, dbeta, dy, x, gamma, mean, rstd *float32, count float32)"

func emitBatchNormGrad(g *Gen, unroll int) {
	g.header("batchNormGrad", batchNormGradSignature)
	count := g.broadcastArg("count")
	c := g.newCols()
	dx, dy, x := c.pointer("dx"), c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		g.Comment("Σ dy and Σ dy·h")
		mean, r := t.keep(t.load(c.pointer("mean"))), t.keep(t.load(c.pointer("rstd")))
		e := newExpr()
		s, sh := t.zero(), t.zero()
		gv := e.In()
		h := normalised(e, e.In(), e.Col(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: []operand.Mem{mean, r},
			accs: []colAcc{{acc{kind: accAdd, a: gv}, s}, {acc{accFMA, gv, h}, sh}}})
		ks, ksh := t.keep(s), t.keep(sh)
		add := func(e *Expr, in, _, col []Val) Val { return e.Add(in[0], col[0]) }
		p := c.pointer("dbeta")
		t.store(p, t.each(nil, []operand.Mem{ks}, add, t.load(p)))
		p = c.pointer("dgamma")
		t.store(p, t.each(nil, []operand.Mem{ksh}, add, t.load(p)))
		share := func(e *Expr, _, sc, col []Val) Val { return e.Div(col[0], sc[0]) }
		a := t.keep(t.each([]operand.Mem{count}, []operand.Mem{ks}, share))
		b := t.keep(t.each([]operand.Mem{count}, []operand.Mem{ksh}, share))
		gr := t.keep(t.each(nil, []operand.Mem{r}, func(e *Expr, in, _, col []Val) Val { return e.Mul(in[0], col[0]) }, t.load(c.pointer("gamma"))))

		g.Comment("dx")
		e = newExpr()
		gv = e.In()
		h = normalised(e, e.In(), e.Col(), e.Col())
		av, bv, grv := e.Col(), e.Col(), e.Col()
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: []operand.Mem{mean, r, a, b, gr},
			stores: []store{{dx, e.Mul(grv, e.FNMA(h, bv, e.Sub(gv, av)))}}})
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
			cols:   []operand.Mem{t.keep(t.load(c.pointer("runMean"))), t.keep(s), t.keep(t.load(c.pointer("beta")))},
			stores: []store{{y, e.FMA(v, e.Col(), e.Col())}}})
	})
}

const momentsSignature = "func(n, f int, x, mean, variance *float32, count float32)"

func emitMoments(g *Gen, unroll int) {
	g.header("moments", momentsSignature)
	count := g.broadcastArg("count")
	c := g.newCols()
	x := c.pointer("x")
	share := func(e *Expr, in, sc, _ []Val) Val { return e.Div(in[0], sc[0]) }
	c.tiles(unroll, func(t tile) {
		e := newExpr()
		s := t.zero()
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, accs: []colAcc{{acc{kind: accAdd, a: e.In()}, s}}})
		m := t.each([]operand.Mem{count}, nil, share, s)
		t.store(c.pointer("mean"), m)
		mean := t.keep(m)

		e = newExpr()
		s = t.zero()
		d := e.Sub(e.In(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{x}, cols: []operand.Mem{mean}, accs: []colAcc{{acc{accFMA, d, d}, s}}})
		t.store(c.pointer("variance"), t.each([]operand.Mem{count}, nil, share, s))
	})
}

const gradSumsSignature = "func(n, f int, sum, dot, dy, x, mean, rstd *float32)"

func emitGradSums(g *Gen, unroll int) {
	g.header("gradSums", gradSumsSignature)
	c := g.newCols()
	dy, x := c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		cols := []operand.Mem{t.keep(t.load(c.pointer("mean"))), t.keep(t.load(c.pointer("rstd")))}
		e := newExpr()
		s, sh := t.zero(), t.zero()
		gv := e.In()
		h := normalised(e, e.In(), e.Col(), e.Col())
		t.rows(rowsPass{e: e, in: []reg.GPVirtual{dy, x}, cols: cols, accs: []colAcc{{acc{kind: accAdd, a: gv}, s}, {acc{accFMA, gv, h}, sh}}})
		t.store(c.pointer("sum"), s)
		t.store(c.pointer("dot"), sh)
	})
}

const groupNormDXSignature = "func(n, f int, dx, dy, x, gamma, mean, rstd, a, b *float32)"

func emitGroupNormDX(g *Gen, unroll int) {
	g.header("groupNormDX", groupNormDXSignature)
	c := g.newCols()
	dx, dy, x := c.pointer("dx"), c.pointer("dy"), c.pointer("x")
	c.tiles(unroll, func(t tile) {
		var cols []operand.Mem
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
	s := r.run(phase{e: e, in: []reg.GPVirtual{x}, accs: []acc{{kind: accAdd, a: e.In()}}, lanes: 4, unroll: 4, side: 4})[0]
	g.fold(accAdd, s)
	s = g.small([]operand.Mem{count}, func(e *Expr, in, sc []Val) Val { return e.Div(in[0], sc[0]) }, s)
	g.VMOVUPS(s, m)
	g.VMOVSS(s.AsX(), operand.Mem{Base: mean})

	g.Comment("variance")
	e = newExpr()
	d := e.Sub(e.In(), e.Scalar())
	s = r.run(phase{e: e, in: []reg.GPVirtual{x}, scalars: []operand.Mem{m}, accs: []acc{{accFMA, d, d}}, lanes: 4, unroll: 4, side: 4})[0]
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
	r.run(phase{e: e, in: []reg.GPVirtual{x, gamma, beta}, scalars: []operand.Mem{m, k}, stores: []store{{y, v}}, lanes: 1, unroll: 4, side: 4})
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
	r.run(phase{e: e, in: []reg.GPVirtual{dy, x, dgamma}, scalars: []operand.Mem{m, k}, stores: []store{{dgamma, dg}}, lanes: 1, unroll: 4, side: 4})
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
	r.run(phase{e: e, in: []reg.GPVirtual{dy, gamma, x}, scalars: []operand.Mem{m, k, as, bs}, stores: []store{{dx, v}}, lanes: 1, unroll: 2, side: 2})
	r.next("row")
	g.VZEROUPPER()
	g.RET()
}
