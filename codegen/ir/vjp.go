package ir

import "slices"

// vjps holds the vector–Jacobian product of each primitive that is differentiated: see Prim.VJP.
var vjps = map[*Prim]func(b *Builder, n *Node, dy []*Value) []*Value{
	GemmNN: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{
			b.one(GemmNT, "", []*Value{dy[0], n.Args[1]}),
			b.one(GemmTN, "", []*Value{n.Args[0], dy[0]}),
		}
	},

	GemmNT: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{
			b.one(GemmNN, "", []*Value{dy[0], n.Args[1]}),
			b.one(GemmTN, "", []*Value{dy[0], n.Args[0]}),
		}
	},

	BiasPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{dy[0], b.one(SumRows, "", []*Value{dy[0]}, "size", n.Args[1].Shape.Size())}
	},

	ScaleRow: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{
			b.one(ScaleRow, "", []*Value{dy[0], n.Args[1]}),
			b.one(DotRows, "", []*Value{dy[0], n.Args[0]}, "size", n.Args[1].Shape.Size()),
		}
	},

	AffinePrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(ScaleRow, "", []*Value{dy[0], n.Args[2]}), nil, nil}
	},

	MapPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		f := Function(n.F)
		if f.Flat {
			return []*Value{nil}
		}
		saved := n.Args[0]
		if f.FromOutput {
			saved = n.Results[0]
		}
		d := b.Node(GradPrim, n.F, []*Value{dy[0], saved})
		d.Attrs = slices.Clone(n.Attrs)
		return []*Value{d.Results[0]}
	},

	PReLUPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return b.Node(PReLUGrad, "", []*Value{dy[0], n.Args[0], n.Args[1]}).Results
	},

	AddPrim: func(_ *Builder, _ *Node, dy []*Value) []*Value { return []*Value{dy[0], dy[0]} },

	MulPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.Mul(dy[0], n.Args[1]), b.Mul(dy[0], n.Args[0])}
	},

	ShiftPrim: func(_ *Builder, _ *Node, dy []*Value) []*Value { return []*Value{dy[0]} },

	ScalePrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.Scale(dy[0], n.Float("alpha"))}
	},

	ReshapePrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.Reshape(dy[0], n.Args[0].Shape.Row())}
	},

	ConcatPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		var ds []*Value
		offset := 0
		for _, a := range n.Args {
			width := a.Shape[len(a.Shape)-1]
			ds = append(ds, b.one(SlicePrim, "", []*Value{dy[0]}, "offset", offset, "width", width))
			offset += width
		}
		return ds
	},

	SoftmaxPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(SoftmaxGrad, "", []*Value{dy[0], n.Results[0]})}
	},

	LogSoftmaxPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return []*Value{b.one(LogSoftmaxGrad, "", []*Value{dy[0], n.Results[0]})}
	},

	DropoutPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		d := b.Node(DropoutPrim, "", []*Value{dy[0]}, "rate", n.Float("rate"), "stream", n.Int("stream"))
		return d.Results
	},

	DropChannels: func(b *Builder, n *Node, dy []*Value) []*Value {
		return b.Node(DropChannels, "", []*Value{dy[0]}, "rate", n.Float("rate"), "stream", n.Int("stream")).Results
	},

	NoisePrim: func(_ *Builder, _ *Node, dy []*Value) []*Value { return dy[:1] },

	LayerNormPrim: func(b *Builder, n *Node, dy []*Value) []*Value {
		return b.Node(LayerNormGrad, "", []*Value{dy[0], n.Args[0], n.Args[1], n.Results[1], n.Results[2]}).Results
	},

	BatchNormTrain: func(b *Builder, n *Node, dy []*Value) []*Value {
		d := b.Node(BatchNormGrad, "", []*Value{dy[0], n.Args[0], n.Args[1], n.Results[1], n.Results[2]}).Results
		return []*Value{d[0], d[1], d[2], nil, nil}
	},

	// Only norms that are not trained are of running statistics in training, so that γ and β want no gradient:
	// dx = dy·γ/√(var + ε) is the norm of dy with mean and shift 0.
	BatchNormInfer: func(b *Builder, n *Node, dy []*Value) []*Value {
		zero := b.one(ZeroPrim, "", []*Value{n.Args[1]})
		return []*Value{b.one(BatchNormInfer, "", []*Value{dy[0], n.Args[1], zero, zero, n.Args[4]}, "epsilon",
			n.Float("epsilon")), nil, nil, nil, nil}
	},

	SparseNN: func(b *Builder, n *Node, dy []*Value) []*Value {
		dx := b.Append(&Node{Prim: SparseDX, Args: []*Value{dy[0], n.Args[1]}, Param: n.Param, Layer: b.Layer, Pos: b.Pos})
		dw := b.Append(&Node{Prim: SparseDW, Args: []*Value{n.Args[0], dy[0]}, Param: n.Param, Layer: b.Layer, Pos: b.Pos})
		return []*Value{dx.Results[0], dw.Results[0]}
	},
}

func init() {
	for p, f := range vjps {
		p.VJP = f
	}
}
