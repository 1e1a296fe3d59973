package verify

import (
	"bytes"
	"slices"
	"text/template"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/sandbox"
)

// driverSource is the program that runs the generated packages: it reads a Script for each network,
// trains the plain and the optimised package by it, and writes what they computed.
var driverSource = template.Must(template.New("driver").Parse(`// Command driver runs generated packages by a script.
package main

import (
	"bufio"
	{{if .Fit}}"bytes"
	"context"
	{{end}}"encoding/binary"
	"encoding/gob"
	"fmt"
	"os"

	{{if .Fit}}"` + runtimePath + `/fit"
	{{end}}_ "verify/` + sandbox.Watch + `"
{{range $i, $m := .}}
	plain{{$i}} "{{$m.Import}}/plain/{{$m.Name}}train"
	fast{{$i}} "{{$m.Import}}/fast/{{$m.Name}}train"
	model{{$i}} "{{$m.Import}}/fast"
	{{if $m.Chunks}}chunked{{$i}} "{{$m.Import}}/chunked/{{$m.Name}}train"{{end}}
{{- end}}
)

type Script struct {
	Seed    uint64
	Inputs  [][]float32
	Targets [][]float32
	Weights []float32
	Params  map[string][]float32
	Rows    []int
	Part    int
	LR      []float64
	Flips   []Flip
	PredictOnly bool
}

// Array is an array in the file of numbers: its first byte there and its length.
type Array struct{ At, N int }

type Step struct {
	Loss   float64
	Before, Values, After, State, StateBefore map[string]Array
	Grads  Array
}

type Run struct {
	Initial map[string]Array
	Steps   []Step
	EvaluateLoss float64
	Outputs []Array
	Whole     Array
	Part     Array
	PartLoss float64
	last     map[string][]float32 // parameters after the steps, for chunks
}

type Chunked struct {
	Sums Array
	Loss float64
	Stats map[string]Array
}

type Result struct {
	Plain, Fast             Run
	Chunked                 []Chunked
	Batch, Single, Streamed []Array
	Blocked, Steps, Blocks  []Array
	OtherState              bool
	Flipped                 [][]Array
	Verdicts                []Verdict
	Drift                   Drift
	Fits                    [][]byte
}

type Verdict struct {
	Unlike          bool
	Outside         int
	Distance, Limit float32
	Features        []float32
}

type Drift struct {
	Examples, Unlike, Far uint64
	Outside               []uint64
}

type Flip struct {
	Param string
	At    int
}

// numbers is the file of arrays, and written the number of bytes in it.
var (
	numbers *bufio.Writer
	written int
)

// keep writes an array as it is now.
func keep(x []float32) Array {
	a := Array{written, len(x)}
	must(binary.Write(numbers, binary.LittleEndian, x))
	written += 4 * len(x)
	return a
}

func keepAll(m map[string][]float32) map[string]Array {
	c := map[string]Array{}
	for k, v := range m {
		c[k] = keep(v)
	}
	return c
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func rows(x []float32, all, from, to int) []float32 {
	if x == nil {
		return nil
	}
	w := len(x) / all
	return x[from*w : to*w]
}

func main() {
	in, err := os.Open(os.Args[1])
	must(err)
	out, err := os.Create(os.Args[2])
	must(err)
	dec, enc := gob.NewDecoder(in), gob.NewEncoder(out)
	file, err := os.Create(os.Args[3])
	must(err)
	numbers = bufio.NewWriterSize(file, 1<<16)
{{- range $i, $m := .}}
	for range {{$m.Scripts}} {
		var s Script
		must(dec.Decode(&s))
		r := Result{}
		if !s.PredictOnly {
			r.Plain, r.Fast = plainRun{{$i}}(s), fastRun{{$i}}(s)
			{{if $m.Chunks}}r.Chunked = chunked{{$i}}Run(s, r.Plain){{end}}
		}
		r.Batch, r.Single = predict{{$i}}(s, "", 0)
		for _, f := range s.Flips {
			y, _ := predict{{$i}}(s, f.Param, f.At)
			r.Flipped = append(r.Flipped, y)
		}
		{{if $m.Steps}}r.Streamed = stream{{$i}}(s)
		r.Blocked, r.Steps, r.Blocks, r.OtherState = blocks{{$i}}(s){{end}}
		{{if $m.Guard}}r.Verdicts, r.Drift = check{{$i}}(s){{end}}
		{{if $m.Fits}}if !s.PredictOnly {
			r.Fits = fits{{$i}}(s)
		}{{end}}
		must(enc.Encode(r))
	}
{{- end}}
	must(out.Close())
	must(numbers.Flush())
	must(file.Close())
}
{{range $i, $m := .}}{{range $kind := $.Kinds}}
func {{$kind}}Run{{$i}}(s Script) Run {
	t := {{$kind}}{{$i}}.New(s.Seed)
	{{if and $m.Workers (or (eq $kind "fast") (not $m.Fits))}}t.Workers = {{if eq $kind "plain"}}1{{else}}3{{end}}
	{{end -}}
	params := map[string][]float32{}
	for _, p := range t.Weights.Tensors() {
		params[p.Name] = p.Data
	}
	r := Run{Initial: keepAll(params)}
	for name, v := range s.Params {
		copy(params[name], v)
	}
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	first := 0
	for i, n := range s.Rows {
		step := Step{}
		{{if eq $kind "plain"}}if i == 0 {
			step.Before, step.StateBefore = keepAll(params), keepAll(t.OptimizerState())
		} else {
			step.Before, step.StateBefore = r.Steps[i-1].After, r.Steps[i-1].State
		}
		{{end -}}
		step.Loss = t.Gradient(
			{{- range $j, $_ := $m.Inputs}}rows(s.Inputs[{{$j}}], all, first, first+n), {{end}}
			{{- range $j, $_ := $m.Outputs}}rows(s.Targets[{{$j}}], all, first, first+n), {{end -}}
			rows(s.Weights, all, first, first+n))
		{{if eq $kind "plain"}}step.Values = keepAll(t.TraceGradient(n))
		{{end}}step.Grads = keep(t.Gradients())
		t.LR = s.LR[i]
		t.Apply()
		step.After, step.State = keepAll(params), keepAll(t.OptimizerState())
		r.Steps = append(r.Steps, step)
		first += n
	}
	{{if and $m.Chunks (eq $kind "plain")}}r.last = map[string][]float32{}
	for name, v := range params {
		r.last[name] = append([]float32{}, v...)
	}
	{{end}}n := s.Rows[0]
	{{range $j, $o := $m.Outputs}}out{{$j}} := make([]float32, n*{{$o}})
	{{end -}}
	r.EvaluateLoss = t.TracePiece(n
		{{- range $j, $_ := $m.Inputs}}, rows(s.Inputs[{{$j}}], all, 0, n){{end}}
		{{- range $j, $_ := $m.Outputs}}, rows(s.Targets[{{$j}}], all, 0, n){{end -}}
		, rows(s.Weights, all, 0, n){{range $j, $_ := $m.Outputs}}, out{{$j}}{{end}})
	r.PartLoss = t.Gradient(
		{{- range $j, $_ := $m.Inputs}}rows(s.Inputs[{{$j}}], all, 0, s.Part), {{end}}
		{{- range $j, $_ := $m.Outputs}}rows(s.Targets[{{$j}}], all, 0, s.Part), {{end}}rows(s.Weights, all, 0, s.Part))
	r.Part = keep(t.Gradients())
	t.Gradient(
		{{- range $j, $_ := $m.Inputs}}s.Inputs[{{$j}}], {{end}}
		{{- range $j, $_ := $m.Outputs}}s.Targets[{{$j}}], {{end}}s.Weights)
	r.Whole = keep(t.Gradients())
	r.Outputs = []Array{ {{- range $j, $_ := $m.Outputs}}keep(out{{$j}}), {{end -}} }
	return r
}
{{end}}
{{with $m.Chunks}}
// chunked{{$i}}Run computes the gradient of all examples, which are cut into chunks, with the parameters after the steps:
// alone, and as each of 1, 2, 4 … processes would, from what they add.
func chunked{{$i}}Run(s Script, done Run) (list []Chunked) {
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	for size := 0; size <= {{.}}; size = max(1, 2*size) {
		t := chunked{{$i}}.New(s.Seed)
		params := map[string][]float32{}
		for _, p := range t.Weights.Tensors() {
			params[p.Name] = p.Data
			copy(p.Data, done.last[p.Name])
		}
		if size > 0 {
			// What the other processes have is what trainers like this one compute of their chunks.
			must(t.Join(0, size, func(sums []float32, totals []float64) {
				for k := 1; k < size; k *= 2 {
					// Processes k up to 2k have the sum of a tree over theirs, which is that of one process with all their chunks.
					other := chunked{{$i}}.New(s.Seed)
					for _, p := range other.Weights.Tensors() {
						copy(p.Data, done.last[p.Name])
					}
					x, loss := other.GradientChunks(k*{{.}}/size, 2*k*{{.}}/size
						{{- range $j, $_ := $m.Inputs}}, s.Inputs[{{$j}}]{{end}}
						{{- range $j, $_ := $m.Outputs}}, s.Targets[{{$j}}]{{end}}, s.Weights)
					for i, v := range x {
						sums[i] += v
					}
					totals[0] += loss
				}
			}))
		}
		c := Chunked{}
		c.Loss = t.Gradient(
			{{- range $j, $_ := $m.Inputs}}s.Inputs[{{$j}}], {{end}}
			{{- range $j, $_ := $m.Outputs}}s.Targets[{{$j}}], {{end}}s.Weights)
		c.Sums = keep(t.Gradients())
		c.Stats = keepAll(params)
		list = append(list, c)
	}
	return list
}
{{end}}
// predict{{$i}} predicts with the parameters of the script, of which one element may be flipped, in a batch and one by one.
func predict{{$i}}(s Script, flip string, at int) (batch, single []Array) {
	t := fast{{$i}}.New(s.Seed)
	for _, p := range t.Weights.Tensors() {
		copy(p.Data, s.Params[p.Name])
		if p.Name == flip {
			p.Data[at] = 1 - p.Data[at]
		}
	}
	m := model{{$i}}.New(&t.Weights)
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	{{range $j, $o := $m.Outputs}}b{{$j}}, s{{$j}} := make([]float32, all*{{$o}}), make([]float32, all*{{$o}})
	{{end -}}
	m.PredictBatch{{if $m.Workers}}Workers{{end}}(
		{{- range $j, $_ := $m.Inputs}}s.Inputs[{{$j}}], {{end}}{{range $j, $_ := $m.Outputs}}b{{$j}}, {{end}}{{if $m.Workers}}3{{end}})
	for i := range all {
		m.Predict(
			{{- range $j, $n := $m.Inputs}}(*[{{$n}}]float32)(s.Inputs[{{$j}}][i*{{$n}}:]), {{end}}
			{{- range $j, $n := $m.Outputs}}(*[{{$n}}]float32)(s{{$j}}[i*{{$n}}:]), {{end}})
	}
	return []Array{ {{- range $j, $_ := $m.Outputs}}keep(b{{$j}}), {{end -}} }, []Array{ {{- range $j, $_ := $m.Outputs}}keep(s{{$j}}), {{end -}} }
}
{{with $m.Steps}}
// stream{{$i}} predicts step by step: all steps of outputs that are sequences, the last of the others.
func stream{{$i}}(s Script) []Array {
	t := fast{{$i}}.New(s.Seed)
	for _, p := range t.Weights.Tensors() {
		copy(p.Data, s.Params[p.Name])
	}
	m := model{{$i}}.New(&t.Weights)
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	{{range $j, $o := $m.Outputs}}y{{$j}} := make([]float32, all*{{$o}})
	{{end -}}
	for i := range all {
		var state model{{$i}}.State
		for k := range {{.}} {
			state.Step(m, {{range $j, $n := $m.Inputs}}{{with index $m.StepInputs $j}}(*[{{.}}]float32)(s.Inputs[{{$j}}][i*{{$n}}+k*{{.}}%{{$n}}:]), {{end}}{{end}}
				{{- range $j, $n := $m.Outputs}}{{with index $m.StepOutputs $j}}(*[{{.}}]float32)(y{{$j}}[i*{{$n}}+k*{{.}}%{{$n}}:]), {{end}}{{end}})
		}
	}
	return []Array{ {{- range $j, $_ := $m.Outputs}}keep(y{{$j}}), {{end -}} }
}

// blocks{{$i}} predicts each example in two blocks of steps, and takes the steps of all examples one by one, and in blocks of
// different sizes: one after another, as if they were one sequence, unless there is an end to those. It tells whether that
// leaves different states.
func blocks{{$i}}(s Script) (blocked, steps, many []Array, differ bool) {
	t := fast{{$i}}.New(s.Seed)
	for _, p := range t.Weights.Tensors() {
		copy(p.Data, s.Params[p.Name])
	}
	m := model{{$i}}.New(&t.Weights)
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	all *= {{.}}
	{{range $j, $n := $m.Inputs}}{{with index $m.StepInputs $j}}var x{{$j}} []float32
	for at := range all {
		x{{$j}} = append(x{{$j}}, s.Inputs[{{$j}}][at/{{$m.Steps}}*{{$n}}+at%{{$m.Steps}}*{{.}}%{{$n}}:][:{{.}}]...)
	}
	{{end}}{{end}}
	{{- range $j, $o := $m.Outputs}}{{with index $m.StepOutputs $j}}whole{{$j}} := make([]float32, all/{{$m.Steps}}*{{$o}})
	y{{$j}}, one{{$j}}, some{{$j}} := make([]float32, all*{{.}}), make([]float32, all*{{.}}), make([]float32, all*{{.}})
	{{end}}{{end -}}
	for i := 0; i < all; i += {{.}} {
		var state model{{$i}}.State
		cut := i + i/{{.}}%({{.}}+1)
		for _, b := range [][2]int{ {i, cut}, {cut, i + {{.}}} } {
			state.StepBlock(m, {{range $j, $n := $m.Inputs}}{{with index $m.StepInputs $j}}x{{$j}}[b[0]*{{.}}:b[1]*{{.}}], {{end}}{{end}}
				{{- range $j, $n := $m.Outputs}}{{with index $m.StepOutputs $j}}y{{$j}}[b[0]*{{.}}:b[1]*{{.}}], {{end}}{{end}})
		}
		for k := range {{.}} {
			{{range $j, $n := $m.Outputs}}{{with index $m.StepOutputs $j}}copy(whole{{$j}}[i/{{$m.Steps}}*{{$n}}+k*{{.}}%{{$n}}:], y{{$j}}[(i+k)*{{.}}:][:{{.}}])
			{{end}}{{end}}
		}
	}
	var one, some model{{$i}}.State
	for at := range all {
		{{if $m.Bounded}}if at%{{.}} == 0 {
			one.Reset()
		}
		{{end}}one.Step(m, {{range $j, $n := $m.Inputs}}{{with index $m.StepInputs $j}}(*[{{.}}]float32)(x{{$j}}[at*{{.}}:]), {{end}}{{end}}
			{{- range $j, $n := $m.Outputs}}{{with index $m.StepOutputs $j}}(*[{{.}}]float32)(one{{$j}}[at*{{.}}:]), {{end}}{{end}})
	}
	for at, size := 0, 0; at < all; size = (2*size + 1) % 101 {
		to := at + min(size, all-at)
		{{if $m.Bounded}}if at%{{.}} == 0 {
			some.Reset()
		}
		to = min(to, at-at%{{.}}+{{.}})
		{{end}}some.StepBlock(m, {{range $j, $n := $m.Inputs}}{{with index $m.StepInputs $j}}x{{$j}}[at*{{.}}:to*{{.}}], {{end}}{{end}}
			{{- range $j, $n := $m.Outputs}}{{with index $m.StepOutputs $j}}some{{$j}}[at*{{.}}:to*{{.}}], {{end}}{{end}})
		at = to
	}
	return []Array{ {{- range $j, $_ := $m.Outputs}}keep(whole{{$j}}), {{end -}} },
		[]Array{ {{- range $j, $_ := $m.Outputs}}keep(one{{$j}}), {{end -}} },
		[]Array{ {{- range $j, $_ := $m.Outputs}}keep(some{{$j}}), {{end -}} }, one != some
}
{{end}}{{if $m.Guard}}
// check{{$i}} lets the guard look at each example, and counts what it says.
func check{{$i}}(s Script) (verdicts []Verdict, drift Drift) {
	t := fast{{$i}}.New(s.Seed)
	for _, p := range t.Weights.Tensors() {
		copy(p.Data, s.Params[p.Name])
	}
	m := model{{$i}}.New(&t.Weights)
	all := 0
	for _, n := range s.Rows {
		all += n
	}
	var d model{{$i}}.Drift
	for i := range all {
		{{range $j, $n := $m.Inputs}}x{{$j}} := (*[{{$n}}]float32)(s.Inputs[{{$j}}][i*{{$n}}:])
		{{end -}}
		var h [model{{$i}}.HiddenSize]float32
		m.Hidden({{range $j, $_ := $m.Inputs}}x{{$j}}, {{end}}&h)
		v := m.Check({{range $j, $_ := $m.Inputs}}x{{$j}}, {{end}})
		d.Add(v)
		verdicts = append(verdicts, Verdict{v.Unlike, v.Outside, v.Distance, v.Limit, append([]float32{}, h[:]...)})
	}
	drift = Drift{Examples: d.Examples(), Unlike: d.Unlike(), Far: d.Far()}
	for i := range model{{$i}}.CheckedSize {
		drift.Outside = append(drift.Outside, d.Outside(i))
	}
	return verdicts, drift
}
{{end}}{{if $m.Fits}}
// fits{{$i}} returns what whole trainings give: by the plain package, and by the other one with some numbers of workers.
func fits{{$i}}(s Script) [][]byte {
	list := [][]byte{train(plain{{$i}}.New(s.Seed), plain{{$i}}.Options(), s)}
	for _, count := range workers {
		t := fast{{$i}}.New(s.Seed)
		t.Workers = count
		list = append(list, train(t, fast{{$i}}.Options(), s))
	}
	return list
}
{{end}}{{end}}{{if .Fit}}
var workers = []int{ {{- range .Counts}}{{.}}, {{end -}} }

type trainer interface {
	Fit(context.Context, fit.Set, fit.Set, fit.Options) (fit.History, error)
	Evaluate(fit.Set, ...string) ([]fit.Metric, error)
	Gradients() []float32
}

// train trains with all examples of a script, a few pieces in a batch, and returns all that this gives as bytes.
func train(t trainer, o fit.Options, s Script) []byte {
	set := fit.Set{X: s.Inputs, Y: s.Targets, W: s.Weights}
	for _, n := range s.Rows {
		set.N += n
	}
	var b bytes.Buffer
	o.Epochs, o.BatchSize = 7, (set.N+1)/2
	{{- if .Stops}}
	o.Stop = nil{{end}}
	o.OnStep = func(_ context.Context, epoch, seen int, loss, lr float64) error {
		fmt.Fprintf(&b, "%x\n", loss)
		return binary.Write(&b, binary.LittleEndian, t.Gradients())
	}
	var last *fit.Progress
	o.OnProgress = func(p *fit.Progress) error { last = p; return nil }
	h, err := t.Fit(context.Background(), set, set.Slice(0, (set.N+1)/2), o)
	fmt.Fprintf(&b, "%v %v\n", h, err)
	metrics, err := t.Evaluate(set)
	fmt.Fprintf(&b, "%v %v\n", metrics, err)
	if last != nil {
		must(last.Write(&b))
	}
	return b.Bytes()
}
{{end}}`))

