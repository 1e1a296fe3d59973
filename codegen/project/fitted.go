package project

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

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
		meta[net.FittedKey] = string(text)
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
	text := f.Meta[net.FittedKey]
	if text == "" {
		return nil, nil
	}
	var fitted net.Fitted
	if err := json.Unmarshal([]byte(text), &fitted); err != nil {
		return nil, fmt.Errorf("what the weights say of columns is damaged: %w", err)
	}
	return fitted, fitted.Check(s)
}
