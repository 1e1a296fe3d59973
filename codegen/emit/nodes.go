package emit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// body writes the nodes of one graph as statements of one function.
type body struct {
	net  *Network
	g    *ir.Graph
	rows string // Go text of the number of rows: "n", or "1" for a single example
	// params is the prefix of the parameters, "m" for a Model, "p" for Params; packed tells whether
	// those of dense layers are in panels.
	params                   string
	packed                   bool
	inputs, targets, outputs map[string]string // expressions by name of the port
	rowWeights               map[string]string // fields of the Trainer by name of an output with weights of classes
	lines                    []string
	layer                    string
	backward                 bool // whether the losses have been passed
	losses                   int  // of the graph
	reads                    bool // whether a statement reads a parameter
	outs                     map[*ir.Value]string
	watched                  bool     // whether the outputs of layers are looked at: see see
	last                     *ir.Node // of those behind that, forward, whose layer may go on
}

// nodes returns the statements, one paragraph for each layer.
func (b *body) nodes() []string {
	b.outs = map[*ir.Value]string{}
	for _, o := range b.g.Outputs {
		v := o.Value
		for v.Of != nil {
			v = v.Of
		}
		if v.Place == ir.InOutput && b.outs[v] == "" {
			b.outs[v] = b.outputs[o.Name]
		}
	}
	last := -1 // loss
	for i, n := range b.g.Nodes {
		if n.Prim == ir.LossPrim {
			last = i
			b.losses++
		}
	}
	for i, n := range b.g.Nodes {
		b.backward = last >= 0 && i > last
		emitter := emitters[n.Prim]
		if emitter == nil {
			continue // a name for memory, not work
		}
		if text := emitter(b, n); text != "" {
			b.see(n)
			b.paragraph(n)
			b.lines = append(b.lines, strings.Split(text, "\n")...)
		}
	}
	for _, o := range b.g.Outputs {
		if dst, src := b.outputs[o.Name], b.ref(o.Value); dst != src {
			b.lines = append(b.lines, fmt.Sprintf("copy(%s, %s)", dst, src))
		}
	}
	return b.lines
}

// see shows the watch of a training step what the layer before node n computes, where that layer ends:
//
//	t.watch.See("layer h1", a.s2[:n*64])
func (b *body) see(n *ir.Node) {
	if before := b.last; b.watched && before != nil && (n.Layer != before.Layer || n.Prim == ir.LossPrim || b.backward) {
		b.lines = append(b.lines, fmt.Sprintf("t.watch.See(%q, %s)", "layer "+before.Layer, b.ref(before.Results[0])))
	}
	b.last = nil
	if n.Prim != ir.LossPrim && !b.backward {
		b.last = n
	}
}

// paragraph starts the comment of a layer where the nodes of another begin.
func (b *body) paragraph(n *ir.Node) {
	what := n.Layer
	if b.isGrad(n) {
		what = "d." + n.Layer
	}
	if what == b.layer {
		return
	}
	if len(b.lines) > 0 {
		b.lines = append(b.lines, "")
	}
	b.layer = what
	b.lines = append(b.lines, "// "+b.title(n))
}

// isGrad tells whether a node is part of a gradient: behind the losses, or one that gives its own.
func (b *body) isGrad(n *ir.Node) bool {
	if b.backward {
		return true
	}
	for _, r := range n.Results {
		if strings.HasPrefix(r.Label, "d.") || r.Place == ir.InGrad {
			return true
		}
	}
	return false
}

func (b *body) title(n *ir.Node) string {
	if b.isGrad(n) {
		return "gradient of " + n.Layer
	}
	var in []string
	for _, a := range n.Args {
		if a.Shape.Batched() {
			in = append(in, a.Shape.Row().String())
		}
	}
	title := n.Layer
	out := n.Results[0].Shape
	for _, l := range b.g.Layers {
		if l.Name == n.Layer {
			out = l.Value.Shape
		}
	}
	if len(in) > 0 && len(out) > 0 {
		title += fmt.Sprintf(": %s → %s", strings.Join(in, ", "), out.Row())
	}
	if act := n.Text("act"); act != "" {
		title += ", " + act
	}
	return title
}

