package data

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/spec"
)

// array is a file of numbers: rows along the first axis.
type array struct {
	shape []int
	data  []float32

	// wide returns number i of data as the file holds it: a float64, int64 or uint64, of which float32 has not all;
	// nil where it has all.
	wide func(i int) any
}

// text shows number i as its file has it, and says so where float32 has no such number.
func (a *array) text(i int) string {
	if a.wide != nil && math.IsInf(float64(a.data[i]), 0) {
		if v, ok := a.wide(i).(float64); ok && !math.IsInf(v, 0) {
			return fmt.Sprintf("%v, beyond the range of float32", v)
		}
	}
	return fmt.Sprint(a.data[i])
}

// label shows number i where it names a class: whole numbers with all their digits, which float32 rounds beyond 2^24.
func (a *array) label(i int) string {
	if a.wide != nil {
		switch v := a.wide(i).(type) {
		case int64, uint64:
			return fmt.Sprint(v)
		case float64:
			if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
				return fmt.Sprint(int64(v))
			}
		}
	}
	return a.text(i)
}

func (a *array) rows() int { return a.shape[0] }

func (a *array) width() int {
	w := 1
	for _, d := range a.shape[1:] {
		w *= d
	}
	return w
}

// maxNumbers bounds the numbers of one file.
const maxNumbers = 1 << 31

// newArray checks a shape against the bytes that are there, and allocates.
func newArray(name string, shape []int, size, have int) (*array, error) {
	if len(shape) == 0 {
		shape = []int{1}
	}
	n := 1
	for _, d := range shape {
		if d < 0 {
			return nil, fmt.Errorf("%s: the shape %v has a negative extent", name, shape)
		}
		if d > 0 && n > maxNumbers/d {
			return nil, fmt.Errorf("%s: the shape %v is too large", name, shape)
		}
		n *= d
	}
	if n*size != have {
		return nil, fmt.Errorf("%s: the shape %v takes %d bytes, but %d follow the header", name, shape, n*size, have)
	}
	return &array{shape: shape, data: mapped.Floats(n)}, nil
}

// readIDX reads the format of the MNIST files: two zero bytes, a type, the number of axes, the extents
// as big-endian 32-bit numbers, the data.
func readIDX(name string, b []byte) (*array, error) {
	if len(b) < 4 || b[0] != 0 || b[1] != 0 {
		return nil, fmt.Errorf("%s: not an IDX file", name)
	}
	sizes := map[byte]int{0x08: 1, 0x09: 1, 0x0B: 2, 0x0C: 4, 0x0D: 4, 0x0E: 8}
	size, axes := sizes[b[2]], int(b[3])
	if size == 0 {
		return nil, fmt.Errorf("%s: unknown IDX type 0x%02x", name, b[2])
	}
	if axes == 0 || len(b) < 4+4*axes {
		return nil, fmt.Errorf("%s: the header is cut off", name)
	}
	var shape []int
	for i := range axes {
		shape = append(shape, int(binary.BigEndian.Uint32(b[4+4*i:])))
	}
	kind, body := b[2], b[4+4*axes:]
	a, err := newArray(name, shape, size, len(body))
	if err != nil {
		return nil, err
	}
	for i := range a.data {
		e := body[i*size:]
		switch kind {
		case 0x08:
			a.data[i] = float32(e[0])
		case 0x09:
			a.data[i] = float32(int8(e[0]))
		case 0x0B:
			a.data[i] = float32(int16(binary.BigEndian.Uint16(e)))
		case 0x0C:
			a.data[i] = float32(int32(binary.BigEndian.Uint32(e)))
		case 0x0D:
			a.data[i] = math.Float32frombits(binary.BigEndian.Uint32(e))
		case 0x0E:
			a.data[i] = float32(math.Float64frombits(binary.BigEndian.Uint64(e)))
		}
	}
	switch kind {
	case 0x0C:
		a.wide = func(i int) any { return int64(int32(binary.BigEndian.Uint32(body[i*size:]))) }
	case 0x0E:
		a.wide = func(i int) any { return math.Float64frombits(binary.BigEndian.Uint64(body[i*size:])) }
	}
	return a, nil
}

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
			return nil, fmt.Errorf("%s: extent %q", name, f)
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

