package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// Array is a named array of a file, in row-major order.
type Array struct {
	Name  string
	Shape []int
	Data  []float64
}

// File is what Read gives.
type File struct {
	Arrays []*Array
	// Ordered says that the arrays come in the order in which the program that wrote them had them: that of an npz
	// file, while safetensors are sorted by name.
	Ordered bool
	Meta    map[string]string // of safetensors
}

const (
	MaxFile   = 4 << 30 // bytes of a file of weights
	maxHeader = 16 << 20
	mostAxes  = 64 // of an array, as of numpy's
	// maxPacked is how many times its own size an npz file may unpack to: weights hardly pack at all, deflate packs
	// zeros a thousand times.
	maxPacked = 32
)

// Read reads a file of weights: safetensors, or npz as numpy.savez writes it.
func Read(name string) (*File, error) {
	b, err := regular.Read(name, MaxFile)
	if err != nil {
		return nil, err
	}
	f, err := Decode(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return f, nil
}

// errHDF5 is what files of Keras get whose numbers are HDF5: see the doc of the package.
var errHDF5 = errors.New("its weights are HDF5, which is not read; write them with Python: " + SaveKeras)

// SaveKeras is the line of Python that writes the weights of a model of Keras as a file that is read.
const SaveKeras = `numpy.savez("w.npz", **{v.path: v.numpy() for v in keras.models.load_model("FILE").weights})`

// Decode is Read of the bytes of a file.
func Decode(b []byte) (*File, error) {
	switch {
	case bytes.HasPrefix(b, []byte("PK")):
		return decodeNPZ(b)
	case bytes.HasPrefix(b, []byte("\x89HDF")):
		return nil, errHDF5
	}
	arrays, err := decodeSafetensors(b)
	if err != nil {
		return nil, err
	}
	f := &File{Arrays: arrays}
	if same, err := safetensors.Open(b); err == nil { // which other programs may write in forms that nngen does not
		f.Meta = same.Meta
	}
	return f, nil
}

// numberType is how a type of safetensors is read.
type numberType struct {
	bytes int
	read  func(b []byte) float64
}

var numberTypes = map[string]numberType{
	"F64": {8, func(b []byte) float64 { return math.Float64frombits(binary.LittleEndian.Uint64(b)) }},
	"F32": {4, func(b []byte) float64 { return float64(math.Float32frombits(binary.LittleEndian.Uint32(b))) }},
	"F16": {2, func(b []byte) float64 { return half(binary.LittleEndian.Uint16(b)) }},
	"BF16": {2, func(b []byte) float64 {
		return float64(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
	}},
	"I64":  {8, func(b []byte) float64 { return float64(int64(binary.LittleEndian.Uint64(b))) }},
	"I32":  {4, func(b []byte) float64 { return float64(int32(binary.LittleEndian.Uint32(b))) }},
	"I16":  {2, func(b []byte) float64 { return float64(int16(binary.LittleEndian.Uint16(b))) }},
	"I8":   {1, func(b []byte) float64 { return float64(int8(b[0])) }},
	"U8":   {1, func(b []byte) float64 { return float64(b[0]) }},
	"BOOL": {1, func(b []byte) float64 { return float64(b[0]) }},
}

// half widens a number of IEEE 754 binary16.
func half(h uint16) float64 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch {
	case exponent == 0:
		return sign * math.Ldexp(fraction, -24)
	case exponent == 31 && fraction == 0:
		return math.Inf(int(sign))
	case exponent == 31:
		return math.NaN()
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

// decodeSafetensors reads the format of package runtime/safetensors with all its types of numbers.
func decodeSafetensors(b []byte) ([]*Array, error) {
	bad := errors.New("neither safetensors nor an npz file")
	if len(b) < 10 {
		return nil, bad
	}
	size := binary.LittleEndian.Uint64(b)
	switch {
	case b[8] != '{' || size > MaxFile:
		return nil, bad
	case size > maxHeader:
		return nil, fmt.Errorf("the header of the safetensors takes %d bytes; at most %d are read", size, maxHeader)
	case size > uint64(len(b)-8):
		return nil, fmt.Errorf("the header of the safetensors is cut off: it takes %d bytes, of which %d are there", size,
			len(b)-8)
	}
	var header map[string]json.RawMessage
	if err := json.Unmarshal(b[8:8+size], &header); err != nil {
		return nil, fmt.Errorf("the header of the safetensors: %w", err)
	}
	body := b[8+size:]
	left := len(body)
	var all []*Array
	for name, raw := range header {
		if name == "__metadata__" {
			continue
		}
		var t struct {
			Dtype   string
			Shape   []int
			Offsets []int `json:"data_offsets"`
		}
		if err := json.Unmarshal(raw, &t); err != nil {
			return nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		number, ok := numberTypes[t.Dtype]
		if !ok {
			return nil, fmt.Errorf("tensor %q holds %q: numbers of that type are not read", name, t.Dtype)
		}
		if len(t.Shape) > mostAxes {
			return nil, fmt.Errorf("tensor %q has %d axes; at most %d are read", name, len(t.Shape), mostAxes)
		}
		n := 1
		for _, d := range t.Shape {
			if d < 0 || d > 0 && n > len(body)/d {
				return nil, fmt.Errorf("tensor %q has the impossible shape %v", name, t.Shape)
			}
			n *= d
		}
		if len(t.Offsets) != 2 || t.Offsets[0] < 0 || t.Offsets[1] > len(body) ||
			t.Offsets[1]-t.Offsets[0] != n*number.bytes {
			return nil, fmt.Errorf("tensor %q of shape %v lies at bytes %v of %d", name, t.Shape, t.Offsets, len(body))
		}
		if left -= n * number.bytes; left < 0 {
			return nil, fmt.Errorf("tensor %q overlaps another", name)
		}
		a := &Array{Name: name, Shape: t.Shape, Data: make([]float64, n)}
		for i := range a.Data {
			a.Data[i] = number.read(body[t.Offsets[0]+i*number.bytes:])
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(x, y *Array) int { return compareNatural(x.Name, y.Name) })
	return all, nil
}

// decodeNPZ reads a zip archive of npy files.
func decodeNPZ(b []byte) (*File, error) {
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(z.File, func(e *zip.File) bool { return strings.HasSuffix(e.Name, ".h5") }) {
		return nil, errHDF5
	}
	f := &File{Ordered: true}
	most := min(MaxFile, 1<<20+maxPacked*int64(len(b)))
	left := most
	for _, e := range z.File {
		name, ok := strings.CutSuffix(e.Name, ".npy")
		if !ok {
			return nil, fmt.Errorf("%q is no npy file: an npz file of numpy.savez is read", e.Name)
		}
		r, err := e.Open()
		if err != nil {
			return nil, fmt.Errorf("%q: %w", e.Name, err)
		}
		content, err := io.ReadAll(io.LimitReader(r, left+1))
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%q: %w", e.Name, err)
		}
		if left -= int64(len(content)); left < 0 {
			return nil, fmt.Errorf("%q: more than %d bytes unpacked", e.Name, most)
		}
		shape, numbers, err := data.DecodeNPY(e.Name, content)
		if err != nil {
			return nil, err
		}
		a := &Array{Name: name, Shape: shape, Data: make([]float64, len(numbers))}
		for i, v := range numbers {
			a.Data[i] = float64(v)
		}
		f.Arrays = append(f.Arrays, a)
	}
	return f, nil
}

// compareNatural compares names with their numbers by value: layers.2 comes before layers.10.
func compareNatural(a, b string) int {
	for a != "" && b != "" {
		x, restA := leadingNumber(a)
		y, restB := leadingNumber(b)
		switch {
		case x == "" || y == "":
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
		case len(x) != len(y):
			return len(x) - len(y)
		case x != y:
			return strings.Compare(x, y)
		default:
			a, b = restA, restB
		}
	}
	return len(a) - len(b)
}

// leadingNumber cuts off the digits that a text begins with, without leading zeros.
func leadingNumber(s string) (digits, rest string) {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	digits = strings.TrimLeft(s[:n], "0")
	if n > 0 && digits == "" {
		digits = "0"
	}
	return digits, s[n:]
}
