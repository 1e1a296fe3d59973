package plan

import "github.com/nngen/nngen/codegen/ir"

// Plan is what the code of one network will do.
type Plan struct {
	Params []*Param // the arrays of the model, in order
	Layers []Layer  // products that the model prepares
	Cells  []Cell   // recurrent layers that the model prepares to run step by step
	// Geometries, StepGeometries and TrainGeometries are the variables that predictions, the step of a stream and the
	// training package declare.
	Geometries, StepGeometries, TrainGeometries []*Geometry

	One, Batch *Func // predictions of one example and of a batch
	// Step is one step of a stream, nil for a network that has none; Gradient and Evaluate those of the training
	// package, nil without it.
	Step, Gradient, Evaluate *Func

	BatchRows int // the examples that a batch of predictions is worked off in at a time
}

// Storage is the type of the numbers of a parameter in memory.
type Storage int

// The storage types.
const (
	Float32 Storage = iota
)

// Param is an array of the model, or of the weights in training.
type Param struct {
	*ir.Param
	Storage Storage
	Layout  Layout
	// Geometry is that of the convolutions that read panels of a filter; nil for others.
	Geometry *Geometry
}

// Len returns the number of elements that are stored.
func (p *Param) Len() int { return p.Layout.Len(p.Param.Size()) }

// Order is the order of the elements of a parameter.
type Order int

// The orders of elements.
const (
	RowMajor     Order = iota // as in weight files
	GemmPanels                // gemm.Pack
	FilterPanels              // conv.Pack
)

// Layout is how a parameter is stored.
type Layout struct {
	Order Order
	// The matrix of each group of panels: K×N, N being rounded up to whole panels.
	K, N, Groups int
}

// Len returns the number of elements that are stored, of a parameter of some size.
func (l Layout) Len(size int) int {
	if l.Order == RowMajor {
		return size
	}
	return l.Groups * l.K * l.Cols()
}

// Cols returns the columns of the panels of a group.
func (l Layout) Cols() int { return (l.N + panel - 1) / panel * panel }

// panel is the number of columns of a panel of package gemm.
const panel = 16

// Layer is a product of one row with packed weights that the model prepares.
type Layer struct {
	Field   string // of the model
	Of      string // what it is for: example or step
	N, K    int
	Weights Arg
	After   Epilogue
}

// Cell is a recurrent layer that the model prepares.
type Cell struct {
	Field   string // of the model
	Type    string // of package rnn, whose constructor is New and that name
	Shape   Struct
	Weights []Arg // input kernel, recurrent kernel, bias
}

// Geometry is a variable that holds the extents of a layer's convolutions.
type Geometry struct {
	ir.ConvGeometry
	Name, Layer string
}

// Func is the body of a function.
type Func struct {
	Name  string
	Graph *ir.Graph
	// Single says that it computes one example (or one step); else n of them.
	Single bool
	// Training says that it belongs to the training package, where parameters are as in weight files.
	Training   bool
	Paragraphs []Paragraph

	b *builder
}

// Paragraph is what one layer does.
type Paragraph struct {
	Title string
	Steps []Step
}

// Step is what one node does.
type Step struct {
	Node   *ir.Node // nil for the copies of outputs
	Kernel *Kernel  // nil likewise
	// Phase numbers the phases of the function: rows in even ones, outputs in odd ones.
	Phase int
	Stmts []Stmt
}

// Span returns where a value of the function's graph is stored; Nil for an optional result that nothing reads.
func (f *Func) Span(v *ir.Value) Arg { return f.b.ref(v) }

// Visit hands out the statements in order.
func (f *Func) Visit(each func(Stmt)) {
	for _, p := range f.Paragraphs {
		for _, s := range p.Steps {
			for _, stmt := range s.Stmts {
				each(stmt)
			}
		}
	}
}

// Uses tells whether some argument of the function is as wanted.
func (f *Func) Uses(wanted func(Arg) bool) bool {
	found := false
	f.Visit(func(s Stmt) {
		Visit(s, func(a Arg) { found = found || wanted(a) })
	})
	return found
}

// UsesParams tells whether the function reads parameters.
func (f *Func) UsesParams() bool {
	return f.Uses(func(a Arg) bool { s, ok := a.(Span); return ok && s.Mem == Parameter })
}

// UsesScale tells whether the function computes gradients of a loss.
func (f *Func) UsesScale() bool {
	return f.Uses(func(a Arg) bool { _, ok := a.(LossScale); return ok })
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
