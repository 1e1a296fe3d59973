package onnx

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// ExportOptions steer an export.
type ExportOptions struct {
	Opset int  // 13 to 23; 17 if it is 0
	Bare  bool // without preprocessing and without an output that names the class
	// Training keeps batch norms as operators; else they go into the convolution or dense layer right before them.
	Training bool
	Version  string // of nngen, for the metadata
	// Fitted is what columns took from the training rows: see net.Fitted. Bare has no need of it.
	Fitted net.Fitted
	// Reading is what the training read, nil where that is not known: see net.Reading.
	Reading *net.Reading
	// Remark is called with a line on what of the spec the file leaves out; nil for nothing.
	Remark func(line string)
	// Int8 is what computes with 8-bit integers; nil for a network in float32.
	Int8 *Int8
	docs map[string]string // of inputs by their names; nil for those that the network gives
}

// The opsets that are written.
const oldestOpset, newestOpset = 13, 23

// mlDomain has the operators of tables, of which mlOpset is written.
const (
	mlDomain = "ai.onnx.ml"
	mlOpset  = 3
)

// Export writes a network with its parameters as an ONNX file.
//
// Inputs and outputs keep the spec's layout: channels last, or first in inputs with layout: channels_first. Images are
// transposed within where the layout is not that of ONNX. An input that columns of
// words, flags, dates or gaps feed is an input for each column, unless Bare is set: see export_columns.go. Beside the
// outputs of the network there is, unless Bare is set, one of text for each output with classes, which names the most
// probable one. It is an error if a layer has no operators in that opset; every such layer is named.
func Export(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) ([]byte, error) {
	if o.Opset == 0 {
		o.Opset = 17
	}
	if o.Opset < oldestOpset || o.Opset > newestOpset {
		return nil, fmt.Errorf("opset %d: %d to %d are written", o.Opset, oldestOpset, newestOpset)
	}
	e, err := exportedGraph(network, params, o)
	if err != nil {
		return nil, err
	}
	if o.Int8 != nil {
		e.graph.dropUnread()
	}
	e.narrow()
	m := &Model{Producer: producer, Opsets: map[string]int64{"": int64(o.Opset)}, Graph: e.graph,
		Meta: [][2]string{{"nngen.version", o.Version}, {"nngen.spec", network.ModelSum()}}}
	if slices.ContainsFunc(e.graph.Nodes, func(n *Node) bool { return n.Domain == mlDomain }) {
		m.Opsets[mlDomain] = mlOpset
	}
	if len(e.folded) > 0 {
		m.Meta = append(m.Meta, [2]string{foldedKey, strings.Join(e.folded, ", ")})
	}
	if e.fronts != nil {
		text, err := json.Marshal(e.fronts)
		if err != nil {
			return nil, err
		}
		m.Meta = append(m.Meta, [2]string{frontsKey, string(text)})
	}
	if err := m.besideNodes(network, params, o); err != nil {
		return nil, err
	}
	text, why := sourceOf(network, m, o)
	if text != nil {
		m.Meta = append(m.Meta, [2]string{originKey, string(text)})
	} else if o.Remark != nil {
		o.Remark("the file leaves out the spec, and so how it is trained: " + why)
	}
	if o.Bare && o.Remark != nil {
		for i, in := range network.Inputs {
			if line := bareInput(network, i, in); line != "" {
				o.Remark(line)
			}
		}
	}
	if net.Format(network.Spec).Comma {
		m.Meta = append(m.Meta, [2]string{decimalKey, ","})
	}
	if net.Format(network.Spec).Comma && o.Remark != nil {
		o.Remark("the file leaves out that tables have a decimal comma: write decimal: ',' in the data of a spec " +
			"that it is " +
			"imported to")
	}
	return m.Encode(), nil
}

// bareInput says what an input of a bare file is to be given; "" where that is what the network is given.
func bareInput(network *net.Net, i int, in *op.Layer) string {
	var does []string
	if hasEncoded(network.Spec.Inputs[i]) {
		does = append(does, fmt.Sprintf("the %d numbers that Encode of the package makes of a row", in.Shape.Size()))
	}
	for _, l := range net.Preprocessing(network, in) {
		does = append(does, fmt.Sprintf("%s, (x − %s)·%s of weights.safetensors", l.Def.Kind.Name, l.Params[0].Name,
			l.Params[1].Name))
	}
	if len(does) == 0 {
		return ""
	}
	return fmt.Sprintf("input %q of the bare file is to be given what has been through: %s", in.Name,
		strings.Join(does, "; then "))
}

// exportedGraph writes the graph of a network, with numbers of float32.
func exportedGraph(network *net.Net, params map[*ir.Param][]float64, o ExportOptions) (*exporter, error) {
	e := newExporter(o)
	e.net, e.params, e.graph.Name = network, params, network.Spec.Name
	if o.Int8 != nil {
		e.params = o.Int8.integers(params)
	}
	steps := map[*op.Layer]bool{}
	for _, in := range network.Inputs {
		for _, l := range net.Preprocessing(network, in) {
			steps[l] = true
		}
	}
	for _, l := range network.Layers {
		if o.Bare && steps[l] {
			e.values[l] = e.values[l.In[0]]
			continue
		}
		if err := e.layer(l); err != nil {
			e.errs = append(e.errs, fmt.Errorf("layer %q (%s): %w", l.Name, l.Def.Kind.Name, err))
		}
	}
	if len(e.errs) > 0 {
		return nil, &Unsupported{e.errs}
	}
	e.outputs()
	return e, nil
}

func newExporter(o ExportOptions) *exporter {
	return &exporter{ExportOptions: o, graph: &Graph{}, values: map[*op.Layer]exported{},
		recurrences: map[*op.Layer]recurrence{}, known: map[string]string{}, used: map[string]int{}}
}

// exported is a value of the graph under construction.
type exported struct {
	name  string
	shape []int // of an example, in the spec's order
	first bool  // whether the channels come first
	whole bool  // of an input of int64
}
