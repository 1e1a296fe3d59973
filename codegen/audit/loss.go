package audit

import (
	"go/ast"
	"go/token"
	"math"
	"slices"
	"strings"
)

// loss checks a call of a loss. The arguments from fixed on are its constants.
func (p *pass) loss(c *ast.CallExpr, ops []operand, fixed int, sum bool) {
	g := p.cur
	if g.out == nil {
		p.add(c.Pos(), "a loss stands under %q", g.heading)
		return
	}
	if sum {
		p.losses[g.out.name]++
		if !near(p.factor, g.out.weight) {
			p.add(c.Pos(), "the loss of %s counts %g times in the sum, want %g", g.out.name, p.factor, g.out.weight)
		}
	}
	if want := lossCalls[g.out.loss]; !slices.Contains(want, name(c)) {
		p.add(c.Pos(), "%s has the loss %s, but calls %s", g.out.name, g.out.loss, name(c))
	}
	p.lossNumbers(c, fixed)
	scores := p.resolve(g.out.scores)
	for _, o := range ops {
		switch o.role {
		case "y":
			p.mem.read(o.array, o.from, o.from+o.row, func(s segment) {
				if s.v != scores {
					p.add(o.at, "the loss of %s does not read the result of %s", g.out.name, g.out.scores.name)
				}
			})
			if scores != nil && o.row != scores.size() {
				p.add(o.at, "the loss of %s reads %d numbers, want %d", g.out.name, o.row, scores.size())
			}
		case "t":
			p.mem.read(o.array, o.from, o.from+o.row, func(s segment) { p.target(o, s.v) })
		case "w":
			if !strings.HasPrefix(o.array, "weights.") {
				p.add(o.at, "the loss of %s reads %s for weights", g.out.name, o.region)
			}
			p.rowWeights(o)
		}
	}
}

// scales checks the factor of the gradient of a loss: the caller's scale, times the weight of the output.
func (p *pass) scales(fn string, x ast.Expr) {
	factor, word := 1.0, x
	if b, ok := x.(*ast.BinaryExpr); ok && b.Op == token.MUL {
		v, err := p.float(b.X)
		if err != nil {
			v = math.NaN()
		}
		factor, word = v, b.Y
	}
	if o := p.cur.out; text(word) != "scale" || !p.scale || o == nil || !near(factor, o.weight) {
		p.add(x.Pos(), "%s takes %s in the place of scale times the weight of the loss", fn, text(x))
	}
}

// target checks what a loss takes for targets: those of its output, scaled as it learns them.
func (p *pass) target(o operand, v *value) {
	out := p.cur.out
	switch {
	case !v.target || v.of == nil:
		p.add(o.at, "the loss of %s reads %s for targets", out.name, o.region)
	case v.of.name != out.name:
		p.add(o.at, "the loss of %s reads the targets of %s", out.name, v.of.name)
	case !slices.Equal(v.scaled, out.scaling):
		p.add(o.at, "the loss of %s reads targets that went through %v, want %v", out.name, v.scaled, out.scaling)
	}
}

// lossNumbers checks the constants of a loss: its attributes, and of quantiles all in their order.
func (p *pass) lossNumbers(c *ast.CallExpr, fixed int) {
	out := p.cur.out
	var list []float64
	for _, x := range c.Args[fixed:] {
		v, err := p.float(x)
		if err != nil || !out.numbers.holds(v) {
			p.add(x.Pos(), "%s is no constant of the loss of %s", text(x), out.name)
		}
		list = append(list, v)
	}
	if out.loss == "pinball" && !slices.EqualFunc(list, out.quantiles, near) {
		p.add(c.Pos(), "the loss of %s is of the quantiles %v, want %v", out.name, list, out.quantiles)
	}
}

// rowWeights checks that a loss takes the weights of examples times those of their classes where the output has such.
func (p *pass) rowWeights(o operand) {
	out := p.cur.out
	name, byClass := strings.CutPrefix(o.array, "weights.rowWeights")
	switch {
	case byClass != (out.classWeights && p.mode == training):
		p.add(o.at, "the loss of %s reads %s: by class is %t, want %t", out.name, o.region, byClass, !byClass)
	case byClass && name != "" && !strings.EqualFold(name, strings.ReplaceAll(out.name, "_", "")):
		p.add(o.at, "the loss of %s reads %s, which is not for it", out.name, o.region)
	}
}

// checkScaling checks a paragraph of a loss: the targets are scaled by the constants and calls of the output alone.
func (p *pass) checkScaling(g *group) {
	for t, c := range g.params {
		if !slices.Contains(g.out.targets, t) {
			p.add(g.at, "the loss of %s reads %q, which is none of its constants", g.out.name, t)
		}
		for _, s := range c {
			p.scaled[t] = p.scaled[t].add(s.from, s.to)
		}
	}
	for fn, at := range g.funcs {
		if !strings.HasPrefix(fn, "loss.") && !slices.Contains(g.out.scaling, fn) {
			p.add(at, "the loss of %s has no use for %s", g.out.name, fn)
		}
	}
}
