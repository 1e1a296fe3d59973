package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// einsum is a sum over labelled axes of one value or of products of two: axes are moved without a layer until it is a
// MatMul, a product of elements or a sum.
func einsum(im *importer, n *Node, in []*value) ([]*value, error) {
	terms, out, err := labelsOf(n.word("equation", ""), in)
	if err != nil {
		return nil, blame("equation", "%v", err)
	}
	args := slices.Clone(in)
	for i := range args { // what only one value has, and the result has not, is summed first
		if args[i], terms[i], err = im.einsumReduced(n, args[i], terms, i, out); err != nil {
			return nil, err
		}
	}
	switch len(args) {
	case 1:
		return one(im.einsumOrdered(n, args[0], terms[0], out))
	case 2:
		return one(im.einsumProduct(n, args, terms, out))
	}
	return nil, blame("equation", "a sum of products of %d values: one or two are imported, so export it as several",
		len(args))
}

// labelsOf reads an equation, an ellipsis written out: the labels of the axes of each value, and of the result.
func labelsOf(equation string, in []*value) (terms []string, out string, err error) {
	left, right, given := strings.Cut(strings.ReplaceAll(equation, " ", ""), "->")
	terms = strings.Split(left, ",")
	if len(terms) != len(in) {
		return nil, "", fmt.Errorf("%q has %d terms for %d values", equation, len(terms), len(in))
	}
	const spare = "αβγδεζηθ" // of an ellipsis, aligned at its end
	widest := 0
	for i, t := range terms {
		rank := rankOf(in[i])
		letters := len(strings.ReplaceAll(t, "...", ""))
		hidden := rank - letters
		if !strings.Contains(t, "...") && hidden != 0 || hidden < 0 || hidden > 8 {
			return nil, "", fmt.Errorf("%q names %d axes of a value with %d", equation, letters, rank)
		}
		widest = max(widest, hidden)
		terms[i] = strings.Replace(t, "...", string([]rune(spare)[8-hidden:]), 1)
	}
	if !given { // the labels that occur once, in order
		all := strings.Join(terms, "")
		for _, r := range slices.Sorted(slices.Values([]rune(all))) {
			if strings.Count(all, string(r)) == 1 {
				right += string(r)
			}
		}
	}
	out = strings.Replace(right, "...", string([]rune(spare)[8-widest:]), 1)
	for _, t := range append(slices.Clone(terms), out) {
		for _, r := range t {
			if strings.Count(t, string(r)) > 1 {
				return nil, "", fmt.Errorf("%q has a label twice in a term, which takes a diagonal", equation)
			}
		}
	}
	return terms, out, nil
}

func rankOf(v *value) int {
	if v.konst != nil {
		return len(v.konst.dims)
	}
	return len(v.axes)
}

// einsumReduced sums a value over the axes whose labels no other term and not the result has.
func (im *importer) einsumReduced(n *Node, v *value, terms []string, i int, out string) (*value, string, error) {
	elsewhere := out + strings.Join(slices.Delete(slices.Clone(terms), i, i+1), "")
	var axes []int64
	rest := ""
	for k, r := range []rune(terms[i]) {
		if strings.ContainsRune(elsewhere, r) {
			rest += string(r)
		} else {
			axes = append(axes, int64(k))
		}
	}
	if axes == nil {
		return v, terms[i], nil
	}
	sum := &Node{Op: "ReduceSum", Name: n.Name, In: []string{n.In[i]}, Out: n.Out,
		Attrs: []*Attr{{Name: "axes", Ints: axes}, intAttr("keepdims", 0)}}
	y, err := im.step(sum, v)
	return y, rest, err
}

