package ir

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
)

// Prim is one row of the table of primitives.
type Prim struct {
	Name string
	Doc  string // formula
	// Attrs are the names of the attributes, each with its type behind it, such as "rate float": see attrTypes. A node
	// has all of them but those whose type ends in ?, such as "padding int?".
	Attrs []string
	// F holds the functions of a primitive that has them; nil for one that has none.
	F []string
	// AnyF says that a node names a function, of which the table knows no more than that the runtime has it.
	AnyF bool
	// Args is the number of arguments; -1 for one or more.
	Args int
	// Infer gives the shapes of the results.
	Infer func(n *Node) ([]Shape, error)
	// VJP appends the gradient of each argument, given those of the results (nil for a result that nothing depends on),
	// and returns them in the order of the arguments; nil for an argument that has none. NoVJP says that there is none:
	// it is a leaf, or part of a gradient or a step, which are not differentiated, or does not depend on its arguments
	// smoothly.
	VJP   func(b *Builder, n *Node, dy []*Value) []*Value
	NoVJP bool
	// Stream says what becomes of it in a step of a stream.
	Stream StreamRule
	// Fuses says that it adds a bias and applies an activation to its sums before it stores them, as its attribute
	// epilogue says.
	Fuses bool
	// Folds says that it multiplies by weights, its second argument, into which a factor for each feature of its result
	// can be taken: see Fold.
	Folds bool
	// Geometry says that it is a convolution, or part of the gradient of one: see the function Geometry.
	Geometry bool
	// Cell says how the arguments of a recurrent cell lie; nil for others.
	Cell *CellRow
	// Place is the memory of its results where that does not depend on who reads them; Unplaced for others.
	Place Place
	// View says that the result is its argument under another shape.
	View bool
	// InPlace lists the arguments in whose place the first result may be written.
	InPlace []int
	// Optional lists the results that only a backward pass needs. One that nothing reads gets no memory, and
	// the emitter passes nil for it.
	Optional []int
	// Effect says that the node does more than make its results, so it stays although nothing reads
	// them.
	Effect bool
	// AcrossRows says that an example of its results depends on other examples too.
	AcrossRows bool
	// DType is the type of the numbers of its results. Integer says that it reads other numbers than float32.
	DType   DType
	Integer bool
	// Parts says that what it computes for each example, and what it sums over examples, may be computed apart: a
	// result that is not wanted is optional, and costs nothing.
	Parts bool
}

