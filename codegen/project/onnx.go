package project

import (
	"fmt"
	"path/filepath"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/output"
)

// ONNX returns the trained network as an ONNX file: see onnx.Export. It is an error if the folder holds no weights of this
// spec.
func (p *Project) ONNX(opset int, bare bool) ([]byte, error) {
	network, problems := net.Build(p.Spec, p.Files())
	if problems.Err() != nil {
		return nil, &SpecError{List: problems, Source: p.Spec.Source}
	}
	b, err := p.weights()
	if err != nil {
		return nil, err
	}
	if b == nil {
		return nil, fmt.Errorf("%s: there are no weights of this network to export; run: %s train %s", filepath.Join(p.Dir, output.Weights), Command(), p.Spec.File)
	}
	trained, err := Tensors(network, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
	}
	params := map[*ir.Param][]float64{}
	for _, q := range network.Params {
		for _, v := range trained[q.Name] {
			params[q] = append(params[q], float64(v))
		}
	}
	file, err := onnx.Export(network, params, onnx.ExportOptions{Opset: opset, Bare: bare, Version: Version()})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
	}
	return file, nil
}
