package emit

import (
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// emitApply writes the update of the parameters:
//
//	t.step++
//	w, g := mem.Flat(&t.Weights.Params), mem.Flat(&t.grads)
//	optim.Adam{…}.Step(w, g, mem.Flat(&t.m), mem.Flat(&t.v), t.step, t.LR, 1)
func (net *Network) emitApply(f *file) {
	if net.workers() {
		net.emitSharedApply(f)
		return
	}
	t := net.Train
	body := []jen.Code{
		jen.Id("t").Dot("step").Op("++"),
		jen.List(f.local("w"), f.local("g")).Op(":=").List(
			f.flat(jen.Op("&").Id("t").Dot("Weights").Dot("Params")),
			f.flat(jen.Op("&").Id("t").Dot("grads"))),
	}
	if t.ClipValue > 0 {
		body = append(body, net.clipValue(f, jen.Id("g")))
	}
	scale := whole(1)
	if t.ClipNorm > 0 {
		scale = net.clipScale(f, word("g"))
	}
	body = append(append(body, net.updates(f, scale)...), net.maxNorms(f)...)
	f.function("Apply updates the parameters by the gradients. It does not allocate.",
		function{recv: "t", of: "Trainer", name: "Apply"}, body...)
}

// clipValue yields vec.ClipValue(g, -1, 1).
func (net *Network) clipValue(f *file, g jen.Code) jen.Code {
	return f.qual("vec", "ClipValue").Call(g, float(-net.Train.ClipValue), float(net.Train.ClipValue))
}

// clipScale yields optim.ClipScale(optim.SumSquares(g), 1).
func (net *Network) clipScale(f *file, g expr) expr {
	squares, limit, scale := f.name("optim", "SumSquares"), real(net.Train.ClipNorm), f.name("optim", "ClipScale")
	return atom(scale.head.Call(squares.head.Call(g.head), limit.head), scale.width+squares.width+
		limit.width+g.width+len("((), )"))
}

// maxNorms yields what keeps the norms of parameters within limits.
func (net *Network) maxNorms(f *file) (body []jen.Code) {
	for _, p := range net.Params {
		if p.MaxNorm > 0 {
			body = append(body, f.qual("optim", "MaxNorm").Call(jen.Lit(p.In), jen.Lit(p.Out),
				jen.Id("t").Dot("Weights").Dot(p.Ident).Index(jen.Op(":")), float(p.MaxNorm)))
		}
	}
	return body
}

// stretch is a part of the trained parameters, one after another: those from one element to another, 0 for the last.
type stretch struct {
	from, to int
	rate     float64 // factor of the learning rate
	of       []string
}

// stretches returns the longest parts of the trained parameters that have one learning rate.
func (net *Network) stretches() (all []stretch) {
	at := 0
	for _, p := range net.Params {
		if p.Role != ir.Trained {
			continue
		}
		if n := len(all); n == 0 || all[n-1].rate != p.Rate() {
			all = append(all, stretch{from: at, rate: p.Rate()})
		}
		last := &all[len(all)-1]
		at += p.Size()
		last.to, last.of = at, append(last.of, p.Ident)
	}
	if n := len(all); n > 0 {
		all[n-1].to = 0
	}
	return all
}

// factored tells whether layers have factors of the learning rate.
func (net *Network) factored() bool {
	parts := net.stretches()
	return len(parts) > 1 || len(parts) == 1 && parts[0].rate != 1
}

// updates yields the statements that update the parameters, with the factor that clips the gradients: one, or where
// layers have factors of the learning rate
//
//	clip := optim.ClipScale(optim.SumSquares(g), 1)
//	rule := optim.Momentum{Momentum: 0.9}
//	m := mem.Flat(&t.m)
//	// H1W, H1B:
//	rule.Step(w[:4160], g[:4160], m[:4160], t.step, 0.1*t.LR, clip)
//	// OutputW, OutputB:
//	rule.Step(w[4160:], g[4160:], m[4160:], t.step, t.LR, clip)
func (net *Network) updates(f *file, clip expr) (body []jen.Code) {
	if !net.factored() {
		return one(net.update(f, clip, false))
	}
	t := net.Train
	if t.ClipNorm > 0 {
		body = append(body, f.local("clip").Op(":=").Add(clip.head))
		clip = word("clip")
	}
	body = append(body, f.local("rule").Op(":=").Add(printer{f: f}.arg(t.Optimizer).code(1, len("rule := "), 0)))
	for _, s := range t.Update {
		if s != "" {
			body = append(body, f.local(s).Op(":=").Add(f.qual("mem", "Flat")).Call(jen.Op("&").Id("t").Dot(s)))
		}
	}
	for _, part := range net.stretches() {
		cut := func(name string) expr {
			lo, hi := &jen.Statement{}, &jen.Statement{}
			width := len(name) + len("[:]")
			if part.from > 0 {
				lo, width = jen.Lit(part.from), width+len(strconv.Itoa(part.from))
			}
			if part.to > 0 {
				hi, width = jen.Lit(part.to), width+len(strconv.Itoa(part.to))
			}
			if part.from == 0 && part.to == 0 {
				return word(name)
			}
			return atom(jen.Id(name).Index(lo.Op(":").Add(hi)), width)
		}
		args := []expr{cut("w"), cut("g")}
		for _, s := range t.Update {
			if s == "" {
				args = append(args, word("nil"))
			} else {
				args = append(args, cut(s))
			}
		}
		rate := selector("t", "LR")
		if part.rate != 1 {
			factor := real(part.rate)
			rate = atom(factor.head.Op("*").Id("t").Dot("LR"), factor.width+len("*t.LR"))
		}
		args = append(args, selector("t", "step"), rate, clip)
		body = append(body, jen.Comment(note(listed(part.of)+":")),
			calling(selector("rule", "Step"), args...).code(1, 0, 0))
	}
	return body
}

// listed writes names, of many the first and the last.
func listed(names []string) string {
	if len(names) > 4 {
		return names[0] + " … " + names[len(names)-1]
	}
	return strings.Join(names, ", ")
}

// update yields the statement that updates the parameters, those of a range if it is given, with the factor that clips
// the gradients last:
//
//	optim.Adam{Beta1: 0.9}.Step(w, g, mem.Flat(&t.m), mem.Flat(&t.v), t.step, t.LR, optim.ClipScale(optim.SumSquares(g), 1))
//	optim.Adam{Beta1: 0.9}.Step(w[lo:hi], g[lo:hi], mem.Flat(&t.m)[lo:hi], mem.Flat(&t.v)[lo:hi], t.step, t.LR, 1)
func (net *Network) update(f *file, scale expr, part bool) jen.Code {
	t := net.Train
	cut := func(e expr) expr {
		if !part {
			return e
		}
		return atom(e.head.Index(jen.Id("lo").Op(":").Id("hi")), e.width+len("[lo:hi]"))
	}
	args := []expr{cut(word("w")), cut(word("g"))}
	for _, s := range t.Update {
		if s == "" {
			args = append(args, word("nil"))
			continue
		}
		flat := f.name("mem", "Flat")
		args = append(args, cut(atom(flat.head.Call(jen.Op("&").Id("t").Dot(s)), flat.width+len("(&t.)")+len(s))))
	}
	args = append(args, selector("t", "step"), selector("t", "LR"), scale)
	o := printer{f: f}.arg(t.Optimizer)
	return calling(atom(o.code(1, 0, 0).Dot("Step"), o.width+len(".Step")), args...).code(1, 0, 0)
}
