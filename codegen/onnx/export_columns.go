package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/spec"
)

// An input that the columns of a table feed is written as skl2onnx does it: an input n×1 for each column, under the
// column's name, and the encoding of its fields as nodes. Words and flags are text, dates are seconds since 1970 in
// float64, numbers are float32; NaN is a missing date or number, and of words what the spec names. A field that the
// package refuses makes ONNX Runtime fail, or the results NaN: none is taken for another.
//
// An input of numbers alone stays one input. Those of them that are the same in all training rows stay so in the nodes.

// front is an input that columns feed, as the metadata of a file tells it for the way back.
type front struct {
	Input   string
	Shape   []int
	Columns []encode.Column
	Missing []string // what stands for no value, beside an empty field
	Ports   []string // the names of the columns' inputs
	Numbers bool     `json:",omitempty"` // it is one input of the shape, of numbers, some of which are fixed
	Tokens  bool     `json:",omitempty"` // that has whole numbers
}

// frontsKey is the key of the metadata that holds the fronts of a file as JSON.
const frontsKey = "nngen.columns"

// columns declares the inputs of the columns that feed l, and encodes them.
func (e *exporter) columns(l *op.Layer, in spec.Input) (exported, error) {
	if net.FitsColumns(in) && e.Fitted[in.Name] == nil {
		return exported{}, errors.New("the weights do not say which words and fills its columns took from the training rows")
	}
	f := front{Input: l.Name, Shape: l.Shape, Columns: e.Fitted.Columns(in), Missing: net.Format(e.net.Spec).Missing}
	for _, c := range f.Columns {
		name := c.Name
		for i := 1; e.taken(name) || slices.Contains(f.Ports, name); i++ {
			name = fmt.Sprintf("%s_%d", c.Name, i)
		}
		f.Ports = append(f.Ports, name)
	}
	x, err := f.write(e)
	e.fronts = append(e.fronts, f)
	return exported{name: x}, err
}

// numbers declares an input of numbers, and fixes those that are the same in all training rows.
func (e *exporter) numbers(l *op.Layer, in spec.Input) (exported, error) {
	f := front{Input: l.Name, Shape: l.Shape, Columns: e.Fitted.Columns(in), Ports: []string{l.Name}, Numbers: true,
		Tokens: e.input(l).whole}
	x, err := f.write(e)
	e.fronts = append(e.fronts, f)
	return exported{name: x, shape: l.Shape, whole: f.Tokens}, err
}

// isFixed tells whether a number of a column is the same in all training rows.
func isFixed(c encode.Column) bool { return c.Fixed != nil }

// write declares the inputs of a front, and returns the name of what its nodes give.
func (f *front) write(e *exporter) (string, error) {
	if f.Numbers {
		e.prefix = f.Input
		e.graph.Inputs = append(e.graph.Inputs, portOf(exported{name: f.Input, shape: f.Shape, whole: f.Tokens}))
		return f.fix(e, f.Input, f.Shape), nil
	}
	format := &encode.Format{Missing: f.Missing}
	var parts []string
	for i, c := range f.Columns {
		e.prefix = f.Input + "/" + c.Name
		p := &Port{Name: f.Ports[i], Type: typeFloat, Dims: []Dim{{Name: "batch"}, {Size: 1, Fixed: true}}}
		var x string
		var err error
		switch c.Kind {
		case encode.Words:
			p.Type, x = typeString, e.words(&c, p.Name, format)
		case encode.Flag:
			p.Type = typeString
			x, err = e.flag(&c, p.Name, format)
		case encode.Date:
			p.Type = typeDouble
			x, err = e.date(&c, p.Name)
		default:
			x, err = e.filled(&c, p.Name)
		}
		if err != nil {
			return "", fmt.Errorf("column %q: %w", c.Name, err)
		}
		e.graph.Inputs = append(e.graph.Inputs, p)
		parts = append(parts, x)
	}
	e.prefix = f.Input
	x := parts[0]
	if len(parts) > 1 {
		x = e.node("Concat", parts, intAttr("axis", 1))
	}
	x = f.fix(e, x, nil)
	if len(f.Shape) > 1 {
		x = e.node("Reshape", []string{x, e.whole(append([]int{0}, f.Shape...)...)})
	}
	return x, nil
}

