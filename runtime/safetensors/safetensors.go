// Package safetensors reads and writes arrays of float32 in the safetensors format: a length, a JSON header with names,
// shapes and offsets, and the numbers, little-endian. Python's safetensors reads what it writes, and the other way round.
// Arrays of other types are read and written where a tensor has a Type.
//
// A file may be hostile: every size is checked before anything is allocated or read, and each error
// names the tensor, what was wanted and what was found. The header is read by a reader of its own, which knows just
// the JSON that the format allows: encoding/json would be most of a small program.
package safetensors

import (
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/nngen/nngen/runtime/mem"
)

// maxHeader bounds the length of a header, in bytes.
const maxHeader = 16 << 20

// metadata is the key of the metadata among the names of tensors.
const metadata = "__metadata__"

// Tensor is a named array with its numbers in row-major order.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
	// Fixed is the number that each element must have in a file that is loaded, in a slice of its own; nil for //nngen:if constants
	// any. //nngen:if constants
	Fixed []float32 //nngen:if constants
	// Type is what the numbers are in files, nil for float32: I8 or I32 for those in Int8 or Int32, Float16 //nngen:if types
	// or BFloat16 for those in Data, which are rounded when they are written (see Round) and may be //nngen:if types
	// float32 in files that are read. //nngen:if types
	Type  *Type   //nngen:if types
	Int8  []int8  //nngen:if types
	Int32 []int32 //nngen:if types

	bits  []byte // of a view: those of the file, where it has the Type //nngen:if types
	coded bool   // whether bits are all that a view needs //nngen:if types
}

// types says that there are tensors of other numbers than float32, constants that there are some with Fixed.
const (
	types     = true //nngen:part I8 I32 Float16 BFloat16
	constants = true //nngen:part Fixed
)

// A Type says how files have the numbers of a tensor that are not float32. It holds functions, so that programs without
// such tensors have none of them.
type Type struct {
	dtype  string // as headers have it
	want   string // the types that files may have, in errors
	floats bool   // whether float32 is one of them
	bytes  int64  // of a number
	round  func(x float32) uint16
	widen  func(h uint16) float32
	// Tensors go by value: through a pointer they would escape.
	view   func(t Tensor, b []byte) Tensor // returns t with the numbers in b, or a copy of them
	decode func(t Tensor, b []byte)        // fills the array of t
	append func(t Tensor, b []byte) []byte // appends the numbers of t, rounded
	check  func(t Tensor) error            // an error if a finite number is too large for the type
}

// bytes returns those of a number in a file, 0 if there are no such.
func (e *entry) bytes() int64 {
	if types {
		switch string(e.dtype) {
		case "I32":
			return 4
		case "F16", "BF16":
			return 2
		case "I8":
			return 1
		}
	}
	if string(e.dtype) == "F32" {
		return 4
	}
	return 0
}

// File is a parsed file. It shares the memory of the bytes that it was made from.
type File struct {
	Meta map[string]string
	file
}

// file is a parsed file, with its entries sorted by name.
type file struct {
	meta    [][2][]byte // keys and values of the metadata, in the order of the file
	entries []entry
	data    []byte
}

// An entry says of a tensor what it is and where.
type entry struct {
	name, dtype []byte
	shape       []int64
	from, to    int64
}

// Open parses the header of b and checks that its tensors fill the rest without gap or overlap.
func Open(b []byte) (*File, error) {
	f, err := open(b)
	if err != nil {
		return nil, err
	}
	meta := map[string]string{}
	for _, pair := range f.meta {
		meta[string(pair[0])] = string(pair[1])
	}
	return &File{meta, f}, nil
}

