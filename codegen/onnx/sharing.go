package onnx

import (
	"fmt"
	"slices"
	"strings"
)

// A module that is applied twice has its numbers once in the file: what becomes of it are two layers, of which the
// second shares the parameters of the first. Layers share where they are of one kind, read the same initializers and
// hold the same numbers; those that are all one number do not, since exporters store the ones and zeros of different
// modules once. Sums with constants, such as the masks of heads, stay apart, and so do layers that no training changes.

// maxRoots bounds the initializers that a constant is noted to come from: layers of more share nothing.
const maxRoots = 16

// rooted notes which initializers the results of a node come from: those of its inputs where they are computed at
// import, else for the layers that it made.
func (im *importer) rooted(n *Node, args []*value, results []*value, made []*layer) {
	var roots []string
	for i, a := range args {
		if a == nil || a.konst == nil {
			continue
		}
		of, computed := im.roots[n.In[i]]
		if !computed {
			of = []string{n.In[i]}
		}
		for _, r := range of {
			if !slices.Contains(roots, r) && len(roots) < maxRoots {
				roots = append(roots, r)
			}
		}
	}
	for i, r := range results {
		if r != nil && r.konst != nil && i < len(n.Out) {
			im.roots[n.Out[i]] = roots
		}
	}
	for _, l := range made {
		for _, r := range roots {
			if !slices.Contains(l.roots, r) {
				l.roots = append(l.roots, r)
			}
		}
	}
}

// share finds the layers that share parameters.
func (im *importer) share() {
	var owners []*layer
	for _, l := range im.layers {
		if l.kind == "preprocess" || l.kind == "positional_encoding" || len(l.params) == 0 || len(l.roots) == 0 ||
			len(l.roots) >= maxRoots || !l.distinct() ||
			l.attr("trainable") == false {
			continue
		}
		i := slices.IndexFunc(owners, func(o *layer) bool { return o.sameParams(l) })
		switch {
		case i >= 0:
			l.set("share", sharing{owners[i]})
			l.params = nil
		case !im.tie(l, owners):
			if o := l.partner(owners); o != nil {
				im.apart = append(im.apart, [2]*layer{o, l})
			}
			owners = append(owners, l)
		}
	}
}

// partner returns the first layer that has the same numbers of the file in one parameter and others in another, as the
// steps of a cell have, of which the first reads no state; nil for none.
func (l *layer) partner(owners []*layer) *layer {
	for _, o := range owners {
		if o.kind != l.kind || !slices.ContainsFunc(l.roots, func(r string) bool { return slices.Contains(o.roots, r) }) {
			continue
		}
		for _, p := range l.params {
			q := o.param(p.role)
			if q != nil && len(p.dims) > 1 && !uniform(p.data) && slices.Equal(p.dims, q.dims) && slices.Equal(p.data, q.data) {
				return o
			}
		}
	}
	return nil
}

// remarkApart says which layers a training moves apart, once they have names.
func (im *importer) remarkApart() {
	if len(im.apart) == 0 {
		return
	}
	var names []string
	for _, pair := range im.apart {
		names = append(names, fmt.Sprintf("%q and %q", pair[0].name, pair[1].name))
	}
	more := ""
	if len(names) > 3 {
		names, more = names[:3], fmt.Sprintf(", and %d more pairs", len(names)-3)
	}
	im.remark(fmt.Sprintf("layers have the same numbers of the model, but not all of them, and so are trained "+
		"apart: %s%s; "+
		"export --into has no place for them then", strings.Join(names, ", "), more))
}

// distinct tells whether the parameters of a layer are told apart by their numbers.
func (l *layer) distinct() bool {
	return slices.ContainsFunc(l.params, func(p param) bool { return len(p.data) > 1 && !uniform(p.data) })
}

// sameParams tells whether two layers have the same kind, sources and numbers.
func (l *layer) sameParams(other *layer) bool {
	if l.kind != other.kind || len(l.roots) != len(other.roots) || len(l.params) != len(other.params) {
		return false
	}
	for _, r := range l.roots {
		if !slices.Contains(other.roots, r) {
			return false
		}
	}
	for i, p := range l.params {
		q := other.params[i]
		if p.role != q.role || !slices.Equal(p.dims, q.dims) || !slices.Equal(p.data, q.data) {
			return false
		}
	}
	return true
}

// tie makes a dense layer whose kernel is the table of an embedding, transposed, share that. Its bias stays its own.
func (im *importer) tie(l *layer, owners []*layer) bool {
	w := l.param("kernel")
	if l.kind != "dense" || w == nil || l.kept.pairs != nil {
		return false
	}
	for _, e := range owners {
		if e.kind != "embedding" || !slices.Contains(l.roots, e.roots[0]) {
			continue
		}
		table := e.param("embeddings")
		if table.dims[0] != w.dims[1] || table.dims[1] != w.dims[0] {
			continue
		}
		turned, err := transposed(&array{dims: table.dims, data: table.data}, nil)
		if err != nil || !slices.Equal(turned.data, w.data) {
			continue
		}
		l.set("share", sharing{e})
		l.params = slices.DeleteFunc(slices.Clone(l.params), func(p param) bool { return p.role == "kernel" })
		return true
	}
	return false
}
