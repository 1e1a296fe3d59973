package onnx

import (
	"bytes"
	"errors"
	"slices"
	"strings"
)

// Files that nngen wrote are read back as what they were, to the bit. What ONNX has no operator for is told by the
// names of its nodes, /layer/Operator; in files of others the same nodes are folded into the layers beside them.

// producer is how such a file names its writer.
const producer = "nngen"

// Written tells whether nngen wrote a file: behind the version of the format, it is named as the producer.
func Written(file []byte) bool {
	const version = 2 // bytes of the field
	return len(file) > version && bytes.HasPrefix(file[version:], append([]byte{0x12, byte(len(producer))}, producer...))
}

// ownLayer returns the layer that the name of a node tells; "" in files of others.
func (m *matcher) ownLayer(n *Node) string {
	if !m.own || n == nil {
		return ""
	}
	return layerOfNode(n)
}

func layerOfNode(n *Node) string {
	rest, ok := strings.CutPrefix(n.Name, "/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// ownAffine is (x − center)·scale: preprocessing, the temperature of an output, or the scale of its targets.
func ownAffine(m *matcher, n *Node) *Node {
	name := m.ownLayer(n)
	if name == "" || n.Op != "Mul" || len(n.In) != 2 {
		return nil
	}
	d := m.made(n.In[0], "Sub")
	if m.ownLayer(d) != name || !m.fixed(d.in(1)) || !m.fixed(n.In[1]) {
		return nil
	}
	return &Node{Op: "Affine", Domain: internal, In: []string{d.in(0), d.in(1), n.In[1]}}
}

// affineOf is the row of that pattern.
func affineOf(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	l := &layer{kind: "preprocess", hint: hintOf(n), in: []*layer{x.layer}, origin: []string{n.String()}}
	switch name := layerOfNode(n); {
	case strings.HasSuffix(name, ".temperature"):
		l.kind = temperatureKind
	case strings.HasSuffix(name, ".targets"):
		l.kind = targetsKind
	case !raw(x.layer):
		return nil, errors.New("preprocessing behind something else than an input: the file was changed since nngen wrote it")
	}
	for i, role := range []string{"center", "scale"} {
		a, err := needed(in, i+1, role, -1)
		if err == nil {
			err = finite(a)
		}
		if err != nil {
			return nil, err
		}
		numbers, err := im.everywhere(x, a)
		if err != nil {
			return nil, err
		}
		l.params = append(l.params, param{role, []int{len(numbers)}, numbers})
	}
	im.layers = append(im.layers, l)
	return one(x.like(l), nil)
}

// temperatureKind and targetsKind are those of what an output does behind its scores, which are attributes of it in a
// spec.
const temperatureKind, targetsKind = "temperature", "targets"

// refinement is what an output of the spec does behind its scores: its attributes and parameters.
type refinement struct {
	attrs  []attribute
	params []param
}

// refined takes the temperature or the scale of the targets that lies behind the scores of an output out of the layers:
// the layer l of the output gives what it would without. It returns nil if there is none.
func (im *importer) refined(l *layer, readers map[*layer]int) *refinement {
	var gone *layer
	r := &refinement{}
	switch {
	case readers[l] > 0 || len(l.in) != 1:
		return nil
	case l.kind == targetsKind:
		gone, r.attrs = l, []attribute{{"standardize", true}}
	case l.kind == "exp" && l.in[0].kind == targetsKind:
		gone, r.attrs = l.in[0], []attribute{{"standardize", "log"}}
	case (l.kind == "softmax" || l.kind == "sigmoid") && l.in[0].kind == temperatureKind:
		gone, r.attrs = l.in[0], []attribute{{"calibrate", temperatureKind}}
	default:
		return nil
	}
	scores := gone.in[0]
	if readers[gone] > 1 || gone == l && readers[gone] > 0 {
		return nil
	}
	for _, p := range slices.Concat(gone.params, gone.standardizing()) {
		r.params = append(r.params, param{gone.kind + "." + p.role, p.dims, p.data})
	}
	readers[scores]--
	inside := scores.kind == "dense" && scores.attr("activation") == nil && readers[scores] == 0
	switch {
	case gone.kind == targetsKind: // the output is what gives the scores, and scales them back itself
		for _, o := range im.found {
			if o.value.layer == l {
				o.value.layer = scores
			}
		}
		im.layers = slices.DeleteFunc(im.layers, func(o *layer) bool { return o == gone || o == l })
	case inside:
		scores.set("activation", called{kind: l.kind})
		for _, o := range im.found {
			if o.value.layer == l {
				o.value.layer = scores
			}
		}
		im.layers = slices.DeleteFunc(im.layers, func(o *layer) bool { return o == gone || o == l })
	default:
		l.in[0] = scores
		readers[scores]++
		im.layers = slices.DeleteFunc(im.layers, func(o *layer) bool { return o == gone })
	}
	return r
}

// standardizing returns what brings targets to the scores that a network learns, (t − μ)/σ, of a layer that turns
// scores back, (x + μ/σ)·σ; nothing for other layers.
func (l *layer) standardizing() []param {
	if l.kind != targetsKind {
		return nil
	}
	center, scale := l.params[0], l.params[1]
	mean, inverse := standardizing(center.data, scale.data)
	return []param{{"target_center", center.dims, mean}, {"target_scale", scale.dims, inverse}}
}

// standardizing returns μ and 1/σ from what turns scores back, −μ/σ and σ.
func standardizing(center, scale []float64) (mean, inverse []float64) {
	for i, c := range center {
		mean, inverse = append(mean, -c*scale[i]), append(inverse, 1/scale[i])
	}
	return mean, inverse
}

// unrefined makes usual layers of what lies behind the scores of no output.
func (im *importer) unrefined() {
	for _, l := range im.layers {
		if l.kind != temperatureKind && l.kind != targetsKind {
			continue
		}
		gamma, beta := l.params[1].data, make([]float64, len(l.params[1].data))
		for i, c := range l.params[0].data {
			beta[i] = -c * gamma[i]
		}
		l.kind, l.params = "affine", []param{{"gamma", []int{len(gamma)}, gamma}, {"beta", []int{len(beta)}, beta}}
	}
}

// ownTied is x·Wᵀ with a table W that stays as it is.
func ownTied(m *matcher, n *Node) *Node {
	name := m.ownLayer(n)
	if name == "" || n.Op != "MatMul" || len(n.In) != 2 {
		return nil
	}
	t := m.made(n.In[1], "Transpose")
	if m.ownLayer(t) != name || !m.fixed(t.in(0)) {
		return nil
	}
	return &Node{Op: "TiedDense", Domain: internal, In: []string{n.In[0], t.in(0)}}
}

// tiedDense is the row of that pattern. A table that an embedding reads is shared with it: see tie.
func tiedDense(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	w, err := needed(in, 1, "weights", 2)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(im.readersOf(n.In[1]), func(r *Node) bool { return r.Op == "Gather" }) {
		kernel, err := transposed(w, nil)
		if err != nil {
			return nil, err
		}
		return one(im.dense(n, x, kernel, nil))
	}
	last := len(x.axes) - 1
	if last < 1 || x.axes.extents()[last] != w.dims[1] {
		return nil, errors.New("its table does not fit its input")
	}
	x = im.aligned(n, x, x.axes.features())
	l := im.add(n, "tied_dense", x.layer)
	l.set("units", w.dims[0])
	l.params = []param{{"kernel", w.dims, w.data}}
	l.setBias(nil, w.dims[0])
	y := x.like(l)
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[last] = []*atom{{size: w.dims[0]}}
	y.store[len(y.store)-1] = y.axes[last]
	return one(y, nil)
}
