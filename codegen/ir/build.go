package ir

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen/nngen/spec"
)

// Builder appends nodes to a graph. Its Layer and Pos are given to each node that it makes.
type Builder struct {
	Graph *Graph
	Layer string
	Pos   spec.Pos
	// Training says that the graph is that of a training step: dropout drops and batch norm
	// uses the statistics of the batch.
	Training bool

	params map[*Param]*Value
}

// NewBuilder starts an empty graph.
func NewBuilder(name string) *Builder {
	complete()
	return &Builder{Graph: &Graph{Name: name}, params: map[*Param]*Value{}}
}

// Extend continues a graph.
func Extend(g *Graph) *Builder {
	b := &Builder{Graph: g, params: map[*Param]*Value{}}
	for _, n := range g.Nodes {
		if n.Prim == ParamPrim {
			b.params[n.Param] = n.Results[0]
		}
	}
	return b
}

// Node appends prim.f(args…) with attributes given as name, value, name, value, … and returns it.
// It panics if the arguments do not fit: lowering and VJPs check what depends on the spec before.
func (b *Builder) Node(prim *Prim, f string, args []*Value, attrs ...any) *Node {
	n := &Node{Prim: prim, F: f, Args: args, Layer: b.Layer, Pos: b.Pos}
	for i := 0; i < len(attrs); i += 2 {
		n.Attrs = append(n.Attrs, Attr{attrs[i].(string), attrs[i+1]})
	}
	return b.Append(n)
}

// Append infers the shapes of a node's results and appends it.
func (b *Builder) Append(n *Node) *Node {
	shapes, err := n.Prim.Infer(n)
	if err != nil {
		panic(fmt.Sprintf("BUG: %s of layer %q (%s:%d): %v", n.Name(), n.Layer, n.Pos.File, n.Pos.Line, err))
	}
	for i, s := range shapes {
		b.Graph.nextID++
		n.Results = append(n.Results, &Value{ID: b.Graph.nextID, Shape: s, Def: n, Index: i})
	}
	b.Graph.SetNodes(append(b.Graph.Nodes, n))
	return n
}

func (b *Builder) one(prim *Prim, f string, args []*Value, attrs ...any) *Value {
	return b.Node(prim, f, args, attrs...).Results[0]
}

// Input appends an input of the network; shape is that of one example.
func (b *Builder) Input(name string, shape Shape) *Value {
	v := b.one(InputPrim, "", nil, "name", name, "shape", shape.String())
	v.Label = name
	return v
}

// InputInt8 appends an input of the network that is int8 numbers; shape is that of one example.
func (b *Builder) InputInt8(name string, shape Shape) *Value {
	v := b.one(InputInt8Prim, "", nil, "name", name, "shape", shape.String())
	v.Label = name
	return v
}

// Target appends the wanted value of an output; shape is that of one example.
func (b *Builder) Target(name string, shape Shape) *Value {
	return b.one(TargetPrim, "", nil, "name", name, "shape", shape.String())
}

// SampleWeight appends the weights of the examples, or of each of the steps of their outputs.
func (b *Builder) SampleWeight(steps int) *Value {
	if steps > 1 {
		return b.one(SampleWeightPrim, "", nil, "steps", steps)
	}
	return b.one(SampleWeightPrim, "", nil)
}

// ClassWeight appends the weights of the rows of an output, each times that of its class.
func (b *Builder) ClassWeight(output string, steps int) *Value {
	if steps > 1 {
		return b.one(SampleWeightPrim, "", nil, "steps", steps, "output", output)
	}
	return b.one(SampleWeightPrim, "", nil, "output", output)
}

// Param returns the value of a parameter, the same at each call.
func (b *Builder) Param(p *Param) *Value {
	if v := b.params[p]; v != nil {
		return v
	}
	n := &Node{Prim: ParamPrim, Param: p, Attrs: p.attrs(), Layer: b.Layer, Pos: p.Pos}
	v := b.Append(n).Results[0]
	v.Label = p.Name
	b.Graph.Params = append(b.Graph.Params, p)
	if b.Training && p.FakeQuant > 0 {
		v = b.one(FakeQuantWeights, "", []*Value{v}, "channels", p.FakeQuant)
		v.Label = p.Name + ", rounded"
	}
	b.params[p] = v
	return v
}

// attrs returns what the node of a parameter says of it.
func (p *Param) attrs() []Attr {
	all := []Attr{{"name", p.Name}}
	if p.Role != Trained {
		all = append(all, Attr{"role", p.Role.String()})
	}
	if p.Pattern != nil {
		all = append(all, Attr{"matrix", Shape{p.In, p.Out}.String()})
	}
	return all
}

