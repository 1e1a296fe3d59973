package plan

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/half"
)

// Variants tells which kernels of the runtime, and which of their sections, the calls of plans come to: see package
// abi. The training package works off at most rows examples at a time. For functions that other packages of the runtime
// call, of which elsewhere tells, the sizes are not known, but for the rows of those that longRowsOf lists.
func Variants(rows int, elsewhere func(pkg, name string) bool, plans ...*Plan) func(machine, kernel,
	section string) bool {
	v := newVariants()
	v.products.Rare = rareRows(rows, plans)
	for _, p := range plans {
		v.plan(p, rows)
		if elsewhere("vec", softmax) { // token.Draw: its rows are the classes of an output
			v.long["vec"] = v.long["vec"] || slices.ContainsFunc(p.One.Graph.Outputs, func(o ir.Output) bool {
				return last(o.Value) > cpu.CallElements
			})
		}
	}
	for _, name := range []string{"NN", "NT", "TN", "BatchNN", "BatchNT", "BatchTN", "NNPacked",
		"Strided", "Gathered", "Slide", "SlideMax", "Sweep", "NewLayer", "NewChain"} {
		if elsewhere("gemm", name) {
			v.products.Rare = false
			v.products.Any()
		}
	}
	if elsewhere("gemm", "Transpose") {
		v.products.Transpose()
	}
	for _, fn := range []Callee{{Pkg: "vec", Name: softmax}, {Pkg: "loss", Name: crossEntropy}} {
		if elsewhere(fn.Pkg, fn.Name) {
			v.widths[fn.Name] = nil
		}
	}
	return v.has
}

// leastWide is the least multiply-adds of a product for which a copy of the runtime has the kernels for AVX-512, some
// seven hundred lines of assembly: those of 64 inputs and 32 units for 128 examples. Such a network of ten outputs
// trains 1.6 times as fast by them where registers of 512 bits are whole (a Zen 5). Of weights that stay in place the
// least have as many with leastRows examples, so that a package that has such weights has the kernels that read them.
const leastWide = 1 << 18

// leastWideLayer takes its place for what a convolution does for all images of a step, and a layer for an example: of
// these there are thousands of lines.
const leastWideLayer = 1 << 23

// Wide tells whether a package is to have the kernels for AVX-512: if a product of its plan's calls, of at most rows
// examples, has leastWide multiply-adds, or a convolution of as many images leastWideLayer, or most has, which is what
// a layer does for an example.
func Wide(rows int, most int64, p *Plan) bool {
	for _, n := range p.One.Graph.Nodes {
		if n.Prim == ir.ConvPrim {
			g := ir.Geometry(n)
			image := int64(g.OH*g.OW*g.FH*g.FW) * int64(g.C/g.Groups*g.OC)
			most = max(most, image*int64(max(rows, p.BatchRows)))
		}
	}
	v := newVariants()
	v.products.LeastWide = leastWide
	v.plan(p, rows)
	return most >= leastWideLayer || v.has("amd64", abi.WideTileKernel, "") || v.has("amd64", abi.WideRowKernel, "")
}

// mostFew is the most rows for which package gemm has kernels of single rows.
const mostFew = 3

// rareRows tells whether products of few rows are rare: kernels made for the network take single examples
// and whole rounds of a batch, and a step takes more examples, so that they are what is left of some batches.
func rareRows(rows int, plans []*Plan) bool {
	for _, p := range plans {
		if p.Made == nil || rows > 0 && rows <= mostFew || p.Step != nil {
			return false
		}
		for _, l := range p.Layers {
			if l.Weights.Param.Storage != ir.Float32 {
				return false
			}
		}
		few := false
		for _, f := range []*Func{p.Gradient, p.Evaluate} {
			if f == nil {
				continue
			}
			f.Visit(func(s Stmt) {
				Visit(s, func(a Arg) {
					c, ok := a.(Call)
					few = few || ok && c.Callee.Pkg == "gemm" && c.Callee.Name == "TN" && (c.Args[0] == Int(1) || c.Args[1] == Int(1))
				})
			})
		}
		if few {
			return false
		}
	}
	return true
}

// plan adds what the calls of a plan come to.
func (v *variants) plan(p *Plan, rows int) {
	for _, l := range p.Layers {
		if p := l.Weights.Param; p.Storage != ir.Float32 {
			v.products.NewHalfLayer(formats[p.Storage], l.N, l.K, l.After.runtime())
		} else {
			v.products.NewLayer(l.N, l.K, l.After.runtime())
		}
	}
	for _, f := range []*Func{p.One, p.Batch, p.Step, p.Block, p.Hidden, p.Core, p.CoreBatch, p.Gradient, p.Evaluate} {
		if f == nil {
			continue
		}
		v.rows = rows
		switch {
		case f.Single:
			v.rows = 1
		case f == p.Block:
			v.rows = p.BlockRows
		case f == p.CoreBatch:
			v.rows = p.CoreRows
		case f == p.Batch && p.Made != nil:
			v.rows = min(p.BatchRows, p.Made.Rows-1) // on other machines the number of rows does not matter
		case !f.Training:
			v.rows = p.BatchRows
		}
		f.Visit(func(s Stmt) {
			Visit(s, func(a Arg) {
				switch a := a.(type) {
				case Call:
					v.call(a)
				case Epilogue:
					v.products.Epilogue(a.runtime())
				}
			})
		})
	}
}

