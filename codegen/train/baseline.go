package train

import (
	"fmt"
	"math"
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

// simpleModel is what a model other than a network makes of a set. One that is blind knows nothing of the inputs.
type simpleModel struct {
	name  string
	y     []float32
	blind bool
}

// baselines adds what the most frequent class, or the mean, and a linear model of the training set reach on the test
// set, in accuracy or rmse, and for series what earlier values do. It returns what they predict. c are the classes that
// the output predicts, nil if it has none. Where mistakes are to be cheap, accuracy is no reason for a remark.
func (r *OutputEvaluation) baselines(o *net.Output, c *stats.Classes, test, train sample, v views,
	remark func(string, ...any)) []simpleModel {
	if train.s.N == 0 || len(train.t) == 0 {
		return nil
	}
	name := fit.Defaults(o.Task)[0]
	at := slices.IndexFunc(r.Metrics, func(m metric) bool { return m.Name == name })
	if at < 0 {
		return nil
	}
	own := r.Metrics[at]
	lower := o.Task == "regression"
	add := func(model string, y []float32) metric {
		m := metric{Name: name, Value: number(fit.Measure(described(o), fit.Set{N: test.s.N}, y, test.t)[name]),
			share: own.share}
		r.Baselines = append(r.Baselines, baseline{model, name, m.Value, own.share})
		return m
	}
	constant, model := constantModel(o, test, train)
	if m := add(model, constant); !byCost(o) && (lower && own.Value >= m.Value || !lower && own.Value <= m.Value) {
		remark("%s is no better than %s of %s, which knows nothing of the inputs%s", own, m, model, remedy(o, train))
	}
	simple := []simpleModel{{model, constant, true}}
	others := v.lagged(test, train)
	if y := v.linear(o, test, train); y != nil {
		others = append(others, simpleModel{name: v.linearName(), y: y})
	}
	for _, s := range others {
		m := add(s.name, s.y)
		worse := own.Low != nil && (lower && *own.Low > m.Value || !lower && *own.High < m.Value)
		if worse && c != nil { // few rows that one of the two has right are no difference yet
			other := classesOf(o, s.y, test.t)
			worse = other == nil || c.Differs(other)
		}
		if worse && !byCost(o) {
			remark("%s is worse than %s of %s", own, m, s.name)
		}
	}
	return append(simple, others...)
}

// remedy says what to do about targets whose size varies by factors; "" for others.
func remedy(o *net.Output, train sample) string {
	if o.Task != "regression" || o.Scaling == "log" {
		return ""
	}
	for k := range o.Layer.Shape.Size() {
		var list []float64
		for _, v := range columnOf(train.t, train.s.N, k) {
			list = append(list, float64(v))
		}
		if !stats.FitsLog(list) {
			return ""
		}
	}
	return "; the targets are all above 0, and strongly skewed to the right: write standardize: log in its " +
		"output, which " +
		"learns their logarithms"
}

// constantModel predicts the most frequent class of the training set, or the mean, for every example.
func constantModel(o *net.Output, test, train sample) (y []float32, model string) {
	width := o.Layer.Shape.Size()
	mean := make([]float64, width)
	for i, v := range train.t {
		mean[i%width] += float64(v) / float64(train.s.N)
	}
	model = "the mean"
	switch {
	case o.Task == "binary" && width > 1:
		model = "the more frequent class of each"
		for k := range mean {
			mean[k] = math.Round(mean[k])
		}
	case o.Task != "regression":
		most := 0
		for k, v := range mean {
			if v > mean[most] {
				most = k
			}
		}
		if width == 1 {
			most = 0
			if mean[0] >= 0.5 {
				most = 1
			}
			mean[0] = float64(most)
		}
		model = "the most frequent class"
		if most < len(o.Classes) {
			model = fmt.Sprintf("the most frequent class, %q", o.Classes[most])
		}
	}
	for range test.s.N {
		for _, v := range mean {
			y = append(y, float32(v))
		}
	}
	return y, model
}

// linearModel predicts by a linear model of all inputs; nil if an input is not finite.
func linearModel(o *net.Output, test, train sample) []float32 {
	width := o.Layer.Shape.Size()
	x, _ := joined(train.s)
	rows := train.s.N
	if slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 }) {
		return nil
	}
	z, _ := joined(test.s)
	if o.Task == "regression" {
		m, err := stats.Ridge(rows, x, train.t)
		if err != nil {
			return nil
		}
		return m.Predict(test.s.N, z)
	}
	c := classesOf(o, train.t, train.t)
	switch {
	case o.Task == "binary" && (c != nil || width > 1): // a model for each unit
		y := make([]float32, test.s.N*width)
		for k := range width {
			column := columnOf(train.t, rows, k)
			m, err := stats.Logistic(x, stats.Binary(column, column).Truth, 2)
			if err != nil {
				return nil
			}
			scores := m.Predict(test.s.N, z)
			for i := range test.s.N {
				if scores[2*i+1] >= scores[2*i] {
					y[i*width+k] = 1
				}
			}
		}
		return y
	case c == nil:
		return nil
	}
	m, err := stats.Logistic(x, c.Truth, c.Count())
	if err != nil {
		return nil
	}
	return m.Predict(test.s.N, z)
}

// joined returns the numbers of all inputs of a set side by side, and how many an example has.
func joined(s fit.Set) (x []float32, columns int) {
	for _, in := range s.X {
		columns += len(in) / s.N
	}
	for i := range s.N {
		for _, in := range s.X {
			width := len(in) / s.N
			x = append(x, in[i*width:][:width]...)
		}
	}
	return x, columns
}
