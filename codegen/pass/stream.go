package pass

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// Stream returns the graph of one step of a network over sequences, given that of the whole, before the passes of
// Forward: fed with the steps one after another, it gives after each the outputs that the whole gives for the steps so
// far. What it must remember is in parameters with the role Carried, zero at the start. The error says which layer
// needs all steps at once; it is nil, and so is the graph, if no layer remembers anything.
//
// A value of the whole is followed along its axis of steps: elementwise functions, and products and norms over the axes
// behind it, and pools of an image in each step, work on one step alone; recurrent cells carry their state; a causal
// convolution carries the last inputs that its filter reaches, causal attention the keys and values of all steps; and
// the last step of a sequence is the current one. Numbers that belong to places, such as those of positional encodings,
// are looked up by the number of the step.
func Stream(g *ir.Graph) (*ir.Graph, error) {
	s := &streamer{g: g, users: g.Users(), b: ir.NewBuilder(g.Name + ".step"), at: map[*ir.Value]traced{}}
	return s.run()
}

// Block returns the graph of some steps at once, each of which is an example of it, of a network whose graph of the
// whole, and that of one step, as Stream made it, are given: it carries the same state. It is nil for a network with a
// layer that has no such form.
func Block(g, step *ir.Graph) *ir.Graph {
	s := &streamer{g: g, users: g.Users(), b: ir.NewBuilder(g.Name + ".block"), at: map[*ir.Value]traced{}, one: step}
	block, err := s.run()
	if err != nil {
		return nil
	}
	return block
}

// run makes the graph.
func (s *streamer) run() (*ir.Graph, error) {
	if err := s.steps(); err != nil || s.t == 0 {
		return nil, err
	}
	for _, n := range s.g.Nodes {
		s.b.Layer, s.b.Pos = n.Layer, n.Pos
		if err := s.node(n); err != nil {
			return nil, &Refusal{n, err.Error()}
		}
	}
	if !s.remembers {
		return nil, nil
	}
	for _, o := range s.g.Outputs {
		if s.at[o.Value].step == nil { // as of the memory of an lstm after all steps
			return nil, &Refusal{o.Value.Def, errWhole.Error()}
		}
		s.b.Graph.Outputs = append(s.b.Graph.Outputs, ir.Output{Name: o.Name, Value: s.at[o.Value].step})
	}
	s.b.Graph.Stream = s.t
	return s.b.Graph, nil
}

// Refusal says which node of a network keeps it from being run step by step.
type Refusal struct {
	Node *ir.Node
	Why  string // without a subject
}

func (r *Refusal) Error() string { return fmt.Sprintf("layer %q %s", r.Node.Layer, r.Why) }

// streamer builds the graph of one step, or of a block of them.
type streamer struct {
	g         *ir.Graph
	users     map[*ir.Value][]*ir.Node
	b         *ir.Builder
	t         int // steps
	at        map[*ir.Value]traced
	remembers bool
	one       *ir.Graph // that of one step, for a block; else nil
}

// traced is what a value of the whole becomes in one step. Its axis of steps has t times the extent of that axis in
// the step's value; it is −1 for what does not depend on steps, or on the current one alone.
type traced struct {
	step *ir.Value
	axis int
}

// steps finds the number of steps, which all inputs that are sequences must share.
func (s *streamer) steps() error {
	for _, n := range s.g.Nodes {
		if n.Prim != ir.InputPrim || !s.sequence(n) {
			continue
		}
		t := n.Results[0].Shape[1]
		if s.t != 0 && s.t != t {
			return &Refusal{n, fmt.Sprintf("has %d steps, where another input has %d", t, s.t)}
		}
		s.t = t
	}
	return nil
}

// sequence tells whether an input has a step in each element of its first axis: tokens, masks, or arrays of features.
func (s *streamer) sequence(n *ir.Node) bool {
	v := n.Results[0]
	return len(v.Shape) == 3 || len(v.Shape) == 2 && slices.ContainsFunc(s.users[v], func(u *ir.Node) bool {
		return u.Prim == ir.LookupPrim || u.Prim.Stream == ir.StreamCell && ir.CellOf(u).Mask == v ||
			u.Prim == ir.AttentionPrim && len(u.Args) > 3 && u.Args[3] == v
	})
}

// errWhole is the error of a layer that reads steps that are yet to come.
var errWhole = errors.New("needs all steps at once")

