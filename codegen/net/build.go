package net

import (
	"io/fs"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Build settles layers, shapes, parameters and losses of a spec. Masks are read from files, whose
// root is the spec's folder; it may be nil if there are none. The list holds warnings too; the net is
// nil if it holds an error.
func Build(s *spec.Spec, files fs.FS) (*Net, spec.ErrorList) {
	return newBuilder(s, files).build()
}

// Remaining returns what else is wrong with a spec in which ParsePartly found errors, those known, as far as these do not
// decide it. Of one place they say enough.
func Remaining(s *spec.Spec, faults spec.Faults, known spec.ErrorList, files fs.FS) spec.ErrorList {
	b := newBuilder(s, files)
	b.partly, b.faults = true, faults
	_, problems := b.build()
	return slices.DeleteFunc(problems, func(e *spec.Error) bool {
		return e.Warning || slices.ContainsFunc(known, func(k *spec.Error) bool { return k.Pos == e.Pos })
	})
}

// BuildWithin is Build for a spec that nobody has answered for and that names no files: arrays, the candidates of
// connections and the parameters of all layers together may have so many elements, so that it takes no more memory and
// time than that.
func BuildWithin(s *spec.Spec, elements int) (*Net, spec.ErrorList) {
	b := newBuilder(s, nil)
	b.most, b.left = min(elements, op.MaxElements), elements
	return b.build()
}

func newBuilder(s *spec.Spec, files fs.FS) *builder {
	return &builder{most: op.MaxElements, left: math.MaxInt,
		net: &Net{Spec: s, Contents: spec.Contents{}}, files: files, done: map[string]*op.Layer{},
		owner: map[string]*op.Layer{}, index: map[string]int{}, failed: map[string]bool{},
	}
}

func (b *builder) build() (*Net, spec.ErrorList) {
	s := b.net.Spec
	if !b.partly {
		b.numbers()
	}
	if !b.faults.Inputs {
		b.inputs()
	}
	for i := range s.Layers {
		b.index[s.Layers[i].Name] = i
		if s.Layers[i].Node.Bool("return_state") {
			for _, part := range op.StateParts(s.Layers[i].Kind) {
				b.index[s.Layers[i].Name+"."+part] = i
			}
		}
	}
	for i := range s.Layers {
		l := &s.Layers[i]
		b.failed[l.Name] = l.Faulty || b.faults.Inputs || b.faults.Outputs && l.Kind == op.OutputKind.Name
	}
	for i := range s.Layers {
		b.layer(i)
	}
	whole := !b.partly && b.errs.Err() == nil
	if whole {
		b.finish()
	} else {
		b.presume()
	}
	b.training(whole)
	err := b.errs.Err()
	if err != nil {
		return nil, b.errs
	}
	return b.net, b.errs
}

type builder struct {
	net    *Net
	files  fs.FS
	errs   spec.ErrorList
	done   map[string]*op.Layer // by name in the spec: what readers of that name read
	owner  map[string]*op.Layer // by name in the spec: what has its parameters
	index  map[string]int       // of Spec.Layers
	failed map[string]bool
	partly bool // whether something is wrong in the spec, and only what does not follow from that is to be found
	faults spec.Faults
	// unvalidated says that something was to be fitted to a validation set, but there is none.
	unvalidated bool
	most        int // elements of an array
	left        int // elements that parameters may still have
}

func (b *builder) add(l *op.Layer) *op.Layer {
	l.Index = len(b.net.Layers)
	l.Stream = DropStream + uint32(l.Index)
	b.net.Layers = append(b.net.Layers, l)
	return l
}

func (b *builder) taken(name string) bool {
	return slices.ContainsFunc(b.net.Layers, func(l *op.Layer) bool { return l.Name == name })
}

// fits checks the size of an array.
func (b *builder) fits(shape ir.Shape, pos spec.Pos, subject string) bool {
	size := 1
	for _, d := range shape {
		if d <= 0 || size > b.most/d {
			b.errs.Add("size", pos, subject, "", "%s has more than %d elements", shape, b.most)
			return false
		}
		size *= d
	}
	return true
}

// take counts elements of a layer against those that are left.
func (b *builder) take(elements int, pos spec.Pos, subject string) bool {
	if b.left -= elements; b.left < 0 {
		b.errs.Add("size", pos, subject, "", "the parameters up to here have more elements than may be built")
		return false
	}
	return true
}

// lastOf returns the extent of the last axis.
func lastOf(s ir.Shape) int { return s[len(s)-1] }
