package audit

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// readFit holds what Fit takes of the spec against it: the options, and what the trainer hands from a set to the
// passes.
func (a *auditor) readFit() {
	if f := a.fitFunction("Options"); f != nil {
		a.readOptions(f)
	}
	inputs, outputs := len(a.net.Inputs), len(a.net.Outputs)
	f := a.fitFunction("Trainer.forFit")
	if f == nil {
		return
	}
	for _, call := range []string{"t.Gradient", "t.evaluate"} {
		var want, got []string
		for i := range inputs {
			want = append(want, fmt.Sprintf("b.X[%d]", i))
		}
		for i := range outputs {
			want = append(want, fmt.Sprintf("b.Y[%d]", i))
		}
		want = append(want, "b.W")
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok && text(c.Fun) == call {
				for _, x := range c.Args {
					if strings.HasPrefix(text(x), "b.") && text(x) != "b.N" {
						got = append(got, text(x))
					}
				}
			}
			return true
		})
		if !slices.Equal(got, want) {
			a.add(f.Pos(), "fit.Trainer gives %s %s, want %s", call, strings.Join(got, ", "), strings.Join(want, ", "))
		}
	}
	var got, want []string
	for _, fields := range literals(f.Body, "") {
		if name, ok := fields["Name"]; ok {
			got = append(got, name+" "+fields["Task"])
		}
	}
	for _, o := range a.net.Outputs {
		task := ""
		for _, word := range strings.Split(o.Task, "_") {
			task += strings.ToUpper(word[:1]) + word[1:]
		}
		want = append(want, strconv.Quote(o.Name)+" fit."+task)
	}
	if !slices.Equal(got, want) {
		a.add(f.Pos(), "the outputs of Fit are %s, want %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// bodies are the functions between the trainer and the loop of package fit that are the same for every network.
var bodies = map[string][]string{
	"Trainer.Fit":       {"return fit.Fit(ctx, t.forFit(), train, validation, o)"},
	"Trainer.Evaluate":  {"return fit.Evaluate(t.forFit(), s, metrics)"},
	"Trainer.Gradients": {"return mem.Flat(&t.grads)"},
	"Trainer.Progress":  {"return fit.Snapshot(t.forFit())"},
	"Trainer.Restore":   {"return fit.Restore(t.forFit(), p)"},
	"Trainer.Save":      {"return t.Progress().Save(name)"},
	"Trainer.Load":      {"return fit.Load(t.forFit(), name)"},
	"ReadProgress":      {"return fit.ReadProgress(r)"},
	"LoadProgress":      {"return fit.LoadProgress(name)"},
}

// unfitted begins the evaluation of a trainer that has to be fitted.
const unfitted = "if err := fit.CheckFitted(t.unfitted()); err != nil {\n\treturn nil, err\n}"

// readTrainer holds the step of a trainer, and the sizes that Fit checks examples by, against the network.
func (a *auditor) readTrainer() {
	if f := a.fitFunction("Trainer.Step"); f != nil {
		var args []string
		for _, field := range f.Type.Params.List {
			for _, id := range field.Names {
				args = append(args, id.Name)
			}
		}
		a.compareBody(f, "Trainer.Step",
			[]string{fmt.Sprintf("loss := t.Gradient(%s)", strings.Join(args, ", ")), "t.Apply()", "return loss"})
	}
	sizes, tokens := []int{}, []int{}
	for _, l := range graphOf(a.net).inputs {
		rows := 0
		for _, o := range l.out {
			if o.kind == "embedding" {
				rows = graphOf(a.net).params[o.params[0]] / (o.size / l.size)
			}
		}
		sizes, tokens = append(sizes, l.size), append(tokens, rows)
	}
	f := a.fitFunction("Trainer.forFit")
	if f == nil {
		return
	}
	if slices.Max(tokens) == 0 {
		tokens = nil
	}
	for field, want := range map[string][]int{"Inputs": sizes, "Tokens": tokens} {
		var got []int
		ast.Inspect(f.Body, func(n ast.Node) bool {
			if kv, ok := n.(*ast.KeyValueExpr); ok && text(kv.Key) == field {
				list, ok := kv.Value.(*ast.CompositeLit)
				if !ok {
					a.add(kv.Pos(), "%s of fit.Trainer is %s, want a list", field, text(kv.Value))
					return true
				}
				for _, x := range list.Elts {
					v, err := (&env{auditor: a, pkg: a.train}).int(x)
					if err != nil {
						v = -1
					}
					got = append(got, v)
				}
			}
			return true
		})
		if !slices.Equal(got, want) {
			a.add(f.Pos(), "%s of fit.Trainer are %v, want %v", field, got, want)
		}
	}
}

// compareBody compares the statements of a function with those that it is to have.
func (a *auditor) compareBody(f *ast.FuncDecl, name string, want []string) {
	var got []string
	for _, s := range f.Body.List {
		got = append(got, text(s))
	}
	if !slices.Equal(got, want) {
		a.add(f.Pos(), "%s does %s, want %s", name, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

// readProgress holds what a progress and a step of Fit take of the trainer against what there is: all weights, the
// states that the optimizer steps on, and the rate that Fit asks for.
func (a *auditor) readProgress() {
	for name, want := range bodies {
		f := a.fitFunction(name)
		if f == nil {
			continue
		}
		if name == "Trainer.Evaluate" && a.train.funcs["Trainer.unfitted"] != nil {
			want = append([]string{unfitted}, want...)
		}
		a.compareBody(f, name, want)
	}
	f := a.fitFunction("Trainer.forFit")
	if f == nil {
		return
	}
	got := map[string]int{}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && text(c.Fun) == "mem.Flat" && len(c.Args) == 1 {
			got[strings.TrimPrefix(text(c.Args[0]), "&")]++
		}
		return true
	})
	for state := range a.states {
		if got[state] != 1 {
			a.add(f.Pos(), "a progress holds the state %s of the optimizer %d times, want once", state, got[state])
		}
	}
	fields := literals(f.Body, "fit.Trainer")
	for field, want := range map[string]string{"Gradient": "gradient", "Apply": "t.Apply", "Piece": "Batch",
		"State": "[][]float32{mem.Flat(&t.Weights)}", "Gradients": "t.Gradients()", "Seed": "&t.seed", "Updates": "&t.step",
		"LR": "&t.LR"} {
		if len(fields) == 1 && fields[0][field] != want {
			a.add(f.Pos(), "%s of fit.Trainer is %s, want %s", field, or(fields[0][field]), want)
		}
	}
}

// fitFunction returns a function of the training package, nil without one: it is read then.
func (a *auditor) fitFunction(name string) *ast.FuncDecl {
	f := a.train.funcs[name]
	if f == nil || f.Body == nil {
		return nil
	}
	if !a.seen[f] {
		a.seen[f] = true
		a.report.Functions = append(a.report.Functions, a.train.name+"."+name)
		a.report.Statements += len(f.Body.List)
	}
	return f
}

// literals returns the fields of the composite literals below a node, as text, whose type has a name; of all for "".
func literals(n ast.Node, name string) (all []map[string]string) {
	ast.Inspect(n, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok || name != "" && (lit.Type == nil || text(lit.Type) != name) {
			return true
		}
		fields := map[string]string{}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok {
				fields[text(kv.Key)] = text(kv.Value)
			}
		}
		all = append(all, fields)
		return true
	})
	return all
}

// readOptions compares the options of Fit with the training section. Of the schedule it looks at whether there is one:
// its constants are those of a kind.
func (a *auditor) readOptions(f *ast.FuncDecl) {
	t := a.net.Spec.Training
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	check := func(name string, want map[string]string) {
		found := literals(f.Body, name)
		if want == nil {
			if len(found) > 0 {
				a.add(f.Pos(), "Options has %s, and the spec does not", name)
			}
			return
		}
		if len(found) != 1 {
			a.add(f.Pos(), "Options has %d of %s, want 1", len(found), name)
			return
		}
		for field, v := range want {
			got := found[0][field]
			if x, err := strconv.ParseFloat(got, 64); err == nil {
				got = number(x)
			}
			if x, err := strconv.ParseFloat(v, 64); err == nil {
				v = number(x)
			}
			if got != v {
				a.add(f.Pos(), "%s of %s is %s, want %s", field, name, or(got), or(v))
			}
		}
	}
	list := func(words []string) string {
		if words == nil {
			return ""
		}
		return fmt.Sprintf("[]string{%s}", strings.Join(quoted(words), ", "))
	}
	metrics := slices.DeleteFunc(slices.Clone(t.Metrics), func(m string) bool { return m == "confusion_matrix" })
	if len(metrics) == 0 {
		metrics = nil
	}
	options := map[string]string{"Epochs": strconv.Itoa(t.Epochs), "BatchSize": strconv.Itoa(t.Examples()),
		"Seed": strconv.FormatUint(t.Seed, 10), "Shuffle": strconv.FormatBool(t.Shuffle),
		"LR": number(a.net.Spec.Optimizer.Float("lr")), "Metrics": list(metrics)}
	if all := literals(f.Body, "fit.Options"); len(all) == 1 &&
		(all[0]["Schedule"] != "") != (a.net.Spec.Schedule != nil) {
		a.add(f.Pos(), "Options has the schedule %s, unlike the spec", or(all[0]["Schedule"]))
	}
	check("fit.Options", options)
	var stop, ema, swa map[string]string
	if e := t.EarlyStopping; e != nil {
		stop = map[string]string{"Monitor": strconv.Quote(e.Monitor), "Patience": strconv.Itoa(e.Patience),
			"MinDelta": number(e.MinDelta), "RestoreBest": strconv.FormatBool(e.RestoreBest), "Others": list(e.Others)}
		if e.MinEpochs > 0 {
			stop["MinEpochs"] = strconv.Itoa(e.MinEpochs)
		} else {
			stop["MinEpochs"] = ""
		}
	}
	switch {
	case t.EMA != nil:
		ema = map[string]string{"Decay": number(t.EMA.Decay), "Start": strconv.Itoa(t.EMA.Start)}
	case t.SWA != nil:
		swa = map[string]string{"Start": strconv.Itoa(t.SWA.Start), "LR": number(t.SWA.LR)}
	}
	check("fit.EarlyStopping", stop)
	check("fit.EMA", ema)
	check("fit.SWA", swa)
}

// or returns a text, or says that there is none.
func or(text string) string {
	if text == "" {
		return "not there"
	}
	return text
}

func quoted(words []string) (all []string) {
	for _, w := range words {
		all = append(all, strconv.Quote(w))
	}
	return all
}
