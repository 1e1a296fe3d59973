package footprint_test

import (
	"encoding/json"
	"fmt"
	"go/format"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/plan/plantest"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/sandbox"
	nnrt "github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/safetensors"
)

// subject is an example, or a network of testdata, with copies of the runtime, with a shared one or with an imported one,
// or its package of 8-bit integers.
type subject struct {
	name, mode string
	int8       bool
	foretold   footprint.Footprint
	network    footprint.Network
	linked     linked
}

// linked is what a linked program has, in bytes.
type linked struct {
	Code, Weights, Pools int64
	Emitted              int64 // machine code of the functions that were emitted

	Heap, Example, Batch, State, Trainer int64 // as the program itself says; Heap is what a Model has there
}

// TestAFootprintIsThatOfALinkedProgram links programs that predict, of examples, in float32 and in 8-bit integers, and of
// networks unlike them, and compares: code within 10 %, memory to the byte.
func TestAFootprintIsThatOfALinkedProgram(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("footprints are those of linux/amd64")
	}
	subjects := []*subject{
		{name: "perceptron", mode: "copy"}, {name: "digits", mode: "copy"}, {name: "lenet_digits", mode: "copy"},
		{name: "names_gru", mode: "copy"}, {name: "sparse", mode: "shared"},
		{name: "digits", mode: "copy", int8: true}, {name: "lenet_digits", mode: "copy", int8: true},
		{name: "names_gru", mode: "copy", int8: true}, {name: "sunspots_lstm", mode: "shared", int8: true},
		{name: "chain", mode: "copy"}, {name: "unet", mode: "copy"}, {name: "wavenet", mode: "copy"},
		{name: "transformer", mode: "shared"}, {name: "digits", mode: "import"},
	}
	if testing.Short() {
		subjects = subjects[:2]
	}
	measure(t, subjects)
	for _, s := range subjects {
		f, l := s.foretold, s.linked
		if math.Abs(float64(f.Code-l.Code)) > 0.1*float64(l.Code) {
			t.Errorf("%s: %d bytes of code, a linked program has %d", s, f.Code, l.Code)
		}
		if math.Abs(float64(f.Weights-l.Weights)) > 0.02*float64(l.Weights)+400 {
			t.Errorf("%s: %d bytes of weights, the file has %d", s, f.Weights, l.Weights)
		}
		for _, x := range []struct {
			what      string
			got, want int64
		}{
			{"the activations of Predict", f.Example, l.Example},
			{"the activations of PredictBatch", f.Batch, l.Batch},
			{"a State", f.State, l.State},
			{"a Trainer", f.Trainer, l.Trainer},
		} {
			if x.got != x.want {
				t.Errorf("%s: %d bytes for %s, a program has %d", s, x.got, x.what, x.want)
			}
		}
		model := f.Model
		if model > 32<<10 { // Go gives whole pages
			model = (model + pageBytes - 1) / pageBytes * pageBytes
		}
		if math.Abs(float64(model-l.Heap)) > 0.1*float64(l.Heap)+256 { // in places of certain sizes, beside Go's own
			t.Errorf("%s: %d bytes for a Model, a program has %d", s, f.Model, l.Heap)
		}
		if d := l.Pools - f.Pools; d < 0 || d > 1024 { // Go's own packages have some
			t.Errorf("%s: %d bytes of scratch memory, a linked program has %d", s, f.Pools, l.Pools)
		}
		t.Logf("%s: code %d, linked %d; scratch memory %d, linked %d", s, f.Code, l.Code, f.Pools, l.Pools)
	}
}

// pageBytes is the size of a page of Go's heap.
const pageBytes = 8 << 10

// quantised are the examples whose packages of 8-bit integers have a say in the constants.
var quantised = []string{"digits", "fashion", "lenet_digits", "names_gru", "sunspots_conv", "sunspots_lstm"}