// fix writes the numbers that are the same in all training rows over those of the columns: x·0 + v there, and x·1 + 0
// elsewhere. A field that is refused stays NaN. Examples of x have a shape, nil for that of the columns in a row.
func (f *front) fix(e *exporter, x string, shape []int) string {
	var scale, offset []float64
	fixed := false
	for _, c := range f.Columns {
		at := len(scale)
		scale = append(scale, slices.Repeat([]float64{1}, c.Width())...)
		offset = append(offset, make([]float64, c.Width())...)
		for _, p := range c.Fixed {
			scale[at+p.At], offset[at+p.At], fixed = 0, float64(p.Value), true
		}
	}
	if !fixed {
		return x
	}
	constant := func(name string, data []float64) string {
		key := "const." + f.Input + "." + name
		dims := []int{1, len(data)}
		if shape != nil {
			dims = append([]int{1}, shape...)
		}
		if !f.Tokens {
			e.known[key] = e.array(key, dims, data)
			return key
		}
		e.known[key] = key
		t := &Tensor{Name: key, Type: typeInt64}
		for _, d := range dims {
			t.Dims = append(t.Dims, int64(d))
		}
		for _, v := range data {
			t.Raw = binary.LittleEndian.AppendUint64(t.Raw, uint64(int64(v)))
		}
		e.graph.Initializers = append(e.graph.Initializers, t)
		return key
	}
	x = e.node("Mul", []string{x, constant("varied", scale)})
	return e.node("Add", []string{x, constant("fixed", offset)})
}

// hasEncoded tells whether some column of an input is more than a number.
func hasEncoded(in spec.Input) bool { return slices.ContainsFunc(in.Columns, spec.Column.Encoded) }

// taken tells whether a name is that of an input or output, or could be one of a value within: those begin with the
// name of a layer, const or shape, and a dot.
func (e *exporter) taken(name string) bool {
	first, _, dotted := strings.Cut(name, ".")
	return dotted && (first == "const" || first == "shape") || name == "" ||
		slices.ContainsFunc(e.graph.Inputs, func(p *Port) bool { return p.Name == name }) ||
		slices.ContainsFunc(e.net.Layers, func(l *op.Layer) bool { return l.Name == first }) ||
		slices.ContainsFunc(e.net.Outputs, func(o *net.Output) bool { return o.Name == first })
}

// ml appends a node of ai.onnx.ml.
func (e *exporter) ml(operator, in string, attrs ...*Attr) string {
	y := e.node(operator, []string{in}, attrs...)
	e.graph.Nodes[len(e.graph.Nodes)-1].Domain = mlDomain
	return y
}

func textsAttr(name string, list []string) *Attr {
	return &Attr{Name: name, Strings: append([]string{}, list...)}
}

func floatsAttr(name string, list ...float64) *Attr { return &Attr{Name: name, Floats: list} }

// categories returns the words of a column, with names for the numbers that more words could have had, for all other
// words, and for a missing one; other and missing are in none of them where the column has no number for those.
func categories(c *encode.Column, f *encode.Format) (all []string, other, missing string) {
	taken, next := map[string]bool{"": true}, map[string]int{}
	for _, word := range slices.Concat(c.Values, f.Missing) {
		taken[word] = true
	}
	fresh := func(word string) string {
		name := word
		for ; taken[name]; name = word + strconv.Itoa(next[word]) {
			next[word]++
		}
		taken[name] = true
		return name
	}
	all = slices.Clone(c.Values)
	for len(all) < c.Most {
		all = append(all, fresh("(unused)"))
	}
	if other = fresh("(other)"); c.Other {
		all = append(all, other)
	}
	if missing = fresh("(missing)"); c.Missing {
		all = append(all, missing)
	}
	return all, other, missing
}

// words writes the numbers of a one-hot code. An unknown word, or a missing one, that has no number makes the encoder
// fail, as in the package. Words in another case are known as flag knows them.
func (e *exporter) words(c *encode.Column, x string, f *encode.Format) string {
	all, other, missing := categories(c, f)
	var keys, values []string
	for _, word := range c.Values {
		keys, values = append(keys, blanked(word)...), append(values, slices.Repeat([]string{word}, 4)...)
	}
	for _, word := range markers(c, f) {
		keys = append(keys, blanked(word)...)
	}
	values = append(values, slices.Repeat([]string{missing}, len(keys)-len(values))...)
	for k, word := range c.Values {
		for _, form := range cased(word) {
			if c.Word(form) == k {
				keys, values = append(keys, blanked(form)...), append(values, slices.Repeat([]string{word}, 4)...)
			}
		}
	}
	keys, values = distinct(keys, values)
	x = e.ml("LabelEncoder", x, textsAttr("keys_strings", keys), textsAttr("values_strings", values),
		wordAttr("default_string", other))
	x = e.ml("OneHotEncoder", x, textsAttr("cats_strings", all), intAttr("zeros", 0))
	return e.node("Squeeze", []string{x, e.whole(1)})
}

