// Package made emits kernels that are made for one network: all its layers in one function of constant sizes, without
// flags, calls, or loops that run once.
//
// There are two of them for predictions. Lanes predicts batches: the lanes of a register are examples, sixteen side by
// side in two registers for each number of a layer, so that weights are broadcast and nothing is shuffled between the
// first layer and the last; a second one has 32 of them in two registers of AVX-512. One predicts a single example: the
// lanes are the numbers of a layer, as in the row kernels of package asm/gemm; a second one, of networks whose products
// then take enough fewer instructions, has layers of more than eight numbers in registers of AVX-512. Networks with
// recurrent cells have a kernel for one step of a stream, a One that reads and writes states too: the sums of all gates
// are in registers at once, each weight is read once, and the first product behind a cell reads its units from
// registers, so that few operations stand between the state and the next one. For LSTMs of 16 units and GRUs of 24
// there is a second one, whose units are in registers of AVX-512; the others are for AVX2.
//
// Training has two kernels for the examples of a step, for AVX2 and with AVX-512: forward up to what the loss reads,
// and from the gradients of the loss back to those of the parameters. The lanes are examples as in Lanes. Forward
// leaves the values that backward needs in lanes too. Back through a layer, weights are broadcast; for the gradients of
// weights, which sum over examples in their order, those of sums are turned back to rows, so that the lanes are
// columns, and what the layer read is broadcast, wherever it is.
//
// What is for AVX2 is for arm64 too: package neon reads the program before its registers are allocated, and writes it for
// NEON, where a register of eight lanes is two. The same function has the same name on both machines. There are more
// registers for sums there, and as many side by side in functions as fit: of each machine by itself.
//
// All give the bits of the runtime's functions: a sum of products is one chain of fused multiply-adds in the order of
// its terms, or as many as package gemm cuts it into; functions are the expressions of package asm/vec; the sum of a
// softmax runs in eight lanes that are folded as there. What lies across the lanes does not change a chain. So the twin
// of a made kernel is the code that calls the runtime layer by layer, and no other is needed.
package made

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mmcloughlin/avo/attr"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/printer"
	"github.com/mmcloughlin/avo/reg"

	"github.com/nngen/nngen/asm/internal/neon"
	"github.com/nngen/nngen/asm/vec"
)

// Rows is the number of examples that a kernel of Lanes works off at a time.
const Rows = 2 * lanes

// WideRows is that of the one with AVX-512.
const WideRows = 2 * Rows

const (
	lanes    = 8         // float32 numbers of a register
	register = 4 * lanes // bytes
	line     = 64        // bytes of a cache line, and of a register of AVX-512
	panel    = 16        // columns of a panel of weights, as package gemm of the runtime packs them
)

// A Net is a network of layers that treat the numbers of an example alike.
type Net struct {
	In, Out int
	Slots   []int    // the numbers of an example that each slot of the workspace holds
	Params  []string // the arrays of the model, as the kernels name their arguments
	States  []string // those of a stream
	Ops     []Op
}

// Memory is where a value is.
type Memory int

// The kinds of memory.
const (
	Slot   Memory = iota
	Input         // of the caller
	Output        // of the caller
	State         // of a stream, from one step to the next
)

// A Place is where a value begins: at the first number of memory, of which there are several slots and states.
type Place struct {
	Memory Memory
	Slot   int // of which slot or state
}

// Kind is what an Op does. The formulas are those of the functions of the runtime that have these names.
type Kind int

// The kinds of operations. All but Dense and cells may write where they read.
const (
	Dense   Kind = iota // y = f(x·W + b), W in panels
	Map                 // y = F(x), with Alpha if it has a parameter
	Affine              // y = (x − c)·s, the arrays c and s
	Add                 // y = a + b
	Softmax             // y = exp(x − max)/Σ exp(x − max)
	Copy                // y = x
	LSTM                // a step of a recurrent cell of package rnn behind the first: h and c become those after x
	GRU                 // likewise h
	Simple              // likewise
)

// An Op is an operation.
type Op struct {
	Kind   Kind
	Doc    string  // what the layer does
	In     []Place // of a cell: x and its states
	Out    Place   // none of a cell
	Size   int     // numbers of the result; units of a cell
	Params []int   // of Dense: W, and b if there is a bias; of Affine: c and s; of a cell as package rnn arranges them

	Terms, Chains int    // of each sum of Dense; of a cell the numbers of x
	Act           string // of Dense: "", relu or leaky_relu; of a Training as F
	F             string // of Map: a function of package vec of the runtime
	Alpha         *float32
}

// Assembly is the text of kernels for each machine, from the build constraint on.
type Assembly struct{ AMD64, ARM64 string }

// MostUnits is the most numbers of a layer: those of eight registers.
const MostUnits = 64

