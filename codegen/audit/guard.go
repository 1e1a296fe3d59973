package audit

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// hidden is what a guard calls its features, and the paragraph that pools them.
const hidden = "hidden"

// readGuard reads what tells examples that are unlike the training set: hidden1 is held against the network up to the
// layer of the guard, and Hidden, Check and FalseAlarms against the statements that compare its result, and the inputs,
// with the constants of the guard, each in its place.
func (a *auditor) readGuard() {
	g := a.net.Guard
	if g == nil {
		return
	}
	graph := graphOf(a.net)
	last := graph.byName[g.Layer.Name]
	of := last
	if g.Pooled {
		of = &layer{name: hidden, kind: fmt.Sprintf("global_average_pool%dd", len(last.shape)-1), in: []*layer{last},
			size: g.Features, shape: []int{g.Features}, constants: map[float64]bool{}, geometry: map[string][]int{}}
		of.whole()
		last.out = append(last.out, of)
		graph.layers, graph.byName[hidden] = append(graph.layers, of), of
	}
	graph.outputs = []output{{name: hidden, layer: of, scores: of}}
	if slices.Contains(graph.inputs, of) { // nothing is computed
		a.readStatements("hidden1", func(params []string) []string {
			i := slices.Index(graph.inputs, of)
			if len(params) != len(graph.inputs)+1 {
				return nil
			}
			return []string{fmt.Sprintf("copy(h[:], %s[:])", params[i])}
		}, "")
	} else {
		a.passOf(graph, a.model, "hidden1", inference, 1)
	}

	if n, err := (&env{auditor: a, pkg: a.model}).int(a.model.consts["HiddenSize"]); err != nil || n != g.Features {
		a.add(a.model.files[0].Pos(), "HiddenSize is %d, but the guard of %s has %d features", n, g.Layer.Source, g.Features)
	}
	low, high := make([]string, len(g.Low)), make([]string, len(g.High))
	for i := range g.Low {
		low[i], high[i] = a.fieldOf(g.Low[i].Name), a.fieldOf(g.High[i].Name)
	}
	limit := a.fieldOf(g.Limit.Name) + "[0]"
	a.readHidden()
	a.readStatements("Model.FalseAlarms", func([]string) []string {
		return []string{"return " + a.fieldOf(g.Rate.Name) + "[0]"}
	}, "")
	refusal := fmt.Sprintf("if !r.Within() { return r.Refused(%s) }", limit)
	a.readStatements("Model.Check", func(inputs []string) []string {
		var want []string
		for i, x := range inputs {
			call := "r := guard.In"
			if i > 0 {
				call = "r = r.And"
			}
			if i < len(low) {
				want = append(want, fmt.Sprintf("%s(%s[:], %s[:], %s[:])", call, x, low[i], high[i]))
			}
		}
		if reaches(of, "embedding") {
			want = append(want, refusal)
		}
		return append(want, "var h [HiddenSize]float32", fmt.Sprintf("m.Hidden(%s, &h)", strings.Join(inputs, ", ")),
			fmt.Sprintf("return r.Check(h[:], %s[:], %s[:], %s)", a.fieldOf(g.Mean.Name), a.fieldOf(g.Whiten.Name), limit))
	}, "the Model is nil or zero")
}

// reaches tells whether a layer, or one in front of it, is of a kind.
func reaches(l *layer, kind string) bool {
	return l.kind == kind || slices.ContainsFunc(l.in, func(in *layer) bool { return reaches(in, kind) })
}

// fieldOf returns the field of the model that holds a tensor alone, as m.name; "" for none.
func (a *auditor) fieldOf(tensor string) string {
	for name, f := range a.fields {
		if len(f.tensors) == 1 && f.tensors[0] == tensor {
			return "m." + name
		}
	}
	return ""
}

// oneLine is a statement as one line, its calls too.
func oneLine(n ast.Node) string {
	s := strings.Join(strings.Fields(text(n)), " ")
	return strings.NewReplacer("( ", "(", ", )", ")").Replace(s)
}

// modelFunction returns a method of the model, and the names of its parameters: it is read then. Without one it is a
// finding.
func (a *auditor) modelFunction(name string) (f *ast.FuncDecl, inputs []string) {
	f = a.model.funcs[name]
	if f == nil || f.Body == nil {
		a.add(a.model.files[0].Pos(), "package %s has no function %s", a.model.name, name)
		return nil, nil
	}
	a.seen[f] = true
	a.report.Functions = append(a.report.Functions, a.model.name+"."+name)
	a.report.Statements += len(f.Body.List)
	for _, p := range f.Type.Params.List {
		for _, id := range p.Names {
			inputs = append(inputs, id.Name)
		}
	}
	return f, inputs
}

// readStatements holds the statements of a method of the model against what they are to be. What it refuses, by a panic
// that says so, stands before them, if anything does.
func (a *auditor) readStatements(name string, want func(inputs []string) []string, refused string) {
	f, inputs := a.modelFunction(name)
	if f == nil {
		return
	}
	list := f.Body.List
	if refused != "" && len(list) > 0 {
		if s := oneLine(list[0]); !strings.HasPrefix(s, "if m == nil || !m.ready { panic(") || !strings.Contains(s, refused) {
			a.add(list[0].Pos(), "%s begins with %s, and not by refusing a model that is nil or zero", name, s)
		}
		list = list[1:]
	}
	all := want(inputs)
	for i, s := range list {
		switch got := oneLine(s); {
		case i >= len(all):
			a.add(s.Pos(), "%s goes on with %s, want no more", name, got)
		case got != all[i]:
			a.add(s.Pos(), "%s does %s, want %s", name, got, all[i])
		}
	}
	if len(list) < len(all) {
		a.add(f.Pos(), "%s ends without %s", name, all[len(list)])
	}
}

// readHidden holds Hidden against what it is to do: it hands its parameters to hidden1, once, in their order, with a
// workspace where that takes one.
func (a *auditor) readHidden() {
	f, params := a.modelFunction("Model.Hidden")
	if f == nil {
		return
	}
	calls := 0
	ast.Inspect(f.Body, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || text(c.Fun) != "m.hidden1" {
			return true
		}
		calls++
		var got []string
		for _, x := range c.Args {
			got = append(got, strings.TrimPrefix(text(x), "&"))
		}
		if !slices.Equal(got, params) && !slices.Equal(got, append(slices.Clone(params), "a")) {
			a.add(c.Pos(), "Model.Hidden gives hidden1 %s, want %s", strings.Join(got, ", "), strings.Join(params, ", "))
		}
		return true
	})
	if calls != 1 {
		a.add(f.Pos(), "Model.Hidden calls hidden1 %d times, want once", calls)
	}
}
