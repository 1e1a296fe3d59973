package onnx

import (
	"fmt"
	"io"
	"os"
)

// maxModel bounds the bytes of a model's file; numbers beyond it belong in files of external data.
const maxModel = 2 << 30

// Read returns the contents of a model's file.
func Read(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxModel+1))
	if err == nil && len(b) > maxModel {
		err = fmt.Errorf("%s: more than %d bytes", name, int64(maxModel))
	}
	return b, err
}