// MostOps is the most operations of a network. Avo numbers the virtual registers of a kind in a function by 16 bits,
// and one operation takes 2⁹ of them at most: see TestAnOperationTakesFewRegisters.
const MostOps = 1 << (16 - 9)

// Fits tells whether kernels can be made for a network: its operations are not too many, and each layer has at most so
// many numbers that a few registers hold it.
func (n *Net) Fits() bool {
	if len(n.Ops) == 0 || len(n.Ops) > MostOps || !fits(n.In) || !fits(n.Out) {
		return false
	}
	for _, o := range n.Ops {
		if !o.Fits() {
			return false
		}
	}
	return true
}

// Fits tells whether an operation has few enough numbers, and a function that there is.
func (o Op) Fits() bool {
	if o.gates() > 0 {
		return 0 < o.Size && o.Size <= MostCell
	}
	return fits(o.Size) && (o.Kind != Map || vec.Function(o.F) != nil)
}

func fits(size int) bool { return 0 < size && size <= MostUnits }

// Work returns the multiply-adds of an example, at least 1; of other operations than Dense those that take as long.
func (n *Net) Work() int { return 1 + workOf(n.Ops) }

// workOf returns the multiply-adds of operations on an example; of others than Dense those that take as long.
func workOf(ops []Op) (work int) {
	const function = 16 // of a number
	for _, o := range ops {
		switch gates := o.gates(); {
		case gates > 0:
			work += gates * o.Size * (o.Terms + o.Size + function)
		case o.Kind == Dense:
			work += o.Size * o.Terms
		default:
			work += o.Size * function
		}
	}
	return work
}

// Names are those of the functions of kernels for predictions: One and Lanes for AVX2, and both with AVX-512, of which
// there is a WideOne where the network has one.
type Names struct{ One, Lanes, WideOne, WideLanes string }

// Make returns the kernels One and Lanes of a network under the names that are given, for the file of package pkg.
func Make(pkg string, names Names, n *Net) (Assembly, error) {
	return assemble(pkg, []int{mostHeld, 0}, func(g *vec.Gen, r room) {
		(&oneGen{kernel: kernel{g, n}, room: r}).emit(names.One)
		(&lanesGen{kernel: kernel{g, n}, room: r}).emit(names.Lanes)
	}, func(g *vec.Gen, r room) {
		if n.WideOne() {
			(&oneGen{kernel: kernel{g, n}, room: r, whole: true}).emit(names.WideOne)
		}
		g.SetWide(true)
		(&lanesGen{kernel: kernel{g, n}, room: r}).emit(names.WideLanes)
	})
}

// MakeStep returns the kernel of one step of a stream under a name, and that with AVX-512 under another if Wide.
func MakeStep(pkg, step, wide string, n *Net) (Assembly, error) {
	return assemble(pkg, []int{0}, func(g *vec.Gen, r room) {
		(&oneGen{kernel: kernel{g, n}, room: r}).emit(step)
	}, func(g *vec.Gen, r room) {
		if n.Wide() {
			(&oneGen{kernel: kernel{g, n}, room: r, wide: true}).emit(wide)
		}
	})
}

// A room is how many registers of AVX2 kernels take: side by side in functions, and for the sums of products of lanes.
// pairs tells whether each is two of arm64, so that there is no more than half of the registers of both for what an
// instruction of AVX2 reads from memory.
type room struct {
	side, sums int
	pairs      bool
	held       int // the most constants that a function for AVX-512 holds in registers
}

// narrowSums are the registers of AVX2 that sums take, of 16: there is room for x, a weight and constants besides. On
// arm64 each is two of 32, and what AVX2 reads from memory in its instructions takes registers: so predictions have
// neonSums there, five columns of two registers. Sums of gradients have as many as with AVX2.
const narrowSums, neonSums = 12, 10

// assemble returns kernels for package pkg: those that all machines have, and those with AVX-512. Functions have so many
// registers side by side as fit, of each machine by itself; held are how many constants they may hold, the best first.
func assemble(pkg string, held []int, all, wide func(g *vec.Gen, r room)) (a Assembly, err error) {
	a.AMD64, err = mostAbreast(held, func(side, held int) (string, error) {
		g, r := vec.NewGen(), room{side: side, sums: narrowSums, held: held}
		all(g, r)
		wide(g, r)
		return print(g, pkg)
	})
	if err != nil {
		return Assembly{}, err
	}
	a.ARM64, err = mostAbreast([]int{0}, func(side, _ int) (string, error) {
		g := vec.NewGen()
		all(g, room{side: side, sums: neonSums, pairs: true})
		return printNEON(g)
	})
	return a, err
}

// mostAbreast returns what try does with the most registers side by side for which there are enough of them, and the first of
// how many constants are held.
func mostAbreast(held []int, try func(side, held int) (string, error)) (string, error) {
	var problems []error
	for _, side := range [...]int{4, 2, 1} {
		for _, held := range held {
			asm, err := try(side, held)
			if err == nil {
				return asm, nil
			}
			problems = append(problems, err)
		}
	}
	return "", errors.Join(problems...)
}