// ref returns the Go text of the slice that holds a value; nil for an optional result that nothing reads.
func (b *body) ref(v *ir.Value) string {
	size := v.Shape.Size()
	for v.Of != nil {
		v = v.Of
	}
	switch v.Place {
	case ir.Unplaced:
		if slices.Contains(v.Def.Prim.Optional, v.Index) {
			return "nil"
		}
	case ir.InInput:
		return b.inputs[v.Def.Text("name")]
	case ir.InTarget:
		return b.targets[v.Def.Text("name")]
	case ir.InWeight:
		if output := v.Def.Text("output"); output != "" {
			return fmt.Sprintf("t.%s[:%s]", b.rowWeights[output], times(b.rows, size))
		}
		return "weights"
	case ir.InParam:
		if v.Def.Prim == ir.AtPrim {
			return b.current(v.Def)
		}
		return b.param(v.Def.Param)
	case ir.InGrad:
		return fmt.Sprintf("g.%s[:]", v.Grad.Ident)
	case ir.InOutput:
		return b.outs[v]
	case ir.InScalar:
		return v.Def.Layer
	case ir.InSlot:
		if !v.Slot.PerRow {
			return sized(fmt.Sprintf("a.s%d", v.Slot.ID), size, v.Slot.Size)
		}
		if b.rows == "1" {
			return sized(fmt.Sprintf("a.s%d", v.Slot.ID), size, v.Slot.Size)
		}
		return fmt.Sprintf("a.s%d[:%s]", v.Slot.ID, times(b.rows, size))
	}
	panic(fmt.Sprintf("BUG: value %s of %s has no place", v, v.Def))
}

func sized(name string, size, have int) string {
	if size == have {
		return name + "[:]"
	}
	return fmt.Sprintf("%s[:%d]", name, size)
}

func times(rows string, size int) string {
	if size == 1 {
		return rows
	}
	return fmt.Sprintf("%s*%d", rows, size)
}

func (b *body) param(p *ir.Param) string {
	if p.Role == ir.Carried {
		return fmt.Sprintf("s.%s[:]", lower(p.Ident))
	}
	b.reads = true
	return fmt.Sprintf("%s.%s[:]", b.params, fieldOf(b.params, p))
}

// fieldOf returns the name of a parameter in the struct that prefix names: exported in Params, not in
// Model.
func fieldOf(prefix string, p *ir.Param) string {
	switch {
	case prefix == "m":
		return lower(p.Ident)
	case p.Role == ir.Frozen:
		return "Frozen." + p.Ident
	case p.Role != ir.Trained:
		return "Stats." + p.Ident
	}
	return p.Ident
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }

// count returns the text of the number of rows that v has when its last axis has width elements:
// the rows of the batch times the axes between.
func (b *body) count(v *ir.Value, width int) string {
	per := v.Shape.Size() / width
	switch {
	case !v.Shape.Batched():
		return fmt.Sprint(per)
	case per == 1:
		return b.rows
	case b.rows == "1":
		return fmt.Sprint(per)
	}
	return fmt.Sprintf("%s*%d", b.rows, per)
}

// emitter writes the statements of a node, lines without indentation.
type emitter = func(b *body, n *ir.Node) string

// emitters holds for each primitive the function that writes it; nil for those that only name
// memory. The families have files of their own.
var emitters = merged(
	basicEmitters,
	convEmitters,
	poolEmitters,
	rnnEmitters,
	lookupEmitters,
	attentionEmitters,
	rmsNormEmitters,
	streamEmitters,
	groupNormEmitters,
	extremeEmitters,
	arrangeEmitters,
	unitNormEmitters,
)

func merged(families ...map[*ir.Prim]emitter) map[*ir.Prim]emitter {
	all := map[*ir.Prim]emitter{}
	for _, f := range families {
		maps.Copy(all, f)
	}
	return all
}

