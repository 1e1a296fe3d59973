package op

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Def is a layer kind.
type Def struct {
	Kind spec.Kind
	// Activation says that the kind may be named by an `activation:` attribute.
	Activation bool
	// Initializer is the initializer that auto takes for weights in front of this activation; glorot_uniform if "".
	Initializer string
	// Draws is how many random numbers the kind draws for an example, if it draws some; nil for one for each element.
	Draws func(l *Layer) int
	// Through says that auto looks through the kind for the activation behind it: it hands each number on, perhaps
	// normalised, disturbed or moved, or the largest of several.
	Through bool
	// Inputs is the number of inputs; -1 for two or more. Further ones, up to Most, may be left out.
	Inputs, Most int
	// Params returns the parameters of a layer whose inputs have the given shapes, without names
	// made unique or streams: package net does that. It is nil for a kind without parameters.
	Params func(l *Layer) []*ir.Param
	// Shape returns the shape of one example of the output, or what is wrong with the inputs.
	Shape func(l *Layer) (ir.Shape, error)
	// Declared returns the shape that the attributes say by themselves, for what reads a layer whose Shape is an error; nil
	// if they say none.
	Declared func(l *Layer) ir.Shape
	// Forward fills c.Y from c.X and c.P.
	Forward func(c *Call)
	// Trains says that Forward does something else in training than in a prediction.
	Trains bool
	// Backward adds to c.DX and c.DP the gradients, given c.DY and all that Forward had and made.
	Backward func(c *Call)
	// Lower appends the forward pass to b and returns the output.
	Lower func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value
	// Bound returns for each element of c.Y how far a float32 evaluation on the same inputs may be
	// from Forward; GradBound does so for c.DX and c.DP. See rounding.go.
	Bound     func(c *Call) []float64
	GradBound func(c *Call) (dx, dp [][]float64)
	// Exact tells whether a float32 evaluation gives the numbers of Forward without an error, given that inputs and
	// parameters have none and are multiples of powers of two; nil for kinds of which that is never known. See
	// exact.go.
	Exact func(c *Call) bool
	// ExactGrad does the work of the function of that name for kinds whose bounds say too little of it; nil for others.
	ExactGrad func(c *Call) (dx, dp []bool)
	// Shut tells whether the results are the same whatever the inputs are, as those of a norm whose scale is 0; nil for
	// kinds whose results never are.
	Shut func(c *Call) bool
	// Holds returns rules for parameters with which functions within a layer of the kind, such as gates, are exact;
	// open if gradients are to pass through them. It is nil for kinds without such functions.
	Holds func(l *Layer, open bool) []Hold
	// Writes returns the parameters without which the results are 0; nil for kinds where that takes all of them.
	Writes func(l *Layer) []*ir.Param
	// Unit returns a parameter and its number with which the kind is exact, that of a variance which makes the
	// deviation 1; nil for kinds that are exact with any whole numbers, or with none.
	Unit func(l *Layer) (*ir.Param, float64)
	// OneHot says that the kind is exact on rows of the last axis with one number that is not 0, a power of two.
	OneHot bool
	// Far says that the results of a function are exact only where they are 0 or have come to their limits.
	Far bool
	// Factors returns what elements are multiplied by, for a kind that multiplies by numbers that are rounded once.
	Factors func(c *Call) []float64
	// Likely and LikelyGrad return how far a float32 evaluation is likely to be from Forward and Backward, after which
	// they are called: less than the bounds, and for less work. See likely.go. They are nil for kinds without sums of
	// many products.
	Likely     func(c *Call) []float64
	LikelyGrad func(c *Call) (dx, dp [][]float64)
	// GradAt returns elements of the gradient of the first parameter, and bounds of their errors, where Backward and
	// LikelyGrad leave it out because c.DP holds no memory for it; nil for kinds that always want that.
	GradAt func(c *Call, at []int) (grad, bound []float64)
	// MACs returns the multiply-adds of one example; nil for kinds that multiply by each of their
	// matrices and filters once for each row of the output.
	MACs func(l *Layer) int64
	// Tokens returns the number of tokens that the input may hold, whole numbers from 0 on; nil for kinds that read
	// any numbers.
	Tokens func(l *Layer) int
	// PerStep says that time_distributed takes the kind: it treats each example by itself, draws no random numbers, and
	// its primitives take all axes before their own for rows.
	PerStep bool
	// Kinks are inputs near which the derivative jumps: finite differences keep away from them.
	Kinks []float64
	// Cases are layers that tests build beside those that they draw at random.
	Cases []Case
}

// Case is a layer for tests: the shapes of one example of its inputs, and attributes as YAML.
type Case struct {
	In    []ir.Shape
	State int    // how many of the inputs, the last ones, are the initial state
	Attrs string // such as "units: 3, activation: relu"
	// Front is a layer that the input passes before, such as softplus for a kind that wants positive numbers; "" for
	// none.
	Front string
}

