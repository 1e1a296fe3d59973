package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/safetensors"
)

// convert returns weights in the types that the spec says, and which arrays were in others; the weights as they are if
// none were, or if they are not the arrays of the network.
func convert(network *net.Net, b []byte) (converted []byte, arrays []string, err error) {
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, nil, err
	}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		t := net.Tensor(q, make([]float32, q.Size()))
		if shape, ok := f.ShapeOf(q.Name); !ok || !slices.Equal(shape, q.Shape) {
			return b, nil, nil
		}
		if was := f.DType(q.Name); was != q.DType.Tensor() {
			arrays = append(arrays, fmt.Sprintf("%s from %s to %s", q.Name, was, q.DType.Tensor()))
		}
		if err := f.ReadAny(t); err != nil {
			return nil, nil, err
		}
		tensors = append(tensors, t)
	}
	if arrays == nil || len(network.Params) != len(f.Names()) {
		return b, nil, nil
	}
	if converted, err = safetensors.Encode(f.Meta, tensors); err != nil {
		return nil, nil, fmt.Errorf("%w; the spec's weights: says so, and bfloat16 has the range of float32", err)
	}
	return converted, arrays, nil
}

// list names arrays, the first few of many.
func list(arrays []string) string {
	const most = 3
	if len(arrays) > most {
		arrays = append(arrays[:most:most], fmt.Sprintf("and %d more", len(arrays)-most))
	}
	return strings.Join(arrays, ", ")
}
