package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/quant"
)

// What quantised networks do: package quant of the runtime.
var _ = kernels(
	// quant.Quantize(a.s1[:n*64], x, m.imageScale[:], m.imageZero[:])
	elements("quantize", ir.QuantizePrim, "Quantize"),
	elements("dequantize", ir.DequantizePrim, "Dequantize"),
	elements("quant.add", ir.QuantAdd, "Add"),
	elements("quant.lookup", ir.QuantLookup, "Lookup"),

	// quant.Dense(n, 32, 64, a.s2[:n*32], a.s1[:n*64], m.h1W[:], quant.Rescale{Bias: m.h1B[:], Multiplier:
	// m.h1Multiplier[:], …})
	quantDense("quant.dense", ir.QuantDense, "Dense"),
	quantDense("quant.dense_float", ir.QuantDenseFloat, "DenseFloat"),
	portable(quantDense("quant.dense", ir.QuantDense, "Dense")),
	portable(quantDense("quant.dense_float", ir.QuantDenseFloat, "DenseFloat")),

	// quant.Conv(n, &conv1Geometry, a.s2[:n*784], a.s1[:n*784], m.conv1W[:], quant.Rescale{…})
	quantConv("quant.conv", ir.QuantConv, "Conv", true),
	quantConv("quant.conv_float", ir.QuantConvFloat, "ConvFloat", true),
	portable(quantConv("quant.conv", ir.QuantConv, "Conv", true)),
	portable(quantConv("quant.conv_float", ir.QuantConvFloat, "ConvFloat", true)),
	quantConv("quant.depthwise", ir.QuantDepthwise, "Depthwise", false),
	quantConv("quant.depthwise_float", ir.QuantDepthwiseFloat, "DepthwiseFloat", false),

	// quant.GRU(n, quant.Steps{T: 16, F: 16, U: 64, All: true}, a.s2[:n*1024], a.s1[:n*256], nil, m.memoryW[:],
	// m.memoryRecurrentKernel[:], quant.Gates{Bias: m.memoryB[:], …})
	quantCell(ir.QuantLSTM, "LSTM", quant.LSTMScratch),
	portable(quantCell(ir.QuantLSTM, "LSTM", quant.LSTMScratch)),
	quantCell(ir.QuantGRU, "GRU", quant.GRUScratch),
	portable(quantCell(ir.QuantGRU, "GRU", quant.GRUScratch)),
	quantCell(ir.QuantGRUBefore, "GRUBefore", quant.GRUBeforeScratch),
	portable(quantCell(ir.QuantGRUBefore, "GRUBefore", quant.GRUBeforeScratch)),
	quantCell(ir.QuantSimple, "Simple", quant.SimpleScratch),
	portable(quantCell(ir.QuantSimple, "Simple", quant.SimpleScratch)),

	// quant.Rows(n*16, 27, 16, a.s1[:n*256], x, m.tableW[:])
	Kernel{Name: "quant.rows", Prim: ir.QuantRows, Calls: of("quant", "Rows"), Call: func(b *builder, n *ir.Node) []Stmt {
		w := n.Args[1].Shape
		return call("quant", "Rows", b.rows(n.Args[0], 1), Int(w[0]), Int(w[1]), b.refs(n.Results, n.Args))
	}},

	// quant.Max(n, pool.Window{H: 8, W: 8, C: 32, OH: 4, OW: 4, FH: 2, FW: 2, SH: 2, SW: 2}, a.s1[:n*512],
	// a.s2[:n*2048])
	inPackage("quant", pooling(ir.QuantMaxPool, "Max", false)),
	inPackage("quant", pooling(ir.QuantAveragePool, "Average", false)),

	// quant.Pad(n, pool.Border{H: 8, W: 8, C: 3, Top: 1, Bottom: 1, Left: 1, Right: 1}, a.s1[:n*300], a.s2[:n*192],
	// m.padZero[:])
	inPackage("quant", border(ir.QuantPad, "Pad", false)),
	inPackage("quant", border(ir.QuantCrop, "Crop", true)),
	inPackage("quant", enlarge(ir.QuantNearest, "", false)),
	inPackage("quant", transpose(ir.QuantTranspose)),

	// quant.Columns(n, 96, 64, a.s3[:n*96], 32, a.s2[:n*32], m.joinTable2[:])
	Kernel{Name: "quant.concat", Prim: ir.QuantConcat, Calls: of("quant", "Columns"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			var all []Stmt
			y, total, from := n.Results[0], last(n.Results[0]), 0
			for i := 0; i < len(n.Args); i += 2 {
				x := n.Args[i]
				all = append(all, call("quant", "Columns", b.rows(y, total), Int(total), Int(from), b.ref(y), Int(last(x)),
					b.ref(x), b.ref(n.Args[i+1]))...)
				from += last(x)
			}
			return all
		}},
)

