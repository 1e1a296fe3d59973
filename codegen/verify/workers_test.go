package verify

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/template"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// TestWorkersGiveTheSameBits trains networks of all kinds, with each optimizer and loss and at random, by code for one
// worker and by code for several, with 1, 2, 3, 5 and 8 of them: the progress of 21 steps, which holds weights and
// state of the optimizer, and what is measured must be the same bytes. NNGEN_WORKERS_FLAGS has flags for the build,
// such as -race.
func TestWorkersGiveTheSameBits(t *testing.T) {
	specs := caseSpecs(t, strings.Fields(os.Getenv("NNGEN_KINDS")))
	if os.Getenv("NNGEN_KINDS") == "" {
		for i, o := range optimizers {
			specs = append(specs, load(t, fmt.Sprintf("optimizer_%d.yaml", i), fmt.Appendf(nil,
				"version: 1\nname: m\ninput: {shape: [9]}\ntask: multiclass\nclasses: 3\nlayers:\n  - dense: {units: 19, activation: tanh, max_norm: 1}\n  - dropout: 0.3\n  - output\noptimizer: %s\ntraining: {batch_size: 4}\n", o)))
		}
		for i, o := range outputs {
			specs = append(specs, load(t, fmt.Sprintf("loss_%d.yaml", i), fmt.Appendf(nil,
				"version: 1\nname: m\ninput: {shape: [6]}\nlayers:\n  - dense: {units: 9, activation: tanh}\n  - output: %s\ntraining: {batch_size: 4}\n", o)))
		}
		for i, training := range []string{"{batch_size: 4}", "{batch_size: 4, clip_norm: 0.1, clip_value: 0.5, ema: 0.9}"} {
			specs = append(specs, load(t, fmt.Sprintf("rates_%d.yaml", i), fmt.Appendf(nil,
				"version: 1\nname: m\ninput: {shape: [6]}\ntask: regression\nlayers:\n  - dense: {units: 19, lr_factor: 0.1}\n  - dense: {units: 9, activation: tanh}\n  - output\noptimizer: adamw\ntraining: %s\n", training)))
		}
		for i := range randomCases {
			specs = append(specs, load(t, fmt.Sprintf("random_1_%d.yaml", i), []byte(randomSpec(1, i))))
		}
	}
	if testing.Short() {
		var some []*spec.Spec
		for i := range specs {
			if i%8 == 0 {
				some = append(some, specs[i])
			}
		}
		specs = some
	}
	files := map[string][]byte{}
	var names []string
	var scripts bytes.Buffer
	enc := gob.NewEncoder(&scripts)
	for i, s := range specs {
		name := fmt.Sprintf("m%d", i)
		for folder, workers := range map[string]codegen.Workers{"one": codegen.OneWorker, "many": codegen.ManyWorkers} {
			out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "same/" + name, Version: "same",
				Runtime: "same/rt", Piece: 5, Workers: workers})
			if err := problems.Err(); err != nil {
				t.Fatalf("%s: %v\n%s", s.File, err, s.Source)
			}
			for file, src := range out.Files { // both train the one inference package
				if inner, ok := strings.CutPrefix(file, "mtrain/"); ok {
					file = folder + "/" + inner
				}
				files[name+"/"+file] = src
			}
		}
		network, _ := net.Build(s, nil)
		if err := enc.Encode(newScript(network, Options{Seed: uint64(i), Steps: 4})); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: "same/rt",
		Header: "// A copy of the runtime."}, files)
	if err != nil {
		t.Fatal(err)
	}
	for path, src := range copies {
		files["rt/"+path] = src
	}
	var src bytes.Buffer
	if err := workersSource.Execute(&src, names); err != nil {
		t.Fatal(err)
	}
	files["driver/main.go"] = src.Bytes()
	m, err := sandbox.New("same", files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	in := m.Path("in.gob")
	if err := os.WriteFile(in, scripts.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	exe, err := m.Build(t.Context(), "driver", append([]string{"-trimpath", "-gcflags=same/...=-dwarf=false",
		"-ldflags=-s -w"},
		strings.Fields(os.Getenv("NNGEN_WORKERS_FLAGS"))...)...)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	err = m.Run(t.Context(), sandbox.Program{Exe: exe, Args: []string{in}, Line: func(line []byte) error {
		var i, count int
		var what string
		if n, _ := fmt.Sscanf(string(line), "%d %d %s", &i, &count, &what); n != 3 {
			return fmt.Errorf("the driver says %q", line)
		}
		compared++
		if what != "same" {
			t.Errorf("%s, %d workers: %s\n%s", specs[i].File, count, line, specs[i].Source)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := 5 * len(specs); compared != want {
		t.Errorf("%d trainings were compared, want %d", compared, want)
	}
}

// workersSource is the program that trains by code for one worker and by code for several, and prints network, number
// of workers, and whether all is the same.
var workersSource = template.Must(template.New("workers").Parse(`// Command driver compares trainings by several workers.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"os"

	"same/rt/fit"
	_ "same/` + sandbox.Watch + `"
{{range .}}
	one{{.}} "same/{{.}}/one"
	many{{.}} "same/{{.}}/many"
{{- end}}
)

type Script struct {
	Inputs  [][]float32
	Targets [][]float32
	Weights []float32
	Rows    []int
}

type trainer interface {
	Fit(context.Context, fit.Set, fit.Set, fit.Options) (fit.History, error)
	Evaluate(fit.Set, ...string) ([]fit.Metric, error)
	Gradients() []float32
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// outcome trains, and returns all that it gives as bytes.
func outcome(t trainer, o fit.Options, s Script) []byte {
	set := fit.Set{X: s.Inputs, Y: s.Targets, W: s.Weights}
	for _, n := range s.Rows {
		set.N += n
	}
	var b bytes.Buffer
	o.Epochs, o.BatchSize, o.Stop = 7, (set.N+2)/3, nil
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

func main() {
	f, err := os.Open(os.Args[1])
	must(err)
	dec := gob.NewDecoder(f)
{{range $i, $m := .}}
	{
		var s Script
		must(dec.Decode(&s))
		want := outcome(one{{$m}}.New(3), one{{$m}}.Options(), s)
		for _, count := range []int{1, 2, 3, 5, 8} {
			t := many{{$m}}.New(3)
			t.Workers = count
			got := outcome(t, many{{$m}}.Options(), s)
			what := "same"
			if !bytes.Equal(got, want) {
				what = fmt.Sprintf("differs,_%d_and_%d_bytes", len(got), len(want))
			}
			fmt.Println({{$i}}, count, what)
		}
	}
{{- end}}
}
`))
