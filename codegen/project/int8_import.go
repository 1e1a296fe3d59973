package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Int8Model is the package of 8-bit integers of an imported model.
type Int8Model struct {
	Network *quant.Network
	Numbers quant.Numbers
	Spec    []byte   // of the model, with a section quantize
	Weights []byte   // safetensors
	Remarks []string // what the package rounds otherwise than the model does
}

// Int8OfModel makes the package of 8-bit integers of a model that has such: with its integers, scales and zeros.
// Products whose weights the model has in float32 are skipped. It is an error if the model rounds less than a package
// does, or has scales that its arithmetic can't have; the error names the layer.
func Int8OfModel(r *onnx.Result) (*Int8Model, error) {
	var skip []string
	plain, problems := quant.Divide(r.Net, nil)
	if problems.Err() != nil {
		return nil, fmt.Errorf("%s: %s", problems[0].Subject, problems[0].Msg)
	}
	for _, u := range plain.Units {
		has := true
		switch {
		case u.Kind.Weighted():
			_, has = r.Int8.Products[u.Layers[0]]
		case u.Kind == quant.Embedding:
			_, has = r.Int8.Rounded[u.Last()]
		}
		if !has {
			skip = append(skip, u.Name)
		}
	}
	q, problems := quant.Divide(r.Net, skip)
	if problems.Err() != nil {
		return nil, fmt.Errorf("%s: %s", problems[0].Subject, problems[0].Msg)
	}
	m := &Int8Model{Network: q}
	given := quant.Given{Ranges: map[*op.Layer]quant.Range{}, Scales: map[*op.Layer][]float32{}}
	for l, x := range r.Int8.Rounded {
		given.Ranges[l] = quant.Range{Layer: l, Scale: x.Scale, Zero: x.Zero}
	}
	normed := map[*op.Layer]bool{} // products whose weights take a norm in, which the scales of the model know nothing of
	for _, u := range q.Units {
		for _, l := range u.Layers {
			if l.Def.Kind.Name == "batch_norm" {
				normed[u.Layers[0]] = true
			}
		}
	}
	var anew []string
	for _, l := range r.Net.Layers {
		p, ok := r.Int8.Products[l]
		switch {
		case p.Scales != nil && !normed[l]:
			given.Scales[l] = p.Scales
		case ok:
			anew = append(anew, l.Name)
		}
	}
	if anew != nil {
		m.remark("weights of %s are rounded anew, since those of the model have zero points, other scales than one for "+
			"each channel, or a batch norm behind them, which the package takes into them", strings.Join(anew, ", "))
	}
	weights := map[string][]float64{}
	for p, v := range r.Exact {
		weights[p.Name] = v
	}
	var err error
	if m.Numbers, err = q.Adopt(weights, given); err != nil {
		return nil, err
	}
	m.differences(given)
	section := "quantize: {}\n"
	if skip != nil {
		section = fmt.Sprintf("quantize: {skip: [%s]}\n", strings.Join(skip, ", "))
	}
	if m.Spec, err = spec.Format(r.Net.Spec.File, append(slices.Clone(r.Spec), section...)); err != nil {
		return nil, err
	}
	ranges, err := q.Ranges()
	if err != nil {
		return nil, err
	}
	m.Weights, err = safetensors.Encode(map[string]string{"spec": q.Sum(), Int8Source: output.Sum(r.Weights),
		quant.RangesKey: ranges, "calibration": "scales of the imported model"}, q.Tensors(m.Numbers))
	return m, err
}

func (m *Int8Model) remark(format string, args ...any) {
	m.Remarks = append(m.Remarks, fmt.Sprintf(format, args...))
}

// differences remarks where the package rounds otherwise than the model.
func (m *Int8Model) differences(given quant.Given) {
	for _, u := range m.Network.Units {
		if len(u.Layers) == 0 || u.Kind == quant.Float || u.Kind == quant.View {
			continue
		}
		r, rounded := given.Ranges[u.Last()]
		switch {
		case rounded && !u.Integer():
			m.remark("layer %q: its output is not rounded, to steps of %g as the model's", u.Last().Name, r.Scale)
		case rounded && (r.Scale != u.Range.Scale || r.Zero != u.Range.Zero):
			m.remark("layer %q: its output has the steps of its input, %g, the model's %g", u.Last().Name, u.Range.Scale,
				r.Scale)
		}
	}
}
