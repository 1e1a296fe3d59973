package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

var (
	npyType  = regexp.MustCompile(`'descr'\s*:\s*'([<>|=]?)([fiub])(\d+)'`)
	npyOrder = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	npyShape = regexp.MustCompile(`'shape'\s*:\s*\(([^)]*)\)`)
)

// mostShown is the bytes of a header that an error shows.
const mostShown = 200

// npyWhole tells whether the three entries are all that a header holds, each once.
func npyWhole(head string, entries ...string) bool {
	for _, e := range entries {
		head = strings.Replace(head, e, "", 1)
	}
	return strings.Join(strings.Fields(head), "") == "{,,}" || strings.Join(strings.Fields(head), "") == "{,,,}"
}

// readNPY reads numpy's npy format, versions 1 to 3, of real numbers in row-major order.
func readNPY(name string, b []byte) (*array, error) {
	if len(b) < 10 || !bytes.HasPrefix(b, []byte("\x93NUMPY")) {
		return nil, fmt.Errorf("%s: not an npy file", name)
	}
	start, length := 10, int(binary.LittleEndian.Uint16(b[8:]))
	if b[6] >= 2 {
		if len(b) < 12 {
			return nil, fmt.Errorf("%s: the header is cut off", name)
		}
		start, length = 12, int(binary.LittleEndian.Uint32(b[8:]))
	}
	if length > len(b)-start {
		return nil, fmt.Errorf("%s: the header is cut off", name)
	}
	head, body := string(b[start:start+length]), b[start+length:]
	kind, order, extents := npyType.FindStringSubmatch(head), npyOrder.FindStringSubmatch(head),
		npyShape.FindStringSubmatch(head)
	if kind == nil || order == nil || extents == nil || !npyWhole(head, kind[0], order[0], extents[0]) {
		head = strings.TrimSpace(head)
		if len(head) > mostShown {
			head = head[:mostShown] + "…"
		}
		return nil, fmt.Errorf("%s: the header %q is not that of an array of real numbers", name, head)
	}
	var shape []int
	for _, f := range strings.Split(extents[1], ",") {
		if f = strings.TrimSpace(f); f == "" {
			continue
		}
		d, err := strconv.Atoi(f)
		if err != nil {
			return nil, fmt.Errorf("%s: extent %q", name, f[:min(len(f), mostShown)])
		}
		shape = append(shape, d)
	}
	var e binary.ByteOrder = binary.LittleEndian
	if kind[1] == ">" {
		e = binary.BigEndian
	}
	convert, size := npyNumber(kind[2]+kind[3], e)
	if convert == nil {
		return nil, fmt.Errorf("%s: numbers of type %s%s are not supported", name, kind[2], kind[3])
	}
	a, err := newArray(name, shape, size, len(body))
	if err != nil {
		return nil, err
	}
	place := func(i int) int { return i }
	if wide := npyWide(kind[2]+kind[3], e); wide != nil {
		a.wide = func(i int) any { return wide(body[place(i)*size:]) }
	}
	if order[1] == "False" || len(shape) < 2 {
		for i := range a.data {
			a.data[i] = convert(body[i*size:])
		}
		return a, nil
	}
	// In Fortran order the first axis moves fastest.
	place = func(i int) int {
		from, stride := 0, a.width()*a.rows()
		for k := len(shape) - 1; k >= 0; k-- {
			stride /= shape[k]
			from += i % shape[k] * stride
			i /= shape[k]
		}
		return from
	}
	at := make([]int, len(shape))
	for i := range a.data {
		from := 0
		for k := len(shape) - 1; k >= 0; k-- {
			from = from*shape[k] + at[k]
		}
		a.data[i] = convert(body[from*size:])
		for k := len(shape) - 1; k >= 0; k-- {
			if at[k]++; at[k] < shape[k] {
				break
			}
			at[k] = 0
		}
	}
	return a, nil
}

// half returns the number of a 16-bit float, IEEE binary16.
func half(h uint16) float32 {
	sign, exponent, fraction := 1-2*float64(h>>15), int(h>>10&31), float64(h&1023)
	switch {
	case exponent == 0:
		return float32(sign * math.Ldexp(fraction, -24))
	case exponent == 31 && fraction == 0:
		return float32(math.Inf(int(sign)))
	case exponent == 31:
		return float32(math.NaN())
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}

// npyNumber returns what reads a number of a type, and its size.
func npyNumber(kind string, e binary.ByteOrder) (func([]byte) float32, int) {
	switch kind {
	case "f2":
		return func(b []byte) float32 { return half(e.Uint16(b)) }, 2
	case "f4":
		return func(b []byte) float32 { return math.Float32frombits(e.Uint32(b)) }, 4
	case "f8":
		return func(b []byte) float32 { return float32(math.Float64frombits(e.Uint64(b))) }, 8
	case "i1":
		return func(b []byte) float32 { return float32(int8(b[0])) }, 1
	case "u1", "b1":
		return func(b []byte) float32 { return float32(b[0]) }, 1
	case "i2":
		return func(b []byte) float32 { return float32(int16(e.Uint16(b))) }, 2
	case "u2":
		return func(b []byte) float32 { return float32(e.Uint16(b)) }, 2
	case "i4":
		return func(b []byte) float32 { return float32(int32(e.Uint32(b))) }, 4
	case "u4":
		return func(b []byte) float32 { return float32(e.Uint32(b)) }, 4
	case "i8":
		return func(b []byte) float32 { return float32(int64(e.Uint64(b))) }, 8
	case "u8":
		return func(b []byte) float32 { return float32(e.Uint64(b)) }, 8
	}
	return nil, 0
}

// npyWide returns what reads a number of a type of which float32 has not all.
func npyWide(kind string, e binary.ByteOrder) func([]byte) any {
	switch kind {
	case "f8":
		return func(b []byte) any { return math.Float64frombits(e.Uint64(b)) }
	case "i4":
		return func(b []byte) any { return int64(int32(e.Uint32(b))) }
	case "u4":
		return func(b []byte) any { return int64(e.Uint32(b)) }
	case "i8":
		return func(b []byte) any { return int64(e.Uint64(b)) }
	case "u8":
		return func(b []byte) any { return e.Uint64(b) }
	}
	return nil
}

// DecodeNPY returns the shape and the numbers of the bytes of an npy file; name is for messages.
func DecodeNPY(name string, b []byte) (shape []int, numbers []float32, err error) {
	a, err := readNPY(name, b)
	if err != nil {
		return nil, nil, err
	}
	return a.shape, a.data, nil
}

// ReadNPY returns the shape and the numbers of an npy file, gzipped or not.
func ReadNPY(file string) (shape []int, numbers []float32, err error) {
	b, err := (&reader{}).open(file)
	if err != nil {
		return nil, nil, err
	}
	return DecodeNPY(file, b)
}
