package ir

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/spec"
)

// N stands for the rows of a batch in a Shape.
const N = -1

// Shape is the extent of each axis; the first may be N.
type Shape []int

// Batched tells whether the first axis is the batch.
func (s Shape) Batched() bool { return len(s) > 0 && s[0] == N }

// Row returns the shape of one example: s without its batch axis.
func (s Shape) Row() Shape {
	if s.Batched() {
		return s[1:]
	}
	return s
}

// Size returns the number of elements of one example; 1 for a scalar.
func (s Shape) Size() int {
	size := 1
	for _, d := range s.Row() {
		size *= d
	}
	return size
}

// Equal tells whether the shapes are the same.
func (s Shape) Equal(t Shape) bool { return slices.Equal(s, t) }

// Batch returns s with a batch axis in front.
func (s Shape) Batch() Shape { return append(Shape{N}, s...) }

// String writes the extents with × between them, such as n×8×8×1; "scalar" without any.
func (s Shape) String() string {
	if len(s) == 0 {
		return "scalar"
	}
	var b []byte
	for i, d := range s {
		if i > 0 {
			b = append(b, "×"...)
		}
		if d == N {
			b = append(b, 'n')
		} else {
			b = fmt.Append(b, d)
		}
	}
	return string(b)
}

// Value is one array of numbers, float32 but in quantised networks: a result of a node; see DType.
type Value struct {
	ID    int
	Shape Shape
	Def   *Node
	Index int // which result of Def
	// Label is the layer whose output the value is, or the parameter that it is; "" for what lies within a layer.
	Label string
	// Gradient tells that the value is the gradient of the losses with respect to what Label says.
	Gradient bool

	// Place and Slot say where the value is stored, once plan-buffers has run.
	Place Place
	Slot  *Slot
	Of    *Value // the value whose storage a view shares; nil for others
	Grad  *Param // the parameter whose gradient's memory holds a value that is InGrad
}

// Place is the kind of memory that holds a value.
type Place int

// The places of values.
const (
	Unplaced Place = iota
	InSlot         // Value.Slot, in the workspace
	InInput        // the caller's input
	InTarget       // the caller's target
	InWeight       // the caller's sample weights
	InParam        // the parameters
	InGrad         // the gradients, under the name of the parameter
	InOutput       // the caller's output
	InScalar       // a local variable
	InView         // the storage of Value.Of
)

// Slot is one array of the workspace. Values whose lifetimes do not meet share it.
type Slot struct {
	ID     int
	PerRow bool // Size elements for each row of the batch; else Size elements in all
	Size   int
	DType  DType
	Values []*Value // that live in it, in order of their definition
}

func (v *Value) String() string { return fmt.Sprintf("v%d", v.ID) }

// Name names the value for readers: by its label, d.<label> if it is a gradient; "" without one.
func (v *Value) Name() string {
	if v.Gradient {
		return "d." + v.Label
	}
	return v.Label
}

// Node applies a primitive to values.
type Node struct {
	Prim    *Prim
	F       string // the function of map.F, grad.F, loss.F, update.F, …; "" for other primitives
	Args    []*Value
	Results []*Value
	Attrs   []Attr // in the order of Prim.Attrs
	Param   *Param // of the primitives param and stat, and those that know a sparse pattern
	Layer   string // the layer that it comes from
	Pos     spec.Pos
}

// Name returns the name of the primitive with its function, such as map.relu.
func (n *Node) Name() string {
	if n.F == "" {
		return n.Prim.Name
	}
	return n.Prim.Name + "." + n.F
}

// Attr is a named constant of a node: an int, a float64, a bool or a string.
type Attr struct {
	Name string
	V    any
}

// Attr returns an attribute, or nil if the node has none of that name.
func (n *Node) Attr(name string) any {
	for _, a := range n.Attrs {
		if a.Name == name {
			return a.V
		}
	}
	return nil
}

// Int returns an attribute that is an int; 0 if it is absent.
func (n *Node) Int(name string) int { v, _ := n.Attr(name).(int); return v }

// Float returns an attribute that is a float64; 0 if it is absent.
func (n *Node) Float(name string) float64 { v, _ := n.Attr(name).(float64); return v }

// Bool returns an attribute that is a bool; false if it is absent.
func (n *Node) Bool(name string) bool { v, _ := n.Attr(name).(bool); return v }

// Text returns an attribute that is a string; "" if it is absent.
func (n *Node) Text(name string) string { v, _ := n.Attr(name).(string); return v }