// The primitives. Shapes: n is the rows of the batch, everything else is features.
var (
	InputPrim = row(Prim{Name: "input", Stream: StreamNever, Place: InInput, NoVJP: true, Doc: "an input of the network",
		Attrs: []string{"name word", "shape shape"}, Infer: declared})

	InputInt8Prim = row(Prim{Name: "input.int8", Stream: StreamNever, Place: InInput, NoVJP: true, DType: Int8,
		Doc: "an input of the network as int8 numbers", Attrs: []string{"name word", "shape shape"}, Infer: declared})

	TargetPrim = row(Prim{Name: "target", Stream: StreamNever, Place: InTarget, NoVJP: true,
		Doc: "the wanted value of an output", Attrs: []string{"name word", "shape shape"}, Infer: declared})

	SampleWeightPrim = row(Prim{Name: "sample_weight", Stream: StreamNever, Place: InWeight, NoVJP: true,
		Doc:   "the weight of each example, or of each step of its outputs; times that of its class in an output",
		Attrs: []string{"steps int?", "output word?"}, Infer: func(n *Node) ([]Shape, error) {
			if steps := n.Int("steps"); steps > 0 {
				return []Shape{{N, steps}}, nil
			}
			return []Shape{{N}}, nil
		}})

	ParamPrim = row(Prim{Name: "param", Stream: StreamNever, Place: InParam, NoVJP: true,
		Doc:   "a parameter; or one that is computed from that and others when a model is loaded",
		Attrs: []string{"name word", "role word?", "matrix shape?", "fold word?"},
		Infer: func(n *Node) ([]Shape, error) { return []Shape{n.Param.Shape}, nil }})

	GemmNN = row(Prim{Name: "gemm.nn", Stream: StreamLastAxis, Fuses: true, Folds: true,
		Doc: "c = a·b, then the epilogue; all axes of a but the last are rows", Args: -1, Attrs: epilogueAttrs,
		Infer: func(n *Node) ([]Shape, error) { return gemmShape(n, 0) }})

	GemmNT = row(Prim{Name: "gemm.nt", Stream: StreamLastAxis, Fuses: true, Doc: "c = a·bᵀ, then the epilogue",
		Args: -1, Attrs: epilogueAttrs,
		Infer: func(n *Node) ([]Shape, error) { return gemmShape(n, 1) }})

	GemmTN = row(Prim{Name: "gemm.tn", Stream: StreamNever, NoVJP: true, Doc: "c = aᵀ·b: the gradient of weights",
		Args: 2, Attrs: epilogueAttrs,
		Infer: gemmGradShape})

	BiasPrim = row(Prim{Name: "bias", Stream: StreamFeatures, Doc: "y[i,j] = x[i,j] + b[j]", Args: 2,
		InPlace: []int{0}, Infer: perFeature})

	ScaleRow = row(Prim{Name: "scale.rows", Stream: StreamFeatures, Doc: "y[i,j] = x[i,j]·g[j]", Args: 2,
		InPlace: []int{0}, Infer: perFeature})

	// Affine is for preprocessing: s and c are constants, fitted or given.
	AffinePrim = row(Prim{Name: "affine", Stream: StreamFeatures, Doc: "y[i,j] = (x[i,j] − c[j])·s[j], both steps rounded",
		Args: 3, InPlace: []int{0}, Infer: perFeature})

	SumRows = row(Prim{Name: "sum.rows", Stream: StreamNever, NoVJP: true, Doc: "s[j] = Σᵢ x[i,j], rows in order", Args: 1,
		Attrs: []string{"size int"}, Infer: sized})

	DotRows = row(Prim{Name: "dot.rows", Stream: StreamNever, NoVJP: true, Doc: "s[j] = Σᵢ x[i,j]·y[i,j], rows in order",
		Args: 2, Attrs: []string{"size int"}, Infer: sized})

	MapPrim = row(Prim{Name: "map", Stream: StreamElements, Doc: "y = f(x) for each element", F: Functions(), Args: 1,
		Attrs: []string{"alpha float?"}, InPlace: []int{0}, Infer: like(0)})

	GradPrim = row(Prim{Name: "grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx = dy·f′, with f′ from x or from y as the function's row says", F: Functions(), Args: 2,
		Attrs: []string{"alpha float?"}, InPlace: []int{0}, Infer: like(0)})

	PReLUPrim = row(Prim{Name: "prelu", Stream: StreamFeatures, Doc: "y = x where x > 0, else α[j]·x",
		Args: 2, Infer: perFeature})

	PReLUGrad = row(Prim{Name: "prelu.grad", Stream: StreamNever, NoVJP: true, Doc: "dx and dα of prelu from dy, x, α",
		Args: 3, Infer: func(n *Node) ([]Shape, error) {
			return []Shape{n.Args[1].Shape, n.Args[2].Shape}, nil
		}})

	AddPrim = row(Prim{Name: "add", Stream: StreamElements, Doc: "y = a + b", Args: 2, InPlace: []int{0, 1}, Infer: same})

	MulPrim = row(Prim{Name: "mul", Stream: StreamElements, Doc: "y = a∘b", Args: 2, InPlace: []int{0, 1}, Infer: same})

	ShiftPrim = row(Prim{Name: "shift", Stream: StreamElements, Doc: "y = x + α", Args: 1, Attrs: []string{"alpha float"},
		InPlace: []int{0}, Infer: like(0)})

	ScalePrim = row(Prim{Name: "scale", Stream: StreamElements, Doc: "y = α·x", Args: 1, Attrs: []string{"alpha float"},
		InPlace: []int{0}, Infer: like(0)})

	ReshapePrim = row(Prim{Name: "reshape", Stream: StreamReshape, Doc: "the same numbers under another shape", Args: 1,
		Attrs: []string{"shape shape"}, View: true, Infer: reshaped})

	ConcatPrim = row(Prim{Name: "concat", Stream: StreamLastAxis, Doc: "values side by side along the last axis",
		Args: -1, Infer: concatShape})

	SlicePrim = row(Prim{Name: "slice", Stream: StreamSlice, Doc: "columns [offset, offset+width) of the last axis",
		Args: 1, Attrs: []string{"offset int", "width int"},
		Infer: func(n *Node) ([]Shape, error) {
			s := slices.Clone(n.Args[0].Shape)
			last := len(s) - 1
			if o, w := n.Int("offset"), n.Int("width"); o < 0 || w <= 0 || o+w > s[last] {
				return nil, fmt.Errorf("columns [%d, %d) of %s", o, o+w, s)
			}
			s[last] = n.Int("width")
			return []Shape{s}, nil
		}})

	SoftmaxPrim = row(Prim{Name: "softmax", Stream: StreamLastAxis,
		Doc: "y = exp(x − max x)/Σ exp(x − max x) over the last axis", Args: 1, InPlace: []int{0}, Infer: like(0)})

	SoftmaxGrad = row(Prim{Name: "softmax.grad", Stream: StreamNever, NoVJP: true, Doc: "dx = y∘(dy − Σ dy∘y)", Args: 2,
		InPlace: []int{0}, Infer: like(0)})

	LogSoftmaxPrim = row(Prim{Name: "log_softmax", Stream: StreamLastAxis,
		Doc: "y = x − max x − log Σ exp(x − max x) over the last axis", Args: 1, InPlace: []int{0}, Infer: like(0)})

	LogSoftmaxGrad = row(Prim{Name: "log_softmax.grad", Stream: StreamNever, NoVJP: true, Doc: "dx = dy − exp(y)·Σ dy",
		Args: 2, InPlace: []int{0}, Infer: like(0)})

	// DropoutPrim draws the same mask from the same stream and step, so it is its own gradient.
	DropoutPrim = row(Prim{Name: "dropout", Stream: StreamNever, Doc: "y = x/(1 − rate) where the element is kept, else 0",
		Args: 1, Attrs: []string{"rate float", "stream int"}, InPlace: []int{0}, Infer: like(0)})

	// DropChannels drops the last axis as a whole for all axes between it and the batch.
	DropChannels = row(Prim{Name: "dropout.channels", Stream: StreamNever,
		Doc: "y = x/(1 − rate) where the channel of the example is kept, else 0", Args: 1,
		Attrs: []string{"rate float", "stream int"}, InPlace: []int{0}, Infer: like(0)})

	// NoisePrim draws the same noise from the same stream and step.
	NoisePrim = row(Prim{Name: "noise", Stream: StreamNever, Doc: "y = x + stddev·z, z a normal number for each element",
		Args: 1, Attrs: []string{"stddev float", "stream int"}, InPlace: []int{0}, Infer: like(0)})

	LayerNormPrim = row(Prim{Name: "layer_norm", Stream: StreamLastAxis,
		Doc: "y = (x − mean)·rstd·γ + β over the last axis; also mean and rstd of each row", Args: 3,
		Attrs: []string{"epsilon float"}, Infer: rowStats})

	LayerNormGrad = row(Prim{Name: "layer_norm.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx, dγ, dβ of layer_norm from dy, x, γ, mean, rstd", Args: 5, Infer: normGradShape})

	// BatchNormTrain also moves the running statistics, its last two arguments. Without y it computes the statistics
	// alone.
	BatchNormTrain = row(Prim{Name: "batch_norm.train", Stream: StreamNever, Optional: []int{0},
		Doc: "y = (x − mean)·rstd·γ + β over the batch; also mean and rstd of each feature", Args: 5,
		Attrs: []string{"momentum float", "epsilon float"}, Effect: true, AcrossRows: true,
		Infer: func(n *Node) ([]Shape, error) {
			g := n.Args[1].Shape
			return []Shape{n.Args[0].Shape, g, g}, nil
		}})

	BatchNormGrad = row(Prim{Name: "batch_norm.grad", Stream: StreamNever, NoVJP: true, AcrossRows: true,
		Doc: "dx, dγ, dβ of batch_norm.train from dy, x, γ, mean, rstd", Args: 5, Infer: normGradShape})

	// BatchNormApply, BatchNormSums and BatchNormDX are what several workers share out of batch_norm.train and its
	// gradient.
	BatchNormApply = row(Prim{Name: "batch_norm.apply", Stream: StreamNever, NoVJP: true,
		Doc: "y of batch_norm.train from x, γ, β, mean, rstd", Args: 5, Infer: like(0)})

	BatchNormSums = row(Prim{Name: "batch_norm.sums", Stream: StreamNever, NoVJP: true, AcrossRows: true,
		Doc:  "dγ, dβ of batch_norm.train from dy, x, mean, rstd; also their means a and b over the batch, dβ's first",
		Args: 4, Optional: []int{0, 1}, Infer: func(n *Node) ([]Shape, error) {
			f := n.Args[2].Shape
			return []Shape{f, f, f, f}, nil
		}})

	BatchNormDX = row(Prim{Name: "batch_norm.dx", Stream: StreamNever, NoVJP: true,
		Doc: "dx of batch_norm.train from dy, x, γ, mean, rstd, a, b", Args: 7, InPlace: []int{0}, Infer: like(0)})

	BatchNormInfer = row(Prim{Name: "batch_norm.infer", Stream: StreamFeatures,
		Doc: "y = (x − mean)/√(var + ε)·γ + β with running statistics", Args: 5, Attrs: []string{"epsilon float"},
		InPlace: []int{0}, Infer: like(0)})

	// SparseNN, SparseDX and SparseDW multiply by a masked matrix, of which only the connections
	// are stored; the node's Param has the pattern.
	SparseNN = row(Prim{Name: "sparse.nn", Stream: StreamLastAxis, Doc: "y = x·W over the connections of W", Args: 2,
		Infer: func(n *Node) ([]Shape, error) { return lastAxis(n.Args[0].Shape, n.Param.Out), nil }})

	SparseDX = row(Prim{Name: "sparse.dx", Stream: StreamNever, NoVJP: true,
		Doc: "dx = dy·Wᵀ over the connections of W", Args: 2,
		Infer: func(n *Node) ([]Shape, error) { return lastAxis(n.Args[0].Shape, n.Param.In), nil }})

	SparseDW = row(Prim{Name: "sparse.dw", Stream: StreamNever, NoVJP: true,
		Doc: "dw = (xᵀ·dy) at the connections of W", Args: 2,
		Infer: func(n *Node) ([]Shape, error) { return []Shape{n.Param.Shape}, nil }})

	ZeroPrim = row(Prim{Name: "zero", Stream: StreamNever, NoVJP: true,
		Doc: "zeros in the shape of x: the gradient of what no loss depends on", Args: 1, Infer: like(0)})

	// LossPrim gives the loss summed over the examples and, scaled to the mean over the batch, its
	// gradient with respect to the first argument.
	LossPrim = row(Prim{Name: "loss", Stream: StreamNever, NoVJP: true,
		Doc: "the loss of y against t with weights w, over rows of the last axis, and dy; args are what its function " +
			"takes beside", AnyF: true, Args: 3, Attrs: []string{"args word?", "weight float?"}, Optional: []int{1},
		Infer: func(n *Node) ([]Shape, error) { return []Shape{{}, n.Args[0].Shape}, nil }})

	// LossGrad is the gradient that LossPrim gives, by itself.
	LossGrad = row(Prim{Name: "loss_grad", Stream: StreamNever, NoVJP: true, Doc: "dy of loss", AnyF: true, Args: 3,
		Attrs: []string{"args word?", "weight float?"}, Infer: like(0)})
)

