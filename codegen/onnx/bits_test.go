package onnx

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// TestPredictionsOfImportedExportsHaveTheSameBits compiles every network and what the import makes of its export, and
// runs both packages on the same examples, in a batch and one by one. A short run takes the whole networks and each
// eighth of the others.
func TestPredictionsOfImportedExportsHaveTheSameBits(t *testing.T) {
	var cases []*bitsCase
	files := map[string][]byte{}
	for i, w := range append(networks(t), examples(t)...) {
		if testing.Short() && i%8 != 0 && !strings.HasPrefix(w.name, "whole") {
			continue
		}
		for _, training := range []bool{false, true} {
			if training && !hasNorm(w.net) {
				continue
			}
			c := newBitsCase(t, w, len(cases), training, files)
			if c != nil {
				cases = append(cases, c)
			}
		}
	}
	for i, r := range runBits(t, cases, files) {
		c := cases[i]
		if different := firstDifference(c.outputs, r); different != "" {
			t.Errorf("%s: %s\n%s", c.name, different, c.spec)
		}
	}
	t.Logf("%d pairs of packages", len(cases))
}

func hasNorm(n *net.Net) bool {
	for _, l := range n.Layers {
		if l.Def.Kind.Name == "batch_norm" {
			return true
		}
	}
	return false
}

// bitsCase is a network beside what came back of it.
type bitsCase struct {
	name            string
	spec            []byte // that came back
	Index           int
	Inputs, Outputs []int // sizes of one example
	outputs         []string
	script          bitsScript
}

// bitsScript is what the program reads of a case: the weights of both packages, and examples.
type bitsScript struct {
	N       int
	Weights [2][]byte
	Inputs  [][]float32
}

// bitsResult is what a program gives for a case: the outputs of both packages, in a batch and one by one.
type bitsResult struct{ Batch, Single [2][][]float32 }

// newBitsCase adds the files of both packages of a network; it returns nil after an error.
func newBitsCase(t *testing.T, w network, index int, training bool, files map[string][]byte) *bitsCase {
	t.Helper()
	c := &bitsCase{name: w.name, Index: index}
	if training {
		c.name += "/training"
	}
	file, err := Export(w.net, w.ref.Params, ExportOptions{Training: training})
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
		return nil
	}
	r, err := Import(file, Options{Name: "again"})
	if err != nil {
		t.Errorf("%s: %v", c.name, err)
		return nil
	}
	c.spec = r.Spec
	b := w.batch(9)
	c.script = bitsScript{N: b.N, Weights: [2][]byte{encoded(t, w.net, w.ref.Params), r.Weights}}
	for i, x := range b.Inputs {
		c.Inputs = append(c.Inputs, w.net.Inputs[i].Shape.Size())
		c.script.Inputs = append(c.script.Inputs, narrowed(x))
	}
	for _, o := range w.net.Outputs {
		c.outputs = append(c.outputs, o.Name)
		c.Outputs = append(c.Outputs, o.Layer.Shape.Size())
	}
	again, problems := spec.Parse("again.yaml", r.Spec, op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems.Err())
	}
	for _, p := range []struct {
		folder string
		spec   *spec.Spec
		files  fs.FS
	}{{"want", w.net.Spec, w.files}, {"got", again, memory(r.Masks)}} {
		alone := *p.spec
		alone.Generate.Train, alone.Generate.Stream = false, "never"
		path := fmt.Sprintf("m%d/%s", index, p.folder)
		out, problems := codegen.Compile(&alone, p.files, codegen.Options{ImportPath: "bits/" + path, Runtime: bitsRuntime})
		if problems.Err() != nil {
			t.Errorf("%s: %v\n%s", c.name, problems.Err(), r.Spec)
			return nil
		}
		for name, src := range out.Files {
			if ext := filepath.Ext(name); (ext == ".go" || ext == ".s") && !strings.HasSuffix(name, "_test.go") {
				files[path+"/"+name] = src
			}
		}
	}
	return c
}