// node appends what a node of the whole becomes.
func (s *streamer) node(n *ir.Node) error {
	axis, args, err := s.args(n)
	if n.Prim.Stream == ir.StreamCell && n.Int("initial") > 0 {
		return errors.New("begins with a state that another layer gives")
	}
	if err != nil {
		return err
	}
	switch {
	case n.Prim == ir.InputPrim && s.sequence(n):
		shape := slices.Clone(n.Results[0].Shape.Row())
		shape[0] = 1
		s.set(n, s.b.Input(n.Text("name"), shape), 1)
		return nil
	case axis < 0:
		s.copy(n, args, -1)
		return nil
	}
	last := axis == len(n.Args[0].Shape)-1
	switch n.Prim.Stream {
	case ir.StreamElements:
		s.copy(n, args, axis)
		return nil
	case ir.StreamFeatures:
		return s.features(n, args, axis)
	case ir.StreamLastAxis:
		if last {
			return errWhole
		}
		s.copy(n, args, axis)
		return nil
	case ir.StreamImage:
		if axis >= len(n.Args[0].Shape)-n.Int("axes") {
			return errWhole
		}
		s.copy(n, args, axis)
		return nil
	case ir.StreamSlice:
		return s.slice(n, args[0], axis, last)
	case ir.StreamCrop:
		return s.crop(n, args[0], axis)
	case ir.StreamReshape:
		return s.reshape(n, args[0], axis)
	case ir.StreamConv:
		return s.conv(n, args, axis)
	case ir.StreamCell:
		return s.cell(n, args, axis)
	case ir.StreamAttention:
		return s.attention(n, args, axis)
	}
	return errWhole
}

// args returns what the arguments of a node become, and the axis of steps that they share, −1 if none has one.
func (s *streamer) args(n *ir.Node) (axis int, args []*ir.Value, err error) {
	axis = -1
	static := false
	for _, a := range n.Args {
		v, ok := s.at[a]
		switch {
		case !ok:
			return 0, nil, errWhole // a result that has no counterpart in a step
		case v.axis >= 0 && axis >= 0 && axis != v.axis:
			return 0, nil, errWhole
		case v.axis >= 0:
			axis = v.axis
		case a.Shape.Batched():
			static = true
		}
		args = append(args, v.step)
	}
	if static && axis >= 0 {
		return 0, nil, errors.New("reads all steps beside the current one alone")
	}
	return axis, args, nil
}

// set notes what the first result of a node becomes.
func (s *streamer) set(n *ir.Node, v *ir.Value, axis int) {
	if v.Label == "" {
		v.Label = n.Results[0].Label
	}
	s.at[n.Results[0]] = traced{v, axis}
}

// copy appends the same node on other arguments.
func (s *streamer) copy(n *ir.Node, args []*ir.Value, axis int) {
	if n.Prim == ir.ParamPrim {
		s.set(n, s.b.Param(n.Param), -1)
		return
	}
	made := s.b.Append(&ir.Node{Prim: n.Prim, F: n.F, Args: args, Attrs: slices.Clone(n.Attrs), Param: n.Param,
		Layer: n.Layer, Pos: n.Pos})
	for i, r := range made.Results {
		r.Label = n.Results[i].Label
		s.at[n.Results[i]] = traced{r, axis}
	}
}

// features appends a node that holds numbers for each feature: of parameters that have some for each step, it takes
// those of the current one, or in a block those of the steps at hand, element by element.
func (s *streamer) features(n *ir.Node, args []*ir.Value, axis int) error {
	args = slices.Clone(args)
	x, own, differ := args[0], 0, false // own: parameters that have numbers for each step
	for _, a := range args[1:] {
		if x.Shape.Size()%a.Shape.Size() != 0 {
			own++
			differ = differ || !a.Def.Param.Alike(s.t)
		}
	}
	if differ && s.one != nil {
		if own < len(args)-1 {
			return errNoBlock
		}
		return s.elements(n, args, axis)
	}
	for i, a := range args[1:] {
		if x.Shape.Size()%a.Shape.Size() == 0 {
			continue
		}
		attrs := []any{"steps", s.t}
		if a.Def.Param.Alike(s.t) {
			attrs = append(attrs, "alike", true)
		}
		args[i+1] = s.b.Node(ir.AtPrim, "", []*ir.Value{a}, attrs...).Results[0]
	}
	s.copy(n, args, axis)
	return nil
}

// errNoBlock is the error of a layer that has no form for several steps at once.
var errNoBlock = errors.New("has no form for several steps at once")

// elements appends to a block what does to each element what a node does with numbers for each feature of each step:
// the same operations, each rounded.
func (s *streamer) elements(n *ir.Node, args []*ir.Value, axis int) error {
	x := args[0]
	var each []*ir.Value
	for _, a := range args[1:] {
		v := s.b.Node(ir.RangePrim, "", []*ir.Value{a}, "steps", s.t).Results[0]
		each = append(each, s.b.Reshape(v, x.Shape.Row()))
	}
	switch n.Prim {
	case ir.BiasPrim:
		x = s.b.Add(x, each[0])
	case ir.ScaleRow:
		x = s.b.Mul(x, each[0])
	case ir.AffinePrim:
		x = s.b.Mul(s.b.Node(ir.SubPrim, "", []*ir.Value{x, each[0]}).Results[0], each[1])
	default:
		return errNoBlock
	}
	s.set(n, x, axis)
	return nil
}

// slice appends a choice of features, or drops that of the last step.
func (s *streamer) slice(n *ir.Node, x *ir.Value, axis int, last bool) error {
	if !last {
		s.copy(n, []*ir.Value{x}, axis)
		return nil
	}
	width := x.Shape[axis]
	if n.Int("width") != width || n.Int("offset") != (s.t-1)*width {
		return errors.New("takes another step than the last")
	}
	s.set(n, x, -1)
	return nil
}

