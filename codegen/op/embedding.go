package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Embedding turns tokens into rows of a table.
//
//	forward   y[i] = W[x[i]], 0 where x[i] is padding_idx
//	backward  dW[x[i]] += dy[i], but for padding; dx does not exist
//
// Shapes: x: n×t (or any), tokens: whole numbers from 0 up to input_dim, W: input_dim×output_dim, y: n×t×output_dim.
// Rows that no token of a batch names have the gradient 0; optimizers treat them like other weights, so that momentum
// goes on and weight decay acts. Backward needs x.
//
// Source: Bengio, Ducharme, Vincent and Jauvin, A neural probabilistic language model, 2003.
var Embedding = define(Def{
	Kind: spec.Kind{Name: "embedding", Doc: "Rows of a table for tokens: whole numbers in an input.", Attrs: []spec.Attr{
		{Name: "input_dim", Type: spec.Int, Min: spec.Bound(1), Max: spec.Bound(1 << 24),
			Doc: "Size of the vocabulary; that of the input's tokens if left out."},
		{Name: "output_dim", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Numbers for each token."},
		{Name: "padding_idx", Type: spec.Int, Min: spec.Bound(0),
			Doc: "The token that stands for nothing: its row counts as 0 and is not trained; none if left out."},
		{Name: "embeddings_initializer", Type: spec.Nodes, Family: spec.InitializerFamily,
			Default: "uniform", Doc: "Initial table."},
		{Name: "embeddings_regularizer", Type: spec.Nodes, Family: spec.RegularizerFamily,
			Doc: "Penalty on the table; none if left out."},
	}},
	Params: func(l *Layer) []*ir.Param {
		rows, width := vocabularySize(l), l.Node.Int("output_dim")
		w := &ir.Param{Name: "embeddings", Shape: ir.Shape{rows, width}, FanIn: rows, FanOut: width}
		w.Attrs = ir.ParamAttrs{Initializer: "embeddings_initializer", Regularizer: "embeddings_regularizer", DType: true}
		return []*ir.Param{w}
	},
	Shape: func(l *Layer) (ir.Shape, error) {
		rows, width := vocabularySize(l), l.Node.Int("output_dim")
		switch {
		case l.In[0].Def != Input:
			return nil,
				&shapeError{msg: fmt.Sprintf("embedding reads tokens, which are whole numbers, but %q computes what it gives",
					l.In[0].Name), hint: "name an input: from: …"}
		case rows == 0:
			return nil,
				&shapeError{msg: fmt.Sprintf("nothing says how many tokens there are: embedding has no input_dim, and input %q "+
					"no tokens", l.In[0].Name), hint: "write input_dim, or tokens: {…} at the input"}
		case l.In[0].Vocabulary != nil && rows < l.In[0].Vocabulary.Size():
			return nil, &shapeError{at: "input_dim",
				msg: fmt.Sprintf("input_dim is %d, but input %q has %d tokens, the boundary among them", rows, l.In[0].Name,
					l.In[0].Vocabulary.Size()), hint: "leave out input_dim"}
		case rows > MaxElements/width:
			return nil, &shapeError{at: "output_dim", msg: fmt.Sprintf("a table of %d×%d has more than %d elements",
				rows, width, MaxElements)}
		case l.Node.Has("padding_idx") && l.Node.Int("padding_idx") >= rows:
			return nil, &shapeError{at: "padding_idx",
				msg: fmt.Sprintf("padding_idx %d is outside of the vocabulary of %d tokens", l.Node.Int("padding_idx"), rows)}
		}
		return append(slices.Clone(l.InShape(0)), width), nil
	},
	Tokens: vocabularySize,
	Forward: func(c *Call) {
		width := c.P[0].Shape[1]
		for i, v := range c.X[0].Data {
			y := c.Y.Data[i*width:][:width]
			clear(y)
			if at, ok := c.row(v); ok {
				copy(y, c.P[0].Data[at*width:])
			}
		}
	},
	Backward: func(c *Call) {
		width := c.P[0].Shape[1]
		for i, v := range c.X[0].Data {
			if at, ok := c.row(v); ok {
				for j, d := range c.DY.Data[i*width:][:width] {
					c.DP[0].Data[at*width+j] += d
				}
			}
		}
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		padding := -1
		if l.Node.Has("padding_idx") {
			padding = l.Node.Int("padding_idx")
		}
		return b.Lookup(x[0], b.Param(l.Params[0]), padding)
	},
	Exact: exactSums,
	Bound: exact,
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		a.X = c.X
		c.Layer.Def.Backward(a)
		return zerosLike(c.DX), [][]float64{times(gamma(len(c.X[0].Data)), a.DP[0].Data)}
	},
	MACs: func(*Layer) int64 { return 0 },
	Cases: []Case{
		{In: []ir.Shape{{5}}, Attrs: "input_dim: 7, output_dim: 3"},
		{In: []ir.Shape{{1}}, Attrs: "input_dim: 1, output_dim: 1"},
		{In: []ir.Shape{{2, 6}}, Attrs: "input_dim: 4, output_dim: 9, padding_idx: 2"},
	},
})

// row returns the row that a token names, and whether it is not that of padding.
func (c *Call) row(v float64) (at int, ok bool) {
	at = int(math.Round(v))
	return at, !c.Layer.Node.Has("padding_idx") || at != c.Layer.Node.Int("padding_idx")
}

// vocabularySize returns the number of tokens that a layer knows; 0 if nothing says it.
func vocabularySize(l *Layer) int {
	if v := l.In[0].Vocabulary; v != nil && !l.Node.Has("input_dim") {
		return v.Size()
	}
	return l.Node.Int("input_dim")
}
