package quant

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Kind is what a unit does.
type Kind int

// The kinds of units.
const (
	Float       Kind = iota // a layer, or an input, as it is
	ToInt8                  // a float32 value quantised
	ToFloat                 // an int8 value in float32
	Dense                   // x·W + b
	Conv                    // x ∗ w + b
	Depthwise               // with filters for each channel
	MaxPool                 // maxima of windows
	AveragePool             // means of windows
	Add                     // a + b
	Concat                  // side by side along the last axis
	Lookup                  // a function of single numbers, by a table
	View                    // the same numbers under another shape
	Move                    // the same numbers at other places, some of them left out, repeated or amid zeros
	Embedding               // rows of a table of vectors
	SimpleRNN               // recurrent layers, by the primitives of their cells
	LSTM
	GRU
	GRUBefore
)

var kinds = [...]string{"float32", "quantize", "dequantize", "dense", "conv", "depthwise", "max_pool", "average_pool",
	"add", "concatenate", "table", "view", "move", "embedding", "simple_rnn", "lstm", "gru", "gru_before"}

func (k Kind) String() string { return kinds[k] }

// Unit is a step of a quantised network.
type Unit struct {
	Kind Kind
	Name string // begins the names of its parameters
	// Layers are those that it does: a product with the norm and the rectifier behind it; none for ToInt8 and ToFloat.
	Layers []*op.Layer
	In     []*Unit
	Range  *Range // of its result; nil for one in float32
	// Low and High are the bounds of a rectifier that the unit has.
	Low, High float64
	Params    []*ir.Param // in the order of the arguments of its primitive
	// Most is the largest number of a cell state that Observe saw, of an LSTM.
	Most   float64
	norm   *op.Layer // batch norm that the weights take in
	node   *ir.Node  // the primitive in float32
	shape  ir.Shape
	before bool // whether a quantised value depends on it
}

// Range is the scale and the zero of one or more values, from what a layer computes.
type Range struct {
	Layer *op.Layer `json:"-"`
	Scale float32   `json:"scale"`
	Zero  int32     `json:"zero"`
}

// Integer tells whether the result is int8.
func (u *Unit) Integer() bool { return u.Range != nil }

// Last returns the layer whose output the unit computes.
func (u *Unit) Last() *op.Layer { return u.Layers[len(u.Layers)-1] }

// Weighted tells whether a unit multiplies by weights.
func (k Kind) Weighted() bool { return k == Dense || k == Conv || k == Depthwise || k.Recurrent() }

// Recurrent tells whether a unit is a recurrent layer, which multiplies its outputs of the step before, too.
func (k Kind) Recurrent() bool { return gatesOf[k] > 0 }

// gatesOf holds the gates of the cells of recurrent layers.
var gatesOf = map[Kind]int{SimpleRNN: 1, LSTM: 4, GRU: 3, GRUBefore: 3}

// Network is a network in units.
type Network struct {
	Net   *net.Net
	Units []*Unit
	// Params are the arrays of the network, in order of first use: int8, int32 and float32.
	Params  []*ir.Param
	outputs []*Unit // of the network
	core    *Core   // nil unless int8 numbers go in and out
}

// Sum returns the checksum that weights of the network carry: that of the network in float32, and which layers are
// integers.
func (q *Network) Sum() string {
	text := q.Net.ModelSum() + " int8"
	for _, u := range q.Units {
		if u.Kind.Weighted() || u.Kind == Embedding {
			text += " " + u.Name
		}
	}
	if q.bare() {
		text += " io " + spec.Int8IO
	}
	return spec.ContentsOf(text)
}

