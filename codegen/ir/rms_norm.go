package ir

// The primitives of rms_norm work on the last axis.
var (
	RMSNormPrim = row(Prim{Name: "rms_norm", Stream: StreamLastAxis,
		Doc: "y = x·r·γ over the last axis, r = 1/√(mean x² + ε); also r of each row", Args: 2,
		Attrs: []string{"epsilon float"},
		Infer: func(n *Node) ([]Shape, error) {
			s, err := rowStats(n)
			if err != nil {
				return nil, err
			}
			return s[:2], nil
		}})

	RMSNormGrad = row(Prim{Name: "rms_norm.grad", Stream: StreamNever, NoVJP: true,
		Doc: "dx, dγ of rms_norm from dy, x, γ, r", Args: 4, Infer: func(n *Node) ([]Shape, error) {
			return []Shape{n.Args[0].Shape, n.Args[2].Shape}, nil
		}})
)

func init() {
	RMSNormPrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		return b.Node(RMSNormGrad, "", []*Value{dy[0], n.Args[0], n.Args[1], n.Results[1]}).Results
	}
}
