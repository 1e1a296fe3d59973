package generated

import (
	"context"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/digits/digitstrain"
	"github.com/nngen/nngen/generated/iris"
	"github.com/nngen/nngen/generated/iris/iristrain"
	"github.com/nngen/nngen/generated/lenet_digits"
	"github.com/nngen/nngen/generated/lenet_digits/lenet_digitsint8"
	"github.com/nngen/nngen/generated/names"
	"github.com/nngen/nngen/generated/names/namestrain"
	"github.com/nngen/nngen/generated/names_gru"
	"github.com/nngen/nngen/generated/names_transformer"
	"github.com/nngen/nngen/generated/sunspots_lstm"
)

// panicsWith are functions of the runtime that panic because of what the caller of a package gave.
var panicsWith = []string{"Vocabulary.Text", "fit.BalanceClasses"}

// TestEachFunctionSaysHowItFails walks the exported functions of the examples. One that returns an error says when; one
// in which there is a panic, or that calls another of the package in which there is one, says so.
func TestEachFunctionSaysHowItFails(t *testing.T) {
	functions := 0
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if d.Name() == "internal" || d.Name() == "testdata" {
			return fs.SkipDir
		}
		set := token.NewFileSet()
		var files []*ast.File
		sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			return err
		}
		for _, name := range sources {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			if f.Name.Name != "main" {
				files = append(files, f)
			}
		}
		if len(files) == 0 {
			return nil
		}
		panics := panicking(files)
		pkg, err := doc.NewFromFiles(set, files, dir)
		if err != nil {
			return err
		}
		all := pkg.Funcs
		for _, typ := range pkg.Types {
			all = append(append(all, typ.Funcs...), typ.Methods...)
		}
		for _, f := range all {
			functions++
			name := strings.TrimPrefix(f.Recv+"."+f.Name, ".")
			if r := f.Decl.Type.Results; r != nil && ast.IsExported(f.Name) {
				if id, ok := r.List[len(r.List)-1].Type.(*ast.Ident); ok && id.Name == "error" && !strings.Contains(f.Doc, "error") {
					t.Errorf("%s: %s returns an error, and does not say when: %s", dir, name, f.Doc)
				}
			}
			if panics[f.Name] && !strings.Contains(f.Doc, "panics") {
				t.Errorf("%s: %s can panic, and does not say so: %s", dir, name, f.Doc)
			}
		}
		if len(files) > 1 && !strings.Contains(pkg.Doc, "panic where they say so, and at nil pointers") && !strings.Contains(dir, "int8") {
			t.Errorf("%s: the doc of the package does not say when functions panic", dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if functions < 300 {
		t.Errorf("found %d functions", functions)
	}
}

// panicking returns the names of functions and methods that panic by themselves, or call one that does.
func panicking(files []*ast.File) map[string]bool {
	calls := map[string][]string{}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil || strings.HasSuffix(fn.Name.Name, "AVX2") { // kernels, where there are none
				continue
			}
			if fn.Name.Name == "forFit" { // Fit checks what it calls that with: see TestFitRefusesWhatGradientWouldPanicAt
				continue
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch f := c.Fun.(type) {
				case *ast.Ident:
					calls[fn.Name.Name] = append(calls[fn.Name.Name], f.Name)
				case *ast.SelectorExpr:
					x, ok := f.X.(*ast.Ident)
					name := f.Sel.Name
					switch {
					case !ok: // of a field
						return true
					case slices.Contains(panicsWith, x.Name+"."+name):
						name = "panic"
					case len(x.Name) > 1: // of another package; receivers are one letter
						return true
					}
					calls[fn.Name.Name] = append(calls[fn.Name.Name], name)
				}
				return true
			})
		}
	}
	found := map[string]bool{"panic": true}
	for grown := true; grown; {
		grown = false
		for name, called := range calls {
			if !found[name] && slices.ContainsFunc(called, func(c string) bool { return found[c] }) {
				found[name], grown = true, true
			}
		}
	}
	return found
}