// The functions that have kernels for rows of different widths.
const (
	softmax      = "Softmax"
	crossEntropy = "CategoricalCrossEntropyLogits"
	divergence   = "KLDivergenceLogits" // calls crossEntropy
)

// longRows is the part of packages of the runtime that takes rows of more elements than a kernel gets at a time. A call
// whose rows all are shorter does not come to it.
const longRows = "longRows"

// longRowsOf lists the functions of the runtime that calls of a plan may name and that come to longRows: of which
// package, and which argument is the number of elements of a row, or a shape that has it as TK. A test finds them in the
// source. Others that come to it bound their rows themselves, but for token.Draw, of which Variants knows.
var longRowsOf = map[Callee]struct {
	pkg string
	arg int
}{
	{Pkg: "vec", Name: softmax}:          {"vec", 1},
	{Pkg: "vec", Name: "SoftmaxGrad"}:    {"vec", 1},
	{Pkg: "vec", Name: "LogSoftmax"}:     {"vec", 1},
	{Pkg: "vec", Name: "LogSoftmaxGrad"}: {"vec", 1},
	{Pkg: "norm", Name: "LayerNorm"}:     {"norm", 1},
	{Pkg: "norm", Name: "LayerNormGrad"}: {"norm", 1},
	{Pkg: "norm", Name: "RMSNorm"}:       {"vec", 1}, // vec.Dot
	{Pkg: "norm", Name: "RMSNormGrad"}:   {"vec", 1},
	{Pkg: "norm", Name: "UnitNorm"}:      {"vec", 1},
	{Pkg: "norm", Name: "UnitNormGrad"}:  {"vec", 1},
	{Pkg: "loss", Name: crossEntropy}:    {"loss", 1},
	{Pkg: "loss", Name: divergence}:      {"loss", 1},
	{Pkg: "attention", Name: "Forward"}:  {"vec", 1}, // vec.Softmax over keys
	{Pkg: "attention", Name: "Backward"}: {"vec", 1},
	{Pkg: "attention", Name: "Step"}:     {"vec", 1},
	{Pkg: "attention", Name: "Steps"}:    {"vec", 2},
}

// rowLen returns the number of elements of a row, given as an argument of a call.
func rowLen(a Arg) int {
	if s, ok := a.(Struct); ok {
		i := slices.IndexFunc(s.Fields, func(f Field) bool { return f.Name == "TK" })
		a = s.Fields[i].Arg
	}
	return int(a.(Int))
}

// variants gathers what calls come to.
type variants struct {
	rows     int // the most examples of the function
	products gemm.Variants
	long     map[string]bool // the packages that come to longRows
	// widths holds the kernels that a function comes to; nil for all.
	widths map[string]map[string]bool
	asked  map[transposed]bool // the calls of TN whose variants are among products
}

// transposed is what the variants of a call of TN follow from: of the rows that workers may take of two wide layers, most
// are those of both.
type transposed struct {
	m, n, ldb, ldc int
	k              Arg
	most           int  // the most rows of an example that k may stand for
	packed         bool // A has one column
	act            string
	bias, saved    bool
}

func newVariants() *variants {
	return &variants{long: map[string]bool{}, widths: map[string]map[string]bool{}, asked: map[transposed]bool{}}
}

// has tells whether a kernel is wanted on a machine, for section "", or a section of it; for no machine whether a
// package comes to a part.
func (v *variants) has(machine, kernel, section string) bool {
	if machine == "" && section == longRows {
		return v.long[kernel]
	}
	for name, kernels := range map[string][]string{softmax: abi.SoftmaxKernels[:],
		crossEntropy: abi.CrossEntropyKernels[:]} {
		for _, k := range kernels {
			if wanted, called := v.widths[name]; k == kernel && called && wanted != nil {
				return wanted[kernel]
			}
		}
	}
	return v.products.Has(machine, kernel, section)
}

// counts returns the values that a number of rows may have.
func (v *variants) counts(a Arg) []int {
	switch a := a.(type) {
	case Count:
		all := make([]int, v.rows)
		for i := range all {
			all[i] = (i + 1) * int(a)
		}
		return all
	case Extent:
		var all []int
		for units := 0; units <= a.Things; units += a.Unit { // the last worker has what is less than a unit
			if units > 0 {
				all = append(all, units)
			}
			if rest := a.Things % a.Unit; rest > 0 && units+rest <= a.Things {
				all = append(all, units+rest)
			}
		}
		return all
	}
	return []int{int(a.(Int))}
}

