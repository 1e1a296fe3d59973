package safetensors

import (
	"strconv"

	"github.com/nngen/nngen/runtime/half"
	"github.com/nngen/nngen/runtime/mem"
)

// The types of 16 bits: see package half.
var (
	Float16 = &Type{
		"F16", "F32 or F16", true, 2, roundFloat16, widenFloat16, viewHalves, decodeHalves, appendHalves, checkHalves,
	}
	BFloat16 = &Type{
		"BF16", "F32 or BF16", true, 2, roundBFloat16, widenBFloat16, viewHalves, decodeHalves, appendHalves, checkHalves,
	}
)

func roundFloat16(x float32) uint16 { return half.Float16.Round(x) }

func widenFloat16(h uint16) float32 { return half.Float16.Widen(h) }

func roundBFloat16(x float32) uint16 { return half.BFloat16.Round(x) }

func widenBFloat16(h uint16) float32 { return half.BFloat16.Widen(h) }

func viewHalves(t Tensor, b []byte) Tensor {
	t.Data, t.bits = nil, b
	return t
}

func decodeHalves(t Tensor, b []byte) {
	for i := range t.Data {
		t.Data[i] = t.Type.widen(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
}

func appendHalves(t Tensor, b []byte) []byte {
	for _, v := range t.Data {
		u := t.Type.round(v)
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func checkHalves(t Tensor) error {
	for i, x := range t.Data {
		if y := t.Type.widen(t.Type.round(x)); x-x == 0 && y-y != 0 {
			return fail(t.Name, "has "+strconv.FormatFloat(float64(x), 'g', -1, 32)+" at element "+strconv.Itoa(i)+
				", more than "+t.Type.dtype+" can hold")
		}
	}
	return nil
}

// Halves returns the bits of the numbers of a tensor of 16 bits, rounded: see Round.
func Halves(t *Tensor) []uint16 {
	if t.bits == nil {
		h := make([]uint16, len(t.Data))
		for i, x := range t.Data {
			h[i] = t.Type.round(x)
		}
		return h
	}
	h, ok := mem.Halves(t.bits)
	if !ok {
		h = make([]uint16, len(t.bits)/2)
		for i := range h {
			h[i] = uint16(t.bits[2*i]) | uint16(t.bits[2*i+1])<<8
		}
	}
	return h
}

// Floats returns the numbers of a tensor of 16 bits, rounded: see Round.
func Floats(t *Tensor) []float32 {
	h := Halves(t)
	x := make([]float32, len(h))
	for i := range h {
		x[i] = t.Type.widen(h[i])
	}
	return x
}

// Round rounds the numbers of the tensors of 16 bits to such as their type has, to nearest even. Those that are too large
// for it become infinite.
func Round(tensors []Tensor) {
	for i := range tensors {
		if t := &tensors[i]; t.Type != nil && t.Type.round != nil {
			for k, x := range t.Data {
				t.Data[k] = t.Type.widen(t.Type.round(x))
			}
		}
	}
}

// ReadAny is Read for a tensor of any of the types, whatever t says: it fills t.Data with the numbers, widened.
func (f *File) ReadAny(t Tensor) error {
	if e := f.find(t.Name); e != nil {
		for _, h := range []*Type{Float16, BFloat16} {
			if e.is(h) {
				t.Type = h
			}
		}
	}
	return f.Copy(t)
}

// DType returns the type of a tensor as the file names it; "" if it lacks the tensor.
func (f *File) DType(name string) string {
	if e := f.find(name); e != nil {
		return string(e.dtype)
	}
	return ""
}
