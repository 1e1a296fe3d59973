package onnx

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// fates returns for each node of the model what became of it: the layer that it is or is a part of, preprocessing,
// folded where it was computed at import, dropped where inference has no use for it.
func (im *importer) fates() []string {
	made := map[string]string{}
	for _, l := range im.layers {
		for _, origin := range l.origin {
			switch of := l; {
			case l.kind == "preprocess":
				made[origin] = "preprocessing of " + source(l)
			default:
				if l.kind == stateKind {
					of = l.in[0]
				}
				made[origin] = fmt.Sprintf("layer %s (%s)", of.name, of.kind)
			}
		}
	}
	nodes, err := im.model.inlined(im.model.Graph.Nodes)
	if err != nil {
		return nil
	}
	reader := map[string]*Node{}
	for _, n := range nodes {
		for _, in := range n.readNames() {
			reader[in] = n
		}
	}
	kept := map[string]bool{}
	stands := map[string]*Node{} // by what they give, the nodes that patterns among them put in place of others
	for _, n := range im.nodes {
		kept[n.String()] = true
		for _, o := range n.Out {
			stands[o] = n
		}
	}
	// A node that a pattern took in has the fate of the one that stands for the pattern: that which gives the same, or
	// its reader, whose fate is known, since nodes come in order.
	known := map[*Node]string{}
	if nodes, err = sorted(nodes); err != nil {
		return nil
	}
	for _, n := range slices.Backward(nodes) {
		f := made[n.String()]
		switch {
		case f != "":
		case im.isFolded(n):
			f = "folded"
		case !kept[n.String()] && len(n.Out) > 0 && stands[n.Out[0]] != nil && made[stands[n.Out[0]].String()] != "":
			f = made[stands[n.Out[0]].String()]
		case !kept[n.String()] && len(n.Out) > 0 && known[reader[n.Out[0]]] != "":
			f = known[reader[n.Out[0]]]
		default:
			f = im.fateOf(n)
		}
		known[n] = f
	}
	var out []string
	for _, n := range nodes {
		out = append(out, fmt.Sprintf("%s → %s", n, known[n]))
	}
	return out
}

// isFolded tells whether all that a node gives is constant.
func (im *importer) isFolded(n *Node) bool {
	return len(n.Out) > 0 && !slices.ContainsFunc(n.Out, func(o string) bool {
		v := im.values[o]
		return o != "" && (v == nil || v.konst == nil)
	})
}

// fateOf says what becomes of a node that is no layer and is not computed at import.
func (im *importer) fateOf(n *Node) string {
	labels := slices.ContainsFunc(n.Out, func(o string) bool { return im.values[o] != nil && im.values[o].label != nil })
	switch {
	case slices.Contains([]string{"Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze"}, n.Op),
		n.Op == "Gather" && !labels:
		return "folded: the layout is followed"
	case slices.Contains([]string{"Identity", "Cast", "Dropout", "QuantizeLinear", "DequantizeLinear"}, n.Op):
		return "dropped: it changes nothing here"
	case labels || slices.Contains(naming, operatorOf(n)) || strings.HasPrefix(operatorOf(n), "ml.") ||
		slices.Contains(comparing, n.Op) || n.Op == "Concat" || n.Op == "Sub":
		return "dropped: the package's Classify names the class"
	}
	return "folded: in the weights beside it"
}

// Stages are the stages of an import that can be written out, in order.
var Stages = []string{"decode", "patterns", "shapes", "layout"}

// dump writes a stage if it is asked for.
func (im *importer) dump(o Options, stage string, write func(w io.Writer)) {
	if o.Dump != nil && o.Stage == stage {
		write(o.Dump)
	}
}

