package plan

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// The products of matrices. What the model prepares for one row costs the least, and panels less than rows.
var _ = kernels(
	// m.h1Layer.Apply(x[:], a.s1[:])
	Kernel{Name: "gemm.nn/layer", Prim: ir.GemmNN, Cost: 0, Wants: gemmPanels, Weights: 1,
		Stores: append([]ir.DType{ir.Float32}, halves...),
		Fits: func(b *builder, n *ir.Node) bool {
			return b.single && n.Args[0].Shape.Size() == n.Args[1].Shape[0] &&
				(len(n.Args) == 2 || n.Args[2].Def.Prim == ir.ParamPrim)
		},
		Calls: of("gemm", "Apply"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return []Stmt{invoke(Callee{"gemm", "Apply", b.layer(n)}, b.ref(n.Args[0]), b.ref(n.Results[0]))}
		}},

	// gemm.NNPacked(n, 32, 64, x, 64, m.h1W[:], a.s1[:n*32], 32, gemm.BiasAct(m.h1B[:], gemm.ReLU))
	Kernel{Name: "gemm.nn/packed", Prim: ir.GemmNN, Cost: 15, Wants: gemmPanels, Weights: 1, Calls: of("gemm", "NNPacked"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, y := n.Args[0], n.Args[1], n.Results[0]
			cols, inner := w.Shape[1], w.Shape[0]
			return call("gemm", "NNPacked", b.rows(x, inner), Int(cols), Int(inner), b.ref(x), Int(inner), b.ref(w),
				b.ref(y), Int(cols), b.epilogue(n))
		}},

	// gemm.NNPackedHalf(half.Float16, n, 32, 64, x, 64, m.h1W[:], a.s1[:n*32], 32, gemm.BiasAct(m.h1B[:], gemm.ReLU))
	Kernel{Name: "gemm.nn/packed/half", Prim: ir.GemmNN, Cost: 15, Wants: gemmPanels, Weights: 1, Stores: halves,
		Calls: of("gemm", "NNPackedHalf"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, y := n.Args[0], n.Args[1], n.Results[0]
			cols, inner := w.Shape[1], w.Shape[0]
			return call("gemm", "NNPackedHalf", format(b.param(w.Def.Param)), b.rows(x, inner), Int(cols), Int(inner),
				b.ref(x), Int(inner), b.ref(w),
				b.ref(y), Int(cols), b.epilogue(n))
		}},

	// gemm.NN(n, 32, 64, x, 64, p.H1W[:], 32, a.s1[:n*32], 32, gemm.BiasAct(p.H1B[:], gemm.ReLU))
	Kernel{Name: "gemm.nn", Prim: ir.GemmNN, Cost: 30, Calls: of("gemm", "NN"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, y := n.Args[0], n.Args[1], n.Results[0]
			cols, inner := w.Shape[1], w.Shape[0]
			return call("gemm", "NN", b.rows(x, inner), Int(cols), Int(inner), b.ref(x), Int(inner), b.ref(w), Int(cols),
				b.ref(y), Int(cols), b.epilogue(n))
		}},

	// gemm.NT(n, 32, 10, a.s2[:n*10], 10, p.OutputW[:], 10, a.s1[:n*32], 32, gemm.GradAct(gemm.ReLU, a.s3[:n*32]))
	Kernel{Name: "gemm.nt", Prim: ir.GemmNT, Calls: of("gemm", "NT"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, y := n.Args[0], n.Args[1], n.Results[0]
			cols, inner := w.Shape[0], w.Shape[1]
			return call("gemm", "NT", b.rows(x, inner), Int(cols), Int(inner), b.ref(x), Int(inner), b.ref(w), Int(inner),
				b.ref(y), Int(cols), b.epilogue(n))
		}},

	// gemm.NTHalf(half.Float16, n, 28, 24, a.s2[:n*24], 24, m.embeddingW[:], 24, a.s1[:n*28], 28,
	// gemm.Bias(m.outputB[:]))
	Kernel{Name: "gemm.nt/half", Prim: ir.GemmNT, Weights: 1, Stores: halves, Calls: of("gemm", "NTHalf"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, y := n.Args[0], n.Args[1], n.Results[0]
			cols, inner := w.Shape[0], w.Shape[1]
			return call("gemm", "NTHalf", format(b.param(w.Def.Param)), b.rows(x, inner), Int(cols), Int(inner),
				b.ref(x), Int(inner), b.ref(w),
				Int(inner), b.ref(y), Int(cols), b.epilogue(n))
		}},

	// gemm.TN(64, 32, n, x, 64, a.s1[:n*32], 32, g.H1W[:], 32, gemm.None())
	Kernel{Name: "gemm.tn", Prim: ir.GemmTN, Calls: of("gemm", "TN"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, dy, dw := n.Args[0], n.Args[1], n.Results[0]
			rows, cols := dw.Shape[0], dw.Shape[1]
			return call("gemm", "TN", Int(rows), Int(cols), b.rows(x, rows), b.ref(x), Int(rows), b.ref(dy), Int(cols),
				b.ref(dw), Int(cols), b.epilogue(n))
		},
		// gemm.TN(hi-lo, 32, n, x[lo:], 64, a.s1[:n*32], 32, g.H1W[lo*32:hi*32], 32, gemm.None())
		Share: func(b *builder, n *ir.Node) Divide {
			x, dy, dw := n.Args[0], n.Args[1], n.Results[0]
			rows, cols := dw.Shape[0], dw.Shape[1]
			part := Extent{rows, gemmRows}
			return Divide{part, call("gemm", "TN", part, Int(cols), b.rows(x, rows), begun(b.ref(x), 1),
				Int(rows), b.ref(dy), Int(cols),
				shared(b.ref(dw), cols), Int(cols), b.epilogue(n))}
		}},
)

