package codegen_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/spec"
)

// compileWhole compiles a network of 8-bit integers that takes and gives int8 numbers.
func compileWhole(text string) (*codegen.Output, spec.ErrorList) {
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		return nil, problems
	}
	return codegen.Compile(s, nil,
		codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt", Int8: true, PlanOnly: true})
}

// TestThePackageOfIntegersIsThatOfOneWorker compiles networks whose training is shared by workers, and not: predictions
// in 8-bit integers are the same calls, in the same memory.
func TestThePackageOfIntegersIsThatOfOneWorker(t *testing.T) {
	layers := "task: regression\nlayers:\n  - dense: {name: a, from: x, units: 128}\n" +
		"  - dense: {name: b, from: x, units: 9}\n  - thresholded_relu: {name: c, from: a}\n" +
		"  - dense: {name: d, from: a, units: 17}\n  - clip: {name: e, from: d, min: -0.3, max: 1.7}\n" +
		"  - concatenate: {from: [b, c, e]}\n  - output\n"
	for _, text := range append(slices.Clone(plantest.Int8Specs), "input: {name: x, shape: [5]}\n"+layers) {
		var plans []string
		for _, workers := range []codegen.Workers{codegen.OneWorker, codegen.ManyWorkers} {
			s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\n"+text), op.Schema())
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt",
				Int8: true, PlanOnly: true, Workers: workers})
			if problems.Err() != nil {
				t.Fatal(problems)
			}
			plans = append(plans, out.Int8Plan.String())
		}
		if diff := cmp.Diff(plans[0], plans[1]); diff != "" {
			t.Errorf("%s(-for one worker +for many):\n%s", text, diff)
		}
	}
}

// flat is a network that flattens what is not quantised yet.
const flat = "input: {shape: [3, 4]}\npreprocess: [{rescale: {scale: 0.1}}]\nlayers:\n  - flatten\n" +
	"  - dense: {units: 5}\n" +
	"  - output: {task: binary}\n"

// TestWholeNumbersAreThoseWithinPredict computes networks from int8 numbers to int8 numbers, by the runtime and by
// package tiny of it: they are what the reference has between its inputs and outputs, and what Predict makes float32
// numbers of.
func TestWholeNumbersAreThoseWithinPredict(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 9))
	for i, text := range append(slices.Clone(plantest.Int8Specs), flat) {
		if strings.Contains(text, "remember") || strings.Contains(text, "tokens") {
			continue // which are for TestWhatIsNoWholeNumberIsNamed
		}
		out, problems := compileWhole(fmt.Sprintf("version: 1\nname: q%d\n%squantize: {io: int8}\n", i, text))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		numbers := plantest.Calibrate(t, out, plantest.Draw(out, r), r)
		core := out.Int8.Core()
		borders, compared := out.Borders(numbers), 0
		for range 40 {
			x := plantest.Example(out, r)
			var inputs [][]float64
			for _, in := range x {
				var wide []float64
				for _, v := range in {
					wide = append(wide, float64(v))
				}
				inputs = append(inputs, wide)
			}
			w := &quant.Watch{}
			values := out.Int8.Reference(numbers, 1, inputs, w)
			if w.Tied[0] {
				continue // float32 may round it to either side
			}
			compared++
			var q [][]int8
			for _, u := range core.In {
				q = append(q, narrow(values[u].Ints))
			}
			for _, tiny := range []bool{false, true} {
				y, unknown := plantest.Whole(out, numbers, q, tiny)
				if len(unknown) > 0 {
					t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
				}
				for k, u := range core.Out {
					if want := narrow(values[u].Ints); !slices.Equal(y[k], want) {
						t.Fatalf("network %d, tiny %t: got %v, want %v", i, tiny, y[k], want)
					}
				}
			}
			predicted, _ := plantest.RunInt8(out, numbers, x)
			for k, u := range core.Out {
				if b := borders.Out[k]; b.Whole {
					for j, v := range values[u].Ints {
						want := float32(int(v)-b.Zero) * float32(b.Scale)
						if got := predicted[k][j]; math.Float32bits(got) != math.Float32bits(want) {
							t.Fatalf("network %d: Predict gives %v, and the number %d stands for %v", i, got, v, want)
						}
					}
				}
			}
		}
		if compared < 3 {
			t.Errorf("network %d: only %d examples of 40 were compared", i, compared)
		}
		for k, b := range borders.In {
			testBytes(t, out, core.In[k], b)
		}
	}
}