func open(b []byte) (f file, err error) {
	if len(b) < 8 {
		return f, errors.New("safetensors: " + strconv.Itoa(len(b)) + " bytes are too few for a header: the file is truncated")
	}
	size := uint64(word(b)) | uint64(word(b[4:]))<<32
	switch {
	case string(b[:8]) == "version ":
		return f, errors.New("safetensors: the file is a pointer of Git LFS; git lfs pull fetches what it stands for")
	case size > uint64(len(b)-8):
		return f, errors.New("safetensors: the header should have " + strconv.FormatUint(size, 10) + " bytes, but " +
			strconv.Itoa(len(b)-8) + " follow: the file is truncated, or none of safetensors")
	case size > maxHeader:
		return f, errors.New("safetensors: a header of " + strconv.FormatUint(size, 10) + " bytes, where at most " +
			strconv.Itoa(maxHeader) + " are read")
	}
	r := reader{b: b[8 : 8+size]}
	if r.parse(&f); r.err != nil {
		return f, r.err
	}
	f.data = b[8+size:]
	return f, f.check()
}

// check verifies types, sizes and offsets of all tensors, and sorts them by name.
func (f *file) check() error {
	// A tensor without elements comes before the one that starts where it does.
	sort(f.entries, func(a, b *entry) bool { return a.from < b.from || a.from == b.from && a.to < b.to })
	end := int64(0)
	for i := range f.entries {
		e := &f.entries[i]
		size := e.bytes()
		if size == 0 {
			return e.typed(new(Tensor))
		}
		for _, d := range e.shape {
			if d < 0 || d > math.MaxInt || d > 0 && size > math.MaxInt64/d {
				return e.fail("has the impossible shape " + format(e.shape))
			}
			size *= d
		}
		number := func(n int64) string { return strconv.FormatInt(n, 10) }
		switch {
		case e.from != end:
			return e.fail("starts at byte " + number(e.from) + ", want " + number(end) + ": tensors must neither overlap nor leave gaps")
		case e.to-e.from != size:
			return e.fail("of shape " + format(e.shape) + " takes " + number(size) + " bytes, but has " + number(e.to-e.from))
		case e.to > int64(len(f.data)):
			return e.fail("ends at byte " + number(e.to) + ", but the file holds " + strconv.Itoa(len(f.data)) + ": it is truncated")
		}
		end = e.to
	}
	if end != int64(len(f.data)) {
		return errors.New("safetensors: " + strconv.FormatInt(int64(len(f.data))-end, 10) + " bytes follow the last tensor")
	}
	sort(f.entries, func(a, b *entry) bool { return string(a.name) < string(b.name) })
	for i := 1; i < len(f.entries); i++ {
		if string(f.entries[i-1].name) == string(f.entries[i].name) {
			return f.entries[i].fail("is there twice")
		}
	}
	return nil
}

// sort is heapsort (Williams, Algorithm 232, CACM 7(6), 1964): a bounded number of steps, whatever the file, in a tenth
// of the code that package slices would link.
func sort(x []entry, less func(a, b *entry) bool) {
	for n, i := len(x), len(x)/2; n > 1; {
		if i > 0 {
			i-- // builds the heap from below
		} else {
			n--
			x[0], x[n] = x[n], x[0]
		}
		for at := i; ; {
			child := 2*at + 1
			if child+1 < n && less(&x[child], &x[child+1]) {
				child++
			}
			if child >= n || !less(&x[at], &x[child]) {
				break
			}
			x[at], x[child] = x[child], x[at]
			at = child
		}
	}
}

// typed checks that a tensor has one of the types in which t may be read.
func (e *entry) typed(t *Tensor) error {
	want, fits := "F32", string(e.dtype) == "F32"
	if types && t.Type != nil {
		want, fits = t.Type.want, fits && t.Type.floats || e.is(t.Type)
	}
	if fits {
		return nil
	}
	return e.fail("holds " + strconv.Quote(string(e.dtype)) + ", want " + want)
}

// is tells whether a tensor has a type other than float32.
func (e *entry) is(t *Type) bool { return t != nil && string(e.dtype) == t.dtype }