// StreamRule says what becomes of a primitive in a graph that computes one step of a sequence: see package pass. What
// does not depend on steps stays as it is, whatever the rule.
type StreamRule int

// The rules. There is no default: a row without one is a bug.
const (
	_              StreamRule = iota
	StreamNever               // needs all steps at once
	StreamElements            // works on each element, or on each step, apart
	// works on each element with vectors of features, of which a parameter may have some for each step
	StreamFeatures
	StreamLastAxis // works along the last axis, unless that is the steps
	StreamImage    // works on the image in each step
	StreamSlice    // takes features, or the last step
	StreamCrop     // leaves the last step
	StreamReshape  // shows the same numbers under another shape
	StreamConv     // remembers the inputs that its filter reaches
	StreamCell     // remembers its state
	// works on the sequence in each step, or remembers the keys and values of the steps so far
	StreamAttention
)

// Prims returns the table.
func Prims() []*Prim { return table }

var table []*Prim

// row enters a primitive in the table. It panics if a cell is missing, or if its text form would be that of another.
func row(p Prim) *Prim {
	switch {
	case p.Name == "" || p.Doc == "" || p.Infer == nil:
		panic(fmt.Sprintf("BUG: the row of primitive %q lacks its name, doc or shape rule", p.Name))
	case p.Stream == 0:
		panic(fmt.Sprintf("BUG: the row of primitive %s has no rule for streams", p.Name))
	case (p.Stream == StreamCell) != (p.Cell != nil && p.Cell.Step != nil):
		panic(fmt.Sprintf("BUG: the row of primitive %s: a cell has a step", p.Name))
	}
	for _, a := range p.Attrs {
		name, typ, _ := strings.Cut(a, " ")
		if attrTypes[strings.TrimSuffix(typ, "?")] == nil || name == "" {
			panic(fmt.Sprintf("BUG: attribute %q of primitive %s has no type", a, p.Name))
		}
	}
	for _, q := range table {
		if p.Name == q.Name || q.names(p.Name) || p.names(q.Name) {
			panic(fmt.Sprintf("BUG: %s and %s have the same text form", p.Name, q.Name))
		}
	}
	table = append(table, &p)
	return &p
}

