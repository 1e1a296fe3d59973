package audit

import (
	"fmt"
	"go/ast"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
)

// readFit holds what Fit takes of the spec against it: the options, and what package fit drives of the trainer.
func (a *auditor) readFit() {
	if f := a.fitFunction("Options"); f != nil {
		a.readOptions(f)
	}
	if f := a.fitFunction("Trainer.forFit"); f != nil {
		a.readForFit(f)
	}
}

// readForFit holds forFit against the network: its two statements, the closure of the gradient and the return of a
// fit.Trainer, with each field of that.
func (a *auditor) readForFit(f *ast.FuncDecl) {
	fields, ok := map[string]ast.Expr{}, false
	gradient := "gradient := " + a.closure("Set", "float64", "t.Gradient", "")
	if len(f.Body.List) == 2 && flat(text(f.Body.List[0])) == flat(gradient) {
		fields, ok = keyedFields(returned(f.Body.List[1]), "fit.Trainer")
	}
	if !ok {
		a.add(f.Pos(), "forFit does %s, want %s and the return of one fit.Trainer", flat(text(f.Body)), gradient)
		return
	}
	var out []string
	for i := range a.net.Outputs {
		out = append(out, fmt.Sprintf("out[%d]", i))
	}
	want := map[string]string{"Gradient": "gradient", "Apply": "t.Apply",
		"Evaluate":  a.closure("Set, out [][]float32", "float64", "t.evaluate", "b.N", out...),
		"NonFinite": "func(b Set) string { return t.nonFinite(func() { gradient(b) }) }",
		"Piece":     "Batch", "State": "[][]float32{mem.Flat(&t.Weights)}", "Gradients": "t.Gradients()",
		"Spec": a.modelName(fields["Spec"]) + ".SpecSum", "Seed": "&t.seed", "Updates": "&t.step", "LR": "&t.LR"}
	for field, method := range map[string]string{"Begin": "begin", "Running": "running"} {
		if a.train.funcs["Trainer."+method] != nil {
			want[field] = "t." + method
		}
	}
	for field, v := range want {
		if got := flat(textOf(fields[field])); got != flat(v) {
			a.add(f.Pos(), "%s of fit.Trainer is %s, want %s", field, or(got), v)
		}
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if want[field] == "" && !slices.Contains([]string{"Inputs", "Tokens", "Outputs", "Optimizer"}, field) {
			a.add(fields[field].Pos(), "%s of fit.Trainer is %s, want none", field, text(fields[field]))
		}
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
	if slices.Max(tokens) == 0 {
		tokens = nil
	}
	a.readNumbers(f, "Inputs", fields["Inputs"], sizes)
	a.readNumbers(f, "Tokens", fields["Tokens"], tokens)
	a.readOptimizer(f, fields["Optimizer"])
	a.readOutputs(f, fields["Outputs"])
}

// closure returns a function of a Set that calls a method with its arrays, between some arguments, as text.
func (a *auditor) closure(params, result, call, first string, last ...string) string {
	var args []string
	if first != "" {
		args = append(args, first)
	}
	for i := range a.net.Inputs {
		args = append(args, fmt.Sprintf("b.X[%d]", i))
	}
	for i := range a.net.Outputs {
		args = append(args, fmt.Sprintf("b.Y[%d]", i))
	}
	args = append(append(args, "b.W"), last...)
	return fmt.Sprintf("func(b %s) %s { return %s(%s) }", params, result, call, strings.Join(args, ", "))
}

// modelName returns the name of the inference package before a selector, which an import may have given it; else its own.
func (a *auditor) modelName(x ast.Expr) string {
	if s, ok := x.(*ast.SelectorExpr); ok && (&env{auditor: a, pkg: a.train}).isModel(s.X) {
		return text(s.X)
	}
	return a.model.name
}

// flat returns Go in one line, however its arguments and its elements were broken into lines.
func flat(src string) string {
	src = strings.Join(strings.Fields(src), " ")
	return strings.NewReplacer("( ", "(", ", )", ")", "{ ", "{", " }", "}", ", }", "}").Replace(src)
}

// textOf is text for an expression that may be missing: "" then.
func textOf(x ast.Expr) string {
	if x == nil {
		return ""
	}
	return text(x)
}

// returned returns what a statement returns, nil if it is no return of one value.
func returned(s ast.Stmt) ast.Expr {
	if r, ok := s.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
		return r.Results[0]
	}
	return nil
}