// blanked returns a word as it is, and with a blank before it, behind it and on both sides: the package drops blanks,
// ONNX has no operator that does. A field with more of them is another word to the file.
func blanked(word string) []string { return []string{word, " " + word, word + " ", " " + word + " "} }

// cased returns a word as it is, in lower case, in capitals, and with the first letter alone in capitals.
func cased(word string) []string {
	lower := strings.ToLower(word)
	_, first := utf8.DecodeRuneInString(lower)
	return []string{word, lower, strings.ToUpper(word), strings.ToUpper(lower[:first]) + lower[first:]}
}

// distinct returns pairs of keys and values, of each key the first.
func distinct[V any](keys []string, values []V) (ks []string, vs []V) {
	seen := map[string]bool{}
	for i, k := range keys {
		if !seen[k] {
			seen[k] = true
			ks, vs = append(ks, k), append(vs, values[i])
		}
	}
	return ks, vs
}

// markers returns what stands for a missing field of a column.
func markers(c *encode.Column, f *encode.Format) []string {
	return slices.DeleteFunc(append([]string{""}, f.Missing...),
		func(word string) bool { return slices.Contains(c.Values, word) })
}

// flag writes 0 for the first word and 1 for the second, as they are, in lower case, in capitals, and with the first
// letter alone in capitals, where the package reads these so; another word is NaN.
func (e *exporter) flag(c *encode.Column, in string, f *encode.Format) (string, error) {
	var keys []string
	var values []float64
	add := func(word string, v float64) {
		keys, values = append(keys, blanked(word)...), append(values, v, v, v, v)
	}
	present := &encode.Column{Kind: encode.Flag, Values: c.Values} // a missing field is an error of it
	for _, v := range c.Values {
		for _, word := range cased(v) {
			var x [1]float32
			if present.Put(x[:], word, f) == nil {
				add(word, float64(x[0]))
			}
		}
	}
	if c.Fill != "" {
		fill, err := fillOf(c)
		if err != nil {
			return "", err
		}
		for _, word := range markers(c, f) {
			add(word, fill)
		}
	}
	keys, values = distinct(keys, values)
	x := e.ml("LabelEncoder", in, textsAttr("keys_strings", keys), floatsAttr("values_floats", values...),
		floatAttr("default_float", math.NaN()))
	if !c.Indicator {
		return x, nil
	}
	var absent []string
	for _, word := range markers(c, f) {
		absent = append(absent, blanked(word)...)
	}
	absent, _ = distinct(absent, absent)
	gap := e.ml("LabelEncoder", in, textsAttr("keys_strings", absent),
		floatsAttr("values_floats", slices.Repeat([]float64{1}, len(absent))...), floatAttr("default_float", 0))
	return e.node("Concat", []string{x, gap}, intAttr("axis", 1)), nil
}

// filled writes a number with what takes the place of a missing one, and whether it is missing.
func (e *exporter) filled(c *encode.Column, in string) (string, error) {
	if c.Fill == "" {
		return in, nil
	}
	fill, err := fillOf(c)
	if err != nil {
		return "", err
	}
	x := e.ml("Imputer", in, floatsAttr("imputed_value_floats", fill), floatAttr("replaced_value_float", math.NaN()))
	return e.indicated(c, in, x), nil
}

// fillOf returns the number in place of a missing field.
func fillOf(c *encode.Column) (float64, error) {
	x := make([]float32, c.Width())
	err := c.Put(x, c.Fill, &encode.Format{})
	return float64(x[0]), err
}

// indicated appends to the numbers x of a column whether its field in is NaN.
func (e *exporter) indicated(c *encode.Column, in, x string) string {
	if !c.Indicator {
		return x
	}
	gap := e.node("Cast", []string{e.node("IsNaN", []string{in})}, intAttr("to", typeFloat))
	return e.node("Concat", []string{x, gap}, intAttr("axis", 1))
}

// double returns the name of a float64 constant.
func (e *exporter) double(v float64) string {
	key := "const.double." + strconv.FormatFloat(v, 'g', -1, 64)
	if e.known[key] == "" {
		e.known[key] = key
		e.graph.Initializers = append(e.graph.Initializers, &Tensor{Name: key, Type: typeDouble,
			Raw: binary.LittleEndian.AppendUint64(nil, math.Float64bits(v))})
	}
	return key
}

