package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/nngen/nngen/codegen/bounds"
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// errorWork bounds the multiply-adds of an example of networks whose errors are bounded: a fifth of a second.
const errorWork = 1e8

// maxErrors returns bounds of the errors of a network's outputs in float32, for inputs within bounds.Ranges.
func maxErrors(network *net.Net, params map[string][]float32) []emit.MaxError {
	all := make([]emit.MaxError, len(network.Outputs))
	fail := func(why string) []emit.MaxError {
		for i := range all {
			all[i].Why = why
		}
		return all
	}
	if golden.Work(network) > errorWork {
		return fail("one example takes too much work")
	}
	a, err := bounds.Analyze(network, params, bounds.Ranges(network, params), false)
	if err != nil {
		return fail(err.Error())
	}
	for i := range all {
		bound, why := a.MaxError(i)
		all[i] = emit.MaxError{Bound: bound, Inputs: bounds.RangeText(network)}
		if why != nil {
			all[i] = emit.MaxError{Why: why.Error()}
		}
	}
	return all
}

// TrainedTensors returns the weights in the output folder by name; nil if there are none of this spec.
func (p *Project) TrainedTensors() (map[string][]float32, error) {
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	b, err := regular.Read(filepath.Join(p.Dir, output.Weights), MaxWeights)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil || Foreign(network, f.Meta) != "" {
		return nil, nil // check says what is wrong with them
	}
	return Tensors(network, b)
}

// Untaken says why TrainedTensors takes none of the weights that the output folder holds, or is to hold; "" if it does,
// or none were trained.
func (p *Project) Untaken() string {
	network, err := p.Network()
	if err != nil {
		return ""
	}
	file := filepath.Join(p.Dir, output.Weights)
	b, err := regular.Read(file, MaxWeights)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) && output.Lists(p.Dir, output.Weights) {
			return file + " is not there, but was when the package was compiled"
		}
		return ""
	}
	if output.Pointer(b) != "" {
		return file + ": a pointer of Git LFS stands in place of the weights: git lfs pull fetches them"
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return fmt.Sprintf("%s: %v", file, err)
	}
	if why := Foreign(network, f.Meta); why != "" {
		return file + ": " + why
	}
	return ""
}