// basicEmitters holds those of the primitives in ir/prims.go.
var basicEmitters = map[*ir.Prim]emitter{
	ir.InputPrim: nil, ir.TargetPrim: nil, ir.SampleWeightPrim: nil, ir.ParamPrim: nil, ir.ReshapePrim: nil,

	ir.GemmNN: (*body).emitGemmNN,
	ir.GemmNT: (*body).emitGemmNT,
	ir.GemmTN: (*body).emitGemmTN,

	ir.BiasPrim:   (*body).emitBias,
	ir.ScaleRow:   rowwise("MulRow"),
	ir.AffinePrim: (*body).emitAffine,
	ir.SumRows:    (*body).emitSumRows,
	ir.DotRows:    (*body).emitSumRows,

	ir.MapPrim:   (*body).emitMap,
	ir.GradPrim:  (*body).emitMap,
	ir.AddPrim:   elementwise("Add"),
	ir.MulPrim:   elementwise("Mul"),
	ir.ScalePrim: elementwise("Scale"),
	ir.ShiftPrim: elementwise("AddScalar"),

	ir.PReLUPrim: rowwise("PReLU"),
	ir.PReLUGrad: (*body).emitPReLUGrad,

	ir.ConcatPrim: (*body).emitConcat,
	ir.SlicePrim:  (*body).emitSlice,

	ir.SoftmaxPrim:    lastAxis("Softmax"),
	ir.SoftmaxGrad:    lastAxis("SoftmaxGrad"),
	ir.LogSoftmaxPrim: lastAxis("LogSoftmax"),
	ir.LogSoftmaxGrad: lastAxis("LogSoftmaxGrad"),

	ir.DropoutPrim:  (*body).emitDropout,
	ir.DropChannels: (*body).emitDropChannels,
	ir.NoisePrim:    (*body).emitNoise,

	ir.LayerNormPrim:  (*body).emitLayerNorm,
	ir.LayerNormGrad:  (*body).emitNormGrad,
	ir.BatchNormTrain: (*body).emitBatchNormTrain,
	ir.BatchNormGrad:  (*body).emitNormGrad,
	ir.BatchNormInfer: (*body).emitBatchNormInfer,

	ir.SparseNN: (*body).emitSparseNN,
	ir.SparseDX: (*body).emitSparseDX,
	ir.SparseDW: (*body).emitSparseDW,

	ir.ZeroPrim: (*body).emitZero,
	ir.LossPrim: (*body).emitLoss,
}

// emitGemmNN yields one call, for h1 of digits in a batch, and for one example:
//
//	gemm.NNPacked(n, 32, 64, x, 64, m.h1W[:], a.s1[:n*32], 32, gemm.BiasAct(m.h1B[:], gemm.ReLU))
//	m.h1.Apply(x[:], a.s1[:])
func (b *body) emitGemmNN(n *ir.Node) string {
	a, w, c := n.Args[0], n.Args[1], n.Results[0]
	cols, inner := w.Shape[1], w.Shape[0]
	rows := b.count(a, inner)
	if rows == "1" && b.net.prepared(n) {
		return fmt.Sprintf("m.%s.Apply(%s, %s)", preparedName(n), b.ref(a), b.ref(c))
	}
	if w.Def.Prim == ir.ParamPrim && b.packed && b.net.packs(w.Def.Param) {
		return fmt.Sprintf("@gemm.NNPacked(%s, %d, %d, %s, %d, %s, %s, %d, %s)", rows, cols, inner,
			b.ref(a), inner, b.ref(w), b.ref(c), cols, b.epilogue(n))
	}
	return fmt.Sprintf("@gemm.NN(%s, %d, %d, %s, %d, %s, %d, %s, %d, %s)", rows, cols, inner,
		b.ref(a), inner, b.ref(w), cols, b.ref(c), cols, b.epilogue(n))
}