var nan = float32(math.NaN())

// TestPanicsNamePackageFunctionAndFault calls functions with what they cannot take.
func TestPanicsNamePackageFunctionAndFault(t *testing.T) {
	var (
		x8  [digits.InputSize]float32
		y8  [digits.OutputSize]float32
		xn  [names.InputSize]float32
		yn  [names.OutputSize]float32
		xs  [names_gru.StepInputSize]float32
		ys  [names_gru.StepOutputSize]float32
		xl  [lenet_digits.InputSize]float32
		yl  [lenet_digits.OutputSize]float32
		xt  [names_transformer.InputSize]float32
		yt  [names_transformer.OutputSize]float32
		gru names_gru.State
	)
	const zero = "the Model is nil or zero; New, Load and Default return others"
	const lengths = "lengths of inputs and outputs disagree"
	const token = "a token of x is not a whole number from 0 to 26"
	withToken := func(x []float32, v float32) []float32 {
		x = slices.Clone(x)
		x[len(x)-1] = v
		return x
	}
	trainer, tokens := digitstrain.New(1), namestrain.New(1)
	for _, c := range []struct {
		want string
		call func()
	}{
		{"digits: Predict: " + zero, func() { new(digits.Model).Predict(&x8, &y8) }},
		{"digits: Predict: " + zero, func() { (*digits.Model)(nil).Predict(&x8, &y8) }},
		{"digits: Predict: " + zero, func() { new(digits.Model).Classify(&x8) }},
		{"digits: PredictBatch: " + zero, func() { new(digits.Model).PredictBatch(x8[:], y8[:]) }},
		{"digits: PredictBatch: " + zero, func() { (*digits.Model)(nil).PredictBatchWorkers(x8[:], y8[:], 1) }},
		{"digits: PredictBatch: " + lengths, func() { digits.Default().PredictBatch(x8[1:], y8[:]) }},
		{"digits: PredictBatch: " + lengths, func() { digits.Default().PredictBatch(x8[:], y8[1:]) }},
		{"digits: PredictBatch: " + lengths, func() { digits.Default().PredictBatch(nil, y8[:]) }},
		{"digits: PredictBatch: " + lengths, func() { digits.Default().PredictBatchWorkers(x8[:], nil, 3) }},
		{"iris: PredictBatch: " + lengths, func() { iris.Default().PredictBatch(make([]float32, 5), make([]float32, 3)) }},
		{"digits: New: safetensors: tensor \"digit.bias\" is 0, and so are all others: fill weights by Load",
			func() { digits.New(new(digits.Weights)) }},
		{"names: New: safetensors: tensor \"next.bias\" is 0, and so are all others: fill weights by Load",
			func() { names.New(new(names.Weights)) }},
		{"iris: New: safetensors: tensor \"species.bias\" is 0, and so are all others",
			func() { iris.New(new(iris.Weights)) }},
		{"lenet_digitsint8: New: safetensors: tensor ", func() { lenet_digitsint8.New(new(lenet_digitsint8.Weights)) }},
		{"lenet_digits: Predict: " + zero, func() { new(lenet_digits.Model).Predict(&xl, &yl) }},
		{"lenet_digitsint8: Predict: " + zero, func() { new(lenet_digitsint8.Model).Predict(&xl, &yl) }},
		{"names: Predict: " + zero, func() { new(names.Model).Predict(&xn, &yn) }},
		{"names: Predict: " + token, func() { x := xn; x[0] = 27; names.Default().Predict(&x, &yn) }},
		{"names: Predict: " + token, func() { x := xn; x[4] = -1; names.Default().Predict(&x, &yn) }},
		{"names: Predict: " + token, func() { x := xn; x[1] = 0.5; names.Default().Predict(&x, &yn) }},
		{"names: Predict: " + token, func() { x := xn; x[1] = nan; names.Default().Predict(&x, &yn) }},
		{"names: Predict: " + token, func() { x := xn; x[1] = float32(math.Inf(1)); names.Default().Predict(&x, &yn) }},
		{"names: PredictBatch: " + token, func() { names.Default().PredictBatch(withToken(xn[:], 27), yn[:]) }},
		{"names: PredictBatch: " + token, func() { // on several goroutines
			x, y := make([]float32, 1000*names.InputSize), make([]float32, 1000*names.OutputSize)
			names.Default().PredictBatchWorkers(withToken(x, 1e9), y, 4)
		}},
		{"names: PredictBatch: " + zero, func() { _, _ = new(names.Model).Sample(names.Sampling{Most: 3}) }},
		{"token: a token is not in the vocabulary", func() { names.DecodeText([]float32{1, nan}) }},
		{"names_gru: State.Step: " + zero, func() { gru.Step(nil, &xs, &ys) }},
		{"names_gru: State.Step: " + token, func() { x := xs; x[0] = 27; gru.Step(names_gru.Default(), &x, &ys) }},
		{"names_transformer: Predict: " + token, func() { x := xt; x[3] = 1e20; names_transformer.Default().Predict(&x, &yt) }},
		{"names_gru: State.Step: " + zero, func() { gru.Step(new(names_gru.Model), &xs, &ys) }},
		{"names_gru: State.StepBlock: " + zero, func() { gru.StepBlock(nil, xs[:], ys[:]) }},
		{"names_gru: State.StepBlock: lengths", func() { gru.StepBlock(names_gru.Default(), xs[:], ys[1:]) }},
		{"names_gru: State.StepBlock: lengths", func() { gru.StepBlock(names_gru.Default(), nil, ys[:]) }},
		{"names_gru: State.StepBlock: " + token, func() {
			gru.StepBlock(names_gru.Default(), []float32{1, 2, 3, 4, 27}, make([]float32, 5*names_gru.StepOutputSize))
		}},
		{"names_transformer: State.StepBlock: more steps than are left", func() {
			var s names_transformer.State
			m, n := names_transformer.Default(), names_transformer.InputSize
			s.StepBlock(m, make([]float32, 3), make([]float32, 3*names_transformer.StepOutputSize))
			defer func(before names_transformer.State) {
				if s != before {
					t.Error("steps that are too many change the state")
				}
			}(s)
			s.StepBlock(m, make([]float32, n-2), make([]float32, (n-2)*names_transformer.StepOutputSize))
		}},
		{"digitstrain: Gradient: lengths", func() { trainer.Step(x8[:], y8[1:], nil) }},
		{"digitstrain: Gradient: lengths", func() { trainer.Gradient(x8[:], y8[:], make([]float32, 2)) }},
		{"namestrain: Gradient: " + token, func() { tokens.Step(withToken(xn[:], nan), yn[:], nil) }},
		{"iristrain: FitStats: ", func() { iristrain.New(1).FitStats(make([]float32, 5)) }},
		{"iristrain: FitStats: ", func() { iristrain.New(1).FitStats(nil) }},
	} {
		got := recovered(c.call)
		if text, ok := got.(string); !ok || !strings.HasPrefix(text, c.want) {
			t.Errorf("panics with %v, want %q", got, c.want)
		}
	}
	if gru != (names_gru.State{}) {
		t.Error("a step that panics changes the state")
	}
	// An empty batch is none of these.
	digits.Default().PredictBatch(nil, nil)
	names.Default().PredictBatch([]float32{}, nil)
	trainer.Step(nil, nil, nil)
}

