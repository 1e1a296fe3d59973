package audit

import (
	"fmt"
	"go/ast"
)

// A training may leave out the steps of examples behind the last that has a weight. It is read as if all steps counted:
// then rows are as many as steps, and t.steps.X, Y and W are what the function was given.

// stepsCounted returns the steps of the one input, as the rows of an example.
func (p *pass) stepsCounted() int {
	if len(p.graph.inputs) != 1 {
		return 0
	}
	return p.graph.inputs[0].size
}

// counted reads a statement of a gradient that leaves out steps, and tells whether it was one:
//
//	t.steps.Take(n, 16, x, y, weights, mem.Flat(&t.Weights.Params), scale)
//	for again := true; again; again = t.steps.Again(mem.Flat(g)) { … }
//	from, to := s.Range(c.n, 1)
//	steps, lo, hi := t.steps.Of(from, to)
//	steps := t.steps.Counts
//	n := t.steps.Rows()
func (p *pass) counted(s ast.Stmt) bool {
	if p.mode != training {
		return false
	}
	rows := p.n * p.stepsCounted()
	if loop, ok := s.(*ast.ForStmt); ok {
		const head = "again := true; again; again = t.steps.Again(mem.Flat(g))"
		if loop.Init == nil || loop.Cond == nil || loop.Post == nil || !p.known["t.steps"] ||
			text(loop.Init)+"; "+text(loop.Cond)+"; "+text(loop.Post) != head {
			return false
		}
		for _, t := range loop.Body.List {
			p.statement(t)
		}
		return true
	}
	switch text(s) {
	case fmt.Sprintf("t.steps.Take(n, %d, x, y, weights, mem.Flat(&t.Weights.Params), scale)", p.stepsCounted()):
		p.known["t.steps"] = true
		for to, from := range map[string]string{"X": "x", "Y": "y", "W": "weights"} {
			if r, ok := p.slots[from]; ok {
				p.slots["t.steps."+to] = r
			}
		}
	case "from, to := s.Range(c.n, 1)":
		p.ints["from"], p.ints["to"] = 0, p.n
	case "_, lo, hi := t.steps.Of(from, to)", "steps, lo, hi := t.steps.Of(from, to)":
		if _, ok := p.ints["to"]; !ok || !p.known["t.steps"] {
			return false
		}
		p.ints["lo"], p.ints["hi"] = 0, rows
	case "steps := t.steps.Counts":
		return p.known["t.steps"]
	case "n := t.steps.Rows()":
		p.ints["n"] = rows
		return p.known["t.steps"]
	default:
		return false
	}
	return true
}