// names tells whether a name in the text form is that of the primitive with one of its functions.
func (p *Prim) names(name string) bool {
	f, ok := strings.CutPrefix(name, p.Name+".")
	return ok && (p.AnyF || slices.Contains(p.F, f))
}

// attrTypes holds the types of attributes: how each is read from the text form, and whether a value has it.
var attrTypes = map[string]*attrType{
	"int": {func(s string) (any, error) { return strconv.Atoi(s) }, func(v any) bool { _, ok := v.(int); return ok }},
	"float": {func(s string) (any, error) { return strconv.ParseFloat(s, 64) },
		func(v any) bool { _, ok := v.(float64); return ok }},
	"flag": {func(s string) (any, error) { return strconv.ParseBool(s) },
		func(v any) bool { _, ok := v.(bool); return ok }},
	"word": {func(s string) (any, error) { return s, nil }, isWord},
	"shape": {func(s string) (any, error) { return s, nil }, func(v any) bool {
		s, ok := v.(string)
		_, err := parseShape(s)
		return ok && err == nil
	}},
}

type attrType struct {
	parse func(string) (any, error)
	has   func(any) bool
}

// isWord tells whether a value is a text that the text form can hold: none of its characters ends it.
func isWord(v any) bool {
	s, ok := v.(string)
	return ok && !strings.ContainsFunc(s, func(r rune) bool {
		return r == ';' ||
			unicode.IsSpace(r) || !unicode.IsPrint(r)
	})
}