// testBytes holds the int8 numbers of bytes against those that stand nearest.
func testBytes(t *testing.T, out *codegen.Output, u *quant.Unit, b quant.Border) {
	t.Helper()
	if b.Bytes == nil {
		t.Fatalf("%s: all numbers are scaled alike, but there are no bytes", u.Name)
	}
	for v, q := range b.Bytes {
		near := (float64(v)-b.Offset)/b.Scale + float64(b.Zero)
		if d := math.Abs(float64(q) - math.Max(-128, math.Min(near, 127))); d > 0.5001 {
			t.Errorf("%s of %s: byte %d becomes %d, but %v is nearest", u.Name, out.Net.Spec.Name, v, q, near)
		}
	}
}

func narrow(x []int64) (all []int8) {
	for _, v := range x {
		all = append(all, int8(v))
	}
	return all
}

// TestWhatIsNoWholeNumberIsNamed asks for int8 numbers in and out where float32 is in between.
func TestWhatIsNoWholeNumberIsNamed(t *testing.T) {
	for _, c := range []struct{ text, skip, want string }{
		{"layers:\n  - dense: {name: a, units: 4}\n  - dense: {name: b, units: 4}\n  - output: {task: regression}\n",
			"skip: [b], ", `m.yaml:6:5: layer "b": int8 numbers can't go in and out`},
		{"layers:\n  - dense: {name: a, units: 4}\n  - output: {name: y, task: regression}\n", "skip: [y], ",
			`layer "y": int8 numbers can't go in and out: it is in float32, and an output depends on it`},
		{"layers:\n  - dense: {name: a, units: 4}\n  - output: {name: y, task: regression}\n", "skip: [a], ",
			`layer "a": int8 numbers can't go in and out: it is in float32, and a layer`},
		{"layers:\n  - dense: {name: a, units: 4}\n  - output: {name: y, task: regression}\n", "skip: [a], ",
			`take a out of quantize: {skip: […]}, or leave out quantize: {io: int8}`},
		{"layers:\n  - dense: {units: 4}\n  - layer_norm: {name: n}\n  - output: {name: y, task: regression}\n",
			"skip: [n], ",
			"\nleave out quantize: {io: int8}"},
	} {
		_, problems := compileWhole("version: 1\nname: m\ninput: {shape: [3]}\n" + c.text + "quantize: {" + c.skip +
			"io: int8}\n")
		got := fmt.Sprint(problems)
		for _, p := range problems {
			got += "\n" + p.Hint
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("the errors\n%s\nlack %q", got, c.want)
		}
	}
}

// TestPackagesOfIntegersSayThatTheyTakeWholeSequences looks at the documentation of one whose network has steps, and of
// one without: they count the parameters that training changed, and not the numbers that stand for them.
func TestPackagesOfIntegersSayThatTheyTakeWholeSequences(t *testing.T) {
	const whole = "It takes whole sequences: State and Step"
	for layer, stream := range map[string]bool{"lstm: {units: 5}": true, "flatten": false} {
		text := "version: 1\nname: m\ninput: {shape: [6, 2]}\nlayers:\n  - " + layer +
			"\n  - dense: {units: 3}\n  - output: {task: binary}\n"
		s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		out, problems := codegen.Compile(s, nil,
			codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt", Int8: true})
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		src := string(out.Files["mint8/mint8.go"])
		if strings.Contains(src, whole) != stream {
			t.Errorf("%s: the package says %q: %t, want %t", layer, whole, !stream, stream)
		}
		params := 0
		for _, p := range out.Net.Params {
			params += p.Size()
		}
		if want := fmt.Sprintf("NumParams  = %d\n", params); !strings.Contains(src, want) {
			t.Errorf("%s: the package lacks %q", layer, want)
		}
	}
}