// Set sets an attribute, in place of one of the same name.
func (n *Node) Set(name string, v any) {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			n.Attrs[i].V = v
			return
		}
	}
	n.Attrs = append(n.Attrs, Attr{name, v})
}

// Param is an array that outlives a step: a learned parameter, a running statistic, or a constant
// fitted to the training data.
type Param struct {
	Name    string // layer.role, such as h1.kernel; the tensor's name in weight files
	Ident   string // the field of the generated structs, such as H1W
	Shape   Shape
	Role    Role
	Attrs   ParamAttrs
	Init    spec.Node // of the initializer family
	FanIn   int       // of Init
	FanOut  int
	Stream  uint32  // of the random numbers that Init draws
	L1, L2  float64 // the objective has L1·Σ|w| + L2·Σw²
	MaxNorm float64 // limit of the norm of each column after an update; 0 for none
	// LRFactor multiplies the learning rate of updates; 0 stands for 1: see Rate.
	LRFactor float64
	// DType is the type in which files of weights have it: float32 but for those that the spec says otherwise of.
	DType DType
	// Pattern lists the connections of a sparse parameter as [input, output] pairs, ordered by
	// output, then input; nil for a dense one. Such a parameter holds one number per connection.
	Pattern [][2]int
	In, Out int       // extents of the matrix that Pattern masks, and whose columns MaxNorm limits
	Values  []float64 // of a Constant that the spec gives; nil otherwise
	// FakeQuant is the number of channels of which training rounds each as 8-bit integers will; 0 for none.
	FakeQuant int
	Fold      *Fold // of one that is Folded; nil otherwise
	Pos       spec.Pos
}

// ParamAttrs names the attributes of a layer that settle a Param of it; those that are "" settle nothing.
type ParamAttrs struct {
	Initializer string // sets Init
	Regularizer string // sets L1 and L2
	// Inherits says that the regularizer of the training section holds where the layer writes none.
	Inherits bool
	// DType says that it is one of the arrays that a layer has most of, kernels and tables, whose type the spec
	// chooses; biases, norms and constants are float32.
	DType bool
}

// DType is the type of the numbers of an array that is stored: in a file, or in memory. What is computed is float32, or
// in quantised networks int8 and int32.
type DType int

// The types. Those of 16 bits are read as the float32 that has their value, and written rounded to nearest even.
const (
	Float32 DType = iota
	Float16
	BFloat16
	Int8
	Int32
)

// dtypes are the types by number, with the names that specs and files of safetensors have.
var dtypes = [...]struct {
	name, tensor string
	bytes        int
}{
	Float32:  {"float32", "F32", 4},
	Float16:  {"float16", "F16", 2},
	BFloat16: {"bfloat16", "BF16", 2},
	Int8:     {"int8", "I8", 1},
	Int32:    {"int32", "I32", 4},
}

// DTypeByName returns the type that a spec names; float32 for "".
func DTypeByName(name string) DType {
	for t, row := range dtypes {
		if row.name == name || name == "" {
			return DType(t)
		}
	}
	panic("BUG: there is no type " + name)
}

func (t DType) String() string { return dtypes[t].name }

// Tensor returns the name that files of safetensors have for the type.
func (t DType) Tensor() string { return dtypes[t].tensor }

// Bytes returns the bytes of a number.
func (t DType) Bytes() int { return dtypes[t].bytes }

// Fold says how the weights and the bias of a layer with a batch norm behind it are computed: with s = γ/√(var + ε)
// for each feature they are W·s and (b − mean)·s + β.
type Fold struct {
	W, B                   *Param // what is computed
	Kernel, Bias           *Param // Bias is nil for a layer without one
	Gamma, Beta, Mean, Var *Param
	Epsilon                float64
	// Groups is that of a transposed convolution, whose weights are …×features/groups×c; 0 for others, whose last axes
	// are the features.
	Groups int
}

// Role says who changes a Param.
type Role int

// The roles of parameters.
const (
	Trained  Role = iota // by the optimizer
	Running              // by the forward pass in training (batch norm)
	Constant             // by nobody, once fitted to the training set
	Carried              // by each step of a stream, whose state it is part of
	Folded               // by nobody: computed from others when a model is loaded
	Frozen               // by nobody: the layer is not trainable
)

var roles = [...]string{Trained: "trained", Running: "running", Constant: "constant", Carried: "carried",
	Folded: "folded", Frozen: "frozen"}

