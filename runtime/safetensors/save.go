package safetensors

import (
	"cmp"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// Encode returns the bytes of a file, the same for the same arguments: tensors are ordered by name, those of 16 bits behind
// the others, and the header is padded by spaces to a multiple of 8 bytes. It is an error if a number is too large for the
// type of its tensor.
func Encode(meta map[string]string, tensors []Tensor) ([]byte, error) {
	b, sorted, size, err := begin(meta, tensors)
	if err != nil {
		return nil, err
	}
	b = slices.Grow(b, size)
	for _, t := range sorted {
		b = t.append(b)
	}
	return b, nil
}

// Write writes what Encode returns, without holding it in memory.
func Write(w io.Writer, meta map[string]string, tensors []Tensor) error {
	b, sorted, _, err := begin(meta, tensors)
	if err != nil {
		return err
	}
	if _, err := w.Write(b); err != nil {
		return err
	}
	const piece = 1 << 16 // numbers
	for _, t := range sorted {
		for x := t.Data; ; {
			n := min(piece, len(x))
			t.Data, x = x[:n], x[n:]
			b = t.append(b[:0])
			if _, err := w.Write(b); err != nil {
				return err
			}
			if len(x) == 0 {
				break
			}
		}
	}
	return nil
}

// append appends the numbers of t.
func (t *Tensor) append(b []byte) []byte {
	if types && t.Type != nil {
		return t.Type.append(*t, b)
	}
	for _, v := range t.Data {
		u := math.Float32bits(v)
		b = append(b, byte(u), byte(u>>8), byte(u>>16), byte(u>>24))
	}
	return b
}

// bytes returns those of a number in a file.
func (t *Tensor) bytes() int64 {
	if types && t.Type != nil {
		return t.Type.bytes
	}
	return 4
}

// begin returns what stands before the numbers, the tensors in the order of these, and how many bytes those take.
func begin(meta map[string]string, tensors []Tensor) (b []byte, sorted []Tensor, size int, err error) {
	sorted = slices.Clone(tensors)
	if len(meta) > 0 {
		sorted = append(sorted, Tensor{Name: metadata})
	}
	slices.SortStableFunc(sorted, func(a, b Tensor) int { return cmp.Compare(a.Name, b.Name) })
	for i := 1; i < len(sorted); i++ {
		if sorted[i-1].Name == sorted[i].Name {
			return nil, nil, 0, errors.New("safetensors: two tensors are named " + strconv.Quote(sorted[i].Name))
		}
	}
	if types {
		slices.SortStableFunc(sorted, func(a, b Tensor) int { return cmp.Compare(b.bytes(), a.bytes()) })
	}
	b = append(make([]byte, 8), '{')
	end := int64(0)
	for i, t := range sorted {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, t.Name), ':')
		if t.Name == metadata {
			if len(meta) == 0 {
				return nil, nil, 0, fail(metadata, "has the name of the metadata")
			}
			b = appendMeta(b, meta)
			continue
		}
		if t.size() != t.count() {
			return nil, nil, 0, fail(t.Name, "of shape "+format(t.Shape)+" has "+strconv.Itoa(t.count())+" numbers")
		}
		dtype := "F32"
		if types && t.Type != nil {
			dtype = t.Type.dtype
			if err := t.Type.check(t); err != nil {
				return nil, nil, 0, err
			}
		}
		b = appendShape(append(b, `{"dtype":"`+dtype+`","shape":`...), t.Shape, ',')
		b = strconv.AppendInt(append(b, `,"data_offsets":[`...), end, 10)
		end += t.bytes() * int64(t.size())
		b = append(strconv.AppendInt(append(b, ','), end, 10), `]}`...)
	}
	b = append(b, '}')
	for len(b)%8 != 0 {
		b = append(b, ' ')
	}
	for i := range 8 {
		b[i] = byte(uint64(len(b)-8) >> (8 * i))
	}
	return b, sorted, int(end), nil
}

// appendMeta appends the metadata, sorted by key.
func appendMeta(b []byte, meta map[string]string) []byte {
	keys := make([]string, 0, len(meta))
	for k := range meta {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		b = append(b, "{,"[min(i, 1)])
		b = append(appendText(b, k), ':')
		b = appendText(b, meta[k])
	}
	return append(b, '}')
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
	_, err = f.Write(b)
	if err := cmp.Or(err, f.Sync(), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
