package emit

import (
	"fmt"
	"strings"
)

// exampleArrays returns the names of the inputs and of the targets of a training, and rows of a table that says what
// each of them holds of an example: name, size, what.
func (net *Network) exampleArrays() (x, y []string, rows [][]string) {
	for i := range net.Inputs {
		x = append(x, arg(net.Inputs, i, "x"))
		what := "inputs"
		if len(net.Inputs) > 1 {
			what = net.Inputs[i].Name
		}
		if len(net.Train.Preprocess[i]) > 0 {
			what += ", before any preprocessing"
		}
		rows = append(rows, []string{x[i], net.Name + "." + net.inSize(i), what})
	}
	for i, p := range net.Outputs {
		y = append(y, arg(net.Outputs, i, "y"))
		what := "targets"
		if len(net.Outputs) > 1 {
			what += " of " + p.Name
		}
		rows = append(rows, []string{y[i], net.Name + "." + net.outSize(i), what + net.targetDoc(p)})
	}
	return x, y, rows
}

// trainDoc returns the package doc, with the ways to train.
func (net *Network) trainDoc() string {
	name := net.Name + "train"
	x, y, arrays := net.exampleArrays()
	args := strings.Join(append(x[:len(x):len(x)], y...), ", ")
	var b strings.Builder
	fmt.Fprintf(&b, `Package %[1]s trains the network of package %[2]s. The same seed, examples and options give the same bits on every machine.

	t := %[1]s.New(%[1]s.Seed)

Examples lie one after another, each with

`, name, net.Name)
	for _, line := range align(arrays, 3) {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	fmt.Fprintf(&b, `
# All at once

Fit trains as the spec says; here on n examples, and without any for validation:

	set := %[1]s.Set{N: n, X: [][]float32{%[2]s}, Y: [][]float32{%[3]s}}
	history, err := t.Fit(ctx, set, %[1]s.Set{}, %[1]s.Options())
`, name, strings.Join(x, ", "), strings.Join(y, ", "))
	if m := net.Train.Monitor; strings.HasPrefix(m, "val_") {
		fmt.Fprintf(&b, "\nEarly stopping goes by %s, so it needs examples for validation.\n", m)
	}
	fmt.Fprintf(&b, `
Fit stops when ctx ends, after the step in progress: a program may pass that of signal.NotifyContext. Callbacks of the
options hear of each step and epoch. Evaluate measures other examples:

	metrics, err := t.Evaluate(test)

# Interruptions

With its progress in a file, a training that was interrupted goes on, to the same bits:

	o := %[1]s.Options()
	o.OnProgress = func(p *%[1]s.Progress) error { return p.Save("progress") }
	o.Resume, err = %[1]s.LoadProgress("progress") // once there is one
`, name)
	b.WriteString("\n# Step by step\n\nBatches and learning rates may be your own; Step is Gradient, then Apply")
	if before := net.fitsBefore(x, y); before != nil {
		fmt.Fprintf(&b,
			". The constants of\n"+
				"the preprocessing and of standardized targets come from the whole training set before, which Fit does itself:\n"+
				"\n\t%s\n", strings.Join(before, "\n\t"))
	} else {
		b.WriteString(":\n\n")
	}
	fmt.Fprintf(&b, `	t.LR = 0.01
	loss := t.Step(%s, nil)
	err = t.Save("progress") // Load goes on from there, to the same bits

# What comes of it

The weights become a model, or a file, which nngen compile embeds as weights.safetensors:

	m := %s.New(&t.Weights)
	err = t.Weights.Save("weights.safetensors")
`, args, net.Name)
	if net.Undecided != nil {
		b.WriteString("\nTrained so they lack what nngen train chooses by validation examples when a training is over: " +
			"see Undecided.\n")
	}
	if net.chunked() {
		fmt.Fprintf(&b, `
# Several processes

Up to Chunks processes share a training, on one machine or several: each calls Join, and gives the same examples,
options and batches as the others. All of them come to the bits of one process:

	err = t.Join(rank, size, reduce) // before Fit or the first Step
`)
	}
	b.WriteString("\n# Goroutines\n\nA Trainer belongs to one goroutine. ")
	if net.workers() {
		b.WriteString("It shares the work of a step, and that of Evaluate, out to as many as its field\nWorkers says, " +
			"or GOMAXPROCS if that is 0; the bits do not depend on it.\n")
	} else {
		b.WriteString("That does all the work: a step of this network is too small to share out.\n")
	}
	b.WriteString("\nOf the zero Trainer all numbers are 0. Functions panic where they say so, and at nil pointers.\n")
	return b.String()
}

// fitsBefore returns the calls that fit constants to the training set; nil if there are none.
func (net *Network) fitsBefore(x, y []string) (calls []string) {
	if net.fitted() {
		calls = append(calls, fmt.Sprintf("t.FitStats(%s)", strings.Join(x, ", ")))
	}
	for i, ps := range net.Train.Targets {
		if ps != nil {
			calls = append(calls, fmt.Sprintf("t.%s(%s)", net.fitTargetsName(i), y[i]))
		}
	}
	return calls
}

// targetDoc says what the targets of an output are.
func (net *Network) targetDoc(p Port) string {
	each := ""
	if net.Steps > 1 {
		each = fmt.Sprintf(", for each of %d steps", net.Steps)
	}
	if p.Quantiles != nil {
		each += fmt.Sprintf(", all of them %d times: for each quantile", len(p.Quantiles))
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
