// Package footprint foretells what the packages of a network take in a linked program: code, weights, and memory.
//
// It exists so that a spec can set budgets, and people see what a network takes, without a linker: in the blink that a
// compilation takes, and for the machine that budgets are for whatever the host. It reads what was emitted, so that
// nothing is counted by a rule of its own:
//
//   - Structs (Model, workspaces, Trainer) have the sizes that their fields add up to.
//   - Scratch memory is what a linker lays out, and what kernels keep on the heap, which the plan of the calls knows. That
//     of training is not counted, nor are stacks.
//   - Code of the runtime is what a linker would keep: from the functions that Default and Predict come to, all that
//     those call, by a table of the symbols of the whole runtime with the bytes and callees of each. Of kernels that
//     copies hold in part, the instructions that are left count.
//   - Code that was emitted is estimated from its statements.
//
// The table and the constants of the estimates are those of linux/amd64 and are written by tests of this package, from
// linked programs: NNGEN_UPDATE=1 go test ./codegen/footprint -run 'Symbols|Constants'. Another of its tests links all
// those programs, of which some have no say in the constants, and holds what is foretold of code to 10 %.
package footprint

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Footprint is what a network takes, in bytes.
type Footprint struct {
	Code    int64 // by how much a program grows that calls Default and Predict, beside one that prints a line
	Weights int64 // of weights.safetensors, which Default reads
	Model   int64 // a Model, with what its layers prepare
	InPlace int64 // what of it nothing touches before the first batch, where the machine lets weights stay in place
	Example int64 // activations of Predict
	Batch   int64 // activations of PredictBatch, for each goroutine that is in it
	Pools   int64 // scratch memory of kernels that Predict comes to, of the whole program
	Rooms   Rooms // scratch memory that kernels keep on the heap, for each goroutine
	State   int64 // what a State carries on from one step of a stream to the next; 0 without one
	Steps   int64 // activations of Step and StepBlock
	Trainer int64 // a Trainer: parameters, gradients, state of the optimizer, activations; 0 without one
	Counted int64 // what a Trainer keeps on the heap beside: the steps that count, where others are left out
}

// Rooms are what functions of the runtime keep on the heap from one call to the next, in bytes, for each goroutine that is
// in a function of the package. What calls of several functions keep they share.
type Rooms struct {
	Example int64 // of Predict
	Batch   int64 // of PredictBatch
	Steps   int64 // of Step and StepBlock
}

// Flash returns the bytes that a program has more on its disk.
func (f Footprint) Flash() int64 { return f.Code + f.Weights }

// RAM returns the bytes that predictions of one goroutine take, one example at a time.
func (f Footprint) RAM() int64 { return f.Model + f.Example + f.Pools + f.Rooms.Example }

// Network is what there is to count.
type Network struct {
	Files      map[string][]byte // of the packages, by path below the inference package
	Folder     string            // of the package that is counted: that of 8-bit integers; "" for float32
	ImportPath string            // of the inference package
	Runtime    string            // import path of the runtime that they use
	Source     fs.FS             // the whole runtime, of which Files may hold a copy
	Weights    int64             // bytes of weights.safetensors
	Prepared   int64             // bytes that a Model's layers have on the heap
	Rooms      Rooms             // as the plan says
	Counted    int64             // bytes that a Trainer keeps of the steps that count, as the plan says
	InPlace    int64             // bytes of the panels of weights that may stay in place, as the plan says
	Tiny       bool              // the weights are constants, and there is no Model
}

// dir is the folder of the package that is counted, as path.Dir has it.
func (n Network) dir() string { return path.Clean(n.Folder) }

// entries are what a program calls that has a network. Default is there once weights are embedded; it calls Decode.
var entries = []string{"Default", "Decode", "Model.Predict"}

// Of returns the footprint of a network.
func Of(n Network) (Footprint, error) {
	model, err := parse(n, n.dir(), nil)
	if err != nil {
		return Footprint{}, err
	}
	f := Footprint{
		Weights: n.Weights,
		Model:   model.sizeof("Model") + n.Prepared,
		Example: model.sizeof("workspace1"),
		Batch:   model.sizeof("workspace"),
		State:   model.sizeof("State"),
		Steps:   model.sizeof("stepspace") + model.sizeof("blockspace"),
		Rooms:   n.Rooms,
		InPlace: n.InPlace,
	}
	if n.Tiny {
		f.Example, f.Rooms = model.sizeof("Workspace"), Rooms{}
		f.Code = model.tinyCode(n)
		return f, nil
	}
	f.Code, f.Pools = model.code(n, entries...)
	if dir := trainFolder(n.Files); dir != "" && n.Folder == "" {
		train, err := parse(n, dir, model)
		if err != nil {
			return Footprint{}, err
		}
		f.Trainer, f.Counted = train.sizeof("Trainer"), n.Counted
	}
	return f, nil
}

// trainFolder returns the folder of the training package; "" for none.
func trainFolder(files map[string][]byte) string {
	for name := range files {
		if dir := path.Dir(name); path.Base(name) == dir+".go" && strings.HasSuffix(dir, "train") {
			return dir
		}
	}
	return ""
}

// code returns the bytes of the code that a program with some functions has, and of the static memory of kernels.
func (p *pkg) code(n Network, roots ...string) (code, pools int64) {
	s := p.sum(n, roots...)
	emitted := functionBytes*s.funcs + callBytes*s.calls + argumentBytes*s.args
	bytes := goBytes*(s.runtime+emitted) + symbolBytes*(s.functions+s.funcs) + kernelBytes*s.kernels +
		packedBytes*s.packed + asmBytes*s.assembly
	return int64(bytes + s.data), s.pools
}

