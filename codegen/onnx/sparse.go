package onnx

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// SparseTensor is an array as the file stores it by the elements that are there: the others are 0.
type SparseTensor struct {
	Values  *Tensor // of those elements, under the name of the array
	Indices *Tensor // where they lie: a number for each, row by row, or a list of one for each axis
	Dims    []int64
}

// sparseFields are those of SparseTensorProto.
var sparseFields = fields[SparseTensor]{
	1: message(func() fields[Tensor] { return tensorFields }, func(s *SparseTensor, t *Tensor) { s.Values = t }),
	2: message(func() fields[Tensor] { return tensorFields }, func(s *SparseTensor, t *Tensor) { s.Indices = t }),
	3: numbers(func(s *SparseTensor) *[]int64 { return &s.Dims }, 0, toInt64),
}

// eachStored is how many elements of an array a stored one stands for at most, beyond the maxConstant that all of a
// file may have: so a small file does not take much memory.
const eachStored = 16

// load returns the numbers of a sparse tensor, of at most some elements, with its zeros written out.
func (s *SparseTensor) load(files fs.FS, most int) (*array, error) {
	if s.Values == nil || s.Indices == nil {
		return nil, fmt.Errorf("a sparse tensor of %v without values or indices", s.Dims)
	}
	n, err := extent(s.Dims)
	if err != nil {
		return nil, err
	}
	values, err := s.Values.load(files)
	if err != nil {
		return nil, err
	}
	stored := len(values.data)
	if most += eachStored * stored; n > most {
		return nil, fmt.Errorf("a sparse tensor of %v, of which %d elements are stored: at most %d are read", s.Dims,
			stored, most)
	}
	if values.words != nil || stored == 0 {
		return nil, fmt.Errorf("a sparse tensor of %v of %d values, which are no numbers or none", s.Dims, stored)
	}
	places, err := s.places(files, stored, n)
	if err != nil {
		return nil, fmt.Errorf("a sparse tensor of %v %w", s.Dims, err)
	}
	a := &array{data: make([]float64, n), whole: values.whole}
	for _, d := range s.Dims {
		a.dims = append(a.dims, int(d))
	}
	for i, k := range places {
		a.data[k] = values.data[i]
	}
	return a, nil
}

// places returns where the stored elements lie among the n of the array, row by row. Their indices are 64-bit integers
// of the shape [stored], or of [stored, rank] with one for each axis, and each lies behind the one before.
func (s *SparseTensor) places(files fs.FS, stored, n int) ([]int, error) {
	rank := len(s.Dims)
	if s.Indices.Type != typeInt64 {
		return nil, fmt.Errorf("has indices of %s, want int64", typeName(s.Indices.Type))
	}
	at, err := s.Indices.load(files)
	if err != nil {
		return nil, err
	}
	byAxis := slices.Equal(at.dims, []int{stored, rank})
	if !byAxis && !slices.Equal(at.dims, []int{stored}) {
		return nil, fmt.Errorf("has indices of shape %v for %d values, want [%d] or [%d %d]", at.dims, stored, stored,
			stored, rank)
	}
	places := at.ints()
	if byAxis {
		each := places
		places = make([]int, stored)
		for i := range places {
			for j, x := range each[i*rank : (i+1)*rank] {
				d := int(s.Dims[j])
				if x < 0 || x >= d {
					return nil, fmt.Errorf("has an element at %d of axis %d, which has %d", x, j, d)
				}
				places[i] = places[i]*d + x
			}
		}
	}
	for i, k := range places {
		if k < 0 || k >= n {
			return nil, fmt.Errorf("has an element %d, but %d in all", k, n)
		}
		if i > 0 && k <= places[i-1] {
			return nil, fmt.Errorf("has the element %d behind the element %d: indices are to ascend", k, places[i-1])
		}
	}
	return places, nil
}

// loadSparse reads the sparse initializers of a graph.
func (im *importer) loadSparse(g *Graph) error {
	left := maxConstant
	for _, s := range g.Sparse {
		a, err := s.load(im.files, left)
		if err != nil {
			return fmt.Errorf("sparse initializer: %w", err)
		}
		left = max(0, left-len(a.data))
		im.values[s.Values.Name] = &value{konst: a}
		im.masks[s.Values.Name] = true
		im.budget += 2 * len(a.data)
	}
	return nil
}

// noteMask notes the constants of 0 and 1 that others are multiplied by at import, as PyTorch's pruning writes weights.
func (im *importer) noteMask(n *Node, args []*value) {
	if n.Op != "Mul" || len(args) != 2 {
		return
	}
	for i, a := range args {
		b := args[1-i]
		if a != nil && b != nil && a.konst != nil && b.konst != nil && len(a.konst.data) > 1 &&
			slices.Equal(a.konst.dims, b.konst.dims) && a.konst.isMask() {
			from, computed := im.roots[n.In[i]]
			if !computed {
				from = []string{n.In[i]}
			}
			for _, r := range from {
				im.masks[r] = true
			}
		}
	}
}