// room checks that there is room for the numbers of a tensor.
func (t *Tensor) room() error {
	if n := t.size(); n != t.count() {
		return fail(t.Name, "has "+strconv.Itoa(n)+" numbers, but there is room for "+strconv.Itoa(t.count()))
	}
	return nil
}

// size returns how many numbers a shape stands for.
func (t *Tensor) size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// count returns how many numbers a tensor has.
func (t *Tensor) count() int {
	if types {
		return len(t.Data) + len(t.Int8) + len(t.Int32)
	}
	return len(t.Data)
}

// fail returns an error about a tensor.
func (e *entry) fail(what string) error { return fail(string(e.name), what) }

func fail(name, what string) error {
	return errors.New("safetensors: tensor " + strconv.Quote(name) + " " + what)
}

// format returns a shape as in [2 3].
func format[T int | int64](shape []T) string { return string(appendShape(nil, shape, ' ')) }

// appendShape appends a shape, with a byte between its numbers.
func appendShape[T int | int64](b []byte, shape []T, between byte) []byte {
	b = append(b, '[')
	for i, d := range shape {
		if i > 0 {
			b = append(b, between)
		}
		b = strconv.AppendInt(b, int64(d), 10)
	}
	return append(b, ']')
}

// Names returns the names of the tensors, sorted.
func (f *file) Names() []string {
	names := make([]string, len(f.entries))
	for i, e := range f.entries {
		names[i] = string(e.name)
	}
	return names
}

// find returns the entry of a tensor, nil if the file has none.
func (f *file) find(name string) *entry {
	from, to := 0, len(f.entries)
	for from < to {
		if mid := (from + to) / 2; string(f.entries[mid].name) < name {
			from = mid + 1
		} else {
			to = mid
		}
	}
	if from == len(f.entries) || string(f.entries[from].name) != name {
		return nil
	}
	return &f.entries[from]
}

// ShapeOf returns the shape of a tensor, and whether the file has it.
func (f *File) ShapeOf(name string) ([]int, bool) {
	e := f.find(name)
	if e == nil {
		return nil, false
	}
	return e.ints(), true
}

// Copy copies a tensor to the array of t that its Type has. It is an error if the file lacks it, has it in another shape or
// type, or with other numbers than those of t.Fixed; or if t has not room for just those that its shape stands for.
func (f *File) Copy(t Tensor) error {
	w := t
	if types {
		w.coded = true
	}
	if err := f.view(&w); err != nil {
		return err
	}
	if err := t.room(); err != nil {
		return err
	}
	t.fill(&w)
	return nil
}

// Tensor returns a tensor of float32, whose numbers are to be read only, and whether the file has one of that name.
func (f *File) Tensor(name string) (t Tensor, ok bool) {
	e := f.find(name)
	if e == nil || string(e.dtype) != "F32" {
		return t, false
	}
	return Tensor{Name: name, Shape: e.ints(), Data: floats(f.data[e.from:e.to])}, true
}

// ints returns the shape of an entry.
func (e *entry) ints() []int {
	shape := make([]int, len(e.shape))
	for i, d := range e.shape {
		shape[i] = int(d)
	}
	return shape
}

// floats returns numbers where their bytes are, or a copy where the processor could not read them there.
func floats(b []byte) []float32 {
	if x, ok := mem.Floats(b); ok {
		return x
	}
	x := make([]float32, len(b)/4)
	for i := range x {
		x[i] = math.Float32frombits(word(b[4*i:]))
	}
	return x
}

// word returns the first four bytes as a number.
func word(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}

