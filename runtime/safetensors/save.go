package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
)

// Encode returns the bytes of a file, the same for the same arguments: tensors are ordered by name,
// and the header is padded by spaces to a multiple of 8 bytes.
func Encode(meta map[string]string, tensors []Tensor) ([]byte, error) {
	sorted := append([]Tensor(nil), tensors...)
	sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Name < sorted[j].Name })
	header := map[string]any{}
	if len(meta) > 0 {
		header["__metadata__"] = meta
	}
	end := int64(0)
	for _, t := range sorted {
		if _, ok := header[t.Name]; ok {
			return nil, fmt.Errorf("safetensors: two tensors are named %q", t.Name)
		}
		size := 1
		for _, d := range t.Shape {
			size *= d
		}
		if size != len(t.Data) {
			return nil, fmt.Errorf("safetensors: tensor %q of shape %v has %d numbers", t.Name, t.Shape, len(t.Data))
		}
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		header[t.Name] = entry{DType: "F32", Shape: shape, Offsets: [2]int64{end, end + 4*int64(size)}}
		end += 4 * int64(size)
	}
	text, err := json.Marshal(header) // sorts the names
	if err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	text = append(text, bytes.Repeat([]byte(" "), (8-len(text)%8)%8)...)
	b := make([]byte, 0, 8+int64(len(text))+end)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(text)))
	b = append(b, text...)
	for _, t := range sorted {
		for _, v := range t.Data {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
	}
	return b, nil
}

// Save writes a file, which appears under its name whole or not at all.
func Save(path string, meta map[string]string, tensors []Tensor) error {
	b, err := Encode(meta, tensors)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once the file has been renamed
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
