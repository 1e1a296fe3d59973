package op

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// PositionalEncoding adds to each step numbers that tell its place.
//
//	forward   y[t] = x[t] + P[t]; sinusoidal: P[t,2i] = sin(t/10000^(2i/f)), P[t,2i+1] = cos(t/10000^(2i/f)); or learned
//	backward  dx = dy, dP = Σ dy over the batch
//
// Shapes: x, y: n×t×f, P: t×f, trained if it is learned. Backward needs nothing.
//
// Source: Vaswani et al., Attention is all you need, 2017, §3.5.
var PositionalEncoding = define(Def{
	Kind: spec.Kind{Name: "positional_encoding", Doc: "Adds to each step of a sequence numbers that tell its place.",
		Short: "encoding", Attrs: []spec.Attr{
			{Name: "encoding", Type: spec.Enum, Enum: []string{"sinusoidal", "learned"}, Default: "sinusoidal",
				Doc: "Sines and cosines of the place, or trained numbers."},
			{Name: "embeddings_initializer", Type: spec.Nodes, Family: spec.InitializerFamily, Default: "uniform",
				Doc: "Initial numbers, if they are learned."},
		}},
	Params: func(l *Layer) []*ir.Param {
		in := l.InShape(0)
		p := &ir.Param{Name: "embeddings", Shape: ir.Shape{in[0], in[1]}, FanIn: in[0], FanOut: in[1]}
		if l.Node.Word("encoding") == "learned" {
			p.Attrs = ir.ParamAttrs{Initializer: "embeddings_initializer", DType: true}
			return []*ir.Param{p}
		}
		p.Role, p.Init = ir.Constant, spec.Node{Kind: "zeros"}
		for t := range in[0] {
			for j := range in[1] {
				at := float64(t) / math.Pow(10000, float64(j/2*2)/float64(in[1]))
				if j%2 == 0 {
					p.Values = append(p.Values, float64(float32(math.Sin(at))))
				} else {
					p.Values = append(p.Values, float64(float32(math.Cos(at))))
				}
			}
		}
		return []*ir.Param{p}
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		in := l.InShape(0)
		if len(in) != 2 {
			return nil, &shapeError{msg: fmt.Sprintf("positional_encoding needs n×t×f input, but %q gives n×%s", l.In[0].Name,
				in)}
		}
		if l.Node.Word("encoding") == "sinusoidal" && in.Size() > 1<<16 {
			return nil, &shapeError{at: "encoding",
				msg: fmt.Sprintf("a sinusoidal encoding of %s has more than %d numbers, which the package would hold as constants",
					in, 1<<16), hint: "write encoding: learned"}
		}
		return in, nil
	},
	Forward: func(c *Call) {
		for i, x := range c.X[0].Data {
			c.Y.Data[i] = x + c.P[0].Data[i%len(c.P[0].Data)]
		}
	},
	Backward: func(c *Call) {
		for i, dy := range c.DY.Data {
			c.DX[0].Data[i] += dy
			c.DP[0].Data[i%len(c.DP[0].Data)] += dy
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return b.Bias(x[0], b.Param(l.Params[0])) },
	Exact: exactSums,
	Bound: func(c *Call) []float64 { return scaled(2, c.Y.Data) },
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		c.Layer.Def.Backward(a)
		return zerosLike(c.DX), [][]float64{times(gamma(c.N+1), a.DP[0].Data)}
	},
	MACs: func(*Layer) int64 { return 0 },
	Cases: []Case{
		{In: []ir.Shape{{5, 6}}},
		{In: []ir.Shape{{3, 7}}, Attrs: "encoding: learned"},
	},
})
