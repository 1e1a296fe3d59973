package train

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Event is what the program reports. Kind is step, epoch, weights, surface, resumed, warning, rounded, done, bench or
// sample.
type Event struct {
	Kind             string `json:"Event"`
	Epoch, Seen      int
	LR               *float64 // nil if it is not finite
	Metrics          []Metric
	Before           []Metric // of rounded: with the weights as they were trained
	Best             int
	Stopped          bool
	Interrupted      bool
	Past             bool // an epoch of a training that is resumed
	Nanoseconds      float64
	BatchNanoseconds float64
	Text             string
	Updates          []*float64 // of an epoch: the size of the change of each array relative to that of the array
	Weights          []float32
	Losses           []*float32 // of a surface; nil where they are not finite
}

// Metric is a measured number; Value is nil if it is not finite.
type Metric struct {
	Name  string
	Value *float64
	Lower bool // whether lower is better
}

// measured returns an epoch as package fit has it; a metric that is not finite is no number.
func (e Event) measured() fit.Epoch {
	r := fit.Epoch{Epoch: e.Epoch, LR: math.NaN()}
	if e.LR != nil {
		r.LR = *e.LR
	}
	for _, m := range e.Metrics {
		v := math.NaN()
		if m.Value != nil {
			v = *m.Value
		}
		r.Metrics = append(r.Metrics, fit.Metric{Name: m.Name, Value: v, Lower: m.Lower})
	}
	return r
}

// changes says what became of each metric.
func (e Event) changes() string {
	var all []string
	for i, m := range e.Before {
		if after := e.Metrics[i].Value; m.Value != nil && after != nil {
			all = append(all, fmt.Sprintf("%s %.5g → %.5g", m.Name, *m.Value, *after))
		}
	}
	return strings.Join(all, ", ")
}

// Get returns a metric, nil if it is not there or not finite.
func (e Event) Get(name string) *float64 {
	for _, m := range e.Metrics {
		if m.Name == name {
			return m.Value
		}
	}
	return nil
}

//go:embed driver.go.tmpl
var driverText string

// What maps the file of examples, and what stands in its place where the system maps none.
var (
	//go:embed driver_map.go.tmpl
	driverMap []byte
	//go:embed driver_nomap.go.tmpl
	driverNoMap []byte
)

var driver = template.Must(template.New("driver").Parse(driverText))

// small is a program that does nothing but predict once, for its size.
var small = template.Must(template.New("small").Parse(`package main

import model "{{.Import}}"

func main() {
{{- range $i, $n := .Inputs}}
	x{{$i}} := new([{{$n}}]float32)
{{- end}}
{{- range $i, $n := .Outputs}}
	y{{$i}} := new([{{$n}}]float32)
{{- end}}
	model.Default().Predict({{range $i, $_ := .Inputs}}x{{$i}}, {{end}}{{range $i, $_ := .Outputs}}{{if $i}}, {{end}}y{{$i}}{{end}})
	println(y0[0])
}
`))

// modulePath is that of the temporary module. Nothing is ever fetched from there.
const modulePath = "nngen.invalid/"

// program is a temporary module with the packages of a network and the built driver.
type program struct {
	*sandbox.Module
	exe string
	net *net.Net
	// targets are the names of the targets of each output, nil where they have none.
	targets  [][]string
	series   *spec.Series // of the examples for training; nil if each row is one
	label    []string     // the columns of the series that are foretold
	mirrored bool         // whether the targets are the inputs
	// Workers bounds the processors that a run of the program uses; 0 for all.
	Workers int
}