// view sets the numbers of a tensor to those of the file. It is an error if that has none of its name, shape and type, or
// others than the fixed ones.
func (f *file) view(t *Tensor) error {
	if types {
		t.bits = nil
	}
	e := f.find(t.Name)
	if e == nil {
		return errors.New("safetensors: no tensor " + strconv.Quote(t.Name) + " of shape " + format(t.Shape) + "; the file has " +
			f.list())
	}
	same := len(e.shape) == len(t.Shape)
	for i := 0; same && i < len(e.shape); i++ {
		same = e.shape[i] == int64(t.Shape[i])
	}
	if !same {
		return e.fail("has the shape " + format(e.shape) + ", want " + format(t.Shape))
	}
	if err := e.typed(t); err != nil {
		return err
	}
	if constants {
		for _, want := range t.Fixed {
			if types && t.Type != nil {
				return e.fail("is fixed, which only float32 may be")
			}
			if err := f.fixed(e, want); err != nil {
				return err
			}
		}
	}
	if types && e.is(t.Type) {
		if t.bits = f.data[e.from:e.to]; !t.coded {
			*t = t.Type.view(*t, t.bits)
		}
		return nil
	}
	t.Data = floats(f.data[e.from:e.to])
	return nil
}

// list joins the names of the tensors, the first few of many.
func (f *file) list() string {
	text, comma := "", ""
	for i := range f.entries {
		if i == 8 {
			return text + comma + "and " + strconv.Itoa(len(f.entries)-8) + " more"
		}
		text, comma = text+comma+string(f.entries[i].name), ", "
	}
	return text
}

// fixed checks that each element of a tensor has a value.
func (f *file) fixed(e *entry, want float32) error {
	for at := e.from; at < e.to; at += 4 {
		if got := math.Float32frombits(word(f.data[at:])); got != want {
			number := func(x float32) string { return strconv.FormatFloat(float64(x), 'g', -1, 32) }
			return e.fail("is fixed at " + number(want) + ", but element " + strconv.Itoa(int(at-e.from)/4) + " is " + number(got))
		}
	}
	return nil
}

// Load fills tensors from the contents of a file, whose metadata must hold the pair of key and value
// and whose tensors must be just those, fixed ones with their numbers, each of its type. If there is an error nothing is
// filled.
func Load(b []byte, key, value string, tensors []Tensor) error {
	views := slices.Clone(tensors)
	if types {
		for i := range views {
			views[i].coded = true
		}
	}
	if err := View(b, key, value, views); err != nil {
		return err
	}
	for i := range tensors {
		if err := tensors[i].room(); err != nil {
			return err
		}
	}
	for i := range tensors {
		tensors[i].fill(&views[i])
	}
	return nil
}

// fill copies the numbers of a view.
func (t *Tensor) fill(view *Tensor) {
	if types {
		if t.bits = nil; view.bits != nil { // what was viewed before is replaced
			t.Type.decode(*t, view.bits)
			return
		}
	}
	copy(t.Data, view.Data)
}

// View is Load without a copy: it sets Data of each tensor to the numbers where they are in b, to be read only, or to a
// copy where the processor could not read them there. Those that the file has in 16 bits are to be had by Halves and
// Floats. Of integers it makes a copy. If there is an error some may be set.
func View(b []byte, key, value string, tensors []Tensor) error {
	f, err := open(b)
	if err != nil {
		return err
	}
	found := ""
	for _, pair := range f.meta {
		if string(pair[0]) == key {
			found = string(pair[1])
		}
	}
	if found != value {
		return errors.New("safetensors: the file is for another network: its " + key + " is " + strconv.Quote(found) + ", want " +
			strconv.Quote(value))
	}
	for i := range tensors {
		if err := f.view(&tensors[i]); err != nil {
			return err
		}
	}
	for i := range f.entries {
		if len(tensors) == len(f.entries) { // each has been found
			return nil
		}
		name := string(f.entries[i].name)
		if !slices.ContainsFunc(tensors, func(t Tensor) bool { return t.Name == name }) {
			return errors.New("safetensors: unknown tensor " + strconv.Quote(name))
		}
	}
	return nil
}

// InFile returns err with the name of the file before it.
func InFile(path string, err error) error { return &inFile{path, err} }

type inFile struct {
	path string
	err  error
}

func (e *inFile) Error() string { return e.path + ": " + e.err.Error() }

func (e *inFile) Unwrap() error { return e.err }