func (r Role) String() string { return roles[r] }

// Size returns the number of elements that are stored.
func (p *Param) Size() int {
	if p.Pattern != nil {
		return len(p.Pattern)
	}
	return p.Shape.Size()
}

// Alike tells whether the parameter holds the same constants for each of some steps, by its first axis.
func (p *Param) Alike(steps int) bool {
	width := len(p.Values) / steps
	if p.Role != Constant || width == 0 {
		return false
	}
	for i, v := range p.Values {
		if v != p.Values[i%width] {
			return false
		}
	}
	return true
}

// Rate returns the factor of the learning rate.
func (p *Param) Rate() float64 {
	if p.LRFactor == 0 {
		return 1
	}
	return p.LRFactor
}

// Output is a named result of a graph.
type Output struct {
	Name  string
	Value *Value
}

// Grad is the gradient of the objective with respect to a parameter.
type Grad struct {
	Param *Param
	Value *Value
}

// Graph is a network, or a training step of one: nodes in an order in which each comes after those
// that it reads.
type Graph struct {
	Name    string
	Nodes   []*Node
	Params  []*Param
	Outputs []Output
	Losses  []*Value // scalars; their sum is the objective without penalties
	Grads   []Grad   // of the trained parameters, once autodiff has run
	InGrads []Output // of the inputs, where they are wanted
	Slots   []*Slot  // once plan-buffers has run
	// Layers holds the output of each layer as lowering made it, and Adjoints the gradient that
	// autodiff gave each value. Later passes don't keep them: they are for plain compilations.
	Layers   []Output
	Adjoints map[*Value]*Value
	// Stream is the number of steps of the network that the graph is one step of; 0 for other graphs.
	Stream int
	nextID int
	users  map[*Value][]*Node // see Users; nil where the nodes have changed since
}

// Users returns for each value the nodes that read it, in order; a node that reads it twice counts
// twice. The map is kept until the nodes change: by a Builder, SetNodes, Remove or Renumber, which each pass ends with.
// Replace brings it up to date. Nobody else writes it.
func (g *Graph) Users() map[*Value][]*Node {
	if g.users != nil {
		return g.users
	}
	g.users = make(map[*Value][]*Node, len(g.Nodes))
	for _, n := range g.Nodes {
		for _, a := range n.Args {
			g.users[a] = append(g.users[a], n)
		}
	}
	return g.users
}

// changed forgets what is known of the nodes.
func (g *Graph) changed() { g.users = nil }

// SetNodes gives the graph other nodes, or another order of them.
func (g *Graph) SetNodes(nodes []*Node) {
	g.Nodes = nodes
	g.changed()
}

// Results returns the values that must survive the whole graph: outputs, losses and gradients.
func (g *Graph) Results() []*Value {
	var vs []*Value
	for _, o := range g.Outputs {
		vs = append(vs, o.Value)
	}
	vs = append(vs, g.Losses...)
	for _, d := range g.Grads {
		vs = append(vs, d.Value)
	}
	for _, o := range g.InGrads {
		vs = append(vs, o.Value)
	}
	return vs
}

// Replace makes every reader of old, results included, read with instead. Nobody else must have read with but the node
// that makes old, which goes.
func (g *Graph) Replace(old, with *Value) {
	users := g.Users()
	for _, n := range users[old] {
		for i, a := range n.Args {
			if a == old {
				n.Args[i] = with
			}
		}
	}
	users[with] = users[old]
	delete(users, old)
	for i := range g.Outputs {
		if g.Outputs[i].Value == old {
			g.Outputs[i].Value = with
		}
	}
	for i := range g.Losses {
		if g.Losses[i] == old {
			g.Losses[i] = with
		}
	}
	for i := range g.Grads {
		if g.Grads[i].Value == old {
			g.Grads[i].Value = with
		}
	}
	for i := range g.InGrads {
		if g.InGrads[i].Value == old {
			g.InGrads[i].Value = with
		}
	}
}

// Remove deletes the nodes for which dead says so.
func (g *Graph) Remove(dead func(*Node) bool) { g.SetNodes(slices.DeleteFunc(g.Nodes, dead)) }

// Renumber gives the values the numbers 1, 2, … in the order of the nodes.
func (g *Graph) Renumber() {
	g.changed()
	id := 0
	for _, n := range g.Nodes {
		for _, r := range n.Results {
			id++
			r.ID = id
		}
	}
	g.nextID = id
}
