package data

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/fit"
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

// mostAxes bounds the axes of an array, as numpy does.
const mostAxes = 64

// newArray checks a shape against the bytes that are there, and allocates.
func newArray(name string, shape []int, size, have int) (*array, error) {
	if len(shape) > mostAxes {
		return nil, fmt.Errorf("%s: an array of %d axes; at most %d are read", name, len(shape), mostAxes)
	}
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

// arrays reads features and labels from two files of numbers.
func (r *reader) arrays(read func(name string, b []byte) (*array, error)) (fit.Set, error) {
	if len(r.net.Inputs) != 1 {
		return fit.Set{}, fmt.Errorf("%s: files of arrays feed one input, but the network has %d; use CSV",
			r.src.Path, len(r.net.Inputs))
	}
	b, err := r.open(r.src.Path)
	if err != nil {
		return fit.Set{}, err
	}
	x, err := read(r.src.Path, b)
	if err != nil {
		return fit.Set{}, err
	}
	in := r.net.Inputs[0]
	if x.width() != in.Shape.Size() {
		return fit.Set{}, fmt.Errorf("%s: examples of shape %v have %d numbers, but input %q has the shape %s, %d numbers",
			r.src.Path, x.shape[1:], x.width(), in.Name, in.Shape, in.Shape.Size())
	}
	if err := x.arrange(r.src.Path, r.src.Layout, r.net.Spec.Inputs[0]); err != nil {
		return fit.Set{}, err
	}
	set := fit.Set{N: x.rows(), X: [][]float32{x.data}}
	r.rows = set.N
	tokens := r.net.Tokens(in)
	good := make([]bool, set.N)
	for i := range good {
		good[i] = true
		for j, v := range x.data[i*x.width() : (i+1)*x.width()] {
			if bad(v) {
				r.fail(r.src.Path, i+1, "example %d: number %d is %s", i+1, j, x.text(i*x.width()+j))
				good[i] = false
				break
			}
			if tokens > 0 && !isToken(v, tokens) {
				r.fail(r.src.Path, i+1,
					"example %d: number %d, %v, is no token of input %q: those are the whole numbers from 0 to %d", i+1, j, v, in.Name,
					tokens-1)
				good[i] = false
				break
			}
		}
	}
	if r.o.Unlabeled && r.src.Labels == "" {
		return keep(set, good), nil
	}
	if b, err = r.open(r.src.Labels); err != nil {
		return fit.Set{}, err
	}
	y, err := read(r.src.Labels, b)
	if err != nil {
		return fit.Set{}, err
	}
	if y.rows() != set.N {
		return fit.Set{}, fmt.Errorf("%s: %d labels for the %d examples of %s", r.src.Labels, y.rows(), set.N, r.src.Path)
	}
	o := r.net.Outputs[0]
	width := o.TargetWidth()
	t := make([]float32, set.N*width)
	for i := range set.N {
		row := y.data[i*y.width() : (i+1)*y.width()]
		switch {
		case o.Task == "multiclass" && o.Classes != nil && o.Steps() > 1 && len(row) == o.Steps():
			if err := mask(o, t[i*width:][:width], y, i); err != nil {
				r.fail(r.src.Labels, i+1, "example %d: %v", i+1, err)
				good[i] = false
			}
		case o.Classes != nil && len(row) == 1:
			k, err := numbered(o, y.label(i*y.width()))
			if err != nil {
				r.fail(r.src.Labels, i+1, "%v", err)
				good[i] = false
				continue
			}
			setClass(o, t[i*width:][:width], k)
		case len(row) == width:
			copy(t[i*width:], row)
			step := width / o.Steps()
			for at := 0; at < width && good[i]; at += step {
				switch j, problem := o.Rule().Check(row[at:][:step]); {
				case problem != "" && j < 0:
					r.fail(r.src.Labels, i+1, "example %d: the targets from number %d on %s", i+1, at, problem)
					good[i] = false
				case problem != "":
					r.fail(r.src.Labels, i+1, "example %d: target %d, %s, %s", i+1, at+j, y.text(i*y.width()+at+j), problem)
					good[i] = false
				}
			}
		default:
			return fit.Set{}, fmt.Errorf("%s: %d numbers for each example, but output %q has %d units",
				r.src.Labels, len(row), o.Name, width)
		}
	}
	set.Y = [][]float32{t}
	return keep(set, good), nil
}

// mask fills the targets of example i of y, which has a class at each place.
func mask(o *net.Output, t []float32, y *array, i int) error {
	for at := range y.width() {
		k, err := numbered(o, y.label(i*y.width()+at))
		if err != nil {
			return fmt.Errorf("place %d: %w", at, err)
		}
		setClass(o, t[at*o.Width():][:o.Width()], k)
	}
	return nil
}

func bad(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }
