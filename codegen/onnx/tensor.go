package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/half"
)

// array is a constant: numbers, or words, in row-major order. Whole numbers up to 2⁵³ are exact.
type array struct {
	dims  []int
	data  []float64
	words []string
	whole bool // of a type of whole numbers
	truth bool // of the type bool
	// least and most bound the numbers of its type, if that is one of few whole numbers.
	least, most float64
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// scalar returns the only number of an array.
func (a *array) scalar() (float64, bool) {
	if a == nil || len(a.data) != 1 {
		return 0, false
	}
	return a.data[0], true
}

// ints returns the numbers as whole ones.
func (a *array) ints() []int {
	out := make([]int, len(a.data))
	for i, v := range a.data {
		out[i] = int(math.Max(-maxWhole, math.Min(v, maxWhole)))
	}
	return out
}

// elementType is a type of elements of ONNX: its name, bytes in raw data, and how it is read from there. A type without
// a reader is not imported.
type elementType struct {
	name  string
	bytes int
	whole bool
	read  func(b []byte) float64
}

// elementTypes are the types of TensorProto by number.
var elementTypes = map[int32]elementType{
	1: {"float", 4, false,
		func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	2:  {"uint8", 1, true, func(b []byte) float64 { return float64(b[0]) }},
	3:  {"int8", 1, true, func(b []byte) float64 { return float64(int8(b[0])) }},
	4:  {"uint16", 2, true, func(b []byte) float64 { return float64(binary.LittleEndian.Uint16(b)) }},
	5:  {"int16", 2, true, func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) }},
	6:  {"int32", 4, true, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }},
	7:  {"int64", 8, true, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }},
	8:  {"string", 0, false, nil},
	9:  {"bool", 1, true, func(b []byte) float64 { return float64(b[0]) }},
	10: {"float16", 2, false, func(b []byte) float64 { return float16(binary.LittleEndian.Uint16(b)) }},
	11: {"double", 8, false, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
	12: {"uint32", 4, true, func(b []byte) float64 { return float64(binary.LittleEndian.Uint32(b)) }},
	13: {"uint64", 8, true, func(b []byte) float64 { return float64(binary.LittleEndian.Uint64(b)) }},
	21: {"uint4", 0, true, nil}, // two in a byte: see fours
	22: {"int4", 0, true, nil},
	16: {"bfloat16", 2, false, func(b []byte) float64 { return bfloat16(binary.LittleEndian.Uint16(b)) }},
}

// The numbers of element types that are written.
const (
	typeFloat    = 1
	typeInt8     = 3
	typeInt32    = 6
	typeInt64    = 7
	typeString   = 8
	typeBool     = 9
	typeFloat16  = 10
	typeDouble   = 11
	typeBFloat16 = 16
)

// limitsOf are the least and the largest numbers of the types that weights are quantised to.
var limitsOf = map[string][2]float64{"uint8": {0, 255}, "int8": {-128, 127}, "uint16": {0, 65535},
	"int16": {-32768, 32767}, "uint4": {0, 15}, "int4": {-8, 7}}

// unread are the types of elements that are not read.
var unread = map[int32]string{14: "complex64", 15: "complex128", 17: "float8e4m3fn", 18: "float8e4m3fnuz",
	19: "float8e5m2", 20: "float8e5m2fnuz", 23: "float4e2m1",
	24: "float8e8m0", 25: "uint2", 26: "int2"}

func typeName(t int32) string {
	if e, ok := elementTypes[t]; ok {
		return e.name
	}
	if name, ok := unread[t]; ok {
		return name
	}
	return fmt.Sprintf("type %d", t)
}

// float16 and bfloat16 widen numbers of 16 bits.
func float16(h uint16) float64  { return float64(half.Float16.Widen(h)) }
func bfloat16(h uint16) float64 { return float64(half.BFloat16.Widen(h)) }

// maxElements bounds the elements of one tensor, and of what constants are expanded to.
const maxElements = 1 << 28

// mostAxes bounds the dimensions of one tensor, as numpy does.
const mostAxes = 64

// extent checks dimensions and returns their product.
func extent(dims []int64) (int, error) {
	if len(dims) > mostAxes {
		return 0, fmt.Errorf("%d dimensions; at most %d are read", len(dims), mostAxes)
	}
	n, others := int64(1), int64(1) // others are without dimensions of 0: parts of the array may be counted without them
	for _, d := range dims {
		if d < 0 || d > maxElements/others {
			return 0, fmt.Errorf("dimensions %v are more than %d elements, or negative", dims, maxElements)
		}
		n, others = n*d, others*max(1, d)
	}
	return int(n), nil
}