// Divide cuts a network into units. Layers that skip names stay in float32, and so do preprocessing and what only
// stands behind the last product, such as softmax. If the spec wants int8 numbers in and out, what stands behind the
// last product is in integers too where it has such a form. It is an error if another layer has no form in integers:
// the list names each, at its place in the spec.
func Divide(network *net.Net, skip []string) (*Network, spec.ErrorList) {
	d := &divider{q: &Network{Net: network}, skip: skip, unit: map[*op.Layer]*Unit{}, readers: map[*op.Layer][]*op.Layer{},
		kept: map[*op.Layer]bool{}, head: map[*op.Layer]bool{}, forms: map[*op.Layer]form{},
		int8: map[*Unit]*Unit{}, float: map[*Unit]*Unit{}}
	for _, l := range network.Layers {
		for _, in := range l.In {
			d.readers[in] = append(d.readers[in], l)
		}
		if len(l.In) > 0 {
			d.forms[l] = formOf(l)
		}
	}
	for _, o := range network.Outputs {
		d.kept[o.Layer] = true
	}
	for _, l := range slices.Backward(network.Layers) {
		d.head[l] = !d.product(l) && !slices.ContainsFunc(d.readers[l], func(r *op.Layer) bool { return !d.head[r] })
	}
	for _, l := range network.Layers {
		if d.unit[l] == nil {
			d.layer(l)
		}
	}
	if len(d.problems) == 0 && !slices.ContainsFunc(d.q.Units, func(u *Unit) bool { return u.Kind.Weighted() }) {
		d.problems.Add("quantize", network.Spec.NamePos, "quantize", "leave a layer of them out of skip",
			"no dense layer, convolution or recurrent layer is left to be quantised")
	}
	for _, o := range network.Outputs {
		d.q.outputs = append(d.q.outputs, d.toFloat(d.unit[o.Layer]))
	}
	if d.q.bare() && len(d.problems) == 0 {
		d.q.findCore(&d.problems)
	}
	if len(d.problems) > 0 {
		for _, p := range d.problems {
			if p.Hint == "" {
				p.Hint = fmt.Sprintf("write quantize: {skip: [%s]} to leave what has none in float32",
					strings.Join(append(slices.Clone(skip), d.formless...), ", "))
			}
		}
		return nil, d.problems
	}
	for _, u := range slices.Backward(d.q.Units) {
		for _, in := range u.In {
			in.before = in.before || u.before || u.Kind == ToInt8
		}
	}
	d.q.gather()
	return d.q, nil
}

type divider struct {
	q        *Network
	skip     []string
	unit     map[*op.Layer]*Unit // that computes the output of a layer
	readers  map[*op.Layer][]*op.Layer
	kept     map[*op.Layer]bool // outputs
	head     map[*op.Layer]bool // what no product comes behind
	forms    map[*op.Layer]form
	int8     map[*Unit]*Unit // the quantised values of units in float32
	float    map[*Unit]*Unit // and the other way round
	problems spec.ErrorList
	formless []string // the layers without a form in integers
}

// form is what a layer is in primitives.
type form struct {
	kind Kind
	node *ir.Node
	ok   bool // whether it has a form in integers
	same bool // whether it hands its input on
	norm bool // whether it is a batch norm
}

// formOf lowers a layer by itself and looks at the primitives.
func formOf(l *op.Layer) form {
	if l.Def == op.CellState { // which is part of what another layer computes
		return form{kind: Float}
	}
	b := ir.NewBuilder("")
	var in []*ir.Value
	for i, x := range l.In {
		in = append(in, b.Input(fmt.Sprint("x", i), x.Shape))
	}
	y := l.Def.Lower(b, l, in)
	if y == in[0] {
		return form{kind: View, ok: true, same: true}
	}
	var nodes []*ir.Node
	for _, n := range b.Graph.Nodes {
		if n.Prim != ir.InputPrim && n.Prim != ir.ParamPrim {
			nodes = append(nodes, n)
		}
	}
	first := nodes[0]
	f := form{node: first, ok: true}
	rest := nodes[1:]
	view := len(rest) == 1 && rest[0].Prim == ir.ReshapePrim
	switch first.Prim {
	case ir.GemmNN, ir.ConvPrim, ir.DepthwisePrim:
		f.kind = map[*ir.Prim]Kind{ir.GemmNN: Dense, ir.ConvPrim: Conv, ir.DepthwisePrim: Depthwise}[first.Prim]
		biased := len(rest) == 1 && rest[0].Prim == ir.BiasPrim && len(l.Params) == 2 &&
			rest[0].Args[1].Shape.Size() == l.Params[1].Size()
		plain := len(rest) == 0 && len(l.Params) == 1
		f.ok = (biased || plain) && first.Args[1].Def.Prim == ir.ParamPrim &&
			(f.kind != Conv || ir.Geometry(first).Groups == 1)
	case ir.LSTMPrim, ir.GRUPrim, ir.GRUBefore, ir.SimplePrim:
		f.kind = map[*ir.Prim]Kind{ir.LSTMPrim: LSTM, ir.GRUPrim: GRU, ir.GRUBefore: GRUBefore,
			ir.SimplePrim: SimpleRNN}[first.Prim]
		f.ok = len(first.Args[0].Shape) == 3 && first.Int("initial") == 0 && !first.Bool("last") &&
			!slices.ContainsFunc(rest, func(n *ir.Node) bool { return n.Prim != ir.ReshapePrim && n.Prim != ir.SlicePrim })
	case ir.LookupPrim:
		f.kind, f.ok = Embedding, len(rest) == 0
	case ir.MaxPool, ir.AveragePool:
		f.kind = map[*ir.Prim]Kind{ir.MaxPool: MaxPool, ir.AveragePool: AveragePool}[first.Prim]
		f.ok = len(rest) == 0 || view
	case ir.AddPrim:
		f.kind, f.ok = Add, len(rest) == 0 && len(l.In) == 2 && l.In[0] != l.In[1]
	case ir.ConcatPrim:
		f.kind, f.ok = Concat, len(rest) == 0
	case ir.ReshapePrim:
		f.kind, f.ok = View, !slices.ContainsFunc(rest, func(n *ir.Node) bool { return n.Prim != ir.ReshapePrim })
	case ir.BatchNormInfer:
		f.ok, f.norm = false, len(rest) == 0
	default:
		f.kind, f.ok = Lookup, len(l.In) == 1 && len(l.Params) == 0 && !acrossElements(nodes)
	}
	if n := moves(nodes); n != nil {
		f.kind, f.node, f.ok = Move, n, true
	}
	return f
}