// attr returns the type of an attribute; nil if the primitive has none of that name.
func (p *Prim) attr(name string) *attrType {
	for _, a := range p.Attrs {
		if n, typ, _ := strings.Cut(a, " "); n == name {
			return attrTypes[strings.TrimSuffix(typ, "?")]
		}
	}
	return nil
}

// complete checks, once, what is there only once the table is: gradients, which refer to rows.
var complete = sync.OnceFunc(checkGradients)

// checkGradients panics if a row has no gradient and does not say so.
func checkGradients() {
	for _, p := range table {
		if (p.VJP == nil) != p.NoVJP {
			panic(fmt.Sprintf("BUG: the row of primitive %s must have either a gradient or NoVJP", p.Name))
		}
	}
}

// epilogueAttrs describe what a gemm does to its result before it stores it: c + bias[j], then the
// function act; or c∘act′(y). The bias or y is the third argument.
var epilogueAttrs = []string{"epilogue word?", "act word?", "alpha float?"}

// The values of the attribute epilogue.
const (
	EpilogueBias = "bias" // act(c + b), act being "" for the identity
	EpilogueGrad = "grad" // c∘act′(y)
)

// gemmShape is the shape rule of a·b and a·bᵀ: all axes of a but the last are rows; inner is the axis of b
// that is summed over.
func gemmShape(n *Node, inner int) ([]Shape, error) {
	if len(n.Args) < 2 || len(n.Args) > 3 {
		return nil, fmt.Errorf("%d arguments, want 2, or 3 with an epilogue", len(n.Args))
	}
	a, b := n.Args[0].Shape, n.Args[1].Shape
	if len(a) < 2 || len(b) != 2 {
		return nil, fmt.Errorf("operands %s and %s are not matrices", a, b)
	}
	last := len(a) - 1
	if a[last] != b[inner] {
		return nil, fmt.Errorf("inner extents of %s and %s differ", a, b)
	}
	return lastAxis(a, b[1-inner]), nil
}

