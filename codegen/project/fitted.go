package project

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// columnsKey is the key of the metadata of weights that holds, as JSON, what columns took from the training rows.
const columnsKey = "columns"

// WithTensors returns weights of a network with other numbers in some tensors, by name.
func WithTensors(network *net.Net, weights []byte, changed map[string][]float32) ([]byte, error) {
	f, err := safetensors.Open(weights)
	if err != nil {
		return nil, err
	}
	data, err := Tensors(network, weights)
	if err != nil {
		return nil, err
	}
	maps.Copy(data, changed)
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		tensors = append(tensors, net.Tensor(q, data[q.Name]))
	}
	return safetensors.Encode(f.Meta, tensors)
}

// WithFitted returns weights of a network that carry what its columns took from the training rows, and more metadata.
func WithFitted(network *net.Net, weights []byte, fitted net.Fitted, more map[string]string) ([]byte, error) {
	if len(fitted) == 0 && len(more) == 0 {
		return weights, nil
	}
	f, err := safetensors.Open(weights)
	if err != nil {
		return nil, err
	}
	data, err := Tensors(network, weights)
	if err != nil {
		return nil, err
	}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		tensors = append(tensors, net.Tensor(q, data[q.Name]))
	}
	text, err := json.Marshal(fitted)
	if err != nil {
		return nil, err
	}
	meta := maps.Clone(f.Meta)
	if meta == nil {
		meta = map[string]string{}
	}
	if len(fitted) > 0 {
		meta[columnsKey] = string(text)
	}
	maps.Copy(meta, more)
	return safetensors.Encode(meta, tensors)
}

// Fitted returns what the columns of a spec took from the training rows, as weights carry it; nil if they carry none.
func Fitted(s *spec.Spec, weights []byte) (net.Fitted, error) {
	f, err := safetensors.Open(weights)
	if err != nil {
		return nil, err
	}
	text := f.Meta[columnsKey]
	if text == "" {
		return nil, nil
	}
	var fitted net.Fitted
	if err := json.Unmarshal([]byte(text), &fitted); err != nil {
		return nil, fmt.Errorf("what the weights say of columns is damaged: %w", err)
	}
	for _, in := range s.Inputs {
		if fits := fitted[in.Name]; len(fits) > len(in.Columns) {
			return nil, fmt.Errorf("the weights speak of %d columns of input %q, which has %d",
				len(fits), in.Name, len(in.Columns))
		}
		for i, fit := range fitted[in.Name] {
			c := in.Columns[i]
			most := c.MaxWords
			if in.Tokens != nil {
				most = in.Tokens.Words
			}
			if len(fit.Words) > most {
				return nil, fmt.Errorf("the weights have %d words for column %q, which takes %d", len(fit.Words), c.Name, most)
			}
		}
	}
	return fitted, nil
}