// TestTheConstantsAreThoseOfTheExamples derives the constants of the estimates of code from all examples, and from the
// networks of testdata, if asked to.
func TestTheConstantsAreThoseOfTheExamples(t *testing.T) {
	if os.Getenv("NNGEN_UPDATE") == "" {
		t.Skip("links all examples; set NNGEN_UPDATE")
	}
	specs, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var subjects []*subject
	for _, s := range specs {
		name := filepath.Base(filepath.Dir(s))
		subjects = append(subjects, &subject{name: name, mode: "copy"}, &subject{name: name, mode: "shared"})
		if slices.Contains(quantised, name) {
			subjects = append(subjects, &subject{name: name, mode: "copy", int8: true},
				&subject{name: name, mode: "shared", int8: true})
		}
	}
	for _, name := range networks(t) {
		subjects = append(subjects, &subject{name: name, mode: "copy"}, &subject{name: name, mode: "shared"})
	}
	measure(t, subjects)
	// Each row is divided by what it adds up to, so that errors are relative.
	emitted, code := newFit(3), newFit(4)
	sums := make([]footprint.Summed, len(subjects))
	for i, s := range subjects {
		var err error
		if sums[i], err = footprint.Sums(s.network); err != nil {
			t.Fatal(err)
		}
		emitted.add(float64(s.linked.Emitted), sums[i].Statements[:]...)
	}
	e := emitted.solve(t)
	guess := func(x footprint.Summed) float64 {
		return e[0]*x.Statements[0] + e[1]*x.Statements[1] + e[2]*x.Statements[2]
	}
	for i, s := range subjects {
		x := sums[i]
		code.add(float64(s.linked.Code)-x.Data, x.Runtime+guess(x), x.Functions+x.Statements[0], x.Packed, x.Assembly)
	}
	c := code.smallest(t)
	for i, s := range subjects {
		x := sums[i]
		bytes := c[0]*(x.Runtime+guess(x)) + c[1]*(x.Functions+x.Statements[0]) + c[2]*x.Packed + c[3]*x.Assembly + x.Data
		t.Logf("%-26s code %6d, error %+.3f; emitted %5d, error %+.3f", s, s.linked.Code, bytes/float64(s.linked.Code)-1,
			s.linked.Emitted, guess(x)/float64(s.linked.Emitted)-1)
	}
	src, err := format.Source(fmt.Appendf(nil, `// Code generated by NNGEN_UPDATE=1 go test ./codegen/footprint; DO NOT EDIT.

package footprint

// Bytes of linked programs, so that the largest error over the examples and the networks of testdata, each with copies of
// the runtime and with a shared one, and some in 8-bit integers, is the least; of functions by least squares.
const (
	goBytes = %.3f // for each byte of machine code of a Go function: it, its tables for tracebacks, types and texts
	symbolBytes = %.0f // of each Go function beside, whatever its length
	packedBytes = %.3f // for each byte of assembly of which a line has several instructions
	asmBytes = %.3f // for each byte of other assembly
	functionBytes = %.0f // machine code of a function or closure that is emitted
	callBytes = %.0f // of each call in it
	argumentBytes = %.0f // of each argument of one
)
`, c[0], c[1], c[2], c[3], e[0], e[1], e[2]))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("constants.go", src, 0o644); err != nil {
		t.Fatal(err)
	}
}

// fit finds weights of some numbers by least squares of relative errors, or by the least of the largest of them.
type fit struct {
	n    int
	rows []float64
}

func newFit(n int) *fit { return &fit{n: n} }

// add notes that numbers, weighted, add up to a total.
func (f *fit) add(total float64, numbers ...float64) {
	for _, x := range numbers {
		f.rows = append(f.rows, x/total)
	}
}

func (f *fit) solve(t *testing.T) []float64 {
	t.Helper()
	ones := make([]float64, len(f.rows)/f.n)
	for i := range ones {
		ones[i] = 1
	}
	return f.weighted(t, ones)
}

// smallest returns the weights whose largest error is the least: by least squares again and again, in which a row weighs
// as much more as its error was larger (Lawson, Contributions to the Theory of Linear Least Maximum Approximation, 1961).
func (f *fit) smallest(t *testing.T) []float64 {
	t.Helper()
	weights := make([]float64, len(f.rows)/f.n)
	for i := range weights {
		weights[i] = 1
	}
	x := f.weighted(t, weights)
	for range 200 {
		sum := 0.0
		for i := range weights {
			e := -1.0
			for j, v := range f.rows[i*f.n:][:f.n] {
				e += x[j] * v
			}
			weights[i] *= math.Abs(e)
			sum += weights[i]
		}
		for i := range weights {
			weights[i] /= sum
		}
		x = f.weighted(t, weights)
	}
	return x
}

// weighted solves the least squares of rows with weights.
func (f *fit) weighted(t *testing.T, weights []float64) []float64 {
	t.Helper()
	ones, rows := mat.NewVecDense(len(weights), nil), mat.NewDense(len(weights), f.n, slices.Clone(f.rows))
	for i, w := range weights {
		w = math.Sqrt(w)
		ones.SetVec(i, w)
		for j := range f.n {
			rows.Set(i, j, w*rows.At(i, j))
		}
	}
	var x mat.VecDense
	if err := x.SolveVec(rows, ones); err != nil {
		t.Fatal(err)
	}
	return x.RawVector().Data
}