// isMask tells whether an array holds zeros and ones, both.
func (a *array) isMask() bool {
	zeros, ones := 0, 0
	for _, v := range a.data {
		switch v {
		case 0:
			zeros++
		case 1:
			ones++
		default:
			return false
		}
	}
	return zeros > 0 && ones > 0
}

// sparsify gives dense layers whose weights are stored sparse, or multiplied by a mask, those connections alone that
// have a weight. Of kernels whose zeros the file does not explain it says how many there are; with Options.Sparse,
// those are no connections either.
func (im *importer) sparsify() {
	for _, l := range im.layers {
		w := l.param("kernel")
		if w == nil && len(l.params) > 0 {
			w = &l.params[0]
		}
		if w == nil || slices.Contains(l.made, w.role) || len(w.dims) < 2 || l.attr("trainable") == false ||
			l.kind == "positional_encoding" { // which adds
			continue
		}
		zeros := 0
		for _, v := range w.data {
			if v == 0 {
				zeros++
			}
		}
		many := manyZeros*zeros >= len(w.data)
		told := slices.ContainsFunc(l.roots, func(r string) bool { return im.masks[r] })
		switch {
		case zeros == 0 || zeros == len(w.data):
		case l.kind == "dense" && (told || im.sparse && many):
			l.kept = kept{in: w.dims[0], out: w.dims[1]}
			for j := range w.dims[1] {
				for i := range w.dims[0] {
					if w.data[i*w.dims[1]+j] != 0 {
						l.kept.pairs = append(l.kept.pairs, [2]int{i, j})
					}
				}
			}
		case told || many:
			im.zeroed = append(im.zeroed, zeroed{l, zeros, len(w.data)})
		}
	}
}

// manyZeros is the share of exact zeros, one in so many, from which on weights were pruned: a training leaves none.
const manyZeros = 4

// zeroed is a layer with exact zeros among its weights.
type zeroed struct {
	layer      *layer
	zeros, all int
}

// remarkZeros says which weights are 0, once layers have names.
func (im *importer) remarkZeros() {
	for _, z := range im.zeroed {
		what := "a training would change them; --sparse takes them for no connections"
		if z.layer.kind != "dense" && z.layer.kind != "output" {
			what = fmt.Sprintf("a %s has no masks, so a training would change them", z.layer.kind)
		}
		im.remark(fmt.Sprintf("%d of the %d weights of layer %q are exactly 0: %s", z.zeros, z.all, z.layer.name, what))
	}
}

// kept are the connections of a dense layer, by unit, then input; no pairs for all of them.
type kept struct {
	pairs   [][2]int
	in, out int
}

// mostPairs is how many connections are listed in the spec; more are in a file of their own.
const mostPairs = 24

// maskFile returns the name of the file with the connections of a layer.
func maskFile(layer string) string { return layer + ".mask.csv" }

// writeMasks gives layers with some connections their sparsity, and returns the files that it names.
func (im *importer) writeMasks() memory {
	files := memory{}
	for _, l := range im.layers {
		k := l.kept
		switch {
		case len(k.pairs) == 0:
		case len(k.pairs) <= mostPairs:
			var pairs [][]int
			for _, p := range k.pairs {
				pairs = append(pairs, p[:])
			}
			l.set("sparsity", called{"pairs", []attribute{{"pairs", pairs}}})
		default:
			name := maskFile(l.name)
			if of, ok := l.attr("share").(sharing); ok { // it has the same ones
				name = maskFile(of.layer.name)
			}
			files[name] = k.csv()
			l.set("sparsity", called{"mask", []attribute{{"file", name}}})
		}
	}
	return files
}

// csv writes a row for each input and a column for each unit.
func (k kept) csv() []byte {
	row := append(bytes.Repeat([]byte("0,"), k.out), '\n')
	row = slices.Delete(row, 2*k.out-1, 2*k.out)
	all := bytes.Repeat(row, k.in)
	for _, p := range k.pairs {
		all[p[0]*len(row)+2*p[1]] = '1'
	}
	return all
}

// connections returns the numbers of a parameter with a pattern, of a matrix that has all.
func connections(p *ir.Param, matrix []float64) []float64 {
	out := make([]float64, len(p.Pattern))
	for i, c := range p.Pattern {
		out[i] = matrix[c[0]*p.Out+c[1]]
	}
	return out
}