// keyedFields returns the fields of a literal of a type, "" for one that its list gives; false if x is none, or has
// fields without a name or twice.
func keyedFields(x ast.Expr, of string) (map[string]ast.Expr, bool) {
	lit, ok := x.(*ast.CompositeLit)
	if !ok || (lit.Type == nil) != (of == "") || of != "" && text(lit.Type) != of {
		return nil, false
	}
	fields := map[string]ast.Expr{}
	for _, e := range lit.Elts {
		kv, ok := e.(*ast.KeyValueExpr)
		if !ok || fields[text(kv.Key)] != nil {
			return nil, false
		}
		fields[text(kv.Key)] = kv.Value
	}
	return fields, true
}

// readNumbers compares a list of numbers in fit.Trainer; nil stands for one that is to be missing.
func (a *auditor) readNumbers(f *ast.FuncDecl, field string, x ast.Expr, want []int) {
	var got []int
	list, ok := x.(*ast.CompositeLit)
	if x != nil && (!ok || textOf(list.Type) != "[]int") {
		a.add(x.Pos(), "%s of fit.Trainer is %s, want a list", field, text(x))
		return
	}
	if ok {
		for _, e := range list.Elts {
			got = append(got, a.number(e))
		}
	}
	if !slices.Equal(got, want) {
		a.add(f.Pos(), "%s of fit.Trainer are %v, want %v", field, got, want)
	}
}

// number evaluates a whole number of the training package: -1 for what is none.
func (a *auditor) number(x ast.Expr) int {
	v, err := (&env{auditor: a, pkg: a.train}).int(x)
	if err != nil {
		return -1
	}
	return v
}

// readOptimizer holds what a progress has of the optimizer against what there is: each state that its steps take, and
// the weights of classes that were fitted to a training set.
func (a *auditor) readOptimizer(f *ast.FuncDecl, x ast.Expr) {
	list, ok := x.(*ast.CompositeLit)
	if !ok || textOf(list.Type) != "[][]float32" {
		a.add(f.Pos(), "Optimizer of fit.Trainer is %s, want a list", or(textOf(x)))
		return
	}
	got, classes := map[string]int{}, 0
	for _, e := range list.Elts {
		if c, ok := e.(*ast.CallExpr); ok && text(c.Fun) == "mem.Flat" && len(c.Args) == 1 {
			got[strings.TrimPrefix(text(c.Args[0]), "&")]++
			continue
		}
		if !classWeights.MatchString(text(e)) {
			a.add(e.Pos(), "a progress holds %s, which is no state of the optimizer", text(e))
		}
		got[text(e)]++
		classes++
	}
	for state := range a.states {
		if got[state] != 1 {
			a.add(f.Pos(), "a progress holds the state %s of the optimizer %d times, want once", state, got[state])
		}
	}
	balanced := 0
	for _, o := range a.net.Outputs {
		if o.Balanced {
			balanced++
		}
	}
	if classes != balanced || len(got) != len(a.states)+balanced {
		a.add(f.Pos(), "Optimizer of fit.Trainer is %s, want %d states and the class weights of %d outputs",
			flat(text(x)), len(a.states), balanced)
	}
}

// classWeights matches the fitted weights of the classes of an output.
var classWeights = regexp.MustCompile(`^t\.(c|\w+C)lassWeights\[:\]$`)

// readOutputs holds what is measured of each output against the network.
func (a *auditor) readOutputs(f *ast.FuncDecl, x ast.Expr) {
	var list *ast.CompositeLit
	if fn, ok := x.(*ast.FuncLit); ok && len(fn.Body.List) == 1 {
		list, _ = returned(fn.Body.List[0]).(*ast.CompositeLit)
	}
	if list == nil || textOf(list.Type) != "[]fit.Output" || len(list.Elts) != len(a.net.Outputs) {
		a.add(f.Pos(), "the outputs of Fit are %s, want %d of them", or(flat(textOf(x))), len(a.net.Outputs))
		return
	}
	for i, o := range graphOf(a.net).outputs {
		fields, ok := keyedFields(list.Elts[i], "")
		if !ok {
			a.add(list.Elts[i].Pos(), "the outputs of Fit are %s, of which one has no named fields", flat(text(list)))
			continue
		}
		a.readOutput(f, a.net.Outputs[i], o.layer.size, fields)
	}
}

