package train

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// views say how simple models see the inputs of an output: numbers of tokens as how often each comes, windows of a
// series as earlier values of what is foretold.
type views struct {
	tokens []int // the size of the vocabulary of each input, 0 for one that holds other numbers
	lags   *lags // nil unless the output foretells columns of its windows
	// mirrored says that the targets are the inputs: a linear model would give them back, and knows nothing of a
	// bottleneck.
	mirrored bool
}

// lags is where earlier values stand: a window has steps × columns numbers, and the first target is ahead rows behind
// its last step, in the columns at, and each further row of targets one later.
type lags struct {
	steps, columns, ahead int
	at                    []int
}

// setSeries notes the series that examples for training are windows of, and whether their targets are their inputs.
func (g *program) setSeries(s *spec.Spec) {
	g.mirrored = s.Data != nil && s.Data.Target == "input"
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Series == nil {
		return // a network that was imported has no data of its own
	}
	src := s.Data.Train
	g.series, g.label = src.Series, src.Label
	if g.label == nil {
		g.label = src.Series.Columns
	}
}

// views returns how simple models see the inputs of an output.
func (g *program) views(output int) views {
	v := views{mirrored: g.mirrored}
	for _, in := range g.net.Inputs {
		v.tokens = append(v.tokens, g.net.Tokens(in))
	}
	s := g.series
	if s == nil || len(g.net.Inputs) != 1 || len(g.net.Outputs) != 1 || s.SamplingRate > 1 || len(s.Columns) == 0 ||
		g.net.Outputs[output].Quantiles != nil || g.net.Outputs[output].Classes != nil {
		return v
	}
	size := g.net.Inputs[0].Shape.Size()
	l := &lags{steps: size / len(s.Columns), columns: len(s.Columns), ahead: s.Horizon}
	for _, label := range g.label {
		l.at = append(l.at, slices.Index(s.Columns, label))
	}
	if size%len(s.Columns) == 0 && !slices.Contains(l.at, -1) {
		v.lags = l
	}
	return v
}

// mostCounted is the largest number of tokens that a linear model has a column each for; a larger vocabulary shares
// columns, token k being in column k modulo that.
const mostCounted = 512

// columns returns the number of columns of all inputs of a sample as bagged has them.
func (v views) columns(s sample) (n int) {
	for i, x := range s.s.X {
		if width := min(v.tokens[i], mostCounted); width > 0 {
			n += width
		} else {
			n += len(x) / s.s.N
		}
	}
	return n
}

// linear predicts by a linear model of the inputs, as linearModel does; nil if that would take long, or much memory, or
// has nothing to find.
func (v views) linear(o *net.Output, test, train sample) []float32 {
	if v.mirrored || train.s.N == 0 || !stats.Cheap(train.s.N, v.columns(train), o.Layer.Shape.Size()) {
		return nil
	}
	return linearModel(o, v.bagged(test), v.bagged(train))
}

// bagged returns a sample in which numbers of tokens are replaced by how often each token comes, in any order.
func (v views) bagged(s sample) sample {
	if s.s.N == 0 || !v.hasTokens() {
		return s
	}
	all := fit.Set{N: s.s.N, W: s.s.W, Y: s.s.Y}
	for i, x := range s.s.X {
		size := v.tokens[i]
		if size == 0 {
			all.X = append(all.X, x)
			continue
		}
		size = min(size, mostCounted)
		width := len(x) / s.s.N
		counts := make([]float32, s.s.N*size)
		for j, token := range x {
			counts[j/width*size+int(token)%size]++
		}
		all.X = append(all.X, counts)
	}
	s.s = all
	return s
}

func (v views) hasTokens() bool {
	return slices.ContainsFunc(v.tokens, func(n int) bool { return n > 0 })
}

func (v views) linearName() string {
	if v.hasTokens() {
		return "a linear model of the counts of tokens"
	}
	return "a linear model"
}

// lagged returns what the last value predicts, and the value so many rows before that is best by the training set, if
// that is better there.
func (v views) lagged(test, train sample) []simpleModel {
	l := v.lags
	if l == nil || train.s.N == 0 || test.s.N == 0 || (len(train.t)/train.s.N)%len(l.at) != 0 {
		return nil
	}
	best, least := 1, l.error(train, 1)
	for lag := 2; lag < l.steps+l.ahead; lag++ {
		if e := l.error(train, lag); e >= 0 && e < least {
			best, least = lag, e
		}
	}
	simple := []simpleModel{{name: "the last value", y: l.predict(test, 1)}}
	if best > 1 {
		simple = append(simple, simpleModel{name: fmt.Sprintf("the value %d rows before", best), y: l.predict(test, best)})
	}
	return simple
}

// error returns the sum of squared errors of the values a number of rows before; −1 if windows do not reach back so
// far.
func (l *lags) error(s sample, lag int) float64 {
	y := l.predict(s, lag)
	if y == nil {
		return -1
	}
	sum := 0.0
	for i, v := range y {
		d := float64(v) - float64(s.t[i])
		sum += d * d
	}
	return sum
}

// predict returns for each target the value that is lag rows before it, or as many times lag as it takes for a row of
// the window; nil if windows do not reach back so far.
func (l *lags) predict(s sample, lag int) []float32 {
	n, width := s.s.N, len(s.t)/s.s.N
	y := make([]float32, len(s.t))
	for k := range width {
		ahead := l.ahead + k/len(l.at)
		back := (ahead+lag-1)/lag*lag - ahead // rows before the last step
		if back >= l.steps {
			return nil
		}
		from := (l.steps-1-back)*l.columns + l.at[k%len(l.at)]
		for i := range n {
			y[i*width+k] = s.s.X[0][i*l.steps*l.columns+from]
		}
	}
	return y
}