// acrossElements tells whether nodes do more than apply functions to single numbers.
func acrossElements(nodes []*ir.Node) bool {
	return slices.ContainsFunc(nodes, func(n *ir.Node) bool {
		switch n.Prim {
		case ir.MapPrim, ir.ScalePrim, ir.ShiftPrim, ir.MulPrim, ir.AddPrim, ir.SubPrim, ir.MaximumPrim, ir.MinimumPrim,
			ir.ClipPrim, ir.WherePrim:
			return false
		}
		return true
	})
}

// moves returns the one of some nodes that moves numbers, if the others only give them other shapes; else nil.
func moves(nodes []*ir.Node) (move *ir.Node) {
	for _, n := range nodes {
		switch {
		case n.Prim == ir.ReshapePrim:
		case movers[n.Prim] != nil && move == nil && (n.Prim != ir.EnlargePrim || n.F == "nearest"):
			move = n
		default:
			return nil
		}
	}
	return move
}

// skipped tells whether skip names a layer, or that which it was made from.
func (d *divider) skipped(l *op.Layer) bool { return spec.Skips(d.skip, l.Name) }

// product tells whether a layer is to be a product of integers.
func (d *divider) product(l *op.Layer) bool {
	f, ok := d.forms[l]
	return ok && f.ok && f.kind.Weighted() && !d.skipped(l)
}

// floatHead tells whether a layer is in float32 since no product comes behind it.
func (d *divider) floatHead(l *op.Layer) bool { return d.head[l] && !d.q.bare() }

// rounds tells whether what a layer reads in float32 is quantised for it: where int8 numbers go in and out, nothing is
// in float32 behind an input but its preprocessing and what hands its numbers on in their order.
func (d *divider) rounds(l *op.Layer) bool {
	f := d.forms[l]
	return d.q.bare() && f.ok && f.kind != View && !l.Preprocesses() && !d.skipped(l)
}

// layer puts a layer into a unit.
func (d *divider) layer(l *op.Layer) {
	f := d.forms[l]
	if len(l.In) == 0 {
		d.unit[l] = d.add(&Unit{Kind: Float, Name: l.Name, Layers: []*op.Layer{l}, shape: l.Shape})
		return
	}
	var in []*Unit
	integers := 0
	for _, x := range l.In {
		in = append(in, d.unit[x])
		if d.unit[x].Integer() {
			integers++
		}
	}
	u := &Unit{Kind: f.kind, Name: l.Name, Layers: []*op.Layer{l}, In: in, node: f.node, shape: l.Shape,
		Low: math.Inf(-1), High: math.Inf(1)}
	switch {
	case f.same:
		d.unit[l] = in[0]
		return
	case d.product(l):
		u.In = []*Unit{d.toInt8(in[0])}
		if f.kind.Recurrent() {
			for _, mask := range in[1:] {
				u.In = append(u.In, d.toFloat(mask))
			}
			u.Range = &Range{Layer: l}
			break
		}
		d.fuse(u)
	case f.kind == Embedding && f.ok && !d.floatHead(l) && !d.skipped(l):
		u.Range = &Range{Layer: l}
	case d.rounds(l) && integers < len(in):
		for i, x := range in {
			u.In[i] = d.toInt8(x)
		}
		u.Range = &Range{Layer: l}
		if f.kind == Move || f.kind == MaxPool || f.kind == AveragePool {
			u.Range = u.In[0].Range
		}
	case !f.ok || d.skipped(l) || d.floatHead(l) || integers < len(in):
		d.stays(l, in)
		return
	case f.kind == View || f.kind == Move || f.kind == MaxPool || f.kind == AveragePool:
		u.Range = in[0].Range
	default:
		u.Range = &Range{Layer: l}
	}
	d.add(u)
	for _, done := range u.Layers {
		d.unit[done] = u
	}
}

