package train

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/spec"
)

// examples are the models of generated/ with what each must reach on held-out rows, as the median over seeds of
// weights, shuffles and splits: five, and three of the one that takes as long as all others. scikit-learn's MLP gives,
// in 5-fold cross-validation, digits 97.5 %, breast_cancer 97.4 %, diabetes 0.44; its linear model 0.49. Of sunspots,
// the years 1921 to 1979 are held out.
var examples = []struct {
	name, metric string
	least        float64
}{
	{"perceptron", "accuracy", 1}, // linearly separable: Rosenblatt's rule converges
	{"iris", "accuracy", 0.95},
	{"digits", "accuracy", 0.97},
	{"lenet_digits", "accuracy", 0.985},
	{"breast_cancer", "accuracy", 0.97},
	{"diabetes", "r2", 0.45},
	{"skip", "accuracy", 0.95},
	{"sparse", "accuracy", 0.95},
	{"sunspots", "r2", 0.85},
	{"sunspots_conv", "r2", 0.83},
	{"sunspots_lstm", "r2", 0.86},
}

// TestExamplesReachTheirQuality trains each example by one program; TestNamesReachTheirNats and others go the whole way
// of a training.
func TestExamplesReachTheirQuality(t *testing.T) {
	if testing.Short() {
		t.Log("not in short runs: several trainings of each example")
		return
	}
	for _, e := range examples {
		t.Run(e.name, func(t *testing.T) {
			folder := filepath.Join("..", "..", "generated", e.name)
			p, err := project.Open(filepath.Join(folder, e.name+".yaml"), folder)
			if err != nil {
				t.Fatal(err)
			}
			g, err := BuildFor(t.Context(), p, []*spec.Spec{p.Spec})
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			seeds := 5
			if e.name == "lenet_digits" {
				seeds = 3
			}
			var got []float64
			for seed := range uint64(seeds) {
				sets, err := data.Load(p.Spec, p.Base, g.net, seed+1, data.Options{})
				if err != nil {
					t.Fatal(err)
				}
				sets.Held = sets.Test
				s, err := g.Score(t.Context(), sets, Trial{Seed: seed + 1, Epochs: p.Spec.Training.Epochs})
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(s.Metrics, func(m Metric) bool { return m.Name == e.metric })
				if i < 0 || s.Metrics[i].Value == nil {
					t.Fatalf("no metric %s in %v", e.metric, s.Metrics)
				}
				got = append(got, *s.Metrics[i].Value)
			}
			slices.Sort(got)
			t.Logf("%s %v", e.metric, got)
			if median := got[seeds/2]; median < e.least {
				t.Errorf("median %s %v of %v, want at least %v", e.metric, median, got, e.least)
			}
		})
	}
}

// TestFashionTrainsOnASlice trains the networks of Fashion-MNIST on the few images that the repository has; on all of
// them, as their folders hold them, they reach 91 and 93 %.
func TestFashionTrainsOnASlice(t *testing.T) {
	for name, least := range map[string]float64{"fashion": 0.72, "fashion_deep": 0.72} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "fashion" {
				t.Skip("not in short runs: the slower of two")
			}
			src, err := os.ReadFile(filepath.Join("..", "..", "generated", name, name+".yaml"))
			if err != nil {
				t.Fatal(err)
			}
			slice, err := filepath.Abs(filepath.Join("..", "..", "testdata", "data"))
			if err != nil {
				t.Fatal(err)
			}
			s := regexp.MustCompile(`(?m)^  epochs: \d+$`).ReplaceAllString(string(src), "  epochs: 12")
			for _, part := range [][2]string{{"train", "train"}, {"t10k", "test"}} {
				for _, what := range []string{"images-idx3-ubyte", "labels-idx1-ubyte"} {
					s = strings.ReplaceAll(s, "/usr/share/datasets/fashion-mnist/"+part[0]+"-"+what+".gz",
						filepath.ToSlash(filepath.Join(slice, "fashion-"+part[1]+"-"+what[:6]+".idx.gz")))
				}
			}
			if got := measured(t, run(t, name, 1, []byte(s)), "accuracy"); got < least {
				t.Errorf("accuracy %v, want at least %v", got, least)
			}
		})
	}
}

// TestNamesReachTheirNats measures the networks of first names, as their folders hold them, on the names held out: nats
// for each letter and each end of a name. Bengio's perceptron is trained anew too.
func TestNamesReachTheirNats(t *testing.T) {
	for name, most := range map[string]float64{"names": 2.17, "names_gru": 2.05, "names_transformer": 2.05} {
		folder := filepath.Join("..", "..", "generated", name)
		p, err := project.Open(filepath.Join(folder, name+".yaml"), folder)
		if err != nil {
			t.Fatal(err)
		}
		e, _, err := Evaluate(context.Background(), p, "", "", "", 0)
		if err != nil {
			t.Fatal(err)
		}
		if !(float64(e.Loss) <= most) {
			t.Errorf("%s: %v nats, want at most %v", name, e.Loss, most)
		}
	}
	if testing.Short() {
		t.Log("not in short runs: a training")
		return
	}
	if r := run(t, "names", 2, nil); !(r.Test.Loss <= 2.17) {
		t.Errorf("trained anew: %v nats, want at most 2.17", r.Test.Loss)
	}
}

// TestXorNeedsAHiddenLayer trains the two-layer net of the example, and the perceptron, which must
// fail: no line separates the classes.
func TestXorNeedsAHiddenLayer(t *testing.T) {
	if got := measured(t, run(t, "xor", 3, nil), "accuracy"); got != 1 {
		t.Errorf("the net with a hidden layer gets %v right, want all", got)
	}
	perceptron := []byte(`
version: 1
name: xor
input: {name: bits, shape: [2]}
task: binary
classes: ["0", "1"]
layers:
  - output: {name: xor, activation: step}
optimizer: {sgd: {lr: 1.0}}
training: {epochs: 200, batch_size: 1, seed: 3}
data:
  train: {csv: xor.csv, header: true, label: xor}
  test: {csv: xor.csv, header: true, label: xor}
`)
	if got := measured(t, run(t, "xor", 3, perceptron), "accuracy"); got > 0.75 {
		t.Errorf("the perceptron gets %v right: at most 3 of 4 can be", got)
	}
}

// run trains an example in a module of its own, with another spec if one is given.
func run(t *testing.T, name string, seed uint64, spec []byte) *Result {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/test\n\ngo 1.24\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("..", "..", "generated", name, name+".yaml")
	if spec != nil {
		if data, err := os.ReadFile(filepath.Join("..", "..", "generated", name, name+".csv")); err == nil {
			if err := os.WriteFile(filepath.Join(dir, name+".csv"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file = filepath.Join(dir, "spec.yaml")
		if err := os.WriteFile(file, spec, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(file, filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	p.Spec.Training.Seed = seed
	r, err := Run(context.Background(), p, Options{Log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// measured returns a metric of the first output on the test set.
func measured(t *testing.T, r *Result, name string) float64 {
	t.Helper()
	for _, m := range r.Test.Outputs[0].Metrics {
		if m.Name == name {
			return float64(m.Value)
		}
	}
	t.Fatalf("no metric %s in %v", name, r.Test.Outputs[0].Metrics)
	return 0
}