// call adds what a call comes to.
func (v *variants) call(c Call) {
	size := func(i int) int { return int(c.Args[i].(Int)) }
	if l, ok := longRowsOf[c.Callee]; ok && rowLen(c.Args[l.arg]) > cpu.CallElements {
		v.long[l.pkg] = true
	}
	switch c.Callee {
	case Callee{Pkg: "vec", Name: softmax}:
		v.width(softmax, abi.SoftmaxKernels[abi.RowWidth(size(1))])
	case Callee{Pkg: "loss", Name: crossEntropy}, Callee{Pkg: "loss", Name: divergence}:
		v.width(crossEntropy, abi.CrossEntropyKernels[abi.RowWidth(size(1))])
	case Callee{Pkg: "gemm", Name: "NNPacked"}:
		v.products.NNPacked(v.counts(c.Args[0]), size(1), size(2), c.Args[8].(Epilogue).runtime())
	case Callee{Pkg: "gemm", Name: "NNPackedHalf"}:
		f := half.Float16
		if c.Args[0].(Name).Name == "BFloat16" {
			f = half.BFloat16
		}
		v.products.NNPackedHalf(f, v.counts(c.Args[1]), size(2), size(3), c.Args[9].(Epilogue).runtime())
	case Callee{Pkg: "gemm", Name: "NTHalf"}:
		v.products.NTHalf(v.counts(c.Args[1]), size(2), size(3), c.Args[10].(Epilogue).runtime())
	case Callee{Pkg: "gemm", Name: "NN"}:
		v.products.NN(v.counts(c.Args[0]), size(1), size(2), size(6), c.Args[9].(Epilogue).runtime())
	case Callee{Pkg: "gemm", Name: "NT"}:
		v.products.NT(v.counts(c.Args[0]), size(1), size(2), size(6), c.Args[9].(Epilogue).runtime())
	case Callee{Pkg: "gemm", Name: "TN"}:
		var counts []int
		if e, ok := c.Args[0].(Extent); ok && e.Things > gemm.ManyRows {
			// The most rows have all that more than ManyRows have.
			few := Extent{e.Things - (e.Things-gemm.ManyRows)/e.Unit*e.Unit, e.Unit}
			counts = append(v.counts(few), e.Things)
		} else {
			counts = v.counts(c.Args[0])
		}
		v.transposed(counts, c)
	case Callee{Pkg: "gemm", Name: "BatchNN"}:
		v.products.NN([]int{size(1)}, size(2), size(3), size(2), gemm.None())
	case Callee{Pkg: "gemm", Name: "BatchNT"}:
		v.products.NT([]int{size(1)}, size(2), size(3), size(3), gemm.None())
	case Callee{Pkg: "gemm", Name: "BatchTN"}:
		v.products.TN(size(1), size(2), []int{size(3)}, size(1), size(2), size(2), gemm.None())
	}
}

// transposed adds a call of TN for some numbers of rows.
func (v *variants) transposed(counts []int, c Call) {
	size := func(i int) int { return int(c.Args[i].(Int)) }
	ep := c.Args[9].(Epilogue)
	ks := v.counts(c.Args[2])
	for _, m := range counts {
		key := transposed{m, size(1), size(6), size(8), c.Args[2], v.rows, size(4) == 1, ep.Act, ep.Bias != nil, ep.Saved != nil}
		if v.asked[key] {
			continue
		}
		v.asked[key] = true
		v.products.TN(m, size(1), ks, size(4), size(6), size(8), ep.runtime())
	}
}

// width adds a kernel that a function comes to.
func (v *variants) width(function, kernel string) {
	if v.widths[function] == nil {
		v.widths[function] = map[string]bool{}
	}
	v.widths[function][kernel] = true
}

// formats are those of the types of 16 bits.
var formats = map[ir.DType]half.Format{ir.Float16: half.Float16, ir.BFloat16: half.BFloat16}

// acts are the functions of epilogues.
var acts = map[string]gemm.Act{
	"": gemm.Linear, "relu": gemm.ReLU, "leaky_relu": gemm.LeakyReLU, "sigmoid": gemm.Sigmoid, "tanh": gemm.Tanh,
}

// runtime returns the epilogue as package gemm has it, without its slice.
func (e Epilogue) runtime() gemm.Epilogue {
	act, ok := acts[e.Act]
	if !ok {
		panic(fmt.Sprintf("BUG: package gemm has no epilogue with %q", e.Act))
	}
	switch {
	case e.Saved != nil:
		return gemm.GradAct(act, nil)
	case e.Bias != nil:
		return gemm.BiasAct(nil, act)
	}
	return gemm.None()
}
