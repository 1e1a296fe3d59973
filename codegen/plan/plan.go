package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/quant"
)

// Plan is what the code of one network will do.
type Plan struct {
	Plain  bool     // whether no kernels are called: see Graphs
	Params []*Param // the arrays of the model, in order
	Layers []Layer  // products that the model prepares
	Cells  []Cell   // recurrent layers that the model prepares to run step by step
	// Geometries, StepGeometries and TrainGeometries are the variables that predictions, the step of a stream and the
	// training package declare.
	Geometries, StepGeometries, TrainGeometries []*Geometry

	One, Batch *Func // predictions of one example and of a batch
	Hidden     *Func // the last hidden layer of one example, for a guard; nil without one
	Core       *Func // a prediction of one example from int8 numbers to int8 numbers; nil for none
	CoreBatch  *Func // the same of a batch; nil for a package that has no batches
	// Step is one step of a stream, nil for a network that has none; Gradient and Evaluate those of the training
	// package, nil without it.
	Step, Gradient, Evaluate *Func
	// Block is some steps of a stream, each an example of it; nil where Step is, and for a network that has no such
	// form.
	Block *Func

	BatchRows int // the examples that a batch of predictions is worked off in at a time
	CoreRows  int // those of a batch of int8 numbers; 0 without CoreBatch
	BlockRows int // the steps that a block is worked off in at a time; 0 without Block
	// LeastBlock is the number of steps of the smallest block that takes less time than single steps.
	LeastBlock int
	Made       *Made // kernels made for the network, which take the place of One and most of Batch; nil for none
	// MadeStep is a kernel made for steps, which takes the place of Step behind the first; nil for none.
	MadeStep *MadeStep
	// MadeGradient are kernels made for gradients, which take the place of Gradient; nil for none.
	MadeGradient *MadeGradient
}

// Param is an array of the model, or of the weights in training.
type Param struct {
	*ir.Param
	// Storage is the type of its numbers in memory: that of files, ir.Param.DType, where each reader has a kernel for
	// it.
	Storage ir.DType
	Layout  Layout
	// Geometry is that of the convolutions that read panels of a filter; nil for others.
	Geometry *Geometry
	// InPlace says that the weights that a package embeds may stay where they are: predictions of one example then read
	// them there, and the first batch packs them. See gemm.InPlace of the runtime.
	InPlace bool
}

// Len returns the number of elements that are stored.
func (p *Param) Len() int { return p.Layout.Len(p.Param.Size()) }

// Bytes returns the memory of the elements.
func (p *Param) Bytes() int64 { return int64(p.Len()) * int64(p.Storage.Bytes()) }

// Order is the order of the elements of a parameter.
type Order int

// The orders of elements.
const (
	RowMajor     Order = iota // as in weight files
	GemmPanels                // gemm.Pack
	FilterPanels              // conv.Pack
	QuantPanels               // quant.Pack
)

// Layout is how a parameter is stored.
type Layout struct {
	Order Order
	// The matrix of each group of panels: K×N, N being rounded up to whole panels.
	K, N, Groups int
	// Runs cut the K rows of QuantPanels into as many equal pieces, each of which is rounded up to whole quads.
	Runs int
}

// Len returns the number of elements that are stored, of a parameter of some size.
func (l Layout) Len(size int) int {
	if l.Order == RowMajor {
		return size
	}
	return l.Groups * l.Rows() * l.Cols()
}

// Rows returns the rows of the panels of a group.
func (l Layout) Rows() int {
	if l.Order == QuantPanels {
		return quant.PackedLen(l.Runs, l.K/l.Runs, l.N) / l.Cols()
	}
	return l.K
}

// Cols returns the columns of the panels of a group: those of a row of a packed matrix.
func (l Layout) Cols() int {
	if l.Order == QuantPanels {
		return quant.PackedLen(0, 0, l.N) / 4 // the sums, of four bytes each
	}
	return gemm.PackedLen(1, l.N)
}

// Layer is a product of one row with packed weights that the model prepares.
type Layer struct {
	Field   string // of the model
	Of      string // what it is for: example or step
	N, K    int
	Weights Span
	After   Epilogue
	Node    *ir.Node // the first that it is for
}

// Cell is a recurrent layer that the model prepares. It holds the weights a second time, as its steps read them: gates
// side by side for 16 units after another. Batches read the parameters, whose columns are those of one gate after another,
// since that is the order of the sums that vec.LSTMForward and vec.GRUForward take. They could pack what they read from
// the cell as well, at the same speed where 16 divides the units or these are at most 24; but where a gate begins within
// a panel, a batch of 8 sequences of 20 steps takes 4 to 9 % longer (100 units, AVX2 and AVX-512), and with each gate as a
// product of its own, without packing, 5 to 20 %. So both are kept.
type Cell struct {
	Field   string // of the model
	Type    string // of package rnn, whose constructor is New and that name
	Shape   Struct
	Weights []Arg // input kernel, recurrent kernel, bias
	Node    *ir.Node
}

// Geometry is a variable that holds the extents of a layer's convolutions.
type Geometry struct {
	ir.ConvGeometry
	Name string
	Node *ir.Node // the first that reads it
}