// load returns the numbers of a tensor. Data in another file is read from files, which are those of the model's own
// folder.
func (t *Tensor) load(files fs.FS) (*array, error) {
	n, err := extent(t.Dims)
	if err != nil {
		return nil, err
	}
	e, ok := elementTypes[t.Type]
	a := &array{whole: e.whole, truth: e.name == "bool"}
	for _, d := range t.Dims {
		a.dims = append(a.dims, int(d))
	}
	if limits, ok := limitsOf[e.name]; ok {
		a.least, a.most = limits[0], limits[1]
	}
	switch {
	case !ok:
		return nil, fmt.Errorf("elements of %s can't be read", typeName(t.Type))
	case e.name == "string":
		if len(t.Strings) != n {
			return nil, fmt.Errorf("%d strings for %v", len(t.Strings), t.Dims)
		}
		a.words = t.Strings
		return a, nil
	case t.Type == 21 || t.Type == 22:
		return a, a.fours(t, files, n)
	case len(t.External) > 0:
		raw, err := t.external(files, n*e.bytes)
		if err != nil {
			return nil, err
		}
		return a, a.fill(e, raw, n)
	case t.Raw != nil:
		return a, a.fill(e, t.Raw, n)
	}
	return a, a.typed(t, e, n)
}

// fours reads whole numbers of four bits, two in a byte, the first in its lower half.
func (a *array) fours(t *Tensor, files fs.FS, n int) error {
	raw := t.Raw
	switch {
	case len(t.External) > 0:
		var err error
		if raw, err = t.external(files, (n+1)/2); err != nil {
			return err
		}
	case raw == nil:
		for _, v := range t.Int32s {
			raw = append(raw, byte(v))
		}
	}
	if len(raw) != (n+1)/2 {
		return fmt.Errorf("%d bytes for %v of %s, want %d", len(raw), t.Dims, typeName(t.Type), (n+1)/2)
	}
	a.data = make([]float64, n)
	for i := range a.data {
		v := raw[i/2] >> (4 * (i % 2)) & 15
		a.data[i] = float64(v)
		if t.Type == 22 {
			a.data[i] = float64(int8(v<<4) >> 4)
		}
	}
	return nil
}

// fill reads raw little-endian data.
func (a *array) fill(e elementType, raw []byte, n int) error {
	if len(raw) != n*e.bytes {
		return fmt.Errorf("%d bytes for %v of %s, want %d", len(raw), a.dims, e.name, n*e.bytes)
	}
	a.data = make([]float64, n)
	for i := range a.data {
		a.data[i] = e.read(raw[i*e.bytes:])
	}
	return nil
}

// typed reads the field that the type of the elements has.
func (a *array) typed(t *Tensor, e elementType, n int) error {
	found := 0
	add := func(k int, at func(i int) float64) {
		found = k
		if k == n {
			a.data = make([]float64, 0, n)
			for i := range n {
				a.data = append(a.data, at(i))
			}
		}
	}
	switch e.name {
	case "float":
		add(len(t.Floats), func(i int) float64 { return float64(t.Floats[i]) })
	case "double":
		add(len(t.Doubles), func(i int) float64 { return t.Doubles[i] })
	case "int64":
		add(len(t.Int64s), func(i int) float64 { return float64(t.Int64s[i]) })
	case "uint32", "uint64":
		add(len(t.Uint64s), func(i int) float64 { return float64(uint64(t.Uint64s[i])) })
	case "float16":
		add(len(t.Int32s), func(i int) float64 { return float16(uint16(t.Int32s[i])) })
	case "bfloat16":
		add(len(t.Int32s), func(i int) float64 { return bfloat16(uint16(t.Int32s[i])) })
	default:
		add(len(t.Int32s), func(i int) float64 { return float64(int32(t.Int32s[i])) })
	}
	if found != n {
		return fmt.Errorf("%d numbers for %v of %s", found, t.Dims, e.name)
	}
	return nil
}

// external reads size bytes of a file beside the model.
func (t *Tensor) external(files fs.FS, size int) ([]byte, error) {
	location := strings.TrimPrefix(t.External["location"], "./")
	if files == nil || !fs.ValidPath(location) {
		return nil, fmt.Errorf("external data in %q: only files below the model's own folder are read", location)
	}
	offset := int64(0)
	if s := t.External["offset"]; s != "" {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil || v < 0 {
			return nil, fmt.Errorf("external data in %q at offset %q", location, s)
		}
		offset = v
	}
	if s := t.External["length"]; s != "" && s != strconv.Itoa(size) {
		return nil, fmt.Errorf("external data in %q has %s bytes, want %d", location, s, size)
	}
	info, err := fs.Stat(files, location)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("its numbers are in %q, which is not in the folder of the model: put the file there, beside "+
			"the model, under that name", location)
	}
	if err != nil {
		return nil, unreadable(location, err)
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		return nil, fmt.Errorf("external data in %q: no regular file", location)
	}
	f, err := files.Open(location)
	if err != nil {
		return nil, unreadable(location, err)
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, unreadable(location, err)
	}
	if !info.Mode().IsRegular() || offset > info.Size() || int64(size) > info.Size()-offset {
		return nil,
			fmt.Errorf("external data in %q: %d bytes from %d on are wanted, the file has %d: it is cut off, or that of "+
				"another model", location, size, offset, info.Size())
	}
	r, ok := f.(io.ReaderAt)
	if !ok {
		return nil, errors.New("external data can't be read at an offset")
	}
	raw := make([]byte, size)
	if _, err := r.ReadAt(raw, offset); err != nil {
		return nil, unreadable(location, err)
	}
	return raw, nil
}

// unreadable is the reason of a file of external data that is there, and can't be read; the system's words have its path
// already.
func unreadable(location string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("external data in %q can't be read: %w", location, err)
}
