package project

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
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
		own := filepath.Join(p.Dir, output.Weights)
		if o.Current, err = stored(network, old); err != nil {
			return nil, fmt.Errorf("%s: %w", own, err)
		}
		// Numbers that the file replaces need not be finite: weights of a training that diverged are why one imports others.
		constants := slices.DeleteFunc(slices.Clone(network.Params), func(q *ir.Param) bool { return q.Role != ir.Constant })
		if err := finite(constants, o.Current); err != nil {
			return nil, fmt.Errorf("%s: %w", own, err)
		}
	}
	r, err := weights.Match(network, f, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := finite(network.Params, r.Params); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		tensors = append(tensors, net.Tensor(q, r.Params[q.Name]))
	}
	meta := map[string]string{"spec": network.ModelSum()}
	SetBesides(meta, network)
	if fitted := f.Meta[net.FittedKey]; r.From == "nngen" && fitted != "" { // what columns took from the training rows
		meta[net.FittedKey] = fitted
	}
	if why := readOtherwise(network, f.Meta); why != "" {
		return nil, fmt.Errorf("%s: %s", file, why)
	}
	if read := f.Meta[net.ReadingKey]; read != "" {
		meta[net.ReadingKey] = read
	}
	b, err := safetensors.Encode(meta, tensors)
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
	p.Written(pkg)
	return r, nil
}

// spared returns weights of a spec that asked for more beside the layers than this one does, such as a guard, without
// the arrays of that, whose names it returns; nil if they are others.
func spared(network *net.Net, f *safetensors.File) (kept []byte, left []string, err error) {
	if b, ok := network.BesidesOf(f.Meta); !ok || b.Lacks != nil {
		return nil, nil, nil
	}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		t := net.Tensor(q, make([]float32, q.Size()))
		if err := f.ReadAny(t); err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	for _, name := range f.Names() {
		if !slices.ContainsFunc(network.Params, func(q *ir.Param) bool { return q.Name == name }) {
			left = append(left, name)
		}
	}
	meta := maps.Clone(f.Meta)
	meta["spec"] = network.ModelSum()
	SetBesides(meta, network)
	kept, err = safetensors.Encode(meta, tensors)
	return kept, left, err
}

// SetBesides writes into the metadata of weights of a network what a training fits beside its layers.
func SetBesides(meta map[string]string, network *net.Net) {
	for key, text := range network.BesidesMeta() {
		if meta[key] = text; text == "" {
			delete(meta, key)
		}
	}
}
