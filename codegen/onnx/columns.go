package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// column is a column of a table that feeds an input, where the model says more of it than that it holds numbers.
type column struct {
	name      string   // "" for one made of the input's
	words     []string // that it holds; nil for other kinds
	flag      []string // the two words of a flag
	date      []string // the parts of a date, in its layout
	layout    string
	other     bool   // one more number for all other words
	missing   bool   // one more number where the word is missing
	fill      string // what takes the place of a missing field, in YAML; "" for nothing
	unit      string // of numbers, or duration
	indicator bool   // one more number that tells whether the field is missing
}

// maxColumns bounds the columns of an input that are described one by one.
const maxColumns = 1 << 16

// describe gives an input its columns, if it has none yet.
func (l *layer) describe(n int) error {
	if n > maxColumns {
		return fmt.Errorf("an input of %d columns: at most %d are described", n, maxColumns)
	}
	if l.columns == nil {
		l.columns = make([]column, n)
	}
	return nil
}

// yamlColumns returns the columns of an input in YAML, "" where they are numbers alone.
func (l *layer) yamlColumns() string {
	var parts []string
	for i, c := range l.columns {
		name := l.hint
		if len(l.columns) > 1 {
			name = fmt.Sprintf("%s_%d", l.hint, i)
		}
		if c.name != "" {
			name = c.name
		}
		attrs := []string{"name: " + strconv.Quote(name)}
		add := func(there bool, key, value string) {
			if there {
				attrs = append(attrs, key+": "+value)
			}
		}
		add(c.words != nil, "words", flow(c.words))
		add(c.other, "other", "true")
		add(c.missing, "missing", "true")
		add(c.flag != nil, "flag", flow(c.flag))
		add(c.date != nil, "date", flow(c.date))
		add(c.layout != "", "layout", c.layout)
		add(c.unit != "", "unit", strconv.Quote(c.unit))
		add(c.fill != "", "fill", c.fill)
		add(c.indicator, "indicator", "true")
		parts = append(parts, "{"+strings.Join(attrs, ", ")+"}")
	}
	if parts == nil {
		return ""
	}
	return ", columns: [" + strings.Join(parts, ", ") + "]"
}

// oneHotEncoder makes an input of words one of a number for each word.
func oneHotEncoder(im *importer, n *Node, in []*value) ([]*value, error) {
	var words []string
	if a := n.attr("cats_strings"); a != nil && len(a.Strings) > 0 {
		words = a.Strings
	} else if a := n.attr("cats_int64s"); a != nil && len(a.Ints) > 0 {
		for _, v := range a.Ints {
			words = append(words, strconv.FormatInt(v, 10))
		}
	} else {
		return nil, blame("cats_strings", "neither cats_strings nor cats_int64s is there")
	}
	if len(words) < 2 {
		return nil, blame("cats_strings", "%d categories: a column of words has two or more", len(words))
	}
	if n.int("zeros", 1) != 0 {
		im.remark(fmt.Sprintf("%s: a word that is not in its list gives zeros in the model, and is an error here", n))
	}
	return one(im.hot(n, in[0], words))
}

// hot makes an input of words, n×columns, one of a number for each word: n×columns×words.
func (im *importer) hot(n *Node, x *value, words []string) (*value, error) {
	if x.layer == nil || x.layer.kind != "input" || len(x.axes) != 2 || !x.batchFirst() ||
		im.reads[n.in(0)] != 1 || x.layer.columns != nil {
		return nil, errors.New("it reads something else than a column of a table that nothing else reads")
	}
	words, err := im.trimmed(n, words)
	if err != nil {
		return nil, err
	}
	count := x.axes.extents()[1]
	if err := x.layer.describe(count); err != nil {
		return nil, err
	}
	for i := range x.layer.columns {
		x.layer.columns[i].words = words
	}
	which, word := &atom{size: count}, &atom{size: len(words)}
	x.layer.shape, x.layer.tokens = axes{{which, word}}, false
	im.values[n.in(0)].axes, im.values[n.in(0)].store = axes{x.axes[0], {which, word}}, x.layer.shape
	return &value{layer: x.layer, axes: axes{x.axes[0], {which}, {word}}, store: x.layer.shape, scale: 1,
		positive: true, bits: true}, nil
}

// trimmed returns words without the blanks around them, since a package reads fields so. Blanks within count.
func (im *importer) trimmed(n *Node, words []string) ([]string, error) {
	out := make([]string, len(words))
	from := map[string]string{}
	told := false
	for i, w := range words {
		out[i] = strings.TrimSpace(w)
		if before, ok := from[out[i]]; ok {
			return nil, fmt.Errorf("its words %q and %q are one without the blanks around them, as packages read fields: "+
				"fit it on words without such blanks", before, w)
		}
		from[out[i]] = w
		if out[i] != w && !told {
			im.remark(fmt.Sprintf("%s: its word %q is %q here, since blanks around a field do not count", n, w, out[i]))
			told = true
		}
	}
	return out, nil
}

// ordinal is a number for each word of a column, as OrdinalEncoder has it: the one-hot code of the words times these
// numbers, which training leaves as they are.
func (im *importer) ordinal(n *Node, x *value) (*value, error) {
	keys := n.attr("keys_strings")
	var numbers []float64
	if a := n.attr("values_floats"); a != nil {
		numbers = a.Floats
	}
	if a := n.attr("values_int64s"); a != nil {
		for _, v := range a.Ints {
			numbers = append(numbers, float64(v))
		}
	}
	if keys == nil || len(keys.Strings) < 2 || len(numbers) != len(keys.Strings) {
		if n.attr("values_strings") != nil {
			return nil, &fault{"values_strings", errWords}
		}
		return nil, blame("keys_strings", "two or more words with a number for each are imported")
	}
	count := x.axes.extents()
	y, err := im.hot(n, x, keys.Strings)
	if err != nil {
		return nil, err
	}
	im.remark(fmt.Sprintf("%s: a word that is not in its list has a number in the model, and is an error here", n))
	if y, err = im.dense(n, y, &array{dims: []int{len(numbers), 1}, data: numbers}, nil); err != nil {
		return nil, err
	}
	y.layer.set("trainable", false)
	return y.regrouped(count)
}

// imputer fills the gaps of inputs, alone or side by side.
func imputer(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	if f := n.float("replaced_value_float", 0); f == f {
		return nil, blame("replaced_value_float", "%g: only what is missing, NaN, is filled", f)
	}
	fill := n.attr("imputed_value_floats")
	if fill == nil || len(fill.Floats) == 0 || len(x.axes) != 2 || x.layer == nil {
		return nil, blame("imputed_value_floats", "numbers for the columns of a table are imported")
	}
	parts := []*layer{x.layer}
	if x.layer.kind == "concatenate" {
		parts = x.layer.in
	}
	if slices.ContainsFunc(parts, func(l *layer) bool { return l.kind != "input" || l.columns != nil }) {
		return nil, errors.New("it stands behind something else than inputs: gaps are filled where a table is read")
	}
	at := 0
	for _, l := range parts {
		if err := l.describe(product(l.shape.extents())); err != nil {
			return nil, err
		}
		for i := range l.columns {
			l.columns[i].fill = number(rounded(fill.Floats[at%len(fill.Floats)]))
			at++
		}
	}
	return one(x, nil)
}