// gemmGradShape is the shape rule of aᵀ·b: a and b have the same rows, which are summed over.
func gemmGradShape(n *Node) ([]Shape, error) {
	if len(n.Args) != 2 {
		return nil, fmt.Errorf("%d arguments, want 2", len(n.Args))
	}
	a, b := n.Args[0].Shape, n.Args[1].Shape
	last := len(a) - 1
	if len(a) < 2 || len(b) != len(a) || !slices.Equal(a[:last], b[:last]) {
		return nil, fmt.Errorf("rows of %s and %s differ", a, b)
	}
	return []Shape{{a[last], b[last]}}, nil
}

// lastAxis returns s with another extent of the last axis.
func lastAxis(s Shape, extent int) []Shape {
	s = slices.Clone(s)
	s[len(s)-1] = extent
	return []Shape{s}
}

func like(arg int) func(*Node) ([]Shape, error) {
	return func(n *Node) ([]Shape, error) { return []Shape{n.Args[arg].Shape}, nil }
}

func same(n *Node) ([]Shape, error) {
	a, b := n.Args[0].Shape, n.Args[1].Shape
	if !a.Equal(b) {
		return nil, fmt.Errorf("operands %s and %s differ", a, b)
	}
	return []Shape{a}, nil
}

// perFeature is the shape rule of x with vectors that hold one number per element of the last axes:
// their size divides that of an example.
func perFeature(n *Node) ([]Shape, error) {
	x := n.Args[0].Shape
	for _, a := range n.Args[1:] {
		if size := a.Shape.Size(); size == 0 || x.Size()%size != 0 {
			return nil, fmt.Errorf("%s with %s", x, a.Shape)
		}
	}
	return []Shape{x}, nil
}

func sized(n *Node) ([]Shape, error) {
	size := n.Int("size")
	if size <= 0 || n.Args[0].Shape.Size()%size != 0 {
		return nil, fmt.Errorf("size %d of %s", size, n.Args[0].Shape)
	}
	return []Shape{{size}}, nil
}

func rowStats(n *Node) ([]Shape, error) {
	x := n.Args[0].Shape
	stat := slices.Clone(x[:len(x)-1])
	return []Shape{x, stat, stat}, nil
}

func normGradShape(n *Node) ([]Shape, error) {
	g := n.Args[2].Shape
	return []Shape{n.Args[0].Shape, g, g}, nil
}

func concatShape(n *Node) ([]Shape, error) {
	s := slices.Clone(n.Args[0].Shape)
	last := len(s) - 1
	for _, a := range n.Args[1:] {
		if len(a.Shape) != len(s) || !slices.Equal(a.Shape[:last], s[:last]) {
			return nil, fmt.Errorf("%s beside %s", a.Shape, s)
		}
		s[last] += a.Shape[last]
	}
	return []Shape{s}, nil
}

func declared(n *Node) ([]Shape, error) {
	s, err := parseShape(n.Text("shape"))
	if err != nil {
		return nil, err
	}
	return []Shape{s.Batch()}, nil
}

func reshaped(n *Node) ([]Shape, error) {
	s, err := parseShape(n.Text("shape"))
	if err != nil {
		return nil, err
	}
	s = s.Batch()
	if x := n.Args[0].Shape; s.Size() != x.Size() {
		return nil, fmt.Errorf("%s has %d elements, %s has %d", x, x.Size(), s, s.Size())
	}
	return []Shape{s}, nil
}

// parseShape reads what Shape.String writes.
func parseShape(s string) (Shape, error) {
	if s == "scalar" {
		return Shape{}, nil
	}
	var shape Shape
	for _, f := range strings.Split(s, "×") {
		if f == "n" {
			shape = append(shape, N)
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil {
			return nil, fmt.Errorf("shape %q: %q is not a number", s, f)
		}
		shape = append(shape, d)
	}
	return shape, nil
}