// emitGemmNT yields one call, for the gradient of h1 of digits:
//
//	gemm.NT(n, 32, 10, a.s2[:n*10], 10, p.OutputW[:], 10, a.s1[:n*32], 32, gemm.GradAct(gemm.ReLU, a.s3[:n*32]))
func (b *body) emitGemmNT(n *ir.Node) string {
	a, w, c := n.Args[0], n.Args[1], n.Results[0]
	cols, inner := w.Shape[0], w.Shape[1]
	return fmt.Sprintf("@gemm.NT(%s, %d, %d, %s, %d, %s, %d, %s, %d, %s)", b.count(a, inner), cols, inner,
		b.ref(a), inner, b.ref(w), inner, b.ref(c), cols, b.epilogue(n))
}

// emitGemmTN yields one call, for the weights of h1 of digits:
//
//	gemm.TN(64, 32, n, x, 64, a.s1[:n*32], 32, g.H1W[:], 32, gemm.None())
func (b *body) emitGemmTN(n *ir.Node) string {
	x, dy, c := n.Args[0], n.Args[1], n.Results[0]
	rows, cols := c.Shape[0], c.Shape[1]
	return fmt.Sprintf("@gemm.TN(%d, %d, %s, %s, %d, %s, %d, %s, %d, %s)", rows, cols, b.count(x, rows),
		b.ref(x), rows, b.ref(dy), cols, b.ref(c), cols, b.epilogue(n))
}

func (b *body) epilogue(n *ir.Node) string {
	act := "@gemm.Linear"
	if f := n.Text("act"); f != "" {
		act = "@gemm." + goName(f)
	}
	alpha := ""
	if a := n.Attr("alpha"); a != nil {
		alpha = fmt.Sprintf(".Alpha(%v)", a)
	}
	switch n.Text("epilogue") {
	case ir.EpilogueBias:
		if n.Text("act") == "" {
			return fmt.Sprintf("@gemm.Bias(%s)", b.ref(n.Args[2]))
		}
		return fmt.Sprintf("@gemm.BiasAct(%s, %s)%s", b.ref(n.Args[2]), act, alpha)
	case ir.EpilogueGrad:
		return fmt.Sprintf("@gemm.GradAct(%s, %s)%s", act, b.ref(n.Args[2]), alpha)
	}
	return "@gemm.None()"
}

func (b *body) emitBias(n *ir.Node) string { return rowwise("AddRow")(b, n) }

// rowwise writes a call with one vector for all rows: vec.F(rows, width, y, x, v).
func rowwise(name string) func(b *body, n *ir.Node) string {
	return func(b *body, n *ir.Node) string {
		width := n.Args[1].Shape.Size()
		return fmt.Sprintf("@vec.%s(%s, %d, %s, %s, %s)", name, b.count(n.Args[0], width), width,
			b.ref(n.Results[0]), b.ref(n.Args[0]), b.ref(n.Args[1]))
	}
}

func (b *body) emitAffine(n *ir.Node) string {
	width := n.Args[1].Shape.Size()
	return fmt.Sprintf("@vec.Affine(%s, %d, %s, %s, %s, %s)", b.count(n.Args[0], width), width,
		b.ref(n.Results[0]), b.ref(n.Args[0]), b.ref(n.Args[1]), b.ref(n.Args[2]))
}

func (b *body) emitSumRows(n *ir.Node) string {
	width := n.Results[0].Shape.Size()
	rows := b.count(n.Args[0], width)
	if n.Prim == ir.DotRows {
		return fmt.Sprintf("@vec.DotRows(%s, %d, %s, %s, %s)", rows, width, b.ref(n.Results[0]), b.ref(n.Args[0]), b.ref(n.Args[1]))
	}
	return fmt.Sprintf("@vec.SumRows(%s, %d, %s, %s)", rows, width, b.ref(n.Results[0]), b.ref(n.Args[0]))
}

// emitMap writes vec.F(y, x) or vec.FGrad(dx, dy, s), with the parameter last if there is one.
func (b *body) emitMap(n *ir.Node) string {
	name := goName(n.F)
	if n.Prim == ir.GradPrim {
		name += "Grad"
	}
	return elementwise(name)(b, n)
}