// driven is what the driver's text needs of one network.
type driven struct {
	Import, Name    string
	Inputs, Outputs []int // sizes of one example
	Scripts         int   // that the network is run by
	Chunks          int   // of a batch; 0 for one that is none
	Steps           int   // of a network that runs step by step; 0 for others
	Guard           bool
	Workers         bool // whether several share its steps: three do in the fast package, one in the plain one
	Fits            bool // whether it is trained by Fit too, by a plain package that is made for one worker
	Stops           bool // whether that may stop early, which the runtime has for it then
	// StepInputs and StepOutputs are sizes of one step. What has as many numbers in a step as in the example is
	// given, or computed, anew at each.
	StepInputs, StepOutputs []int
	Bounded                 bool // whether no step can follow the last
}

// stream notes how a network runs step by step, if it does.
func (d *driven) stream(out *codegen.Output) {
	if out.Stream == nil {
		return
	}
	d.Steps = out.Stream.Stream
	d.StepInputs, d.StepOutputs = out.Plan.Step.Sizes()
	d.Bounded = out.Plan.Step.Bounded()
}

type drivenList []driven

// Kinds are the two packages of each network.
func (drivenList) Kinds() []string { return []string{"plain", "fast"} }

// Fit tells whether some networks are trained by Fit, and Counts with how many workers.
func (l drivenList) Fit() bool   { return slices.ContainsFunc(l, func(d driven) bool { return d.Fits }) }
func (drivenList) Counts() []int { return fitWorkers }