// fuse takes the norm and the rectifier behind a product into it, and settles whether its result is in float32: where
// nothing but the head reads it, whose numbers are the better for 32 bits.
func (d *divider) fuse(u *Unit) {
	next := func() *op.Layer {
		l := u.Last()
		for {
			rs := d.readers[l]
			if d.kept[l] || len(rs) != 1 || d.skipped(rs[0]) {
				return nil
			}
			if l = rs[0]; !d.forms[l].same {
				return l
			}
		}
	}
	if l := next(); l != nil && d.forms[l].norm {
		u.Layers, u.norm = append(u.Layers, l), l
	}
	if !d.q.bare() && (d.kept[u.Last()] || !slices.ContainsFunc(d.readers[u.Last()],
		func(r *op.Layer) bool { return !d.head[r] })) {
		return
	}
	if l := next(); l != nil && !d.floatHead(l) {
		if lo, hi, ok := rectifier(l); ok {
			u.Layers, u.Low, u.High = append(u.Layers, l), lo, hi
		}
	}
	u.Range = &Range{Layer: u.Last()}
}

// rectifier returns the bounds of a layer that does no more than keep numbers in them.
func rectifier(l *op.Layer) (low, high float64, ok bool) {
	switch l.Def {
	case op.ReLU:
		return 0, math.Inf(1), true
	case op.ReLU6:
		return 0, 6, true
	}
	return 0, 0, false
}

// stays leaves a layer in float32, if it may.
func (d *divider) stays(l *op.Layer, in []*Unit) {
	trained := slices.ContainsFunc(l.Params, func(p *ir.Param) bool { return p.Role != ir.Constant })
	before := !slices.ContainsFunc(in, (*Unit).Integer) && !trained // preprocessing, and what is behind skipped layers
	if !d.skipped(l) && !before && !(d.head[l] && !trained) && (!d.forms[l].ok || trained) {
		if name := d.q.Net.Spec.LayerOf(l.Name); !slices.Contains(d.formless, name) {
			d.formless = append(d.formless, name)
		}
		what := l.Def.Kind.Name
		switch {
		case d.forms[l].kind.Recurrent() && len(l.In[0].Shape) == 2:
			what += " with a state that others read or give"
		case d.forms[l].kind == Conv && ir.Geometry(d.forms[l].node).Groups > 1:
			what += " in groups"
		case l.Pattern != nil:
			what += " with sparsity"
		case d.forms[l].kind == Add && len(l.In) > 2:
			what += " of more than two inputs"
		case l.Def == op.BatchNorm:
			what += " that is not right behind a product, into which it would be folded,"
		}
		d.problems.Add("quantize", l.Pos, fmt.Sprintf("layer %q", l.Name), "", "%s has no form in 8-bit integers", what)
	}
	u := &Unit{Kind: Float, Name: l.Name, Layers: []*op.Layer{l}, shape: l.Shape}
	for _, x := range in {
		u.In = append(u.In, d.toFloat(x))
	}
	d.unit[l] = d.add(u)
}

func (d *divider) add(u *Unit) *Unit {
	d.q.Units = append(d.q.Units, u)
	return u
}

// toInt8 returns the quantised value of a unit.
func (d *divider) toInt8(u *Unit) *Unit {
	if u.Integer() {
		return u
	}
	if d.int8[u] == nil {
		d.int8[u] = d.add(&Unit{Kind: ToInt8, Name: u.Last().Name, In: []*Unit{u},
			Range: &Range{Layer: u.Last()}, shape: u.shape})
	}
	return d.int8[u]
}

// toFloat returns the value of a unit in float32.
func (d *divider) toFloat(u *Unit) *Unit {
	if !u.Integer() {
		return u
	}
	if d.float[u] == nil {
		name := u.Name
		if len(u.Layers) > 0 {
			name = u.Last().Name
		}
		d.float[u] = d.add(&Unit{Kind: ToFloat, Name: name, In: []*Unit{u}, shape: u.shape})
	}
	return d.float[u]
}

