package onnx

import "github.com/nngen/nngen/codegen/regular"

// maxModel bounds the bytes of a model's file; numbers beyond it belong in files of external data.
const maxModel = 2 << 30

// Read returns the contents of a model's file.
func Read(name string) ([]byte, error) {
	return regular.Read(name, maxModel)
}
