package project

import (
	"fmt"
	"path/filepath"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/weights"
	"github.com/nngen/nngen/runtime/safetensors"
)

// ImportWeights gives the network the weights of a file that another framework wrote, and writes its packages with
// them: see weights.Match. Constants of preprocessing that the file lacks stay as the package has them.
func (p *Project) ImportWeights(file string, o weights.Options) (*weights.Result, error) {
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	f, err := weights.Read(file)
	if err != nil {
		return nil, err
	}
	old, err := p.weights()
	if err != nil {
		return nil, err
	}
	if old != nil {
		if o.Current, err = Tensors(network, old); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
		}
	}
	r, err := weights.Match(network, f, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		tensors = append(tensors, net.Tensor(q, r.Params[q.Name]))
	}
	b, err := safetensors.Encode(map[string]string{"spec": network.ModelSum()}, tensors)
	if err != nil {
		return nil, err
	}
	pkg, err := p.Trained(map[string][]byte{output.Weights: b})
	if err != nil {
		return nil, err
	}
	if err := pkg.Write(); err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, pkg.Notes...)
	return r, nil
}
