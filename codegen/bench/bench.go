// Package bench measures generated packages and the kernels under them, as a share of what the machine
// can do: its rate of multiply-adds, or the rate at which its caches deliver the weights.
//
// It exists so that a claim of speed is one command away from its check. What it times is what users
// get: generated code in a module of its own, built by their Go, one thread. A network's row counts only
// after its output and its loss agreed with the float64 reference.
package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"strings"
	"text/template"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/spec"
)

// Row is one line of a table.
type Row struct {
	Work  string
	Unit  string // of Value: ns, samples/s, GFLOP/s, or × for what several workers gain over one
	Value float64
	// FLOPs is the rate of arithmetic, two for each multiply-add; 0 where that says nothing.
	FLOPs float64
	// Share is the share of a limit measured right beside, and Limit which: "FMA peak", "loads", or what independent
	// loops gain.
	Share  float64
	Limit  string
	Allocs float64 // of one call
	// Workers is the number of workers of a row that compares them with one, 0 for others.
	Workers int
	Most    float64 // what independent loops gain by them, at the same moments
	// Rates are those of multiply-adds right beside, 0 where there is no kernel for that. Busy tells that they were not
	// steady at the best of the table: others had the processor too.
	Rates hw.Rates
	Busy  bool
	Aim   *Aim // nil for none
	Made  bool // whether kernels made for the network do it
}

// ofPeak sets the share of the peak.
func (r *Row) ofPeak() {
	if r.Rates.Best > 0 {
		r.Share, r.Limit = r.FLOPs/r.Rates.Best, "FMA peak"
	}
}

// ofLoops sets the share of what independent loops gain by the workers. Where work gains clearly more than those, which
// share nothing, others had the processors while the loops ran: these are then no limit, and the row has no share.
func (r *Row) ofLoops(gain, most float64) {
	if r.Most = most; gain > most/near {
		r.Busy = true
		return
	}
	r.Share, r.Limit = gain/most, fmt.Sprintf("%.2f × of independent loops", most)
}

// Aim is what a row is compared with.
type Aim struct {
	Value float64 // in the row's unit, or a share of the limit if Share
	Share bool
	Least bool   // whether more is better
	Holds string // what holds a row back that falls short, "" if nothing is known
}

// near is the share of all processors that a machine must give for a row with workers that is short to count.
const near = 0.95

// Verdict tells in a word whether a row reaches its aim: met, short, or busy where the machine did not have all
// processors to give, so that a row that is short says nothing.
func (r Row) Verdict() string {
	switch {
	case r.Met():
		return "met"
	case r.Busy || r.Most > 0 && r.Most < near*float64(r.Workers):
		return "busy"
	}
	return "short"
}

// Met tells whether a row reaches its aim.
func (r Row) Met() bool {
	v := r.Value
	if r.Aim.Share {
		v = r.Share
	}
	return r.Aim.Least == (v > r.Aim.Value) || v == r.Aim.Value
}

// Subject is a network to measure.
type Subject struct {
	Spec  *spec.Spec
	Files fs.FS // root of the files that the spec names
	// Train lists the batch sizes of training steps.
	Train []int
	// Kinds are the rows to measure: predict, chain, batch, step, block, train; all if there is none.
	Kinds []string
	// Compared tells to compare several workers with one, whatever there is to share out, and to measure nothing else:
	// at training steps, and at predictions of so many examples unless Rows is 0.
	Compared bool
	Rows     int
}

// subject is a Subject with what the driver needs.
type subject struct {
	Subject
	Index           int
	Name            string
	Inputs, Outputs []int // numbers of one example
	Tokens          []int // of each input; 0 where it holds none
	Steps           int
	// StreamSteps is the number of steps of a network that runs step by step, 0 for others; StepInputs and
	// StepOutputs are the numbers of one step.
	StreamSteps             int
	StepInputs, StepOutputs []int
	BlockSteps              int // of the block that is measured
	Weights                 int // bytes
	OneHot                  bool
	// SharesBatches and SharesSteps tell whether workers share out batches of predictions, of SharedRows examples, and
	// steps.
	SharesBatches, SharesSteps bool
	SharedRows                 int
	*rival                     // for the program that a harness of peers runs; nil for others
	net                        *net.Net
	plan                       *plan.Plan
}

