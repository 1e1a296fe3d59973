package codegen_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// countedNetworks are the layers of networks of tokens whose trainings leave out steps.
var countedNetworks = []string{
	"gru: {units: 24, return_sequences: true}",
	"gru: {units: 9, return_sequences: true, truncate: 3}, dropout: {rate: 0.3}, dense: {units: 7}",
	"dropout: {rate: 0.5}, dense: {units: 5}, gru: {units: 16, return_sequences: true, use_bias: false}, " +
		"dropout: {rate: 0.1}, gru: {units: 13, return_sequences: true}",
}

// countedTest compares losses and gradients of a training that leaves out steps with those of one that computes all,
// for batches below, at and above a piece, by several workers: of weights of all kinds, on examples that end anywhere.
const countedTest = `package net%[1]dtrain

import (
	"math"
	"testing"

	"nngen.invalid/counted/all%[1]d/all%[1]dtrain"
	"nngen.invalid/counted/rt/golden"
)

func TestBits(t *testing.T) {
	const steps, classes = 11, 6
	state := uint32(%[1]d + 1)
	number := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>8) %% n
	}
	for try := range 6 {
		some, all := New(7), all%[1]dtrain.New(7)
		left := false
		for round := range 8 {
			n := [...]int{1, 2, Batch - 1, Batch, Batch + 1, 3*Batch + 2, 5, 0}[round]
			x, y, w := make([]float32, n*steps), make([]float32, n*steps*classes), make([]float32, n*steps)
			for i := range n {
				end := number(steps + 1)
				if try == 5 {
					end = max(end, steps-1)
				}
				for s := range steps {
					x[i*steps+s] = float32(number(classes))
					y[(i*steps+s)*classes+number(classes)] = 1
					switch {
					case s >= end, try == 1 && number(3) == 0:
					case try == 2:
						w[i*steps+s] = float32(number(1000)+1) * 0x1p-140
					case try == 3 && number(50) == 0:
						w[i*steps+s] = float32(math.Inf(1))
					default:
						w[i*steps+s] = float32(number(4))
					}
				}
			}
			some.Workers = 1 + try%%3
			a, b := some.Gradient(x, y, w), all.Gradient(x, y, w)
			left = left || some.steps.Rows() < n*steps
			if math.Float64bits(a) != math.Float64bits(b) && !(a != a && b != b) {
				t.Fatalf("try %%d, %%d examples: loss %%v, of all steps %%v", try, n, a, b)
			}
			got, want := some.Gradients(), all.Gradients()
			for i := range got {
				if math.Float32bits(got[i]) != math.Float32bits(want[i]) && !(got[i] != got[i] && want[i] != want[i]) {
					t.Fatalf("try %%d, %%d examples: gradient %%d is %%v, of all steps %%v", try, n, i, got[i], want[i])
				}
			}
			if a := golden.AllocsPerRun(t, 2, func() { some.Gradient(x, y, w) }); a > 0 {
				t.Fatalf("try %%d, %%d examples: %%v allocations", try, n, a)
			}
			if try != 3 {
				some.Apply()
				all.Apply()
			}
		}
		if !left && try != 5 {
			t.Errorf("try %%d: all steps count", try)
		}
	}
}
`

// TestStepsThatDoNotCountChangeNoBit builds trainings that leave out steps, and for one worker those that do not, and
// compares their gradients.
func TestStepsThatDoNotCountChangeNoBit(t *testing.T) {
	const module = "nngen.invalid/counted"
	files := map[string][]byte{}
	for i, layers := range countedNetworks {
		for _, of := range []struct {
			name    string
			workers codegen.Workers
		}{{"net", codegen.ManyWorkers}, {"all", codegen.OneWorker}} {
			name := fmt.Sprint(of.name, i)
			src := "version: 1\nname: " + name + "\ninput: {name: x, shape: [11], tokens: {characters: abcde}}\n" +
				"task: multiclass\nlayers:\n  - embedding: {output_dim: 4}\n"
			for l := range strings.SplitSeq(layers, "}, ") {
				src += "  - " + strings.TrimSuffix(l, "}") + "}\n"
			}
			src += "  - output\ntraining: {batch_size: 20}\n"
			s, problems := spec.Parse("net.yaml", []byte(src), op.Schema())
			if err := problems.Err(); err != nil {
				t.Fatalf("%s\n%v", src, err)
			}
			out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: module + "/" + name,
				Runtime: module + "/rt", Workers: of.workers})
			if err := problems.Err(); err != nil {
				t.Fatalf("%s\n%v", src, err)
			}
			if counts := out.Plan.Gradient.Counted > 0; counts != (of.name == "net") {
				t.Errorf("%s\nsteps are counted: %t", src, counts)
			}
			for path, text := range out.Files {
				if !strings.HasSuffix(path, "_test.go") {
					files[name+"/"+path] = text
				}
			}
		}
		files[fmt.Sprintf("net%d/net%[1]dtrain/counted_test.go", i)] = fmt.Appendf(nil, countedTest, i)
	}
	testInModule(t, module, files)
}