// date writes the parts of a time in seconds since 1970, by the calendar as package encode computes it.
func (e *exporter) date(c *encode.Column, in string) (string, error) {
	seconds := in
	if c.Fill != "" {
		fill, err := c.Time(c.Fill)
		if err != nil {
			return "", err
		}
		seconds = e.node("Where", []string{e.node("IsNaN", []string{in}), e.double(fill), in})
	}
	midnight := e.node("Floor", []string{e.node("Div", []string{seconds, e.double(86400)})})
	t := &calendar{e: e, day: e.node("Cast", []string{midnight}, intAttr("to", typeInt64))}
	var parts []string
	for _, p := range c.Parts {
		switch p {
		case encode.Year:
			y, _, _ := t.civil()
			parts = append(parts, e.node("Cast", []string{y}, intAttr("to", typeFloat)))
		case encode.Month:
			_, m, _ := t.civil()
			parts = append(parts, e.turns(m, 12))
		case encode.Day:
			_, _, d := t.civil()
			parts = append(parts, e.turns(d, 31))
		case encode.Weekday: // 1970-01-01 was a Thursday
			parts = append(parts, e.turns(t.of("Mod", t.of("Add", t.day, 3), 7), 7))
		case encode.YearDay:
			parts = append(parts, e.turns(t.yearDay(), 366))
		case encode.Hour:
			passed := e.node("Sub", []string{seconds, e.node("Mul", []string{midnight, e.double(86400)})})
			angle := e.node("Cast", []string{e.node("Mul", []string{passed, e.double(2 * math.Pi / 86400)})},
				intAttr("to", typeFloat))
			parts = append(parts, e.node("Sin", []string{angle}), e.node("Cos", []string{angle}))
		}
	}
	x := parts[0]
	if len(parts) > 1 {
		x = e.node("Concat", parts, intAttr("axis", 1))
	}
	return e.indicated(c, in, x), nil
}

// turns writes the sine and cosine of k nths of a turn, for whole numbers k from 0 on: n×1 to n×2.
func (e *exporter) turns(k string, n int) string {
	table := fmt.Sprintf("const.turns.%d", n)
	if e.known[table] == "" {
		var data []float64
		for i := range n {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
			data = append(data, sin, cos)
		}
		e.known[table] = e.array(table, []int{n, 2}, data)
	}
	return e.node("Gather", []string{table, e.node("Squeeze", []string{k, e.whole(1)})}, intAttr("axis", 0))
}

// calendar computes with days since 1970 as nodes of whole numbers: see civil and days of package encode. Years before
// that of 0 are not told apart.
type calendar struct {
	e       *exporter
	day     string
	y, m, d string // the year, the month and the day, both from 0; "" before civil
}

// of is a node of a value and a constant.
func (t *calendar) of(operator, x string, k int) string {
	return t.e.node(operator, []string{x, t.e.whole(k)})
}

func (t *calendar) sum(x string, more ...string) string {
	for _, y := range more {
		x = t.e.node("Add", []string{x, y})
	}
	return x
}

func (t *calendar) less(x, y string) string { return t.e.node("Sub", []string{x, y}) }

// civil returns the year, the month and the day, both counted from 0 (Hinnant, chrono-Compatible Low-Level Date
// Algorithms, civil_from_days): years begin in March, eras of 400 years have 146,097 days.
func (t *calendar) civil() (y, m, d string) {
	if t.y != "" {
		return t.y, t.m, t.d
	}
	z := t.of("Add", t.day, 719468)
	era := t.of("Div", z, 146097)
	day := t.less(z, t.of("Mul", era, 146097))
	year := t.sum(t.less(day, t.of("Div", day, 1460)), t.of("Div", day, 36524))
	year = t.of("Div", t.less(year, t.of("Div", day, 146096)), 365)
	before := t.less(t.sum(t.of("Mul", year, 365), t.of("Div", year, 4)), t.of("Div", year, 100))
	day = t.less(day, before)
	march := t.of("Div", t.of("Add", t.of("Mul", day, 5), 2), 153)
	t.d = t.less(day, t.of("Div", t.of("Add", t.of("Mul", march, 153), 2), 5))
	t.m = t.of("Mod", t.of("Add", march, 2), 12)
	t.y = t.sum(year, t.of("Mul", era, 400), t.of("Div", march, 10)) // January and February are the tenth and eleventh
	return t.y, t.m, t.d
}

// yearDay returns the days since the first of January.
func (t *calendar) yearDay() string {
	y, _, _ := t.civil()
	last := t.of("Sub", y, 1)
	leaps := t.sum(t.less(t.of("Div", last, 4), t.of("Div", last, 100)), t.of("Div", last, 400))
	return t.less(t.day, t.of("Sub", t.sum(t.of("Mul", last, 365), leaps), 719468-306))
}
