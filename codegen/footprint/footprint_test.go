package footprint_test

import (
	"context"
	"encoding/json"
	"fmt"
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

// subject is an example, or a network of testdata, and how its packages are made.
type subject struct {
	name, mode string // with copies of the runtime, with a shared one or with an imported one
	int8       bool   // the package of 8-bit integers
	half       bool   // weights in float16
	alone      bool   // without a training package, for which copies have less
	held       bool   // out of what the constants are derived from: a test of what they say of other networks
	memory     bool   // it runs, and says what memory it has

	foretold footprint.Footprint
	network  footprint.Network
	linked   linked
}

// programs are the networks of which programs are linked: layers of all families, from a perceptron to a transformer,
// each with copies or with the whole runtime, so that no constant rests on a single network.
func programs() []*subject {
	return []*subject{
		// Small ones, of which most is Go that decodes weights.
		{name: "perceptron", mode: "copy", memory: true}, {name: "perceptron", mode: "shared"},
		{name: "little", mode: "copy"}, {name: "xor", mode: "copy", held: true}, {name: "iris", mode: "copy"},
		{name: "diabetes", mode: "shared"},
		// Dense layers, with skips, norms, masks, many of them, many activations.
		{name: "digits", mode: "copy", memory: true}, {name: "digits", mode: "copy", alone: true},
		{name: "digits", mode: "import", memory: true, held: true}, {name: "breast_cancer", mode: "copy", held: true},
		{name: "table", mode: "copy"}, {name: "table", mode: "copy", half: true}, {name: "guarded", mode: "copy"},
		{name: "joined", mode: "shared"}, {name: "skips", mode: "copy", held: true}, {name: "several", mode: "copy"},
		{name: "chain", mode: "copy", memory: true}, {name: "chain", mode: "shared", half: true},
		{name: "activations", mode: "copy"}, {name: "activations", mode: "shared", held: true},
		{name: "sparse", mode: "shared", memory: true}, {name: "masks", mode: "copy"},
		// Convolutions.
		{name: "lenet_digits", mode: "copy", memory: true}, {name: "fashion", mode: "shared"},
		{name: "fashion_deep", mode: "copy", held: true}, {name: "residual", mode: "copy"},
		{name: "separable", mode: "copy"}, {name: "unet", mode: "copy", memory: true}, {name: "unet", mode: "shared"},
		{name: "decoder", mode: "copy"}, {name: "wavenet", mode: "copy", memory: true},
		{name: "sunspots_conv", mode: "copy"}, {name: "words", mode: "shared"},
		{name: "words", mode: "copy", half: true, held: true},
		// Recurrent layers.
		{name: "names_gru", mode: "copy", memory: true}, {name: "names_gru", mode: "copy", alone: true},
		{name: "sunspots_lstm", mode: "copy"}, {name: "sunspots_lstm", mode: "shared"}, {name: "bilstm", mode: "copy"},
		{name: "memory", mode: "copy", held: true}, {name: "memory", mode: "shared"},
		// Attention.
		{name: "names_transformer", mode: "copy"}, {name: "transformer", mode: "shared", memory: true},
		{name: "transformer", mode: "copy", held: true},
		// 8-bit integers.
		{name: "digits", mode: "copy", int8: true, memory: true},
		{name: "lenet_digits", mode: "copy", int8: true, memory: true},
		{name: "names_gru", mode: "copy", int8: true, memory: true},
		{name: "sunspots_lstm", mode: "shared", int8: true, memory: true}, {name: "lenet_digits", mode: "shared", int8: true},
		{name: "fashion", mode: "copy", int8: true, held: true}, {name: "sunspots_conv", mode: "shared", int8: true},
		{name: "sunspots_conv", mode: "copy", int8: true, held: true},
	}
}

// linked is what a linked program has, in bytes.
type linked struct {
	Code, Weights, Pools int64
	Emitted              int64 // machine code of the functions that were emitted

	Heap, Example, Batch, State, Trainer int64 // as the program itself says; Heap is what a Model has there
}

// TestAFootprintIsThatOfALinkedProgram links programs that predict and compares: code within 10 %, also of networks
// that are held out, and memory to the byte.
func TestAFootprintIsThatOfALinkedProgram(t *testing.T) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		t.Skip("footprints are those of linux/amd64")
	}
	subjects := programs()
	if testing.Short() {
		subjects = slices.DeleteFunc(subjects, func(s *subject) bool { return !slices.Contains(briefly, s.String()) })
	}
	measure(t, subjects)
	for _, s := range subjects {
		f, l := s.foretold, s.linked
		off := float64(f.Code)/float64(l.Code) - 1
		if math.Abs(off) > 0.1 {
			t.Errorf("%s: %d bytes of code, a linked program has %d", s, f.Code, l.Code)
		}
		if d := l.Pools - f.Pools; d < 0 || d > 1024 { // Go's own packages have some
			t.Errorf("%s: %d bytes of scratch memory, a linked program has %d", s, f.Pools, l.Pools)
		}
		t.Logf("%-34s code %6d, linked %6d, %+.3f; scratch memory %d, linked %d", s, f.Code, l.Code, off, f.Pools, l.Pools)
		if s.memory {
			s.compareMemory(t)
		}
	}
}