// elementwise writes vec.F(y, args…).
func elementwise(name string) func(b *body, n *ir.Node) string {
	return func(b *body, n *ir.Node) string {
		args := []string{b.ref(n.Results[0])}
		for _, a := range n.Args {
			args = append(args, b.ref(a))
		}
		if alpha := n.Attr("alpha"); alpha != nil {
			args = append(args, fmt.Sprint(alpha))
		}
		return fmt.Sprintf("@vec.%s(%s)", name, strings.Join(args, ", "))
	}
}

// lastAxis writes vec.F(rows, width, y, args…) with rows of the last axis.
func lastAxis(name string) func(b *body, n *ir.Node) string {
	return func(b *body, n *ir.Node) string {
		x := n.Args[0]
		width := x.Shape[len(x.Shape)-1]
		args := []string{b.count(x, width), fmt.Sprint(width), b.ref(n.Results[0])}
		for _, a := range n.Args {
			args = append(args, b.ref(a))
		}
		return fmt.Sprintf("@vec.%s(%s)", name, strings.Join(args, ", "))
	}
}

func (b *body) emitPReLUGrad(n *ir.Node) string {
	width := n.Args[2].Shape.Size()
	return fmt.Sprintf("@vec.PReLUGrad(%s, %d, %s, %s, %s, %s, %s)", b.count(n.Args[0], width), width,
		b.ref(n.Results[0]), b.ref(n.Results[1]), b.ref(n.Args[0]), b.ref(n.Args[1]), b.ref(n.Args[2]))
}

func (b *body) emitConcat(n *ir.Node) string {
	y := n.Results[0]
	total := y.Shape[len(y.Shape)-1]
	offset := 0
	var lines []string
	for _, a := range n.Args {
		width := a.Shape[len(a.Shape)-1]
		dst := b.ref(y)
		if offset > 0 {
			dst = from(dst, offset)
		}
		lines = append(lines, fmt.Sprintf("@vec.CopyCols(%s, %d, %s, %d, %s, %d)", b.count(a, width), width, dst, total, b.ref(a), width))
		offset += width
	}
	return strings.Join(lines, "\n")
}

func (b *body) emitSlice(n *ir.Node) string {
	x, width := n.Args[0], n.Int("width")
	src := b.ref(x)
	if offset := n.Int("offset"); offset > 0 {
		src = from(src, offset)
	}
	return fmt.Sprintf("@vec.CopyCols(%s, %d, %s, %d, %s, %d)", b.count(n.Results[0], width), width,
		b.ref(n.Results[0]), width, src, x.Shape[len(x.Shape)-1])
}

// from returns the text of a slice without its first offset elements.
func from(slice string, offset int) string {
	if i := strings.LastIndex(slice, "[:"); i >= 0 {
		return fmt.Sprintf("%s[%d:%s", slice[:i], offset, slice[i+2:])
	}
	return fmt.Sprintf("%s[%d:]", slice, offset)
}

func (b *body) emitDropout(n *ir.Node) string { return b.drawn("Apply", "rate", n) }
func (b *body) emitNoise(n *ir.Node) string   { return b.drawn("Noise", "stddev", n) }

// drawn writes a call that draws a number for each element, whose strength an attribute holds.
func (b *body) drawn(name, attr string, n *ir.Node) string {
	return fmt.Sprintf("@dropout.%s(%s, %s, %v, t.seed, %d, t.step, uint32(first*%d))", name, b.ref(n.Results[0]), b.ref(n.Args[0]),
		n.Float(attr), n.Int("stream"), n.Args[0].Shape.Size())
}

func (b *body) emitDropChannels(n *ir.Node) string {
	x := n.Args[0].Shape
	c := x[len(x)-1]
	return fmt.Sprintf("@dropout.Channels(%s, %d, %d, %s, %s, %v, t.seed, %d, t.step, uint32(first*%d))", b.rows, x.Size()/c, c, b.ref(n.Results[0]), b.ref(n.Args[0]),
		n.Float("rate"), n.Int("stream"), c)
}

