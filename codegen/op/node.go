package op

import (
	"slices"

	"github.com/nngen/nngen/spec"
)

// DefaultNode returns a use of a kind with all its defaults.
func DefaultNode(k spec.Kind) spec.Node {
	n := spec.Node{Kind: k.Name}
	for _, a := range k.Attrs {
		if a.Default != nil {
			n.Attrs = append(n.Attrs, spec.Value{Name: a.Name, V: a.Default})
		}
	}
	return n
}

// WithAttr returns n with another value of an attribute.
func WithAttr(n spec.Node, name string, v any) spec.Node {
	n = WithoutAttr(n, name)
	n.Attrs = append(n.Attrs, spec.Value{Name: name, V: v})
	return n
}

// WithoutAttr returns n without an attribute.
func WithoutAttr(n spec.Node, name string) spec.Node {
	n.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a spec.Value) bool { return a.Name == name })
	return n
}