// Keys returns the keys of the layer in a spec, as `{name: it, …}` without the braces, given the names of its inputs.
func (c Case) Keys(name string, from []string) string {
	first := len(from) - c.State
	keys := fmt.Sprintf("name: %s, from: [%s]", name, strings.Join(from[:first], ", "))
	if c.State > 0 {
		keys += fmt.Sprintf(", initial_state: [%s]", strings.Join(from[first:], ", "))
	}
	if c.Attrs != "" {
		keys += ", " + c.Attrs
	}
	return keys
}

// Fronts returns the names that the layer reads in place of those of the inputs, and the lines of the layers that give
// them.
func (c Case) Fronts(inputs []string) (from []string, lines string) {
	if c.Front == "" {
		return inputs, ""
	}
	for _, name := range inputs {
		lines += fmt.Sprintf("  - %s: {name: %s_%s, from: [%s]}\n", c.Front, c.Front, name, name)
		from = append(from, c.Front+"_"+name)
	}
	return from, lines
}

// Layer is one layer of a network.
type Layer struct {
	Name   string // of the spec, or made from it, such as h1.relu
	Source string // what the spec calls the layer or input that it was made from: h1, or stage.2.h1 of a block
	Def    *Def
	Node   spec.Node // attributes
	In     []*Layer
	Shape  ir.Shape // of one example of the output
	Params []*ir.Param
	// Frozen says that training leaves the parameters as they are.
	Frozen bool
	// LRFactor multiplies the learning rate for the parameters; 0 stands for 1.
	LRFactor float64
	// DType is how the kernels and tables among the parameters are stored; that of the spec for "".
	DType string
	Index int // in the layers of the network
	// StateOf is the recurrent layer whose state this is; nil for other layers.
	StateOf *Layer
	// Pattern lists the connections of a layer with sparsity: see ir.Param.
	Pattern [][2]int
	Stream  uint32 // of the random numbers that the layer draws
	// Vocabulary is that of an input of tokens; nil for other layers.
	Vocabulary *Vocabulary
	Pos        spec.Pos
}

// InShape returns the shape of one example of input i.
func (l *Layer) InShape(i int) ir.Shape { return l.In[i].Shape }

// MACs returns the multiply-adds of one example.
func (l *Layer) MACs() int64 {
	if l.Def.MACs != nil {
		return l.Def.MACs(l)
	}
	weights := 0
	for _, p := range l.Params {
		if len(p.Shape) > 1 || p.Pattern != nil {
			weights += p.Size()
		}
	}
	return int64(weights) * int64(l.Shape.Size()/lastOf(l.Shape))
}

// Tensor is an array of float64 numbers; the first axis of activations is the batch.
type Tensor struct {
	Shape ir.Shape
	Data  []float64
}

// Call is one evaluation of a layer in float64. For an activation with N examples, a Tensor's Shape
// is [N, …].
type Call struct {
	Layer    *Layer
	N        int // examples
	Training bool
	X        []Tensor // inputs
	P        []Tensor // parameters, as Layer.Params
	Y        Tensor   // the output
	DY       Tensor
	DX       []Tensor // to be added to
	DP       []Tensor // to be added to
	// Draw returns the number in [0, 1) of element i that the layer's stream gives in this step.
	Draw func(i int) float64
	// steps is what Forward of a recurrent kind found in each step, for a Backward that follows on the same numbers.
	steps any
}

// DrawsEach returns how many random numbers the layer draws for an example, if it draws some.
func (l *Layer) DrawsEach() int {
	if l.Def.Draws != nil {
		return l.Def.Draws(l)
	}
	return l.Shape.Size()
}

// define checks a row and adds it to the table.
func define(d Def) *Def {
	if d.Kind.Name == "" || d.Kind.Doc == "" {
		panic("BUG: a kind without name or doc")
	}
	for _, cell := range []struct {
		name  string
		empty bool
	}{{"Shape", d.Shape == nil}, {"Forward", d.Forward == nil}, {"Backward", d.Backward == nil}, {"Lower", d.Lower == nil},
		{"Bound", d.Bound == nil}, {"GradBound", d.GradBound == nil}} {
		if cell.empty {
			panic("BUG: kind " + d.Kind.Name + " has no " + cell.name)
		}
	}
	if d.Inputs == 0 {
		d.Inputs = 1
	}
	d.Most = max(d.Most, d.Inputs)
	defs = append(defs, &d)
	return &d
}

var defs []*Def

// All returns the layer kinds, sorted by name.
func All() []*Def {
	return slices.SortedFunc(slices.Values(defs), func(a, b *Def) int { return cmp.Compare(a.Kind.Name, b.Kind.Name) })
}

// Lookup returns the layer kind of a name; nil if there is none.
func Lookup(name string) *Def {
	for _, d := range defs {
		if d.Kind.Name == name {
			return d
		}
	}
	return nil
}

// ByName is Lookup of a kind that is there; it panics if it is not.
func ByName(name string) *Def {
	if d := Lookup(name); d != nil {
		return d
	}
	panic("BUG: no layer kind " + name)
}