// dump writes the graph as the file has it.
func (m *Model) dump(w io.Writer) {
	fmt.Fprintf(w, "ir %d, producer %q\n", m.IRVersion, m.Producer)
	domains := []string{}
	for d, v := range m.Opsets {
		domains = append(domains, fmt.Sprintf("opset %s %d", cmpOr(d, "ai.onnx"), v))
	}
	slices.Sort(domains)
	fmt.Fprintln(w, strings.Join(domains, "\n"))
	for _, f := range m.Functions {
		fmt.Fprintf(w, "function %s.%s(%s) → %s: %d nodes\n", f.Domain, f.Name, strings.Join(f.In, ", "),
			strings.Join(f.Out, ", "), len(f.Nodes))
	}
	for _, p := range m.Graph.Inputs {
		fmt.Fprintf(w, "input %s %s\n", p.Name, p)
	}
	for _, p := range m.Graph.Outputs {
		fmt.Fprintf(w, "output %s %s\n", p.Name, p)
	}
	for _, t := range m.Graph.Initializers {
		fmt.Fprintf(w, "initializer %s %s%v\n", t.Name, typeName(t.Type), t.Dims)
	}
	for _, s := range m.Graph.Sparse {
		if s.Values != nil {
			fmt.Fprintf(w, "sparse initializer %s %s%v of %v\n", s.Values.Name, typeName(s.Values.Type), s.Dims, s.Values.Dims)
		}
	}
	for _, n := range m.Graph.Nodes {
		writeNode(w, n)
	}
}

// String returns the type and the dimensions of an input or output.
func (p *Port) String() string {
	if p.Kind != "tensor" {
		return cmpOr(p.Kind, "of no type")
	}
	dims := make([]string, len(p.Dims))
	for i, d := range p.Dims {
		if dims[i] = fmt.Sprint(d.Size); d.open() {
			dims[i] = cmpOr(d.Name, "?")
		}
	}
	return fmt.Sprintf("%s[%s]", typeName(p.Type), strings.Join(dims, " "))
}

// writeNode writes a node as name = operator(inputs) {attributes}.
func writeNode(w io.Writer, n *Node) {
	var attrs []string
	for _, a := range n.Attrs {
		attrs = append(attrs, a.Name+": "+a.text())
	}
	braces := ""
	if len(attrs) > 0 {
		braces = " {" + strings.Join(attrs, ", ") + "}"
	}
	fmt.Fprintf(w, "%s = %s(%s)%s\n", strings.Join(n.Out, ", "), operatorOf(n), strings.Join(n.In, ", "), braces)
}

// text returns the value of an attribute.
func (a *Attr) text() string {
	switch {
	case a.T != nil:
		return fmt.Sprintf("%s%v", typeName(a.T.Type), a.T.Dims)
	case a.G != nil:
		return fmt.Sprintf("a graph of %d nodes", len(a.G.Nodes))
	case a.S != "":
		return fmt.Sprintf("%q", a.S)
	case a.IsFloat || a.F != 0:
		return fmt.Sprint(a.F)
	case len(a.Floats) > 0:
		return shortened(fmt.Sprint(a.Floats))
	case len(a.Ints) > 0:
		return shortened(fmt.Sprint(a.Ints))
	case len(a.Strings) > 0:
		return shortened(fmt.Sprintf("%q", a.Strings))
	}
	return fmt.Sprint(a.I)
}

// shortened cuts a long text.
func shortened(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// dumpNodes writes the nodes once functions are written out and patterns are replaced.
func (im *importer) dumpNodes(w io.Writer) {
	for _, n := range im.nodes {
		writeNode(w, n)
	}
}

// dumpShapes writes what each node gives: a constant with its numbers, or an array whose axes are written by their
// parts, n for the batch.
func (im *importer) dumpShapes(w io.Writer) {
	for _, n := range im.nodes {
		for _, o := range n.Out {
			switch v := im.values[o]; {
			case v == nil:
				fmt.Fprintf(w, "%s: could not be made\n", o)
			case v.konst != nil:
				fmt.Fprintf(w, "%s: constant %v %s\n", o, v.konst.dims, shortened(fmt.Sprint(v.konst.data)))
			default:
				fmt.Fprintf(w, "%s: %s\n", o, v.axes)
			}
		}
	}
}

// dumpLayout writes for each value that a layer gives its axes in the model and here.
func (im *importer) dumpLayout(w io.Writer) {
	im.nameLayers()
	for _, n := range im.nodes {
		for _, o := range n.Out {
			if v := im.values[o]; v != nil && v.layer != nil && v.layer.name != "" {
				fmt.Fprintf(w, "%s: %s in the model, n×%s here, given by %s (%s)\n", o, v.axes, v.store, v.layer.name, v.layer.kind)
			}
		}
	}
}