// Measures tells whether rows of a kind are measured.
func (s *subject) Measures(kind string) bool {
	return !s.Compared && (len(s.Kinds) == 0 || slices.Contains(s.Kinds, kind))
}

// event is a line of the driver's output.
type event struct {
	Net     int
	Kind    string // check, predict, chain, batch, step, block or train
	Rows    int
	Seconds float64
	Rates   hw.Rates // measured right beside
	Loads   float64  // bytes per second, over as many as the weights have
	Allocs  float64
	// Workers is the number of workers of a row that compares them with one, 0 for others; Gain is how many times as
	// fast they are, and Most how many times as fast loops are that share nothing.
	Workers    int
	Gain, Most float64
	Outputs    []float64 // of the first examples
	Loss       float64   // of the first step
}

//go:embed driver.go.tmpl
var driverText string

var driver = template.Must(template.New("driver").Parse(driverText))

// The temporary module. Nothing is ever fetched from there.
const (
	modulePath  = "nngen.invalid/bench"
	runtimePath = modulePath + "/rt"
)

// module compiles the subjects and a program that times them into a temporary module.
func module(subjects []*subject, program *template.Template) (*sandbox.Module, error) {
	files := map[string][]byte{}
	for i, s := range subjects {
		c := *s.Spec
		c.Generate.Profile, c.Generate.Train = spec.Full, true
		out, problems := codegen.Compile(&c, s.Files, codegen.Options{ImportPath: fmt.Sprintf("%s/m%d", modulePath, i),
			Runtime: runtimePath, Version: "bench"})
		if err := problems.Err(); err != nil {
			return nil, err
		}
		s.Index, s.Name, s.net, s.Steps = i, c.Name, out.Net, out.Net.Steps
		s.plan = out.Plan
		for _, l := range out.Net.Inputs {
			s.Inputs = append(s.Inputs, l.Shape.Size())
			s.Tokens = append(s.Tokens, out.Net.Tokens(l))
		}
		for _, o := range out.Net.Outputs {
			s.Outputs = append(s.Outputs, o.Layer.Shape.Size())
			s.OneHot = s.OneHot || o.Task == "multiclass"
		}
		s.stream(out)
		s.SharesBatches = codegen.SharesBatches(out.Net)
		s.SharedRows = sharedRows(out.Net)
		s.SharesSteps = out.Plan.Gradient.Workers
		if s.Compared {
			s.SharesSteps, s.SharesBatches, s.SharedRows = true, s.Rows > 0, s.Rows
		}
		for _, p := range out.Plan.Params {
			s.Weights += p.Storage.Bytes() * p.Size()
		}
		for name, src := range out.Files {
			if !strings.HasSuffix(name, "_test.go") {
				files[fmt.Sprintf("m%d/%s", i, name)] = src
			}
		}
	}
	var b bytes.Buffer
	if err := program.Execute(&b, struct {
		Module, Runtime string
		Subjects        []*subject
		Products        []Product
	}{modulePath, runtimePath, subjects, products}); err != nil {
		return nil, err
	}
	files["main.go"] = b.Bytes()
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: runtimePath,
		Header: "// Copied for a benchmark."}, files)
	if err != nil {
		return nil, err
	}
	for name, src := range copies {
		files["rt/"+name] = src
	}
	return sandbox.New(modulePath, maps.Clone(files))
}

// sharedRows returns how many examples a batch of predictions has whose workers are measured: those of a large batch,
// or fewer that take several milliseconds, since it is run some hundred times.
func sharedRows(network *net.Net) int {
	const some, least = 1 << 27, 64
	macs := int64(1)
	for _, l := range codegen.Table(network) {
		macs += l.MACs
	}
	return int(min(codegen.SharedBatch, max(least, some/macs)))
}