// tinyCode is code for a package of the tiny profile.
func (p *pkg) tinyCode(n Network) int64 {
	s := p.sum(n, "Workspace.Predict")
	share := tinyShare
	if n.Folder != "" {
		share = tinyInt8Share
	}
	bytes := tinyGoBytes*(s.runtime+tinyFunctionBytes*s.funcs+tinyCallBytes*s.calls) + tinyAsmBytes*(s.packed+s.assembly)
	return int64(share * (bytes + s.data))
}

// sums are the bytes of a program's symbols, and the statements that were emitted.
type sums struct {
	runtime, functions float64 // machine code of the functions of the runtime, and how many they are
	// Assembly is that of the whole runtime, of which each instruction has a line, and packed that of copies, and of kernels
	// that are made for a network, of which a line has several: the tables for tracebacks have something for each line.
	assembly, packed   float64
	kernels            float64 // how many functions are assembly, each of which has a function for calls from Go beside it
	data               float64
	texts              map[string]bool // that are in data, each once
	funcs, calls, args float64
	pools              int64
}

// sum adds what functions come to.
func (p *pkg) sum(n Network, roots ...string) sums {
	used := p.reach(roots)
	s := sums{texts: map[string]bool{}}
	for _, d := range used.decls {
		s.count(p, d)
	}
	s.addKernels(n, used)
	assembly, copied := &s.assembly, copiesOf(n)
	if copied != nil {
		assembly = &s.packed
	}
	for _, x := range table().closure(used, copied) {
		switch size := float64(x.size); {
		case x.kind == memorySymbol:
			if x.size >= 1<<10 { // else a flag
				s.pools += int64(x.size)
			}
		case x.kind == dataSymbol:
			s.data += size
		case x.assembly:
			*assembly += size
			s.kernels++
		default:
			s.runtime += size
			s.functions++
		}
	}
	return s
}

// Bytes of tiny packages, of which tinyShare or tinyInt8Share is left: constants like those of others, by a rule that has
// no term for each function.
const (
	tinyGoBytes       = 1.799
	tinyAsmBytes      = 1.345
	tinyFunctionBytes = 20
	tinyCallBytes     = 124
)

// tinyShare is what a byte that is foretold for a tiny package comes to, whose functions have no types, texts and
// pointers to describe: 0.76 to 0.86 for the four networks in the doc of package tiny of the runtime.
const tinyShare = 0.89

// tinyInt8Share is the same of 8-bit integers, whose functions are short and have more in tables for tracebacks: 0.99 to
// 1.09 for digits, lenet_digits and names_gru.
const tinyInt8Share = 1.04

// instructionBytes is the mean length of an instruction of the kernels that are made for a network: of those with
// vectors and an address, which are 4 to 9 bytes long: 6.1 to 7.2 for networks of two or three layers.
const instructionBytes = 6.5

// dataSize is the end of the statement that tells how long a datum is.
var dataSize = regexp.MustCompile(`\bGLOBL [^;\n]*\$(\d+)`)

// dataBytes returns how many bytes of data assembly has, as package bundle writes it: each COPIES gives 32.
func dataBytes(src string) (total int) {
	for line := range strings.Lines(src) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		total += 32 * strings.Count(line, "COPIES(")
		for _, m := range dataSize.FindAllStringSubmatch(line, -1) {
			if size, err := strconv.Atoi(m[1]); err == nil {
				total += size
			}
		}
	}
	return total
}

// addKernels adds the kernels of the package itself that were reached, and what they read.
func (s *sums) addKernels(n Network, used use) {
	for name, src := range n.Files {
		if path.Dir(name) != n.dir() || !strings.HasSuffix(name, "_amd64.s") {
			continue
		}
		e := extents{}
		e.addAssembly(".", src)
		reached := false
		for fn := range used.seen {
			if count := e[ours+"."+"."+fn]; count > 0 {
				s.packed += instructionBytes * float64(count)
				s.kernels++
				reached = true
			}
		}
		if reached {
			s.data += float64(dataBytes(string(src)))
		}
	}
}

// count adds what a declaration of a package has of what takes machine code, where a field of a struct takes as much as
// an argument of a call, and the texts, the numbers and the structs that it lists.
func (s *sums) count(p *pkg, d *decl) {
	_, function := d.node.(*ast.FuncDecl)
	ast.Inspect(d.node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.TypeSpec:
			return false
		case *ast.FuncDecl, *ast.FuncLit:
			s.funcs++
		case *ast.BasicLit:
			if n.Kind == token.STRING && !s.texts[n.Value] {
				s.texts[n.Value] = true
				s.data += float64(len(n.Value) - len(`""`))
			}
		case *ast.CallExpr:
			s.calls++
			s.args += float64(len(n.Args))
		case *ast.CompositeLit:
			switch t := n.Type.(type) {
			case *ast.ArrayType:
				if id, ok := t.Elt.(*ast.Ident); ok {
					s.data += float64(len(n.Elts)) * float64(max(basic[id.Name], p.sizeof(id.Name)))
				}
			case *ast.Ident, *ast.SelectorExpr:
				if function {
					s.args += float64(len(n.Elts))
				}
			}
		}
		return true
	})
}