// recovered returns what a function panics with, nil if it does not.
func recovered(call func()) (value any) {
	defer func() { value = recover() }()
	call()
	return nil
}

// TestFitRefusesWhatGradientWouldPanicAt trains on tokens that are in no table.
func TestFitRefusesWhatGradientWouldPanicAt(t *testing.T) {
	x, y := make([]float32, 3*names.InputSize), make([]float32, 3*names.OutputSize)
	for i := range 3 {
		y[i*names.OutputSize] = 1
	}
	for _, v := range []float32{27, -1, 0.5, nan} {
		x[names.InputSize+2] = v
		set := namestrain.Set{N: 3, X: [][]float32{x}, Y: [][]float32{y}}
		_, err := namestrain.New(1).Fit(context.Background(), set, namestrain.Set{}, namestrain.Options())
		if want := fmt.Sprintf("number 2 of example 1 is %v, want a token, a whole number from 0 to 26", v); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("Fit: %v, want %q", err, want)
		}
		if _, err = namestrain.New(1).Evaluate(set); err == nil || !strings.Contains(err.Error(), "want a token") {
			t.Errorf("Evaluate: %v", err)
		}
	}
}

// TestConstantsThatNothingFittedAreRefused steps and measures a new trainer, one that was saved and loaded, and those that
// are fitted, by themselves, by Fit or by their weights, to inputs whose constants change nothing, too.
func TestConstantsThatNothingFittedAreRefused(t *testing.T) {
	x, y := []float32{1, 1, 1, 1, -1, -1, -1, -1}, []float32{1, 0, 0, 0, 1, 0}
	set := iristrain.Set{N: 2, X: [][]float32{x}, Y: [][]float32{y}}
	const what = "constants are not fitted to examples: call FitStats with all training examples first"
	refused := func(name string, tr *iristrain.Trainer, want bool) {
		t.Helper()
		for _, call := range []func(){func() { tr.Gradient(x, y, nil) }, func() { tr.Step(x, y, nil) }} {
			got, _ := recovered(call).(string)
			if (strings.HasPrefix(got, "iristrain: Gradient: "+what)) != want || (got != "") != want {
				t.Errorf("%s: panics with %q", name, got)
			}
		}
		_, err := tr.Evaluate(set)
		if (err != nil) != want || want && !strings.Contains(err.Error(), what) {
			t.Errorf("%s: Evaluate: %v", name, err)
		}
		got, _ := recovered(func() { iris.New(&tr.Weights) }).(string)
		if strings.HasPrefix(got, `iris: New: safetensors: tensor "flower.standardize.center" was never fitted`) != want ||
			(got != "") != want {
			t.Errorf("%s: New panics with %q", name, got)
		}
		file := filepath.Join(t.TempDir(), "weights.safetensors")
		if err := tr.Weights.Save(file); err != nil {
			t.Fatal(err)
		}
		if _, err := iris.Load(file); (err != nil) != want || want && !strings.Contains(err.Error(), "was never fitted") {
			t.Errorf("%s: Load: %v", name, err)
		}
	}
	saved := func(tr *iristrain.Trainer) *iristrain.Trainer {
		t.Helper()
		name := filepath.Join(t.TempDir(), "progress")
		other := iristrain.New(2)
		if err := tr.Save(name); err != nil {
			t.Fatal(err)
		}
		other.FitStats([]float32{1, 2, 3, 4, 5, 6, 7, 9})
		if err := other.Load(name); err != nil {
			t.Fatal(err)
		}
		return other
	}
	tr := iristrain.New(1)
	refused("new", tr, true)
	for _, c := range []struct {
		x    []float32
		want string
	}{{nil, "there are no examples to fit to"}, {x[:3], "the numbers are not those of whole examples"}} {
		if got := recovered(func() { tr.FitStats(c.x) }); got != "iristrain: FitStats: "+c.want {
			t.Errorf("FitStats of %d numbers panics with %v", len(c.x), got)
		}
	}
	refused("saved", saved(tr), true)
	tr.FitStats(x)
	if s := tr.Weights.Stats; s.FlowerStandardizeCenter != [4]float32{} || s.FlowerStandardizeScale != [4]float32{1, 1, 1, 1} {
		t.Fatalf("the constants change something: %v", s)
	}
	refused("fitted", tr, false)
	refused("fitted and saved", saved(tr), false)
	tr = iristrain.New(1)
	if _, err := tr.Fit(context.Background(), set, iristrain.Set{}, iristrain.Options()); err != nil {
		t.Fatal(err)
	}
	refused("trained", tr, false)
	weights := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := tr.Weights.Save(weights); err != nil {
		t.Fatal(err)
	}
	tr = iristrain.New(1)
	b, err := os.ReadFile(weights)
	if err == nil {
		err = tr.Weights.Load(b)
	}
	if err != nil {
		t.Fatal(err)
	}
	refused("of weights", tr, false)
}