// mostBlock is the number of steps of a block that is measured, unless no step can follow the last of fewer.
const mostBlock = 256

// stream notes how a network runs step by step, if it does.
func (s *subject) stream(out *codegen.Output) {
	if out.Stream == nil {
		return
	}
	s.StreamSteps = out.Stream.Stream
	s.StepInputs, s.StepOutputs = out.Plan.Step.Sizes()
	if s.BlockSteps = mostBlock; out.Plan.Step.Bounded() {
		s.BlockSteps = min(s.BlockSteps, s.StreamSteps)
	}
}

// Networks measures networks: one prediction beside others, and one that waits for the last, a batch of them, one step
// and a block of steps where they run step by step, and training steps.
func Networks(ctx context.Context, subjects []Subject) ([]Row, error) {
	list := make([]*subject, len(subjects))
	for i, s := range subjects {
		list[i] = &subject{Subject: s}
	}
	m, err := module(list, driver)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	exe, err := m.Build(ctx, "")
	if err != nil {
		return nil, err
	}
	var events []event // looked at afterwards, since that would take time from what is measured
	err = m.Run(ctx, sandbox.Program{Exe: exe, Env: []string{"GOMAXPROCS=1"}, Line: func(line []byte) error {
		var e event
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("BUG: the benchmark printed %q: %w", line, err)
		}
		events = append(events, e)
		return nil
	}})
	if err != nil {
		return nil, err
	}
	var rows []Row
	for _, e := range events {
		s := list[e.Net]
		if e.Kind == "check" {
			if err := s.check(e); err != nil {
				return nil, err
			}
			continue
		}
		rows = append(rows, s.row(e))
	}
	return rows, nil
}

// row makes a row of a measurement.
func (s *subject) row(e event) Row {
	macs := int64(0)
	for _, l := range s.net.Layers {
		if len(l.In) > 0 {
			macs += l.MACs()
		}
	}
	r := Row{Allocs: e.Allocs, Rates: e.Rates, Made: cpu.HasSIMD() && made(s.plan, e.Kind)}
	flop := 2 * float64(macs) * float64(e.Rows)
	switch e.Kind {
	case "predict":
		r.Work, r.Unit, r.Value = "predict "+s.title(), "ns", e.Seconds*1e9
	case "chain":
		r.Work, r.Unit, r.Value = "predict "+s.title()+", each from the last", "ns", e.Seconds*1e9
	case "batch":
		r.Work, r.Unit, r.Value = fmt.Sprintf("predict %s, batch %d", s.title(), e.Rows),
			"samples/s", float64(e.Rows)/e.Seconds
	case "step":
		r.Work, r.Unit, r.Value = "step of "+s.title(), "ns", e.Seconds*1e9
		flop /= float64(s.StreamSteps)
	case "block":
		r.Work, r.Unit = fmt.Sprintf("step of %s, in blocks of %d", s.title(), e.Rows), "ns"
		r.Value = e.Seconds * 1e9 / float64(e.Rows)
		flop /= float64(s.StreamSteps)
	case "train":
		r.Work, r.Unit, r.Value = fmt.Sprintf("train %s, %s, batch %d", s.title(), s.Spec.Optimizer.Kind, e.Rows),
			"samples/s", float64(e.Rows)/e.Seconds
		// Forward, gradient of the weights, gradient of the inputs but for those of the network.
		flop = 2 * float64(3*macs-s.first()) * float64(e.Rows)
	}
	r.FLOPs = flop / e.Seconds
	if e.Workers > 0 {
		r.Work, r.Unit, r.Value, r.Workers = fmt.Sprintf("%s, %d workers", r.Work, e.Workers), "×", e.Gain, e.Workers
		if e.Most > 0 {
			r.ofLoops(e.Gain, e.Most)
		}
		return r
	}
	r.ofPeak()
	if loads := float64(s.Weights) / e.Seconds; e.Loads > 0 && loads/e.Loads > r.Share {
		r.Share, r.Limit = loads/e.Loads, "loads"
	}
	return r
}