// briefly are the programs of the short mode.
var briefly = []string{"perceptron, copy", "digits, copy"}

// compareMemory compares what is foretold with what a program says that it has.
func (s *subject) compareMemory(t *testing.T) {
	t.Helper()
	f, l := s.foretold, s.linked
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
}

// pageBytes is the size of a page of Go's heap.
const pageBytes = 8 << 10

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
	args := []string{"build", "-trimpath", "-o", "bin/", "./hello"} // without -trimpath, paths of files count as code
	for _, s := range subjects {
		args = append(args, "./"+s.program("predicts"))
		if s.memory {
			args = append(args, "./"+s.program("says"))
		}
	}
	m, err := sandbox.New(module, files)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Go(context.Background(), args...); err != nil {
		t.Fatal(err)
	}
	_, base := read(t, m.Path("bin/hello"))
	for _, s := range subjects {
		symbols, has := read(t, m.Path("bin/"+path.Base(s.program("predicts"))))
		for name, x := range symbols {
			if strings.Contains(name, s.pkg()+".") && x.kind == "T" && !x.assembly {
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
		if !s.memory {
			continue
		}
		out, err := exec.Command(m.Path("bin/"+path.Base(s.program("says"))), m.Path(s.pkg()+"/weights.safetensors")).Output()
		if err == nil {
			err = json.Unmarshal(out, &s.linked)
		}
		if err != nil {
			t.Fatalf("%s: %v\n%s", s, err, out)
		}
	}
}

// String names the subject.
func (s *subject) String() string {
	name := s.name
	if s.int8 {
		name = codegen.Int8Package(name)
	}
	text := name + ", " + s.mode
	if s.half {
		text += ", half"
	}
	if s.alone {
		text += ", alone"
	}
	return text
}

// folder is where the packages are, and pkg that of them which is counted.
func (s *subject) folder() string {
	dir := s.mode
	switch {
	case s.int8:
		dir = codegen.Int8Package(dir)
	case s.half:
		dir += "half"
	case s.alone:
		dir += "alone"
	}
	return dir + "/" + s.name
}

func (s *subject) pkg() string {
	if s.int8 {
		return s.folder() + "/" + codegen.Int8Package(s.name)
	}
	return s.folder()
}

// program is the folder of a program that does something with the package.
func (s *subject) program(does string) string {
	return "programs/" + does + "-" + strings.ReplaceAll(s.folder(), "/", "-")
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
	p.Spec.Generate.Runtime, p.Spec.Generate.Train = "copy", !s.alone
	if s.half {
		p.Spec.DType = "float16"
	}
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
	files[s.program("predicts")+"/main.go"] = fmt.Appendf(nil, `package main

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
	if !s.memory {
		return
	}
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
	files[s.program("says")+"/main.go"] = fmt.Appendf(nil, `package main

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
