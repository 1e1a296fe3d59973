package ir

// The primitives of unit_norm work on the last axis.
var (
	UnitNormPrim = row(Prim{Name: "unit_norm", Stream: StreamLastAxis,
		Doc: "y = x·r over the last axis, r = 1/max(√Σx², ε); also r of each row", Args: 1, Attrs: []string{"epsilon float"},
		Infer: func(n *Node) ([]Shape, error) {
			s, err := rowStats(n)
			if err != nil {
				return nil, err
			}
			return s[:2], nil
		}})

	UnitNormGrad = row(Prim{Name: "unit_norm.grad", Stream: StreamNever, NoVJP: true, Doc: "dx of unit_norm from dy, y, r",
		Args: 3, Attrs: []string{"epsilon float"}, InPlace: []int{0}, Infer: like(0)})
)

// UnitNorm returns x with the rows of the last axis scaled to length 1, those shorter than epsilon by 1/epsilon.
func (b *Builder) UnitNorm(x *Value, epsilon float64) *Value {
	return b.one(UnitNormPrim, "", []*Value{x}, "epsilon", epsilon)
}

func init() {
	UnitNormPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(UnitNormGrad, "", []*Value{dy[0], n.Results[0], n.Results[1]}, "epsilon", n.Float("epsilon"))}
	}
}