// elements calls a function of the results and the arguments, in that order.
func elements(name string, prim *ir.Prim, function string) Kernel {
	return Kernel{Name: name, Prim: prim, Calls: of("quant", function), Call: func(b *builder, n *ir.Node) []Stmt {
		return call("quant", function, b.refs(n.Results, n.Args))
	}}
}

// quantDense calls a product of matrices.
func quantDense(name string, prim *ir.Prim, function string) Kernel {
	return Kernel{Name: name, Prim: prim, Wants: quantPanels, Weights: 1, Calls: of("quant", function),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w := n.Args[0], n.Args[1].Shape
			return call("quant", function, b.rows(x, w[0]), Int(w[1]), Int(w[0]), b.refs(n.Results, n.Args[:2]), b.rescale(n))
		}}
}

// quantConv calls a convolution, which reads packed weights or such as weight files have.
func quantConv(name string, prim *ir.Prim, function string, packed bool) Kernel {
	k := Kernel{Name: name, Prim: prim, Calls: of("quant", function), Call: func(b *builder, n *ir.Node) []Stmt {
		g := ir.Geometry(n)
		return call("quant", function, b.rows(n.Args[0], g.H*g.W*g.C), Var{Name: b.geometry(n).Name},
			b.refs(n.Results, n.Args[:2]), b.rescale(n))
	}}
	if packed {
		k.Wants, k.Weights = quantPanels, 1
	}
	return k
}

// quantCell calls a recurrent layer, which keeps what scratch says.
func quantCell(prim *ir.Prim, function string, scratch func(int, quant.Steps) []int) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Wants: quantPanels, Weights: 1, More: 2, Calls: of("quant", function),
		Scratch: func(b *builder, n *ir.Node, rows int) []int {
			x := n.Args[0]
			steps, f := x.Shape[1], last(x)
			return scratch(b.count(x, steps*f, rows), quant.Steps{T: steps, F: f, U: n.Args[2].Shape[0]})
		},
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, w, v := n.Args[0], n.Args[1], n.Args[2]
			steps, f := x.Shape[1], last(x)
			s := ints("quant", "Steps", "T", steps, "F", f, "U", v.Shape[0])
			if n.Bool("reverse") {
				s.Fields = append(s.Fields, Field{"Reverse", Flag(true)})
			}
			if n.Bool("all") {
				s.Fields = append(s.Fields, Field{"All", Flag(true)})
			}
			mask := Arg(Nil{})
			if len(n.Args) > 7 {
				mask = b.ref(n.Args[7])
			}
			return call("quant", function, b.rows(x, steps*f), s, b.ref(n.Results[0]), b.ref(x), mask, b.ref(w), b.ref(v),
				b.structOf("Gates", n.Args[3:7], "Bias", "Multiplier", "Shift", "State"))
		}}
}

// portable makes a row one of Portable alone, whose functions read weights as files have them.
func portable(k Kernel) Kernel {
	k.Name += "/portable"
	k.Wants, k.Weights, k.More = nil, 0, 0
	k.Fits = func(b *builder, _ *ir.Node) bool { return b.portable }
	return k
}

// rescale returns what a product does to its sums: a quant.Rescale, or the arrays of a product with float32 results.
func (b *builder) rescale(n *ir.Node) []Arg {
	if n.Prim.DType != ir.Int8 {
		return b.refs(n.Args[2:])
	}
	return []Arg{b.structOf("Rescale", n.Args[2:], "Bias", "Multiplier", "Shift", "Range")}
}

// structOf returns a struct of package quant whose fields are values.
func (b *builder) structOf(name string, values []*ir.Value, fields ...string) Struct {
	s := Struct{Pkg: "quant", Type: name}
	for i, field := range fields {
		s.Fields = append(s.Fields, Field{field, b.ref(values[i])})
	}
	return s
}

// quantPanels is the layout of weights …×n for package quant: those of a filter are read a row of taps at a time, or a
// tap if it is dilated along its rows.
func quantPanels(n *ir.Node, arg int) Layout {
	w := n.Args[arg].Shape
	cols := w[len(w)-1]
	l := Layout{Order: QuantPanels, K: w.Size() / cols, N: cols, Groups: 1, Runs: 1}
	if n.Prim.Geometry {
		g := ir.Geometry(n)
		l.Runs = g.FH
		if g.DW > 1 {
			l.Runs *= g.FW
		}
	}
	return l
}

// inPackage makes a row call functions of the same names in another package of the runtime.
func inPackage(pkg string, k Kernel) Kernel {
	inner := k.Call
	k.Calls = of(pkg, k.Calls[0].Name)
	k.Call = func(b *builder, n *ir.Node) []Stmt {
		all := inner(b, n)
		for i, s := range all {
			c := s.(Call)
			c.Pkg = pkg
			all[i] = c
		}
		return all
	}
	return k
}
