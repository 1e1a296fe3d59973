package project

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// C returns the prediction of the trained network as C99, in float32, or in 8-bit integers: see c99.Write. It is an error
// if the folder holds no weights of this spec, or no int8 weights that were made from them.
func (p *Project) C(int8 bool) (*c99.Files, error) {
	_, b, weights, err := p.trained()
	if err != nil {
		return nil, err
	}
	fitted, err := Fitted(p.Spec, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
	}
	out, err := p.Compile(codegen.Options{Fitted: fitted, Int8: int8})
	if err != nil {
		return nil, err
	}
	n := c99.Network{Net: out.Net, Name: p.Spec.Name, Infer: out.Infer, Step: out.Stream, Weights: c99.Floats(weights)}
	if int8 {
		n.Name, n.Infer, n.Step = codegen.Int8Package(p.Spec.Name), out.Int8Infer, nil
		if n.Weights, err = p.int8Arrays(out, b); err != nil {
			return nil, err
		}
	}
	files, err := c99.Write(n, Version())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Spec.File, err)
	}
	return files, nil
}

// int8Arrays returns the int8 weights by name. It is an error if there are none, or if they were made from other weights
// than those that are given.
func (p *Project) int8Arrays(out *codegen.Output, weights []byte) (map[string]quant.Array, error) {
	name := filepath.Join(p.Dir, filepath.FromSlash(p.Int8Weights()))
	run := fmt.Sprintf("run: %s quantize %s", Command(), p.Spec.File)
	b, err := regular.Read(name, MaxWeights)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil, fmt.Errorf("%s: there are no int8 weights of this network to export; %s", name, run)
	case err != nil:
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Meta["spec"] != out.Int8.Sum() || f.Meta[Int8Source] != output.Sum(weights) {
		return nil, fmt.Errorf("%s: these int8 weights were not made from the weights of this network; %s", name, run)
	}
	numbers, err := out.Int8.Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	all := map[string]quant.Array{}
	for q, a := range numbers {
		all[q.Name] = a
	}
	return all, nil
}
