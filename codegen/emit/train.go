package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// TrainPackage writes the training package, below the folder of its name.
func TrainPackage(net *Network) (Files, error) {
	name := net.Name + "train"
	files := Files{}
	for _, part := range []struct {
		name  string
		write func(*file)
		doc   string
	}{
		{name + ".go", net.emitTrainer, net.trainDoc()},
		{"gradient.go", net.emitGradient, ""},
		{"evaluate.go", net.emitEvaluate, ""},
		{"fit.go", net.emitFit, ""},
		{name + "_test.go", net.emitTrainTest, ""},
	} {
		f := net.newFile(net.ImportPath+"/"+name, name, part.doc)
		part.write(f)
		src, err := f.render()
		if err != nil {
			return nil, fmt.Errorf("%s/%s: %w", name, part.name, err)
		}
		files[part.name] = src
	}
	if net.Trace {
		f := net.newFile(net.ImportPath+"/"+name, name, "")
		net.emitTrace(f)
		src, err := f.render()
		if err != nil {
			return nil, fmt.Errorf("%s/trace.go: %w", name, err)
		}
		files["trace.go"] = src
	}
	return files.Rename(name), nil
}

// trainDoc returns the package doc, with the ways to train.
func (net *Network) trainDoc() string {
	name := net.Name + "train"
	var x, y []string
	var arrays [][]string
	for i := range net.Inputs {
		x = append(x, arg(net.Inputs, i, "x"))
		what := "inputs"
		if len(net.Inputs) > 1 {
			what = net.Inputs[i].Name
		}
		if len(net.Train.Preprocess[i]) > 0 {
			what += ", before any preprocessing"
		}
		arrays = append(arrays, []string{x[i], net.Name + "." + net.inSize(i), what})
	}
	for i, p := range net.Outputs {
		y = append(y, arg(net.Outputs, i, "y"))
		what := "targets of "
		if len(net.Outputs) > 1 {
			what += p.Name
		} else {
			what = "targets"
		}
		arrays = append(arrays, []string{y[i], net.Name + "." + net.outSize(i), what + net.targetDoc(p)})
	}
	args := strings.Join(append(x[:len(x):len(x)], y...), ", ")
	var b strings.Builder
	fmt.Fprintf(&b, "Package %[1]s trains %[2]s. A Trainer belongs to one goroutine.\n\n\tt := %[1]s.New(%[1]s.Seed)\n\n", name, net.Name)
	b.WriteString("Examples lie one after another, each with\n\n")
	for _, line := range align(arrays, 3) {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	if net.fitted() {
		fmt.Fprintf(&b, "\nThe constants of the preprocessing come from all inputs of the training set:\n\n\tt.FitStats(%s)\n", strings.Join(x, ", "))
	}
	fmt.Fprintf(&b, `
With Fit, as the spec says, on n examples, and without any for validation:

	set := %[1]s.Set{N: n, X: [][]float32{%[2]s}, Y: [][]float32{%[3]s}}
	history, err := t.Fit(ctx, set, %[1]s.Set{}, %[1]s.Options())
`, name, strings.Join(x, ", "), strings.Join(y, ", "))
	if s := net.Train.Stop; s != nil && strings.HasPrefix(s.Monitor, "val_") {
		fmt.Fprintf(&b, "\nEarly stopping goes by %s, so it needs examples for validation.\n", s.Monitor)
	}
	fmt.Fprintf(&b, `
Or step by step, with batches and a learning rate of your own; Step is Gradient, then Apply:

	t.LR = 0.01
	loss := t.Step(%s, nil)

Then the weights become a model, or a file:

	m := %s.New(&t.Weights)
	err = t.Weights.Save("weights.safetensors")
`, args, net.Name)
	return b.String()
}

// targetDoc says what the targets of an output are.
func (net *Network) targetDoc(p Port) string {
	each := ""
	if net.Steps > 1 {
		each = fmt.Sprintf(", for each of %d steps", net.Steps)
	}
	switch {
	case p.Task == "multiclass":
		return each + ": 1 for the class that holds, 0 for the others"
	case p.Task == "binary" && len(p.Classes) == 2 && p.Shape.Size() == max(1, net.Steps):
		return fmt.Sprintf("%s: 0 for \"%s\", 1 for \"%s\"", each, clipped(p.Classes[0]), clipped(p.Classes[1]))
	case p.Task == "binary":
		return each + ": 1 for what holds, 0 for what does not"
	}
	return each
}

// emitTrainer writes the Trainer and what drives it.
func (net *Network) emitTrainer(f *file) {
	t := net.Train
	f.decl("// Batch is the number of examples whose gradients are computed in one piece; larger batches are worked off\n// in pieces of that size, whose gradients are added in order.\nconst Batch = %d", t.Batch)
	f.decl("// Seed is the seed of the spec.\nconst Seed = %d", t.Seed)

	var b strings.Builder
	b.WriteString(`
// Trainer holds a network in training: parameters, gradients, optimizer state, and the activations of a batch.
type Trainer struct {
	Weights @model.Weights
	// LR is the learning rate of the next Apply.
	LR float64

	seed uint64
	step uint64 // updates done
	grads, part @model.Params
`)
	for _, s := range t.States {
		fmt.Fprintf(&b, "\t%s @model.Params // state of the optimizer\n", s)
	}
	if len(net.Step.Slots) > 0 {
		b.WriteString("\tacts gradientSpace\n")
	}
	if len(net.Eval.Slots) > 0 {
		b.WriteString("\tevalActs evaluateSpace\n")
	}
	b.WriteString("}")
	f.decl("%s", b.String())

	b.Reset()
	stats := ""
	if net.fitted() {
		stats = ". The constants of the\n// preprocessing leave inputs as they are until FitStats sets them"
	}
	b.WriteString("// New returns a trainer with the initial parameters that seed gives" + stats + ".\nfunc New(seed uint64) *Trainer {\n\tt := &Trainer{seed: seed, LR: " + t.LR + "}\n\tw := &t.Weights\n")
	for _, p := range net.Params {
		b.WriteString("\t" + net.initial(p) + "\n")
	}
	b.WriteString("\treturn t\n}")
	f.decl("%s", b.String())

	net.emitFitStats(f)
	decl, call := net.batchArgs()
	f.decl(`
// Step updates the parameters by the gradients of a batch, and returns its objective: see Gradient and Apply.
func (t *Trainer) Step(` + decl + `) float64 {
	loss := t.Gradient(` + call + `)
	t.Apply()
	return loss
}
`)
	net.emitGradientDriver(f)
	f.decl(`
// Gradients returns the gradients that the last Gradient or Step left, one after another in the order of
// ` + net.Name + `.Params. The slice is a view: what is written to it, Apply uses.
func (t *Trainer) Gradients() []float32 { return @mem.Flat(&t.grads) }
`)
	net.emitApply(f)
}

// fitted tells whether some step of preprocessing is fitted to examples.
func (net *Network) fitted() bool {
	for _, steps := range net.Train.Preprocess {
		for _, s := range steps {
			if s.Kind != "rescale" {
				return true
			}
		}
	}
	return false
}

// emitFitStats writes the method that fits the preprocessing, if any of it is fitted to examples:
//
//	flowerStandardize := fit.Affine{Center: w.Stats.FlowerStandardizeCenter[:], Scale: w.Stats.FlowerStandardizeScale[:]}
//	flowerStandardize.Standardize(x)
func (net *Network) emitFitStats(f *file) {
	if !net.fitted() {
		return
	}
	var args, sizes, conds []string
	for i := range net.Inputs {
		x := arg(net.Inputs, i, "x")
		args, sizes = append(args, x), append(sizes, "@model."+net.inSize(i))
		if i == 0 {
			conds = append(conds, fmt.Sprintf("len(%s) == 0 || len(%[1]s)%%%s != 0", x, sizes[0]))
		} else {
			conds = append(conds, fmt.Sprintf("len(%s)/%s != len(%s)/%s || len(%[1]s)%%%[2]s != 0", x, sizes[i], args[0], sizes[0]))
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `
// FitStats sets the constants of the preprocessing by the inputs of a training set, as nngen train does. It belongs
// before the first step: a new Trainer leaves inputs as they are. It panics if the lengths do not agree, or without
// examples.
func (t *Trainer) FitStats(%s []float32) {
	if %s {
		panic(%q)
	}
	w := &t.Weights
`, strings.Join(args, ", "), strings.Join(conds, " || "), net.Name+"train: FitStats: lengths of inputs disagree")
	for i, steps := range net.Train.Preprocess {
		last := 0 // after the last step that is fitted
		for k, s := range steps {
			if s.Kind != "rescale" {
				last = k + 1
			}
		}
		before := ""
		for k, s := range steps[:last] {
			name := fmt.Sprintf("%sStep%d", args[i], k+1)
			fmt.Fprintf(&b, "\t%s := @fit.Affine{Center: w.%s[:], Scale: w.%s[:]}\n", name, field("w", s.Center), field("w", s.Scale))
			switch s.Kind {
			case "standardize":
				fmt.Fprintf(&b, "\t%s.Standardize(%s%s)\n", name, args[i], before)
			case "min_max":
				fmt.Fprintf(&b, "\t%s.MinMax(%s, %v, %v%s)\n", name, args[i], s.Min, s.Max, before)
			}
			before += ", " + name
		}
	}
	b.WriteString("}")
	f.decl("%s", b.String())
}

// batchArgs returns the arguments of a training batch: inputs, targets, weights of the examples.
func (net *Network) batchArgs() (decl, call string) {
	var names []string
	for i := range net.Inputs {
		names = append(names, arg(net.Inputs, i, "x"))
	}
	for i := range net.Outputs {
		names = append(names, arg(net.Outputs, i, "y"))
	}
	names = append(names, "weights")
	call = strings.Join(names, ", ")
	return call + " []float32", call
}

// initial returns the statement that draws the initial values of a parameter.
func (net *Network) initial(p *ir.Param) string {
	dst := "w." + field("w", p) + "[:]"
	if p.Role == ir.Constant && p.Values != nil {
		if !slices.ContainsFunc(p.Values, func(v float64) bool { return v != p.Values[0] }) {
			return fmt.Sprintf("@initial.Constant(%s, %v)", dst, p.Values[0])
		}
		values := make([]string, len(p.Values))
		for i, v := range p.Values {
			values[i] = fmt.Sprint(float32(v))
		}
		return fmt.Sprintf("copy(%s, []float32{%s})", dst, strings.Join(values, ", "))
	}
	var calls []string
	for _, c := range net.Train.Initial[p] {
		part, args := dst, ""
		if c.To > 0 {
			part = fmt.Sprintf("w.%s[%d:%d]", field("w", p), c.From, c.To)
		}
		for _, a := range c.Args {
			args += fmt.Sprintf(", %v", a)
		}
		if c.Random {
			args += fmt.Sprintf(", seed, %d", p.Stream)
		}
		calls = append(calls, fmt.Sprintf("@initial.%s(%s%s)", c.Func, part, args))
	}
	return strings.Join(calls, "\n\t")
}

// emitGradientDriver writes Gradient, which cuts a batch into pieces.
func (net *Network) emitGradientDriver(f *file) {
	decl, _ := net.batchArgs()
	var b strings.Builder
	b.WriteString(`
// Gradient computes the objective of a batch, which it returns, and its gradients, which Gradients shows and Apply
// uses. The objective is the mean loss of the examples,
` + net.weightsDoc() + `, plus the penalties of the parameters. It does not allocate. It panics
// if the lengths do not agree.
func (t *Trainer) Gradient(` + decl + `) float64 {
`)
	b.WriteString(net.checkLengths("Gradient"))
	b.WriteString(`
	total := @batch.Weight(` + net.weighted("n") + `, weights)
	if total == 0 {
		clear(t.Gradients())
		return 0
	}
	scale := float32(1 / total)
	r := min(n, Batch)
	loss := t.gradient(r, 0, ` + net.slices("0", "r") + `, scale, &t.grads)
	for first := Batch; first < n; first += Batch {
		r = min(n-first, Batch)
		loss += t.gradient(r, first, ` + net.slices("first", "first+r") + `, scale, &t.part)
		@vec.Add(@mem.Flat(&t.grads), @mem.Flat(&t.grads), @mem.Flat(&t.part))
	}
`)
	penalised := slices.ContainsFunc(net.Params, func(p *ir.Param) bool { return p.L1 != 0 || p.L2 != 0 })
	if !penalised {
		f.decl("%s", b.String()+"\treturn loss / total\n}")
		return
	}
	b.WriteString("\tloss /= total\n")
	for _, p := range net.Params {
		if p.L1 != 0 || p.L2 != 0 {
			fmt.Fprintf(&b, "\tloss += @vec.PenaltyLoss(t.Weights.%s[:], %v, %v)\n", p.Ident, p.L1, p.L2)
			fmt.Fprintf(&b, "\t@vec.Penalty(t.grads.%[1]s[:], t.grads.%[1]s[:], t.Weights.%[1]s[:], %[2]v, %[3]v)\n", p.Ident, p.L1, p.L2)
		}
	}
	b.WriteString("\treturn loss\n}")
	f.decl("%s", b.String())
}

// weightsDoc says what the weights of a batch weigh.
func (net *Network) weightsDoc() string {
	if net.Steps == 1 {
		return "// weighted by weights unless that is nil"
	}
	return fmt.Sprintf("// each of whose %d steps is weighted by weights unless that is nil", net.Steps)
}

func (net *Network) checkLengths(fn string) string {
	var conds []string
	for i := range net.Inputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*@model.%s", arg(net.Inputs, i, "x"), net.inSize(i)))
	}
	for i := range net.Outputs {
		conds = append(conds, fmt.Sprintf("len(%s) != n*@model.%s", arg(net.Outputs, i, "y"), net.outSize(i)))
	}
	return fmt.Sprintf("\tn := len(%s) / @model.%s\n\tif %s || weights != nil && len(weights) != %s {\n\t\tpanic(%q)\n\t}\n",
		arg(net.Inputs, 0, "x"), net.inSize(0), strings.Join(conds, " || "), net.weighted("n"),
		net.Name+"train: "+fn+": lengths of inputs, targets and weights disagree")
}

// slices returns the text of rows [from, to) of each array of a batch.
func (net *Network) slices(from, to string) string {
	var out []string
	cut := func(name, size string) {
		lo := ""
		if from != "0" {
			lo = from + "*" + size
		}
		hi := to
		if from != "0" {
			hi = "(" + to + ")"
		}
		out = append(out, fmt.Sprintf("%s[%s:%s*%s]", name, lo, hi, size))
	}
	for i := range net.Inputs {
		cut(arg(net.Inputs, i, "x"), "@model."+net.inSize(i))
	}
	for i := range net.Outputs {
		cut(arg(net.Outputs, i, "y"), "@model."+net.outSize(i))
	}
	return strings.Join(append(out, fmt.Sprintf("@batch.Cut(weights, %s, %s)", net.weighted(from), net.weighted(to))), ", ")
}

// weighted returns the text of the number of weights of n examples.
func (net *Network) weighted(n string) string {
	switch {
	case net.Steps == 1 || n == "0":
		return n
	case strings.Contains(n, "+"):
		n = "(" + n + ")"
	}
	return fmt.Sprintf("%s*%d", n, net.Steps)
}

// emitGradient writes the unrolled forward and backward pass.
func (net *Network) emitGradient(f *file) {
	emitGeometries(f, net.Step, net.Eval)
	if len(net.Step.Slots) > 0 {
		f.decl("%s", workspace("gradientSpace", "and gradients of a batch", net.Step, "Batch"))
	}
	f.decl("%s", net.trainFunc(net.Step, "gradient", "acts",
		"// gradient computes the summed loss of n ≤ Batch examples, and writes to g the gradients of scale times it.\n// first is the number of the first example in its batch.", true))
}

func (net *Network) trainFunc(g *ir.Graph, name, acts, doc string, gradients bool) string {
	b := net.newBody(g, "n", "p", false)
	for i, p := range net.Outputs {
		b.targets[p.Name] = arg(net.Outputs, i, "y")
		b.outputs[p.Name] = arg(net.Outputs, i, "out")
	}
	lines := b.nodes()
	decl, _ := net.batchArgs()
	head := fmt.Sprintf("func (t *Trainer) %s(n, first int, %s, scale float32, g *@model.Params) (sum float64) {\n", name, decl)
	if !gradients {
		var outs []string
		for i := range net.Outputs {
			outs = append(outs, arg(net.Outputs, i, "out"))
		}
		head = fmt.Sprintf("func (t *Trainer) %s(n int, %s, %s []float32) (sum float64) {\n\tconst scale = 1\n", name, strings.TrimSuffix(decl, " []float32"), strings.Join(outs, ", "))
	}
	text := strings.Join(lines, "\n\t")
	if strings.Count(text, "sum += ") == 1 {
		text = strings.Replace(text, "sum += ", "sum = ", 1)
	}
	if strings.Contains(text, "p.") {
		head += "\tp := &t.Weights\n"
	}
	if len(g.Slots) > 0 {
		head += "\ta := &t." + acts + "\n"
	}
	if !gradients && !strings.Contains(text, "scale") {
		head = strings.Replace(head, "\tconst scale = 1\n", "", 1)
	}
	return doc + "\n" + head + "\n\t" + text + "\n\treturn sum\n}"
}

// unfoldedNote says how an evaluation differs from predictions with folded norms.
func unfoldedNote(g *ir.Graph) string {
	for _, p := range g.Params {
		if p.Role == ir.Folded {
			return " Norms\n// that Predict has in the weights of the layers before them are computed by themselves, which rounds otherwise."
		}
	}
	return ""
}

// emitEvaluate writes the forward pass as in inference, with losses.
func (net *Network) emitEvaluate(f *file) {
	if len(net.Eval.Slots) > 0 {
		f.decl("%s", workspace("evaluateSpace", "of a batch as in inference", net.Eval, "Batch"))
	}
	f.decl("%s", net.trainFunc(net.Eval, "evaluate", "evalActs",
		"// evaluate computes the outputs of n ≤ Batch examples as in inference, and returns their summed loss."+unfoldedNote(net.Infer), false))
}

// emitApply writes the update of the parameters.
func (net *Network) emitApply(f *file) {
	t := net.Train
	var b strings.Builder
	b.WriteString("// Apply updates the parameters by the gradients. It does not allocate.\nfunc (t *Trainer) Apply() {\n\tt.step++\n")
	b.WriteString("\tw, g := @mem.Flat(&t.Weights.Params), @mem.Flat(&t.grads)\n")
	if t.ClipValue > 0 {
		fmt.Fprintf(&b, "\t@vec.ClipValue(g, -%v, %v)\n", t.ClipValue, t.ClipValue)
	}
	clip := "1"
	if t.ClipNorm > 0 {
		clip = fmt.Sprintf("@optim.ClipScale(@optim.SumSquares(g), %v)", t.ClipNorm)
	}
	fmt.Fprintf(&b, "\t%s\n", strings.ReplaceAll(t.Update, "$clip", clip))
	for _, p := range net.Params {
		if p.MaxNorm > 0 {
			fmt.Fprintf(&b, "\t@optim.MaxNorm(%d, %d, t.Weights.%s[:], %v)\n", p.In, p.Out, p.Ident, p.MaxNorm)
		}
	}
	b.WriteString("}")
	f.decl("%s", b.String())
}

// emitTrace writes the functions that hand out values by name: those of the graphs as v<number>, and
// the optimizer's state as the Trainer calls it.
func (net *Network) emitTrace(f *file) {
	for _, part := range []struct {
		name, doc string
		g         *ir.Graph
		acts      string
	}{
		{"TraceGradient", "the values of the last Gradient of n ≤ Batch examples", net.Step, "acts"},
		{"TraceEvaluate", "the values of the last evaluate of n ≤ Batch examples", net.Eval, "evalActs"},
	} {
		b := net.newBody(part.g, "n", "p", false)
		var lines []string
		for _, n := range part.g.Nodes {
			for _, v := range n.Results {
				root := v
				for root.Of != nil {
					root = root.Of
				}
				if root.Place == ir.InSlot || root.Place == ir.InGrad {
					lines = append(lines, fmt.Sprintf("\t\t%q: %s,\n", v, b.ref(v)))
				}
			}
		}
		text := strings.Join(lines, "")
		head := fmt.Sprintf("// %s returns %s.\nfunc (t *Trainer) %s(n int) map[string][]float32 {\n", part.name, part.doc, part.name)
		if strings.Contains(text, "a.") {
			head += "\ta := &t." + part.acts + "\n"
		}
		if strings.Contains(text, "g.") {
			head += "\tg := &t.grads\n"
		}
		f.decl("%s\treturn map[string][]float32{\n%s\t}\n}", head, text)
	}
	var b strings.Builder
	b.WriteString("// OptimizerState returns the optimizer's state.\nfunc (t *Trainer) OptimizerState() map[string][]float32 {\n\treturn map[string][]float32{\n")
	for _, s := range net.Train.States {
		fmt.Fprintf(&b, "\t\t%q: @mem.Flat(&t.%s),\n", s, s)
	}
	b.WriteString("\t}\n}")
	f.decl("%s", b.String())
	decl, call := net.batchArgs()
	var outs []string
	for i := range net.Outputs {
		outs = append(outs, arg(net.Outputs, i, "out"))
	}
	f.decl("// TracePiece exports evaluate.\nfunc (t *Trainer) TracePiece(n int, %s, %s []float32) float64 {\n\treturn t.evaluate(n, %s, %s)\n}",
		strings.TrimSuffix(decl, " []float32"), strings.Join(outs, ", "), call, strings.Join(outs, ", "))
}