// step applies an operator, to constants too.
func (im *importer) step(n *Node, in ...*value) (*value, error) {
	if !slices.ContainsFunc(in, func(v *value) bool { return v.konst == nil }) {
		out, ok, err := im.fold(n, in)
		if err == nil && !ok {
			err = errOperator
		}
		if err != nil {
			return nil, err
		}
		return out[0], nil
	}
	out, err := operators[n.Op](im, n, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// einsumOrdered moves axes into the order of the result.
func (im *importer) einsumOrdered(n *Node, v *value, term, out string) (*value, error) {
	have, want := []rune(term), []rune(out)
	if len(have) != len(want) {
		return nil, blame("equation", "the result has a label that no term has")
	}
	perm := make([]int, len(want))
	for i, r := range want {
		if perm[i] = slices.Index(have, r); perm[i] < 0 {
			return nil, blame("equation", "the result has a label that no term has")
		}
	}
	return im.step(&Node{Op: "Transpose", Name: n.Name, Out: n.Out, Attrs: []*Attr{intsAttr("perm", perm...)}}, v)
}

// einsumProduct is a product of two values: batches are axes that both and the result have, sums those that both have,
// rows and columns the others. Rows, columns and sums of several axes are one each for a MatMul.
func (im *importer) einsumProduct(n *Node, in []*value, terms []string, out string) (*value, error) {
	var batch, sum, rows, cols string
	for _, r := range terms[0] {
		switch s := string(r); {
		case !strings.ContainsRune(terms[1], r):
			rows += s
		case strings.ContainsRune(out, r):
			batch += s
		default:
			sum += s
		}
	}
	for _, r := range terms[1] {
		if !strings.ContainsRune(terms[0], r) {
			cols += string(r)
		}
	}
	var dims [2][]int // of rows and of columns
	group := func(i int, lists ...string) (*value, error) {
		v, err := im.einsumOrdered(n, in[i], terms[i], batch+strings.Join(lists, ""))
		if err != nil {
			return nil, err
		}
		have := extentsOf(v)
		at := len([]rune(batch))
		shape := slices.Clone(have[:at])
		for _, l := range lists {
			k := len([]rune(l))
			shape = append(shape, product(have[at:at+k]))
			if l == rows && i == 0 || l == cols && i == 1 {
				dims[i] = slices.Clone(have[at : at+k])
			}
			at += k
		}
		return im.shaped(n, v, shape)
	}
	var a, b, y *value
	var err error
	if sum == "" && rows == "" && cols == "" { // elements
		if b, err = im.einsumOrdered(n, in[1], terms[1], terms[0]); err == nil {
			y, err = im.step(&Node{Op: "Mul", Name: n.Name, Out: n.Out, In: []string{n.In[0], n.In[1]}}, in[0], b)
		}
		if err != nil {
			return nil, err
		}
		return im.einsumOrdered(n, y, terms[0], out)
	}
	if a, err = group(0, rows, sum); err != nil {
		return nil, err
	}
	if b, err = group(1, sum, cols); err != nil {
		return nil, err
	}
	lead := extentsOf(a)[:len([]rune(batch))]
	if y, err = im.step(&Node{Op: "MatMul", Name: n.Name, Out: n.Out, In: []string{n.In[0], n.In[1]}}, a, b); err != nil {
		return nil, err
	}
	if y, err = im.shaped(n, y, slices.Concat(lead, dims[0], dims[1])); err != nil {
		return nil, err
	}
	return im.einsumOrdered(n, y, batch+rows+cols, out)
}

func extentsOf(v *value) []int {
	if v.konst != nil {
		return v.konst.dims
	}
	return v.axes.extents()
}

// shaped is a reshape.
func (im *importer) shaped(n *Node, v *value, dims []int) (*value, error) {
	if slices.Equal(extentsOf(v), dims) {
		return v, nil
	}
	if v.konst != nil {
		a, err := v.konst.reshaped(dims, nil)
		return &value{konst: a}, err
	}
	return v.regrouped(dims)
}

// cumSum is a product with a triangle of ones, which no training changes.
func cumSum(im *importer, n *Node, in []*value) ([]*value, error) {
	at, err := needed(in, 1, "axis", -1)
	if err != nil {
		return nil, err
	}
	where, ok := at.scalar()
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k, err2 := axis(int(where), len(x.axes))
	if !ok || err2 != nil || slices.ContainsFunc(x.axes[k], func(a *atom) bool { return a.batch }) {
		return nil, fmt.Errorf("a sum along axis %v of %s", at.data, x.axes)
	}
	size := x.axes.extents()[k]
	if size > 1024 {
		return nil, fmt.Errorf("a sum along %d elements: at most 1024, for which a layer holds a square of ones", size)
	}
	exclusive, reverse := n.int("exclusive", 0) != 0, n.int("reverse", 0) != 0
	ones := &array{dims: []int{size, size}, data: make([]float64, size*size)}
	for i := range size {
		for j := range size {
			from, to := i, j
			if reverse {
				from, to = j, i
			}
			ones.data[i*size+j] = truth(from < to || from == to && !exclusive)
		}
	}
	return one(im.alongAxis(n, x, k, ones, nil))
}