// measure compiles and links.
func measure(t *testing.T, subjects []*subject) {
	t.Helper()
	files := map[string][]byte{"hello/main.go": []byte(hello)}
	shared, _, err := codegen.SharedRuntime(module+"/nnrt", "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range shared {
		files["nnrt/"+name] = src
	}
	imported, _, err := codegen.SharedRuntime(codegen.RuntimePath, "test")
	if err != nil {
		t.Fatal(err)
	}
	for name, src := range imported {
		files["nngen/runtime/"+name] = src
	}
	owner := path.Dir(codegen.RuntimePath)
	files["nngen/go.mod"] = []byte("module " + owner + "\n\ngo 1.24\n")
	files["go.mod"] = fmt.Appendf(nil, "module %s\n\ngo 1.24\n\nrequire %s v0.0.0\n\nreplace %[2]s => ./nngen\n", module,
		owner)
	for _, s := range subjects {
		s.compile(t, files)
	}
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	_, base := read(t, build(t, m, "hello"))
	for _, s := range subjects {
		symbols, has := read(t, build(t, m, s.folder()+"/predicts"))
		for name, x := range symbols {
			if strings.Contains(name, s.pkg()+".") && x.kind == "T" {
				s.linked.Emitted += int64(x.size)
			}
		}
		for name, n := range has {
			switch name {
			case ".text", ".rodata", ".typelink", ".itablink", ".gopclntab", ".data", ".noptrdata":
				s.linked.Code += int64(n - base[name])
			case ".bss", ".noptrbss":
				s.linked.Pools += int64(n - base[name])
			}
		}
		s.linked.Code -= s.linked.Weights
		out, err := exec.Command(build(t, m, s.folder()+"/says"), m.Path(s.pkg()+"/weights.safetensors")).Output()
		if err == nil {
			err = json.Unmarshal(out, &s.linked)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.name, err, out)
		}
	}
}

// String names the subject.
func (s *subject) String() string {
	if s.int8 {
		return codegen.Int8Package(s.name) + ", " + s.mode
	}
	return s.name + ", " + s.mode
}

// folder is where the packages are, and pkg that of them which is counted.
func (s *subject) folder() string {
	if s.int8 {
		return codegen.Int8Package(s.mode) + "/" + s.name
	}
	return s.mode + "/" + s.name
}

func (s *subject) pkg() string {
	if s.int8 {
		return s.folder() + "/" + codegen.Int8Package(s.name)
	}
	return s.folder()
}