// print returns the assembly, without the line that says what made it.
func print(g *vec.Gen, pkg string) (asm string, err error) {
	file, err := g.Result()
	if err != nil {
		return "", err
	}
	if err := compile.Execute(file); err != nil {
		return "", err
	}
	for _, f := range file.Functions() {
		if f.LocalSize > maxNosplit {
			f.Attributes &^= attr.NOSPLIT
		}
	}
	text, err := printer.NewGoAsm(printer.Config{Name: "asm/made", Pkg: pkg}).Print(file)
	if err != nil {
		return "", err
	}
	return withoutHeads(text), nil
}

// printNEON returns the assembly for arm64 of kernels for AVX2, as print does.
func printNEON(g *vec.Gen) (asm string, err error) {
	file, err := g.Result()
	if err != nil {
		return "", err
	}
	text, err := neon.PrintMade(file, "asm/made")
	return withoutHeads(text), err
}

// withoutHeads returns assembly without the line that says what made it, and those with the heads of Go functions, which
// are of any length and which the stubs have.
func withoutHeads(text []byte) string {
	var b strings.Builder
	for i, line := range slices.Collect(strings.Lines(string(text))) {
		if i > 0 && !strings.HasPrefix(line, "// func ") {
			b.WriteString(line)
		}
	}
	return strings.TrimLeft(b.String(), "\n")
}

// maxNosplit is the largest frame of a kernel that does not check the stack.
const maxNosplit = 256

// OneSignature and LanesSignature return the parameters of the Go functions.
func (n *Net) OneSignature() string { return n.signature("") }

// LanesSignature is documented with OneSignature.
func (n *Net) LanesSignature() string { return n.signature("n int, ") }

func (n *Net) signature(first string) string {
	return "func(" + first + strings.Join(slices.Concat([]string{"y", "x"}, n.Params, n.States), ", ") + " *float32)"
}

// kernel is what both kernels share.
type kernel struct {
	*vec.Gen
	net *Net
}

// start begins a function.
func (k *kernel) start(name, signature string) {
	k.Function(name)
	k.Attributes(attr.NOSPLIT)
	k.SignatureExpr(signature)
	k.Pragma("noescape")
}

// pointer loads an argument.
func (k *kernel) pointer(name string) reg.GPVirtual {
	return k.Load(k.Param(name), k.GP64()).(reg.GPVirtual)
}

// frame returns the address of some bytes on the stack, a multiple of those of a cache line, so that no register is
// loaded from two.
func (k *kernel) frame(bytes int) reg.GPVirtual {
	m, base := k.AllocLocal(bytes+line), k.GP64()
	k.LEAQ(m.Offset(line-1), base)
	k.ANDQ(operand.I32(-line), base)
	return base
}

// expression returns that of a Map.
func (o *Op) expression() func(e *vec.Expr, in []vec.Val) vec.Val {
	f := vec.Function(o.F)
	return func(e *vec.Expr, in []vec.Val) vec.Val {
		var scalars []vec.Val
		if o.Alpha != nil {
			scalars = []vec.Val{e.C(float64(*o.Alpha))}
		}
		return f(e, in, scalars)
	}
}

// activate applies the activation of a Dense to finished sums, as the epilogue of package asm/gemm does.
func (k *kernel) activate(o *Op, sums []reg.VecVirtual) {
	switch o.Act {
	case "":
	case "relu":
		zero := k.clear(1)[0]
		for _, s := range sums {
			k.VMAXPS(s, zero, s)
		}
	case "leaky_relu":
		for _, s := range sums {
			t := k.Vec()
			if !k.Wide() {
				k.VMULPS(k.Constant(vec.Bits(*o.Alpha)), s, t)
				k.VBLENDVPS(s, t, s, s)
				continue
			}
			negative := k.K()
			k.VMULPS_BCST(k.Constant(vec.Bits(*o.Alpha)), s, t)
			k.VPMOVD2M(s, negative)
			k.VMOVAPS(t, negative, s)
		}
	default:
		panic(fmt.Sprintf("BUG: no kernel for the activation %s", o.Act))
	}
}

// one returns a register of ones.
func (k *kernel) one() reg.VecVirtual {
	if k.Wide() {
		return k.copies(k.Constant(vec.Bits(1)))
	}
	return k.load(k.Constant(vec.Bits(1)))
}

// chainEnds returns where the chains of the sums of a Dense end, as package gemm of the runtime cuts them.
func (o *Op) chainEnds() []int {
	var ends []int
	for c := 1; c < o.Chains; c++ {
		ends = append(ends, c*(o.Terms/o.Chains))
	}
	return append(ends, o.Terms)
}

// reads tells whether an operation reads a place.
func (o *Op) reads(p Place) bool { return slices.Contains(o.In, p) }
