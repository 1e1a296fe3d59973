package safetensors

import (
	"strconv"

	"github.com/nngen/nngen/runtime/half"
	"github.com/nngen/nngen/runtime/mem"
)

// A Half is a type of 16 bits in which files have the numbers of a tensor. It holds functions, so that programs without
// such tensors have none of them.
type Half struct {
	dtype  string // as headers have it
	round  func(x float32) uint16
	widen  func(h uint16) float32
	decode func(h *Half, x []float32, b []byte)        // fills x
	append func(h *Half, b []byte, x []float32) []byte // appends the numbers of x, rounded
	check  func(h *Half, t *Tensor) error              // an error if a finite number is too large for the type
}

// The types of 16 bits: see package half.
var (
	Float16  = &Half{"F16", roundFloat16, widenFloat16, decodeHalves, appendHalves, checkHalves}
	BFloat16 = &Half{"BF16", roundBFloat16, widenBFloat16, decodeHalves, appendHalves, checkHalves}
)

func roundFloat16(x float32) uint16 { return half.Float16.Round(x) }

func widenFloat16(h uint16) float32 { return half.Float16.Widen(h) }

func roundBFloat16(x float32) uint16 { return half.BFloat16.Round(x) }

func widenBFloat16(h uint16) float32 { return half.BFloat16.Widen(h) }

func decodeHalves(h *Half, x []float32, b []byte) {
	for i := range x {
		x[i] = h.widen(uint16(b[2*i]) | uint16(b[2*i+1])<<8)
	}
}

func appendHalves(h *Half, b []byte, x []float32) []byte {
	for _, v := range x {
		u := h.round(v)
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func checkHalves(h *Half, t *Tensor) error {
	for i, x := range t.Data {
		if y := h.widen(h.round(x)); x-x == 0 && y-y != 0 {
			return fail(t.Name, "has "+strconv.FormatFloat(float64(x), 'g', -1, 32)+" at element "+strconv.Itoa(i)+", more than "+h.dtype+" can hold")
		}
	}
	return nil
}

// Halves returns the bits of the numbers of a tensor that has a Half, rounded: see Round.
func Halves(t *Tensor) []uint16 {
	if t.bits == nil {
		h := make([]uint16, len(t.Data))
		for i, x := range t.Data {
			h[i] = t.Half.round(x)
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

// Floats returns the numbers of a tensor that has a Half, rounded: see Round.
func Floats(t *Tensor) []float32 {
	h := Halves(t)
	x := make([]float32, len(h))
	for i := range h {
		x[i] = t.Half.widen(h[i])
	}
	return x
}

// Round rounds the numbers of the tensors that have a Half to such as their type has, to nearest even. Those that are too
// large for it become infinite.
func Round(tensors []Tensor) {
	for i := range tensors {
		if t := &tensors[i]; t.Half != nil {
			for k, x := range t.Data {
				t.Data[k] = t.Half.widen(t.Half.round(x))
			}
		}
	}
}

// ReadAny is Read for a tensor of any of the types, whatever t says: it fills t.Data with the numbers, widened.
func (f *File) ReadAny(t Tensor) error {
	if e := f.find(t.Name); e != nil {
		for _, h := range []*Half{Float16, BFloat16} {
			if string(e.dtype) == h.dtype {
				t.Half = h
			}
		}
	}
	return f.Read(t)
}

// DType returns the type of a tensor as the file names it; "" if it lacks the tensor.
func (f *File) DType(name string) string {
	if e := f.find(name); e != nil {
		return string(e.dtype)
	}
	return ""
}