// build compiles a network with a copy of the runtime, whatever its spec says, and builds the driver, which trains with
// the options of settings: those of the spec alone if there are none.
func build(ctx context.Context, p *project.Project, settings ...*spec.Spec) (*program, error) {
	out, err := compile(p, false, settings...)
	if err != nil {
		return nil, err
	}
	several := settings != nil
	if !several {
		settings = []*spec.Spec{p.Spec}
	}
	files, err := sources(out, settings)
	if err != nil {
		return nil, err
	}
	m, err := sandbox.New(modulePath+out.Net.Spec.Name, files)
	if err != nil {
		return nil, err
	}
	g := &program{Module: m, net: out.Net, targets: data.TargetNames(p.Spec, p.Base, out.Net)}
	g.setSeries(p.Spec)
	if g.exe, err = m.Build(ctx, "nngendriver", buildFlags...); err != nil {
		m.Close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	if c := cacheOf(p, out.Net); c != nil && !several {
		c.put(g.exe)
	}
	return g, nil
}

// ready returns the driver of a network, from the cache if it was built before.
func ready(ctx context.Context, p *project.Project, network *net.Net) (*program, error) {
	c, exe := cacheOf(p, network), ""
	if c != nil {
		exe = c.get()
	}
	if exe == "" {
		g, err := build(ctx, p)
		if err == nil { // which knows nothing of weights
			g.targets = data.TargetNames(p.Spec, p.Base, network)
		}
		return g, err
	}
	m, err := sandbox.New(modulePath+network.Spec.Name, nil)
	if err != nil {
		return nil, err
	}
	g := &program{Module: m, exe: exe, net: network, targets: data.TargetNames(p.Spec, p.Base, network)}
	g.setSeries(p.Spec)
	return g, nil
}

// compileFlags trim paths, so that the same network comes from the build cache, and leave out what debuggers want,
// which buildFlags would have the linker strip.
var (
	compileFlags = []string{"-trimpath", "-gcflags=" + modulePath + "...=-dwarf=false"}
	buildFlags   = append(slices.Clip(compileFlags), "-ldflags=-s -w")
)

// compile compiles a network for the temporary module, which may train with the options of settings.
func compile(p *project.Project, embed bool, settings ...*spec.Spec) (*codegen.Output, error) {
	q, s := *p, *p.Spec
	forTraining(&s)
	q.Spec = &s
	return q.Compile(codegen.Options{ImportPath: modulePath + s.Name, Embed: embed, Settings: settings})
}

// forTraining makes a spec one whose packages train in a module of their own, whatever its own packages are like.
func forTraining(s *spec.Spec) {
	s.Generate.Profile, s.Generate.Runtime, s.Generate.Train = spec.Full, "copy", true
}

// sources returns the files of the temporary module.
func sources(out *codegen.Output, settings []*spec.Spec) (map[string][]byte, error) {
	name := out.Net.Spec.Name
	ports := struct {
		Import, Name    string
		Inputs, Outputs []int
		Samples         bool // whether texts can be drawn
		Halves          bool // whether files have some weights in 16 bits
		Hidden          bool // whether there is a guard, which reads the last hidden layer
		Settings        []string
	}{Import: modulePath + name, Name: name, Samples: out.Net.NextToken() != nil, Hidden: out.Hidden != nil,
		Halves: slices.ContainsFunc(out.Net.Params, func(p *ir.Param) bool { return p.DType != ir.Float32 })}
	for _, s := range settings {
		ports.Settings = append(ports.Settings, codegen.FitOptions(s))
	}
	for _, l := range out.Net.Inputs {
		ports.Inputs = append(ports.Inputs, l.Shape.Size())
	}
	for _, o := range out.Net.Outputs {
		ports.Outputs = append(ports.Outputs, o.Layer.Shape.Size())
	}
	files := maps.Clone(out.Files)
	for folder, t := range map[string]*template.Template{"nngendriver": driver, "nngensmall": small} {
		var b bytes.Buffer
		if err := t.Execute(&b, ports); err != nil {
			return nil, err
		}
		files[folder+"/main.go"] = b.Bytes()
	}
	files["nngendriver/map.go"], files["nngendriver/nomap.go"] = driverMap, driverNoMap
	return files, nil
}

// run runs the driver; each event goes to on. An end of ctx kills it, or with stop interrupts it, which a training
// takes as the wish to stop and save.
func (g *program) run(ctx context.Context, stop bool, on func(Event), args ...string) error {
	return g.Run(ctx, sandbox.Program{Exe: g.exe, Args: append(args, "-workers", fmt.Sprint(g.Workers)), Stop: stop,
		Line: func(line []byte) error {
			var e Event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("BUG: the generated program wrote %q: %w", line, err)
			}
			if on != nil {
				on(e)
			}
			return nil
		}})
}

// tensors returns the arrays of a set under a prefix.
func tensors(prefix string, s fit.Set) []safetensors.Tensor {
	var list []safetensors.Tensor
	add := func(name string, x []float32) {
		list = append(list, safetensors.Tensor{Name: prefix + "." + name, Shape: []int{s.N, len(x) / s.N}, Data: x})
	}
	if s.N == 0 {
		return nil
	}
	for i, x := range s.X {
		add(fmt.Sprint("x", i), x)
	}
	for i, y := range s.Y {
		add(fmt.Sprint("y", i), y)
	}
	if s.W != nil {
		list = append(list, safetensors.Tensor{Name: prefix + ".w", Shape: []int{s.N, len(s.W) / s.N}, Data: s.W})
	}
	return list
}

// saveExamples writes a file for the driver, which is gone after it.
func saveExamples(file string, all []safetensors.Tensor) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := safetensors.Write(f, nil, all); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// outputs runs the driver on a set, in the mode eval or predict, and returns the outputs, and for eval
// the mean loss.
func (g *program) outputs(ctx context.Context, mode, weights string, s fit.Set) (ys [][]float32, loss float64,
	err error) {
	f, err := g.written(ctx, mode, weights, s)
	if err != nil {
		return nil, 0, err
	}
	for i, o := range g.net.Outputs {
		y, err := array(f, fmt.Sprint("y", i), s.N*o.Layer.Shape.Size())
		if err != nil {
			return nil, 0, err
		}
		ys = append(ys, y)
	}
	if mode == "eval" {
		l, err := array(f, "loss", 1)
		if err != nil {
			return nil, 0, err
		}
		loss = float64(l[0])
	}
	return ys, loss, nil
}

// hidden runs the driver on a set, and returns the features that a guard reads.
func (g *program) hidden(ctx context.Context, weights string, s fit.Set) ([]float32, error) {
	f, err := g.written(ctx, "hidden", weights, s)
	if err != nil {
		return nil, err
	}
	return array(f, "y0", s.N*g.net.Guard.Features)
}

// written runs the driver on a set, and returns the file that it writes.
func (g *program) written(ctx context.Context, mode, weights string, s fit.Set) (*safetensors.File, error) {
	dir, err := os.MkdirTemp(g.Dir, "run-")
	if err != nil {
		return nil, g.Explain(err)
	}
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "examples"), filepath.Join(dir, "outputs")
	if err := saveExamples(in, tensors("test", s)); err != nil {
		return nil, g.Explain(err)
	}
	if err := g.run(ctx, false, nil, "-mode", mode, "-data", in, "-out", out, "-weights", weights); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, g.Explain(err)
	}
	return safetensors.Open(b)
}

// array reads an array of the driver.
func array(f *safetensors.File, name string, size int) ([]float32, error) {
	x := make([]float32, size)
	return x, f.Copy(safetensors.Tensor{Name: name, Shape: []int{size}, Data: x})
}