// Stops tells whether the runtime of the networks has early stopping.
func (l drivenList) Stops() bool {
	return slices.ContainsFunc(l, func(d driven) bool { return d.Stops })
}

func driver(models []driven) ([]byte, error) {
	var b bytes.Buffer
	err := driverSource.Execute(&b, drivenList(models))
	return b.Bytes(), err
}

// The types below are those of the driver.

// script says what to do with one network.
type script struct {
	Seed    uint64
	Inputs  [][]float32 // all examples of each input
	Targets [][]float32 // of each output
	Weights []float32   // of the examples; nil if all count 1
	Params  map[string][]float32
	Rows    []int // examples of each step
	Part    int   // examples of a gradient that the reference computes in pieces
	LR      []float64
	Flips   []flip // predictions with one parameter changed each
	// PredictOnly leaves out training and the evaluation.
	PredictOnly bool
}

// flip names an element of a parameter, which becomes 1 − w.
type flip struct {
	Param string
	At    int
}

// array is an array in the file of numbers of the driver: see numbers.
type array struct{ At, N int }

// step is one training step of one package. Of the fast one nobody asks for Before, Values and StateBefore.
type step struct {
	Loss        float64
	Before      map[string]array // parameters
	Values      map[string]array // of the graph, by v<number>
	Grads       array            // of all parameters, one after another
	After       map[string]array // parameters
	State       map[string]array // of the optimizer, after
	StateBefore map[string]array
}

// run is all that one package computed.
type run struct {
	Initial      map[string]array
	Steps        []step
	EvaluateLoss float64
	Outputs      []array // of the evaluation
	Whole        array   // the gradient over all examples at once, after the steps
	Part         array   // that over the first Part of them, before Whole: either may move what is kept of examples
	PartLoss     float64
}

// chunked is the gradient of all examples in chunks.
type chunked struct {
	Sums  array
	Loss  float64
	Stats map[string]array // all arrays of the weights, after it
}

// result is what the driver gives for one network. Batch, Single and Streamed are the predictions with the parameters
// of the script, and Blocked those in blocks of steps; the last two are nil for a network that does not run step by
// step. Steps and Blocks are what all steps give one by one, and in blocks, and OtherState says that the states that
// this leaves differ.
type result struct {
	Plain, Fast             run
	Chunked                 []chunked // see checkChunks; nil for batches that are not cut
	Batch, Single, Streamed []array
	Blocked, Steps, Blocks  []array
	OtherState              bool
	Flipped                 [][]array // batches of predictions, one for each flip
	Verdicts                []verdict // of a network with a guard, on each example
	Drift                   drift
	// Fits are what whole trainings gave, by the plain package and by the fast one with each of fitWorkers.
	Fits [][]byte
}