// TestNaNComesThrough predicts from NaN.
func TestNaNComesThrough(t *testing.T) {
	var (
		xi, yi = [iris.InputSize]float32{nan, nan, nan, nan}, [iris.OutputSize]float32{}
		x8, y8 = [digits.InputSize]float32{}, [digits.OutputSize]float32{}
		xl, yl = [lenet_digits.InputSize]float32{}, [lenet_digits.OutputSize]float32{}
		xs, ys = [sunspots_lstm.InputSize]float32{}, [sunspots_lstm.OutputSize]float32{}
	)
	for _, x := range [][]float32{x8[:], xl[:], xs[:]} {
		for i := range x {
			x[i] = nan
		}
	}
	iris.Default().Predict(&xi, &yi)
	digits.Default().Predict(&x8, &y8)
	lenet_digits.Default().Predict(&xl, &yl)
	sunspots_lstm.Default().Predict(&xs, &ys)
	for _, y := range [][]float32{yi[:], y8[:], yl[:], ys[:]} {
		if slices.ContainsFunc(y, func(v float32) bool { return v == v }) {
			t.Errorf("outputs of NaN are %v", y)
		}
	}
	if _, p := digits.Default().Classify(&x8); p == p {
		t.Errorf("a class of NaN has the probability %v", p)
	}
	// Integers know no NaN: it is the least number of an input.
	least := xl
	for i := range least {
		least[i] = float32(math.Inf(-1))
	}
	var z [lenet_digits.OutputSize]float32
	lenet_digitsint8.Default().Predict(&xl, &yl)
	lenet_digitsint8.Default().Predict(&least, &z)
	if yl != z {
		t.Errorf("outputs of NaN are %v, want those of the least number, %v", yl, z)
	}
}