// encoded returns parameters as a file of weights.
func encoded(t *testing.T, n *net.Net, params map[*ir.Param][]float64) []byte {
	var tensors []safetensors.Tensor
	for _, p := range n.Params {
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: narrowed(params[p])})
	}
	b, err := safetensors.Encode(map[string]string{"spec": n.ModelSum()}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bitsRuntime is the import path of the runtime that all packages share.
const bitsRuntime = "bits/rt"

var bitsSource = template.Must(template.New("bits").Parse(`// Command main runs pairs of packages on the same examples.
package main

import (
	"encoding/gob"
	"fmt"
	"os"

	_ "bits/` + sandbox.Watch + `"
{{range .}}
	want{{.Index}} "bits/m{{.Index}}/want"
	got{{.Index}} "bits/m{{.Index}}/got"
{{- end}}
)

type script struct {
	N       int
	Weights [2][]byte
	Inputs  [][]float32
}

type result struct{ Batch, Single [2][][]float32 }

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	in, err := os.Open(os.Args[1])
	must(err)
	out, err := os.Create(os.Args[2])
	must(err)
	dec, enc := gob.NewDecoder(in), gob.NewEncoder(out)
	for _, run := range []func(*script) result{ {{- range .}}run{{.Index}}, {{end -}} } {
		var s script
		must(dec.Decode(&s))
		must(enc.Encode(run(&s)))
	}
	must(out.Close())
}
{{range $c := .}}
func run{{.Index}}(s *script) (r result) {
{{- range $k, $p := $.Packages}}
	{
		m, err := {{$p}}{{$c.Index}}.Decode(s.Weights[{{$k}}])
		must(err)
		{{range $j, $o := $c.Outputs}}batch{{$j}}, single{{$j}} := make([]float32, s.N*{{$o}}), make([]float32, s.N*{{$o}})
		{{end -}}
		m.PredictBatch({{range $j, $_ := $c.Inputs}}s.Inputs[{{$j}}], {{end}}{{range $j, $_ := $c.Outputs}}batch{{$j}}, {{end}})
		for i := range s.N {
			m.Predict({{range $j, $n := $c.Inputs}}(*[{{$n}}]float32)(s.Inputs[{{$j}}][i*{{$n}}:]), {{end}}
				{{- range $j, $n := $c.Outputs}}(*[{{$n}}]float32)(single{{$j}}[i*{{$n}}:]), {{end}})
		}
		r.Batch[{{$k}}] = [][]float32{ {{- range $j, $_ := $c.Outputs}}batch{{$j}}, {{end -}} }
		r.Single[{{$k}}] = [][]float32{ {{- range $j, $_ := $c.Outputs}}single{{$j}}, {{end -}} }
	}
{{- end}}
	return r
}
{{end}}`))

// bitsCases are the cases of one program.
type bitsCases []*bitsCase

// Packages are the two of each case.
func (bitsCases) Packages() []string { return []string{"want", "got"} }

// runBits builds the packages of all cases into one program and returns what it computes for each.
func runBits(t *testing.T, cases []*bitsCase, files map[string][]byte) []bitsResult {
	var main, scripts bytes.Buffer
	if err := bitsSource.Execute(&main, bitsCases(cases)); err != nil {
		t.Fatal(err)
	}
	enc := gob.NewEncoder(&scripts)
	for _, c := range cases {
		if err := enc.Encode(c.script); err != nil {
			t.Fatal(err)
		}
	}
	config := bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: bitsRuntime,
		Header: "// A copy of the runtime."}
	copies, err := bundle.Files(config, files)
	if err != nil {
		t.Fatal(err)
	}
	for path, src := range copies {
		files["rt/"+path] = src
	}
	files["driver/main.go"] = main.Bytes()
	m, err := sandbox.New("bits", files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	in, out := m.Path("in.gob"), m.Path("out.gob")
	if err := os.WriteFile(in, scripts.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	exe, err := m.Build(ctx, "driver", "-trimpath", "-gcflags=bits/...=-dwarf=false", "-ldflags=-s -w")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Run(ctx, sandbox.Program{Exe: exe, Args: []string{in, out}}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	dec := gob.NewDecoder(f)
	results := make([]bitsResult, len(cases))
	for i := range results {
		if err := dec.Decode(&results[i]); err != nil {
			t.Fatal(err)
		}
	}
	return results
}

// firstDifference tells where two packages differ in a bit, "" if nowhere.
func firstDifference(outputs []string, r bitsResult) string {
	for _, way := range []struct {
		name   string
		result [2][][]float32
	}{{"batch", r.Batch}, {"single", r.Single}} {
		for i, name := range outputs {
			want, got := way.result[0][i], way.result[1][i]
			for j := range want {
				if math.Float32bits(want[j]) != math.Float32bits(got[j]) {
					return fmt.Sprintf("output %q, %s, element %d: %v (%08x) came back as %v (%08x)", name, way.name, j,
						want[j], math.Float32bits(want[j]), got[j], math.Float32bits(got[j]))
				}
			}
		}
	}
	return ""
}

// examples returns the networks of generated/ with the weights that they were trained to.
func examples(t *testing.T) (all []network) {
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatal("no examples", err)
	}
	for _, file := range specs {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, problems := spec.Parse(filepath.Base(file), b, op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems.Err())
		}
		w := network{name: "example_" + s.Name, files: os.DirFS(filepath.Dir(file))}
		var list spec.ErrorList
		if w.net, list = net.Build(s, w.files); list.Err() != nil {
			t.Fatal(list)
		}
		var tensors []safetensors.Tensor
		for _, p := range w.net.Params {
			tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: make([]float32, p.Size())})
		}
		weights, err := os.ReadFile(filepath.Join(filepath.Dir(file), "weights.safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		if err := safetensors.Load(weights, "spec", w.net.ModelSum(), tensors); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		w.ref = ref.New(w.net, 0)
		for i, p := range w.net.Params {
			w.ref.Params[p] = float64s(tensors[i].Data)
		}
		all = append(all, w)
	}
	return all
}

func float64s(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
