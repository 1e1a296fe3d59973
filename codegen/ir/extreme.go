package ir

// The primitives of differences and of the larger or smaller of two values, element by element.
var (
	SubPrim = row(Prim{Name: "sub", Stream: StreamElements, Doc: "y = a − b", Args: 2, InPlace: []int{0, 1}, Infer: same})

	MaximumPrim = row(Prim{Name: "maximum", Stream: StreamElements,
		Doc: "y = the larger of a and b, NaN if one of them is", Args: 2, InPlace: []int{0, 1}, Infer: same})

	MinimumPrim = row(Prim{Name: "minimum", Stream: StreamElements,
		Doc: "y = the smaller of a and b, NaN if one of them is", Args: 2, InPlace: []int{0, 1}, Infer: same})

	// WherePrim chooses by a comparison of its last two arguments: at_least where a ≥ b, less where not.
	WherePrim = row(Prim{Name: "where", Stream: StreamNever,
		Doc: "y = x where a ≥ b (at_least) or where not (less), else 0", F: []string{"at_least", "less"}, Args: 3,
		InPlace: []int{0}, Infer: like(0)})

	ClipPrim = row(Prim{Name: "clip", Stream: StreamElements, Doc: "y = lo where x < lo, hi where x > hi, else x", Args: 1,
		Attrs: []string{"lo float", "hi float"}, InPlace: []int{0}, Infer: like(0)})

	ClipGrad = row(Prim{Name: "clip.grad", Stream: StreamNever, NoVJP: true, Doc: "dx = dy where lo < y < hi, else 0",
		Args: 2, Attrs: []string{"lo float", "hi float"}, InPlace: []int{0}, Infer: like(0)})
)

// Sub returns x − y.
func (b *Builder) Sub(x, y *Value) *Value { return b.one(SubPrim, "", []*Value{x, y}) }

// Maximum returns the larger of x and y.
func (b *Builder) Maximum(x, y *Value) *Value { return b.one(MaximumPrim, "", []*Value{x, y}) }

// Minimum returns the smaller of x and y.
func (b *Builder) Minimum(x, y *Value) *Value { return b.one(MinimumPrim, "", []*Value{x, y}) }

// Clip returns x with what lies outside of [lo, hi] at the nearer end.
func (b *Builder) Clip(x *Value, lo, hi float64) *Value {
	return b.one(ClipPrim, "", []*Value{x}, "lo", lo, "hi", hi)
}

// WhereLess returns x where not a ≥ c, else 0.
func (b *Builder) WhereLess(x, a, c *Value) *Value {
	return b.one(WherePrim, "less", []*Value{x, a, c})
}

func init() {
	WherePrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(WherePrim, n.F, []*Value{dy[0], n.Args[1], n.Args[2]}), nil, nil}
	}
	SubPrim.VJP = func(b *Builder, _ *Node, dy []*Value) []*Value { return []*Value{dy[0], b.Scale(dy[0], -1)} }
	// Of equal elements the first takes the gradient.
	MaximumPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value { return chosen(b, dy[0], n.Args[0], n.Args[1]) }
	MinimumPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value { return chosen(b, dy[0], n.Args[1], n.Args[0]) }
	ClipPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(ClipGrad, "", []*Value{dy[0], n.Results[0]}, "lo", n.Float("lo"), "hi", n.Float("hi"))}
	}
}

// chosen returns the gradients of two arguments, of which the first has been taken where a ≥ c.
func chosen(b *Builder, dy, a, c *Value) []*Value {
	return []*Value{
		b.one(WherePrim, "at_least", []*Value{dy, a, c}),
		b.one(WherePrim, "less", []*Value{dy, a, c}),
	}
}