// crop drops a crop of sequences that leaves the last step.
func (s *streamer) crop(n *ir.Node, x *ir.Value, axis int) error {
	_, before := ir.Extents(n, "before", 0)
	if n.Int("axes") != 2 || axis != len(x.Shape)-2 || x.Shape[axis] != 1 || n.Results[0].Shape[axis] != 1 {
		return errWhole
	}
	if before != s.t-1 {
		return errors.New("takes another step than the last")
	}
	s.set(n, x, -1)
	return nil
}

// reshape finds the axis of steps in the new shape: the one with as many numbers in the axes before it, and with a
// whole number of steps.
func (s *streamer) reshape(n *ir.Node, x *ir.Value, axis int) error {
	before := 1
	for _, d := range n.Args[0].Shape[1:axis] {
		before *= d
	}
	shape := slices.Clone(n.Results[0].Shape)
	for i := 1; i < len(shape); i++ {
		if before == 1 && shape[i]%s.t == 0 && (shape[i] > 1 || s.t == 1) {
			shape[i] /= s.t
			s.set(n, s.b.Reshape(x, shape.Row()), i)
			return nil
		}
		if before%shape[i] != 0 {
			break
		}
		before /= shape[i]
	}
	return errWhole
}

// conv appends a causal convolution over the window of the steps that its filter reaches.
func (s *streamer) conv(n *ir.Node, args []*ir.Value, axis int) error {
	g, x := ir.Geometry(n), args[0]
	if len(n.Args[1].Shape) != 3 || axis != len(x.Shape)-2 || len(x.Shape) != 3 || x.Shape[axis] != 1 || g.SW != 1 ||
		g.OW != s.t || g.PL != (g.FW-1)*g.DW {
		return errWhole
	}
	one := &ir.Node{Prim: n.Prim, Attrs: slices.Clone(n.Attrs), Layer: n.Layer, Pos: n.Pos}
	if s.one != nil {
		one.Prim = ir.ConvSteps
	}
	if width := g.PL + 1; width > 1 {
		state := s.carry("last", ir.Shape{width, g.C})
		if s.one != nil {
			one.Param = state.Def.Param
		} else {
			x = s.b.Node(ir.WindowPrim, "", []*ir.Value{state, x}).Results[0]
			x.Label = n.Layer + ".last"
		}
	}
	one.Args = append([]*ir.Value{x}, args[1:]...)
	one.Set("size", ir.Shape{1, 1}.String())
	one.Set("pad", ir.Shape{0, 0}.String())
	s.set(n, s.b.Append(one).Results[0], axis)
	return nil
}

// cell appends one step of a recurrent cell, or some.
func (s *streamer) cell(n *ir.Node, args []*ir.Value, axis int) error {
	if n.Bool("reverse") || axis != len(args[0].Shape)-2 || args[0].Shape[axis] != 1 || len(args[0].Shape) != 3 {
		return errWhole
	}
	units := n.Args[2].Shape[0]
	var all []*ir.Value
	for _, name := range n.Prim.Cell.State {
		all = append(all, s.carry(name, ir.Shape{units}))
	}
	step := n.Prim.Cell.Step
	if s.one != nil {
		step = n.Prim.Cell.Steps
	}
	s.set(n, s.b.Node(step, "", append(all, args...)).Results[0], axis)
	return nil
}

// attention appends attention within each step, or a query of one step to the keys of all so far.
func (s *streamer) attention(n *ir.Node, args []*ir.Value, axis int) error {
	q, steps := args[0], len(n.Args[0].Shape)-2
	switch {
	case axis < steps:
		s.copy(n, args, axis)
		return nil
	case axis > steps || len(q.Shape) != 3 || q.Shape[axis] != 1 || !args[1].Shape.Equal(q.Shape) || !n.Bool("causal"):
		return errWhole
	}
	width := q.Shape[2]
	all := []*ir.Value{s.carry("keys", ir.Shape{s.t, width}), s.carry("values", ir.Shape{s.t, width})}
	all = append(all, args[:3]...)
	if len(args) > 3 {
		all = append(all, s.carry("kept", ir.Shape{s.t}), args[3])
	}
	step := ir.AttentionStep
	if s.one != nil {
		step = ir.AttentionSteps
	}
	s.set(n, s.b.Node(step, "", all, "heads", n.Int("heads")).Results[0], axis)
	return nil
}

// carry returns a new array of state of the current layer: for a block, that of the graph of one step.
func (s *streamer) carry(name string, shape ir.Shape) *ir.Value {
	s.remembers = true
	full := s.b.Layer + "." + name
	for _, p := range s.b.Graph.Params {
		if p.Role == ir.Carried && p.Name == full {
			return s.carry(name+"2", shape)
		}
	}
	if s.one != nil {
		i := slices.IndexFunc(s.one.Params, func(p *ir.Param) bool { return p.Role == ir.Carried && p.Name == full })
		return s.b.Param(s.one.Params[i])
	}
	return s.b.Param(&ir.Param{Name: full, Shape: shape, Role: ir.Carried, Pos: s.b.Pos})
}