func (b *body) emitLayerNorm(n *ir.Node) string {
	width := n.Args[1].Shape.Size()
	return fmt.Sprintf("@norm.LayerNorm(%s, %d, %s, %v)", b.count(n.Args[0], width), width,
		b.list(n.Results[:1], n.Args, n.Results[1:]), n.Float("epsilon"))
}

func (b *body) emitNormGrad(n *ir.Node) string {
	width := n.Args[2].Shape.Size()
	name := "LayerNormGrad"
	if n.Prim == ir.BatchNormGrad {
		name = "BatchNormGrad"
	}
	return fmt.Sprintf("@norm.%s(%s, %d, %s, false)", name, b.count(n.Args[0], width), width, b.list(n.Results, n.Args))
}

func (b *body) emitBatchNormTrain(n *ir.Node) string {
	width := n.Args[1].Shape.Size()
	return fmt.Sprintf("@norm.BatchNormTrain(%s, %d, %s, %v, %v)", b.count(n.Args[0], width), width,
		b.list(n.Results[:1], n.Args[:3], n.Results[1:], n.Args[3:]), n.Float("momentum"), n.Float("epsilon"))
}

func (b *body) emitBatchNormInfer(n *ir.Node) string {
	width := n.Args[1].Shape.Size()
	return fmt.Sprintf("@norm.BatchNormInfer(%s, %d, %s, %v)", b.count(n.Args[0], width), width,
		b.list(n.Results, n.Args), n.Float("epsilon"))
}

func (b *body) list(groups ...[]*ir.Value) string {
	var refs []string
	for _, g := range groups {
		for _, v := range g {
			refs = append(refs, b.ref(v))
		}
	}
	return strings.Join(refs, ", ")
}

func (b *body) emitZero(n *ir.Node) string { return fmt.Sprintf("clear(%s)", b.ref(n.Results[0])) }

func (b *body) emitSparseNN(n *ir.Node) string { return b.sparse("Forward", n) }
func (b *body) emitSparseDX(n *ir.Node) string { return b.sparse("DX", n) }
func (b *body) emitSparseDW(n *ir.Node) string { return b.sparse("DW", n) }

func (b *body) sparse(name string, n *ir.Node) string {
	pattern := patternName(n.Param)
	if b.params != "m" {
		pattern = "@model." + pattern
	}
	rows := b.count(n.Args[0], n.Args[0].Shape[len(n.Args[0].Shape)-1])
	return fmt.Sprintf("@sparse.%s(%s, &%s, %s)", name, rows, pattern, b.list(n.Results, n.Args))
}

// patternName names the variable that holds the connections of a sparse parameter.
func patternName(p *ir.Param) string { return p.Ident + "Pattern" }

func (b *body) emitLoss(n *ir.Node) string {
	y := n.Args[0].Shape
	width := y[len(y)-1]
	extra := ""
	if args := n.Text("args"); args != "" {
		extra = ", " + strings.ReplaceAll(args, ",", ", ")
	}
	weight := ""
	if w := n.Attr("weight"); w != nil {
		weight = fmt.Sprintf("%v * ", w)
	}
	assign := "="
	if b.losses > 1 {
		assign = "+="
	}
	return fmt.Sprintf("sum %s %s@loss.%s(%s, %d, %s, %s, %s, %sscale, %s%s)", assign, weight, goName(n.F), b.count(n.Args[0], width), width,
		b.ref(n.Args[0]), b.ref(n.Args[1]), b.ref(n.Args[2]), weight, b.ref(n.Results[1]), extra)
}

// goName turns the name of a function into that of its Go function: leaky_relu becomes LeakyReLU.
func goName(f string) string {
	if s, ok := initialisms[f]; ok {
		return s
	}
	var b strings.Builder
	for _, part := range strings.Split(f, "_") {
		if s, ok := initialisms[part]; ok {
			b.WriteString(s)
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

var initialisms = map[string]string{
	"relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "mse": "MSE", "mae": "MAE",
	"crossentropy": "CrossEntropy", "kl": "KL",
}
