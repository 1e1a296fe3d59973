package spec

import "fmt"

// Lookup returns the value of an attribute, or nil if it is absent.
func (n Node) Lookup(name string) *Value {
	for i := range n.Attrs {
		if n.Attrs[i].Name == name {
			return &n.Attrs[i]
		}
	}
	return nil
}

// Has tells whether an attribute has a value, written or by default.
func (n Node) Has(name string) bool { return n.Lookup(name) != nil }

// At returns the position of an attribute, or that of the node if it is absent.
func (n Node) At(name string) Pos {
	if v := n.Lookup(name); v != nil && v.Written {
		return v.Pos
	}
	return n.Pos
}

// Int returns an attribute of type Int; 0 if it is absent.
func (n Node) Int(name string) int { return get[int](n, name) }

// Float returns an attribute of type Float; 0 if it is absent.
func (n Node) Float(name string) float64 { return get[float64](n, name) }

// Bool returns an attribute of type Bool; false if it is absent.
func (n Node) Bool(name string) bool { return get[bool](n, name) }

// Word returns an attribute of type String or Enum, or the word written in place of a number; ""
// if it is absent.
func (n Node) Word(name string) string {
	if v := n.Lookup(name); v != nil {
		if s, ok := v.V.(string); ok {
			return s
		}
	}
	return ""
}

// Weights returns an attribute of type Weights; nil if it is absent, or a word.
func (n Node) Weights(name string) []Weight {
	if n.Word(name) != "" {
		return nil
	}
	return get[[]Weight](n, name)
}

// Path returns an attribute of type File; "" if it is absent.
func (n Node) Path(name string) string { return string(get[Path](n, name)) }

// Ints returns an attribute of type Ints; nil if it is absent.
func (n Node) Ints(name string) []int { return get[[]int](n, name) }

// Floats returns an attribute of type Floats; nil if it is absent.
func (n Node) Floats(name string) []float64 { return get[[]float64](n, name) }

// Strings returns an attribute of type Strings; nil if it is absent.
func (n Node) Strings(name string) []string { return get[[]string](n, name) }

// Pairs returns an attribute of type Pairs; nil if it is absent.
func (n Node) Pairs(name string) [][2]int { return get[[][2]int](n, name) }

// Refs returns an attribute of type Refs; nil if it is absent.
func (n Node) Refs(name string) []Ref { return get[[]Ref](n, name) }

// Node returns an attribute of type Nodes, and whether it is there.
func (n Node) Node(name string) (Node, bool) {
	v := n.Lookup(name)
	if v == nil {
		return Node{}, false
	}
	return get[Node](n, name), true
}

// get returns the value of an attribute as a T. That the schema says otherwise is a bug of the
// caller, not of the spec.
func get[T any](n Node, name string) (zero T) {
	v := n.Lookup(name)
	if v == nil {
		return zero
	}
	t, ok := v.V.(T)
	if !ok {
		panic(fmt.Sprintf("BUG: %s.%s holds a %T, not a %T", n.Kind, name, v.V, zero))
	}
	return t
}
