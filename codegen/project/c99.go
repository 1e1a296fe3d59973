package project

import (
	"fmt"
	"path/filepath"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/quant"
)

// C returns the prediction of the trained network as C99, in float32, or in 8-bit integers: see c99.Write. It is an
// error if the folder holds no weights of this spec, or no int8 weights that were made from them.
func (p *Project) C(quantized bool) (*c99.Files, error) {
	_, b, weights, err := p.trained()
	if err != nil {
		return nil, err
	}
	fitted, err := Fitted(p.Spec, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
	}
	out, err := p.Compile(codegen.Options{Fitted: fitted, Int8: quantized})
	if err != nil {
		return nil, err
	}
	n := c99.Network{Net: out.Net, Name: p.Spec.Name, Infer: out.Infer, Step: out.Stream, Weights: c99.Floats(weights)}
	if quantized {
		n.Name, n.Infer, n.Step, n.Core = codegen.Int8Package(p.Spec.Name), out.Int8Infer, nil, out.Int8Core
		all, err := p.int8Numbers(out.Int8, b)
		if err != nil {
			return nil, err
		}
		n.Weights = map[string]quant.Array{}
		for q, a := range all {
			n.Weights[q.Name] = a
		}
		if n.Core != nil {
			borders := out.Borders(all)
			n.Borders = &borders
		}
	}
	files, err := c99.Write(n, Version())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
	}
	return files, nil
}
