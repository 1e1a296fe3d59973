// Package safetensors reads and writes float32 arrays in the safetensors format: a length, a JSON
// header with names, shapes and offsets, and the numbers, little-endian. Python's safetensors reads
// what it writes, and the other way round.
//
// A file may be hostile: every size is checked before anything is allocated or read, and each error
// names the tensor, what was wanted and what was found.
package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// maxHeader bounds the length of a header, in bytes.
const maxHeader = 16 << 20

// Tensor is a named array with its numbers in row-major order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// File is a parsed file. It shares the memory of the bytes that it was made from.
type File struct {
	Meta    map[string]string
	entries map[string]entry
	data    []byte
}

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// Open parses the header of b and checks that its tensors fill the rest without gap or overlap.
func Open(b []byte) (*File, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("safetensors: %d bytes are too few for a header", len(b))
	}
	size := binary.LittleEndian.Uint64(b)
	if size > maxHeader || size > uint64(len(b)-8) {
		return nil, fmt.Errorf("safetensors: the header should have %d bytes, but %d follow", size, len(b)-8)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+size], &raw); err != nil {
		return nil, fmt.Errorf("safetensors: header: %w", err)
	}
	f := &File{entries: map[string]entry{}, data: b[8+size:]}
	for name, v := range raw {
		if name == "__metadata__" {
			if err := json.Unmarshal(v, &f.Meta); err != nil {
				return nil, fmt.Errorf("safetensors: metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := json.Unmarshal(v, &e); err != nil {
			return nil, fmt.Errorf("safetensors: tensor %q: %w", name, err)
		}
		f.entries[name] = e
	}
	return f, f.check()
}

// check verifies types, sizes and offsets of all tensors.
func (f *File) check() error {
	names := f.Names()
	sort.SliceStable(names, func(i, j int) bool { return f.entries[names[i]].Offsets[0] < f.entries[names[j]].Offsets[0] })
	end := int64(0)
	for _, name := range names {
		e := f.entries[name]
		if e.DType != "F32" {
			return fmt.Errorf("safetensors: tensor %q holds %q, want F32", name, e.DType)
		}
		size := int64(4)
		for _, d := range e.Shape {
			if d < 0 || d > 0 && size > math.MaxInt64/int64(d) {
				return fmt.Errorf("safetensors: tensor %q has the impossible shape %v", name, e.Shape)
			}
			size *= int64(d)
		}
		from, to := e.Offsets[0], e.Offsets[1]
		switch {
		case from != end:
			return fmt.Errorf("safetensors: tensor %q starts at byte %d, want %d: tensors must neither overlap nor leave gaps", name, from, end)
		case to-from != size:
			return fmt.Errorf("safetensors: tensor %q of shape %v takes %d bytes, but has %d", name, e.Shape, size, to-from)
		case to > int64(len(f.data)):
			return fmt.Errorf("safetensors: tensor %q ends at byte %d, but the file holds %d: it is truncated", name, to, len(f.data))
		}
		end = to
	}
	if end != int64(len(f.data)) {
		return fmt.Errorf("safetensors: %d bytes follow the last tensor", int64(len(f.data))-end)
	}
	return nil
}

// Names returns the names of the tensors, sorted.
func (f *File) Names() []string {
	names := make([]string, 0, len(f.entries))
	for name := range f.entries {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Shape returns the shape of a tensor, and whether the file has it.
func (f *File) Shape(name string) ([]int, bool) {
	e, ok := f.entries[name]
	return e.Shape, ok
}

// Read copies a tensor to t.Data. It is an error if the file lacks it or has it in another shape.
func (f *File) Read(t Tensor) error {
	e, ok := f.entries[t.Name]
	if !ok {
		return fmt.Errorf("safetensors: no tensor %q of shape %v; the file has %s", t.Name, t.Shape, list(f.Names()))
	}
	if !slices.Equal(e.Shape, t.Shape) {
		return fmt.Errorf("safetensors: tensor %q has the shape %v, want %v", t.Name, e.Shape, t.Shape)
	}
	if n := int((e.Offsets[1] - e.Offsets[0]) / 4); n != len(t.Data) {
		return fmt.Errorf("safetensors: tensor %q has %d numbers, but there is room for %d", t.Name, n, len(t.Data))
	}
	b := f.data[e.Offsets[0]:e.Offsets[1]]
	for i := range t.Data {
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return nil
}

// list joins names, the first few of many.
func list(names []string) string {
	if len(names) > 8 {
		names = append(slices.Clone(names[:8]), fmt.Sprintf("and %d more", len(names)-8))
	}
	return strings.Join(names, ", ")
}

// Load fills tensors from the contents of a file, whose metadata must hold the pairs of meta and
// whose tensors must be just those. If there is an error nothing is filled.
func Load(b []byte, meta map[string]string, tensors []Tensor) error {
	f, err := Open(b)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(meta))
	for k := range meta {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if f.Meta[k] != meta[k] {
			return fmt.Errorf("safetensors: the file is for another network: its %s is %q, want %q", k, f.Meta[k], meta[k])
		}
	}
	wanted := map[string]bool{}
	for _, t := range tensors {
		wanted[t.Name] = true
		e, ok := f.entries[t.Name]
		if !ok || !slices.Equal(e.Shape, t.Shape) || int((e.Offsets[1]-e.Offsets[0])/4) != len(t.Data) {
			return f.Read(t) // says what is wrong
		}
	}
	for _, name := range f.Names() {
		if !wanted[name] {
			return fmt.Errorf("safetensors: unknown tensor %q", name)
		}
	}
	for _, t := range tensors {
		if err := f.Read(t); err != nil {
			return err
		}
	}
	return nil
}