// arrange checks that the axes of the examples are those of an input, and moves the channels if they stand at the
// other end: first says where they stand, last where layout or the input says nothing else.
func (a *array) arrange(name, layout string, in spec.Input) error {
	have, want := a.shape[1:], in.Shape
	if layout == "" {
		layout = in.Layout
	}
	moves := layout != in.Layout
	if moves && (len(have) != len(want) || len(have) < 2) {
		return fmt.Errorf("%s: examples of shape %v have no channels that come %s, as input %q of shape %v wants with "+
			"layout: %s",
			name, have, strings.TrimPrefix(layout, "channels_"), in.Name, want, layout)
	}
	file := want // the shape that the file should have
	switch {
	case moves && layout == spec.ChannelsFirst:
		file = rotated(want, len(want)-1)
	case moves:
		file = rotated(want, 1)
	}
	channels := 0 // the axis of the file
	if layout != spec.ChannelsFirst {
		channels = len(file) - 1
	}
	moves = moves && file[channels] != 1 // one channel is where it is
	if slices.Equal(withoutOnes(have), withoutOnes(file)) && (!moves || have[channels] == file[channels]) {
		switch {
		case moves && channels == 0:
			a.turn(have[0])
		case moves:
			a.turn(a.width() / have[channels])
		}
		return nil
	}
	if len(have) != len(want) {
		return fits(name, have, in.Name, want)
	}
	what := ""
	if layout != in.Layout {
		what = fmt.Sprintf(", with %s %v", strings.ReplaceAll(layout, "_", " "), file)
	}
	axes := permutation(have, file)
	if axes == nil {
		return fmt.Errorf("%s: examples have the shape %v, but input %q has the shape %v%s", name, have, in.Name, want, what)
	}
	hint := fmt.Sprintf("save numpy.transpose(x, (%s))", strings.ReplaceAll(strings.Trim(fmt.Sprint(axes), "[]"),
		" ", ", "))
	other := spec.ChannelsFirst
	turned := rotated(have, 1)
	if in.Layout == spec.ChannelsFirst {
		other, turned = spec.ChannelsLast, rotated(have, len(have)-1)
	}
	if slices.Equal(turned, want) && layout == in.Layout {
		hint = "layout: " + other + " reads them; or " + hint
	}
	return fmt.Errorf("%s: examples have the shape %v, but input %q has the shape %v%s: their axes are in another "+
		"order; %s",
		name, have, in.Name, want, what, hint)
}

// rotated returns a shape that begins with axis k, those before it standing behind the others.
func rotated(shape []int, k int) []int { return slices.Concat(shape[k:], shape[:k]) }

// fits refuses examples of another number of axes where an axis of the one shape reaches over parts of two axes of the
// other, as 3×48 does with 6×8×3: axes are joined or parted in the order that their numbers have. Whether the sizes are
// the same is for others to say.
func fits(name string, have []int, input string, want []int) error {
	coarse, fine := edges(have), edges(want)
	if len(coarse) > len(fine) {
		coarse, fine = fine, coarse
	}
	if len(coarse) == 0 || len(fine) == 0 || coarse[len(coarse)-1] != fine[len(fine)-1] {
		return nil
	}
	for _, e := range coarse {
		if !slices.Contains(fine, e) {
			return fmt.Errorf("%s: examples have the shape %v, but input %q has the shape %v, whose axes are others; save "+
				"x.reshape(-1, %s) if the numbers come in that order",
				name, have, input, want, strings.ReplaceAll(strings.Trim(fmt.Sprint(want), "[]"), " ", ", "))
		}
	}
	return nil
}

// edges returns how many numbers an example has up to the end of each axis.
func edges(shape []int) (list []int) {
	n := 1
	for _, d := range withoutOnes(shape) {
		n *= d
		list = append(list, n)
	}
	return list
}

// turn makes of each example, a matrix of some rows, the one with its rows and columns exchanged. With a row for each
// channel that puts channels last, with a column for each it puts them first.
func (a *array) turn(rows int) {
	size := a.width()
	columns := size / max(rows, 1)
	moved := make([]float32, size)
	for x := a.data; len(x) >= size && size > 0; x = x[size:] {
		for r := range rows {
			for c := range columns {
				moved[c*rows+r] = x[r*columns+c]
			}
		}
		copy(x, moved)
	}
	if before := a.wide; before != nil {
		a.wide = func(i int) any {
			k := i % size
			return before(i - k + k%rows*columns + k/rows)
		}
	}
}

func withoutOnes(shape []int) []int {
	return slices.DeleteFunc(slices.Clone(shape), func(d int) bool { return d == 1 })
}

// permutation returns the axes, the one of the rows first, that numpy.transpose makes want of have by; nil if there are
// none.
func permutation(have, want []int) []int {
	axes, used := []int{0}, make([]bool, len(have))
	for _, d := range want {
		k := -1
		for i, h := range have {
			if k < 0 && !used[i] && h == d {
				k = i
			}
		}
		if k < 0 {
			return nil
		}
		used[k] = true
		axes = append(axes, k+1)
	}
	return axes
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