// calibrated returns the weight file of the package of 8-bit integers, with ranges of made-up examples.
func calibrated(t *testing.T, out *codegen.Output, weights []byte) []byte {
	t.Helper()
	floats, err := project.Tensors(out.Net, weights)
	if err != nil {
		t.Fatal(err)
	}
	numbers := plantest.Calibrate(t, out, floats, rand.New(rand.NewPCG(1, 2)))
	ranges, err := out.Int8.Ranges()
	if err != nil {
		t.Fatal(err)
	}
	b, err := safetensors.Encode(map[string]string{
		"spec": out.Int8.Sum(), project.Int8Source: output.Sum(weights), quant.RangesKey: ranges,
		project.IOKey: out.Net.Spec.Quantize.IO, "calibration": "512 training rows, min_max",
	}, out.Int8.Tensors(numbers))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compile adds the packages of an example to files, a program that predicts, and one that says what memory it has.
func (s *subject) compile(t *testing.T, files map[string][]byte) {
	t.Helper()
	dir := "../../generated/" + s.name + "/"
	own := slices.Contains(networks(t), s.name)
	if own {
		dir = "testdata/"
	}
	p, err := project.Open(dir+s.name+".yaml", "")
	if err != nil {
		t.Fatal(err)
	}
	var weights []byte
	p.Spec.Generate.Runtime = "copy"
	o := codegen.Options{ImportPath: module + "/" + s.folder(), Embed: true, Int8: s.int8}
	switch s.mode {
	case "shared":
		o.Runtime = module + "/nnrt"
	case "import":
		o.Runtime = codegen.RuntimePath
	}
	if !own {
		if weights, err = os.ReadFile(dir + "weights.safetensors"); err != nil {
			t.Fatal(err)
		}
		if o.Fitted, err = project.Fitted(p.Spec, weights); err != nil {
			t.Fatal(err)
		}
	}
	out, err := p.Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	if own {
		weights = madeUp(t, out)
	}
	s.foretold = out.Footprint()
	net := module + "/" + s.pkg()
	s.network = footprint.Network{Files: out.Files, ImportPath: o.ImportPath, Runtime: o.ImportPath + "/internal",
		Source: nnrt.Source}
	if o.Runtime != "" {
		s.network.Runtime = o.Runtime
	}
	if s.int8 {
		s.foretold, s.network.Folder = out.Int8Footprint(), codegen.Int8Package(s.name)
		weights = calibrated(t, out, weights)
	}
	s.linked.Weights = int64(len(weights))
	for name, src := range out.Files {
		files[s.folder()+"/"+name] = src
	}
	files[s.pkg()+"/weights.safetensors"] = weights
	vars, args := arrays(out)
	last := len(args) - 1
	files[s.folder()+"/predicts/main.go"] = fmt.Appendf(nil, `package main

import (
	"fmt"
	"os"

	net %q
)

func main() {
	fmt.Println("hello", len(os.Args))
%s	net.Default().Predict(%s)
	fmt.Println(v%d[0] > 0)
}
`, net, strings.Join(vars, ""), strings.Join(args, ", "), last)
	name, state, std, training, trainer := s.name, "0", "", "", "0"
	switch {
	case s.int8:
		name = codegen.Int8Package(name)
	default:
		std, training = "\t\"unsafe\"\n", fmt.Sprintf("\ttraining %q\n", o.ImportPath+"/"+name+"train")
		trainer = "unsafe.Sizeof(training.Trainer{})"
		if out.Plan.Step != nil {
			state = "unsafe.Sizeof(State{})"
		}
	}
	files[s.pkg()+"/memory.go"] = fmt.Appendf(nil, "package %s\n\nimport \"unsafe\"\n\n"+
		"// Memory are the sizes of the workspaces and of a State.\n"+
		"var Memory = []uintptr{unsafe.Sizeof(workspace1{}), unsafe.Sizeof(workspace{}), %s}\n", name, state)
	files[s.folder()+"/says/main.go"] = fmt.Appendf(nil, `package main

import (
	"fmt"
	"os"
	"runtime"
%s
	net %q
%s)

// live returns the bytes of the heap that are in use.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// load returns the model of the weight file.
func load() *net.Model {
	m, err := net.Load(os.Args[1])
	if err != nil {
		panic(err)
	}
	return m
}

// trainer is the size of a Trainer.
const trainer = %s

func main() {
	var models [64]*net.Model
	load()
	before := live()
	for i := range models {
		models[i] = load()
	}
	each := (live() - before) / uint64(len(models))
	fmt.Printf("{\"Heap\":%%d,\"Example\":%%d,\"Batch\":%%d,\"State\":%%d,\"Trainer\":%%d}\n", each, net.Memory[0],
		net.Memory[1], net.Memory[2], trainer)
	runtime.KeepAlive(&models)
}
`, std, net, training, trainer)
}

// networks returns the names of the networks of testdata, which are unlike the examples.
func networks(t *testing.T) (names []string) {
	t.Helper()
	specs, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(specs) == 0 {
		t.Fatalf("%d networks: %v", len(specs), err)
	}
	for _, s := range specs {
		names = append(names, strings.TrimSuffix(filepath.Base(s), ".yaml"))
	}
	return names
}

// madeUp returns a weight file of random numbers.
func madeUp(t *testing.T, out *codegen.Output) []byte {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var tensors []safetensors.Tensor
	for _, p := range out.Net.Params {
		data := make([]float32, p.Size())
		for i := range data {
			data[i] = 0.02 + 0.2*r.Float32()
		}
		tensors = append(tensors, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: data})
	}
	b, err := safetensors.Encode(map[string]string{"spec": out.Net.ModelSum(), "nngen": strings.Repeat("x", 250)}, tensors)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// arrays returns the declarations of arrays for the inputs and the outputs of a network, and the arguments of Predict.
func arrays(out *codegen.Output) (vars, args []string) {
	variable := func(size int) {
		args = append(args, fmt.Sprintf("&v%d", len(args)))
		vars = append(vars, fmt.Sprintf("\tvar v%d [%d]float32\n", len(vars), size))
	}
	for _, l := range out.Net.Inputs {
		variable(l.Shape.Size())
	}
	for _, o := range out.Net.Outputs {
		variable(o.Layer.Shape.Size())
	}
	return vars, args
}