// made tells whether kernels made for a network do what is measured on a machine that has what they take.
func made(p *plan.Plan, kind string) bool {
	switch kind {
	case "predict", "chain", "batch":
		return p.Made != nil
	case "step":
		return p.MadeStep != nil
	case "train":
		return p.MadeGradient != nil
	}
	return false
}

// first returns the multiply-adds of the layers that read inputs, whose gradient nothing needs.
func (s *subject) first() int64 {
	constant := map[*op.Layer]bool{}
	macs := int64(0)
	for _, l := range s.net.Layers {
		constant[l] = true
		for _, in := range l.In {
			constant[l] = constant[l] && constant[in]
		}
		if constant[l] && l.MACs() > 0 {
			macs += l.MACs()
			constant[l] = false
		}
	}
	return macs
}

// title names a network by its extents if it is a perceptron of few layers, else by its name.
func (s *subject) title() string {
	var sizes []string
	plain := true
	for _, l := range s.net.Inputs {
		sizes = append(sizes, l.Shape.String())
	}
	for _, l := range s.net.Layers {
		if len(l.Params) > 0 && len(l.In) > 0 && l.MACs() > 0 {
			sizes = append(sizes, l.Shape.String())
			plain = plain && l.Def == op.Dense
		}
	}
	if len(sizes) > 5 || !plain {
		return s.Name
	}
	return strings.Join(sizes, "-")
}

// checked is the number of examples whose outputs are compared with the reference.
const checked = 4

// check compares the outputs of the first examples and the loss of the first step with the reference.
func (s *subject) check(e event) error {
	n := ref.New(s.net, 1)
	b := ref.Batch{N: e.Rows}
	for i, size := range s.Inputs {
		b.Inputs = append(b.Inputs, example(e.Rows*size, s.Tokens[i]))
	}
	for _, size := range s.Outputs {
		b.Targets = append(b.Targets, target(e.Rows*s.Steps, size/s.Steps, s.OneHot))
	}
	p := n.Forward(b, false, 0)
	var want []float64
	for i, o := range s.net.Outputs {
		want = append(want, p.Values[o.Layer].Data[:min(checked, e.Rows)*s.Outputs[i]]...)
	}
	if len(want) != len(e.Outputs) {
		return fmt.Errorf("bench: %s: %d outputs, want %d", s.Name, len(e.Outputs), len(want))
	}
	worst, scale := 0.0, 1.0
	for i, w := range want {
		worst, scale = math.Max(worst, math.Abs(w-e.Outputs[i])), math.Max(scale, math.Abs(w))
	}
	if !(worst <= tolerance*scale) {
		return fmt.Errorf("bench: %s: outputs are %g from the reference", s.Name, worst)
	}
	loss := n.Loss(b, n.Forward(b, true, 0))
	if !(math.Abs(loss-e.Loss) <= tolerance*math.Max(1, math.Abs(loss))) {
		return fmt.Errorf("bench: %s: the loss of the first step is %g, want %g", s.Name, e.Loss, loss)
	}
	return nil
}

// tolerance is how far outputs may be from the reference for a row to count, relative to the largest: a
// guard against timing something else. The bounds of package verify are for proofs.
const tolerance = 1e-4

// example and target are the examples of the driver: the same formulas stand there.
// example returns inputs, from 0 to 1 or, unless tokens is 0, as many tokens.
func example(n, tokens int) []float64 {
	x := make([]float64, n)
	for i := range x {
		if tokens > 0 {
			x[i] = float64(i * 7919 % 1009 % tokens)
			continue
		}
		x[i] = float64(float32(i*7919%1009) / 1009)
	}
	return x
}

func target(rows, width int, oneHot bool) []float64 {
	t := make([]float64, rows*width)
	for i := range rows {
		if oneHot {
			t[i*width+i%width] = 1
			continue
		}
		for j := range width {
			t[i*width+j] = float64((i + j) % 2)
		}
	}
	return t
}