// gemmRows is the number of rows of a tile of package gemm.
const gemmRows = 6

// gemmPanels is the layout of weights k×n for package gemm.
func gemmPanels(n *ir.Node, _ int) Layout {
	w := n.Args[1].Shape
	return Layout{Order: GemmPanels, K: w[0], N: w[1], Groups: 1}
}

// epilogue returns what a product does to its sums.
func (b *builder) epilogue(n *ir.Node) Epilogue {
	e := Epilogue{Act: n.Text("act")}
	if alpha, ok := n.Attr("alpha").(float64); ok {
		e.Alpha = &alpha
	}
	switch n.Text("epilogue") {
	case ir.EpilogueBias:
		e.Bias = b.ref(n.Args[2])
	case ir.EpilogueGrad:
		e.Saved = b.ref(n.Args[2])
	}
	return e
}

// layer returns the field of a product that the model prepares: named after its layer, and after its weights where a
// layer has several products.
func (b *builder) layer(n *ir.Node) string {
	w := n.Args[1]
	name := fieldName(n.Layer)
	if role := w.Def.Param.Name[strings.LastIndexByte(w.Def.Param.Name, '.')+1:]; role != "kernel" {
		name += fieldName("a_" + role)[1:]
	}
	l := Layer{Of: "example", N: w.Shape[1], K: w.Shape[0], Weights: b.ref(w).(Span), After: b.epilogue(n), Node: n}
	if b.g.Stream > 0 {
		l.Of = "step"
	}
	for i := 1; ; i++ {
		l.Field = name + "Layer"
		if i > 1 {
			l.Field += fmt.Sprint(i)
		}
		known, ok := b.fields[l.Field]
		if !ok {
			b.fields[l.Field] = l
			b.plan.Layers = append(b.plan.Layers, l)
			return l.Field
		}
		if known.Weights == l.Weights && reflect.DeepEqual(known.After, l.After) {
			return l.Field
		}
	}
}