// Gemm returns x·w for x N×k and w k×m.
func (b *Builder) Gemm(x, w *Value) *Value { return b.one(GemmNN, "", []*Value{x, w}) }

// GemmT returns x·wᵀ for x N×k and w m×k.
func (b *Builder) GemmT(x, w *Value) *Value { return b.one(GemmNT, "", []*Value{x, w}) }

// Bias returns x + c with c added to each row of features.
func (b *Builder) Bias(x, c *Value) *Value { return b.one(BiasPrim, "", []*Value{x, c}) }

// Map returns f(x), element by element; alpha is the parameter of those functions that have one.
func (b *Builder) Map(f string, x *Value, alpha ...float64) *Value {
	if len(alpha) > 0 {
		return b.one(MapPrim, f, []*Value{x}, "alpha", alpha[0])
	}
	return b.one(MapPrim, f, []*Value{x})
}

// Add returns x + y.
func (b *Builder) Add(x, y *Value) *Value { return b.one(AddPrim, "", []*Value{x, y}) }

// Mul returns x ∘ y.
func (b *Builder) Mul(x, y *Value) *Value { return b.one(MulPrim, "", []*Value{x, y}) }

// Scale returns α·x.
func (b *Builder) Scale(x *Value, alpha float64) *Value {
	return b.one(ScalePrim, "", []*Value{x}, "alpha", alpha)
}

// ScaleRow returns x with the elements of each row of features multiplied by those of g.
func (b *Builder) ScaleRow(x, g *Value) *Value { return b.one(ScaleRow, "", []*Value{x, g}) }

// Slice returns width columns of the last axis, from the one at offset on.
func (b *Builder) Slice(x *Value, offset, width int) *Value {
	return b.one(SlicePrim, "", []*Value{x}, "offset", offset, "width", width)
}

// Shift returns x + α.
func (b *Builder) Shift(x *Value, alpha float64) *Value {
	return b.one(ShiftPrim, "", []*Value{x}, "alpha", alpha)
}

// Reshape returns x with another shape of the example and the same number of elements, without a
// copy.
func (b *Builder) Reshape(x *Value, row Shape) *Value {
	return b.one(ReshapePrim, "", []*Value{x}, "shape", row.String())
}

// Concat joins values along the last axis.
func (b *Builder) Concat(xs []*Value) *Value { return b.one(ConcatPrim, "", xs) }

// Softmax returns the softmax over the last axis.
func (b *Builder) Softmax(x *Value) *Value { return b.one(SoftmaxPrim, "", []*Value{x}) }

// LogSoftmax returns the logarithm of the softmax over the last axis.
func (b *Builder) LogSoftmax(x *Value) *Value { return b.one(LogSoftmaxPrim, "", []*Value{x}) }

// Sparse returns x·W for a masked W, of which w holds the connections.
func (b *Builder) Sparse(x, w *Value, p *Param) *Value {
	return b.Append(&Node{Prim: SparseNN, Args: []*Value{x, w}, Param: p, Layer: b.Layer, Pos: b.Pos}).Results[0]
}

// Dropout returns x with elements dropped at the given rate, by the random numbers of a stream.
func (b *Builder) Dropout(x *Value, rate float64, stream uint32) *Value {
	return b.one(DropoutPrim, "", []*Value{x}, "rate", rate, "stream", int(stream))
}

// DropChannels returns x with whole channels dropped, as Dropout drops elements.
func (b *Builder) DropChannels(x *Value, rate float64, stream uint32) *Value {
	return b.one(DropChannels, "", []*Value{x}, "rate", rate, "stream", int(stream))
}

// Noise returns x with normal noise added, by the random numbers of a stream.
func (b *Builder) Noise(x *Value, stddev float64, stream uint32) *Value {
	return b.one(NoisePrim, "", []*Value{x}, "stddev", stddev, "stream", int(stream))
}

// Numbers returns the text of an attribute that is a list of numbers, such as 2,0.25.
func Numbers(x ...float64) string {
	text := make([]string, len(x))
	for i, v := range x {
		text[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strings.Join(text, ",")
}

// Loss appends the loss of scores y against target t and counts it among the losses of the graph.
func (b *Builder) Loss(f string, y, t, weights *Value, attrs ...any) {
	n := b.Node(LossPrim, f, []*Value{y, t, weights}, attrs...)
	b.Graph.Losses = append(b.Graph.Losses, n.Results[0])
}