// InputRange returns the least and the greatest number that the quantised value of an input, behind preprocessing, can
// be; false for an input that is not quantised.
func (q *Network) InputRange(all Numbers, in *op.Layer) (low, high float64, ok bool) {
	for _, u := range q.Units {
		if u.Kind != ToInt8 {
			continue
		}
		for from := u.In[0]; from.Kind == Float; from = from.In[0] {
			if l := from.Layers[0]; l == in {
				scale, zero := float64(all[u.Params[0]].Float[0]), float64(all[u.Params[1]].Int32[0])
				return (-128 - zero) * scale, (127 - zero) * scale, true
			} else if !l.Preprocesses() {
				break
			}
		}
	}
	return 0, 0, false
}

// TypeOf returns the type in which the layer of a name computes: int8, float32, or that of the numbers that it hands
// on.
func (q *Network) TypeOf(layer string) string {
	for _, u := range q.Units {
		if u.Kind == ToInt8 || u.Kind == ToFloat {
			continue
		}
		if slices.ContainsFunc(u.Layers, func(l *op.Layer) bool { return l.Name == layer }) {
			if u.Integer() || u.Kind.Weighted() {
				return ir.Int8.String()
			}
			return ir.Float32.String()
		}
	}
	return "no work"
}

// gather makes the parameters of the units, and lists them with those of the layers in float32.
func (q *Network) gather() {
	seen := map[*ir.Param]bool{}
	for _, u := range q.Units {
		u.Params = q.params(u)
		all := u.Params
		if u.Kind == Float {
			all = u.Layers[0].Params
		}
		for _, p := range all {
			if !seen[p] {
				seen[p] = true
				q.Params = append(q.Params, p)
			}
		}
	}
	for _, o := range q.Net.Outputs {
		for _, p := range o.Constants() {
			if !seen[p] {
				seen[p] = true
				q.Params = append(q.Params, p)
			}
		}
	}
}

// params returns the parameters of a unit, without numbers.
func (q *Network) params(u *Unit) (all []*ir.Param) {
	add := func(role string, t ir.DType, shape ...int) {
		all = append(all, &ir.Param{Name: u.Name + "." + role, Shape: shape, DType: t, Pos: u.pos()})
	}
	switch u.Kind {
	case ToInt8:
		add("int8_scale", ir.Float32, 1)
		add("int8_zero", ir.Int32, 1)
	case ToFloat:
		add("float_scale", ir.Float32, 1)
		add("float_zero", ir.Int32, 1)
	case Dense, Conv, Depthwise:
		n := u.channels()
		add("kernel", ir.Int8, u.Layers[0].Params[0].Shape...)
		add("bias", ir.Int32, n)
		switch {
		case u.Integer():
			add("multiplier", ir.Int32, n)
			add("shift", ir.Int32, n)
			add("range", ir.Int32, rangeLen)
		default:
			add("scale", ir.Float32, n)
			if u.Kind != Dense {
				add("zero", ir.Int32, 1)
			}
		}
	case SimpleRNN, LSTM, GRU, GRUBefore:
		w, v := u.Layers[0].Params[0].Shape, u.Layers[0].Params[1].Shape
		add("kernel", ir.Int8, w...)
		add("recurrent_kernel", ir.Int8, v...)
		for _, role := range []string{"bias", "multiplier", "shift"} {
			add(role, ir.Int32, 2, w[1])
		}
		add("state", ir.Int32, stateLen)
	case Embedding:
		add("kernel", ir.Int8, u.Layers[0].Params[0].Shape...)
	case Add:
		add("sum", ir.Int32, sumLen)
	case Concat:
		for i := range u.In {
			add(fmt.Sprintf("table%d", i+1), ir.Int8, 256)
		}
	case Lookup:
		add("table", ir.Int8, 256)
	case Move:
		if u.node.Prim == ir.PadPrim {
			add("zero", ir.Int32, 1)
		}
	}
	return all
}

// Lengths of arrays that package quant of the runtime reads: see its Rescale, Add and Gates.
const (
	rangeLen = 4
	sumLen   = 11
	stateLen = 4
)

// channels returns the number of channels of the result of a product.
func (u *Unit) channels() int { return u.node.Results[0].Shape[len(u.node.Results[0].Shape)-1] }

// pos returns where the spec has the layer that the unit is named after.
func (u *Unit) pos() spec.Pos {
	for ; len(u.Layers) == 0; u = u.In[0] {
	}
	return u.Layers[0].Pos
}