// readOutput compares the fields of a fit.Output, words without regard to case and underscores.
func (a *auditor) readOutput(f *ast.FuncDecl, o *net.Output, width int, fields map[string]ast.Expr) {
	wrong := func(field string, got ast.Expr, want string) {
		a.add(f.Pos(), "the outputs of Fit are wrong: %s of %q is %s, want %s", field, o.Name, or(flat(textOf(got))), or(want))
	}
	word := func(x ast.Expr, want string) bool {
		name, ok := strings.CutPrefix(textOf(x), "fit.")
		return ok && strings.EqualFold(name, strings.ReplaceAll(want, "_", ""))
	}
	if name := strconv.Quote(o.Name); textOf(fields["Name"]) != name {
		wrong("Name", fields["Name"], name)
	}
	if !word(fields["Task"], o.Task) {
		wrong("Task", fields["Task"], "fit."+o.Task)
	}
	if x := fields["Width"]; x == nil || a.number(x) != width {
		wrong("Width", x, strconv.Itoa(width))
	}
	if rule := string(o.Rule()); !word(fields["Targets"], rule) {
		wrong("Targets", fields["Targets"], "fit."+rule)
	}
	a.readMetrics(o, fields["Metrics"], word, wrong)
	if x := fields["Steps"]; a.net.Steps > 1 && (x == nil || a.number(x) != a.net.Steps) || a.net.Steps <= 1 && x != nil {
		wrong("Steps", x, strconv.Itoa(a.net.Steps))
	}
	var quantiles []float32
	if list, ok := fields["Quantiles"].(*ast.CompositeLit); ok {
		for _, e := range list.Elts {
			q, err := strconv.ParseFloat(text(e), 32)
			if err != nil {
				q = -1
			}
			quantiles = append(quantiles, float32(q))
		}
	}
	if !slices.EqualFunc(quantiles, o.Quantiles, func(x float32, y float64) bool { return x == float32(y) }) {
		wrong("Quantiles", fields["Quantiles"], fmt.Sprint(o.Quantiles))
	}
	threshold := ""
	for at, t := range a.tensors {
		if o.Threshold != nil && t.name == o.Threshold.Name {
			threshold = "t.Weights." + at + "[0]"
		}
	}
	if textOf(fields["Threshold"]) != threshold {
		wrong("Threshold", fields["Threshold"], threshold)
	}
	for field, x := range fields {
		if !slices.Contains([]string{"Name", "Task", "Width", "Targets", "Metrics", "Steps", "Quantiles", "Threshold"}, field) {
			wrong(field, x, "")
		}
	}
}

// readMetrics holds the metrics of an output against those of its task: in their order, with all that are measured where
// none are named. A package may have more of them than its own spec names.
func (a *auditor) readMetrics(o *net.Output, x ast.Expr, word func(ast.Expr, string) bool,
	wrong func(field string, got ast.Expr, want string)) {
	var elements []ast.Expr
	if list, ok := x.(*ast.CompositeLit); ok && textOf(list.Type) == "[]fit.Measured" {
		elements = list.Elts
	}
	var want []string
	for _, m := range o.Metrics() {
		if len(elements) > 0 && word(elements[0], m.Name) {
			elements = elements[1:]
			continue
		}
		if m.Default || slices.Contains(a.net.Spec.Training.Metrics, m.Name) {
			want = append(want, m.Name)
		}
	}
	if len(want) > 0 {
		wrong("Metrics", x, "with "+strings.Join(want, " and "))
	} else if len(elements) > 0 {
		wrong("Metrics", x, "none beside those of "+o.Task)
	}
}

// bodies are the functions between the trainer and the loop of package fit that are the same for every network.
var bodies = map[string][]string{
	"Trainer.nonFinite": {
		"w := t.Weights",
		"n := fit.Trained{Weights: t.Weights.Tensors(), Named: w.Tensors(), Flat: mem.Flat(&w.Params), " +
			"Gradients: t.Gradients(), Optimizer: t.forFit().Optimizer}",
		"return fit.FindNonFinite(n, &t.watch, gradient)",
	},
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

// readTrainer holds the step of a trainer against that of Fit.
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
}

// compareBody compares the statements of a function with those that it is to have.
func (a *auditor) compareBody(f *ast.FuncDecl, name string, want []string) {
	var got []string
	for _, s := range f.Body.List {
		got = append(got, text(s))
	}
	if !slices.EqualFunc(got, want, func(x, y string) bool { return flat(x) == flat(y) }) {
		a.add(f.Pos(), "%s does %s, want %s", name, strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

// readProgress holds the functions between the trainer and the loop of package fit against what they are everywhere.
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