// TestAModelServesManyGoroutines predicts on many goroutines at once, in batches that are cut into shares of their own,
// and example by example, and compares the bits with those of one.
func TestAModelServesManyGoroutines(t *testing.T) {
	const n = 64
	for _, m := range []struct {
		name    string
		in, out int
		batch   func(x, y []float32, most int)
		one     func(x, y []float32)
	}{
		{"digits", digits.InputSize, digits.OutputSize, digits.Default().PredictBatchWorkers, func(x, y []float32) {
			digits.Default().Predict((*[digits.InputSize]float32)(x), (*[digits.OutputSize]float32)(y))
		}},
		{"lenet_digits", lenet_digits.InputSize, lenet_digits.OutputSize, lenet_digits.Default().PredictBatchWorkers,
			func(x, y []float32) {
				lenet_digits.Default().Predict((*[lenet_digits.InputSize]float32)(x), (*[lenet_digits.OutputSize]float32)(y))
			}},
		{"names_gru", names_gru.InputSize, names_gru.OutputSize, names_gru.Default().PredictBatchWorkers,
			func(x, y []float32) {
				names_gru.Default().Predict((*[names_gru.InputSize]float32)(x), (*[names_gru.OutputSize]float32)(y))
			}},
	} {
		x, want := draw(n*m.in), make([]float32, n*m.out)
		m.batch(x, want, 1)
		var wait sync.WaitGroup
		for g := range 6 {
			wait.Add(1)
			go func() {
				defer wait.Done()
				y := make([]float32, n*m.out)
				if g%2 == 0 {
					m.batch(x, y, g+1)
				} else {
					for i := range n {
						m.one(x[i*m.in:(i+1)*m.in], y[i*m.out:(i+1)*m.out])
					}
				}
				if !slices.Equal(y, want) {
					t.Errorf("%s: goroutine %d has other bits", m.name, g)
				}
			}()
		}
		wait.Wait()
	}
}