// Func is the body of a function.
type Func struct {
	Name  string
	Graph *ir.Graph
	// Single says that it computes one example (or one step); else n of them.
	Single bool
	// Training says that it belongs to the training package, where parameters are as in weight files.
	Training bool
	// Workers says that several workers share it: each does its share of one phase after another.
	Workers bool
	// Counted is the number of steps of an example where rows are those of its steps that count, without the others; 0
	// where they are those of the examples.
	Counted    int
	Paragraphs []Paragraph
	// Arena is the number of bytes of the array that the slots of a portable function share, each at its Place; 0 where
	// each is an array of its own.
	Arena int
	// ArenaInt8 is that of the int8 slots of a function of Tiny, whose Arena is that of the others.
	ArenaInt8 int
	places    map[*ir.Slot]int
	// Scratch is the number of elements of the memory that calls work in beside slots: see Tiny.
	Scratch int

	b *builder
}

// Paragraph is what one layer does; where several workers share the function, what it does in one phase.
type Paragraph struct {
	Title string
	Steps []Step
}

// Step is what one node does.
type Step struct {
	Node   *ir.Node // nil for copies of outputs, and for what watches a layer
	Kernel *Kernel  // nil likewise
	// Phase numbers the phases of the function: see ir.Graph.Phases.
	Phase int
	Stmts []Stmt
}

// Stored returns where a value of the function's graph is stored; false for a sum of losses, and for a result that
// nothing reads.
func (f *Func) Stored(v *ir.Value) (Span, bool) {
	if root(v).Place == ir.InScalar {
		return Span{}, false
	}
	s, ok := f.b.ref(v).(Span)
	return s, ok
}

// Stmts returns the statements of the paragraph in order.
func (p Paragraph) Stmts() []Stmt {
	var all []Stmt
	for _, s := range p.Steps {
		all = append(all, s.Stmts...)
	}
	return all
}

// Phase returns the phase that the paragraph is part of.
func (p Paragraph) Phase() int { return p.Steps[0].Phase }

// Phases returns the paragraphs of each phase that has some, in order.
func (f *Func) Phases() [][]Paragraph {
	var all [][]Paragraph
	for i, p := range f.Paragraphs {
		if i == 0 || p.Phase() != f.Paragraphs[i-1].Phase() {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], p)
	}
	return all
}

// Visit hands out the statements in order, without those that share them out.
func (f *Func) Visit(each func(Stmt)) {
	for _, p := range f.Paragraphs {
		for _, s := range plain(p.Stmts()) {
			each(s)
		}
	}
}

// Uses tells whether some argument of paragraphs is as wanted.
func Uses(paragraphs []Paragraph, wanted func(Arg) bool) bool {
	found := false
	for _, p := range paragraphs {
		for _, s := range p.Stmts() {
			Visit(s, func(a Arg) { found = found || wanted(a) })
		}
	}
	return found
}

// UsesMemory tells whether paragraphs read or write a kind of memory.
func UsesMemory(paragraphs []Paragraph, mem Memory) bool {
	return Uses(paragraphs, func(a Arg) bool { s, ok := a.(Span); return ok && s.Mem == mem })
}

// Summed tells whether paragraphs add losses.
func Summed(paragraphs []Paragraph) bool {
	for _, p := range paragraphs {
		for _, s := range plain(p.Stmts()) {
			if _, ok := s.(*AddLoss); ok {
				return true
			}
		}
	}
	return false
}

// UsesScale tells whether paragraphs compute gradients of a loss.
func UsesScale(paragraphs []Paragraph) bool {
	return Uses(paragraphs, func(a Arg) bool { _, ok := a.(LossScale); return ok })
}

// Bounded tells whether the function reads numbers that belong to one step of a stream, or has room for so many, so
// that no step can follow the last.
func (f *Func) Bounded() bool {
	return Uses(f.Paragraphs, func(a Arg) bool {
		s, ok := a.(Span)
		return ok && s.ByStep || a == Arg(Taken{})
	})
}

// Sizes returns the elements that the function reads of each input and writes of each output, for each of its rows.
func (f *Func) Sizes() (in, out []int) {
	in = make([]int, len(f.b.ins))
	for _, n := range f.Graph.Nodes {
		if n.Prim == ir.InputPrim || n.Prim == ir.InputInt8Prim {
			in[f.b.ports["in "+n.Text("name")]] = n.Results[0].Shape.Size()
		}
	}
	for _, o := range f.Graph.Outputs {
		out = append(out, o.Value.Shape.Size())
	}
	return in, out
}

// CarriedParams returns the arrays of the state that the function carries from one step of a stream to the next.
func (f *Func) CarriedParams() []*ir.Param {
	var all []*ir.Param
	for _, p := range f.Graph.Params {
		if p.Role == ir.Carried {
			all = append(all, p)
		}
	}
	return all
}

// Bytes returns the memory of the workspace for a number of rows.
func (f *Func) Bytes(rows int) int64 {
	if f.places != nil {
		return int64(f.Arena + f.ArenaInt8)
	}
	total := int64(0)
	for _, s := range f.Graph.Slots {
		n := int64(s.Size) * int64(s.DType.Bytes())
		if s.PerRow {
			n *= int64(rows)
		}
		total += n
	}
	return total
}

// Workspace returns the elements of the function's slots: those that it has once, and those that it has for each row.
func (f *Func) Workspace() (once, perRow int) {
	for _, s := range f.Graph.Slots {
		if s.PerRow {
			perRow += s.Size
		} else {
			once += s.Size
		}
	}
	return once, perRow
}
