package train

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/stats"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/guard"
)

// falseAlarms is the share of examples like the training set that a guard may call unlike it: half of it for ranges,
// half for distances, which together alarm no more often than both by themselves.
const falseAlarms = 0.01

// checkGuard verifies that there are validation examples for the limits of a guard, and others that they are measured
// on.
func checkGuard(network *net.Net, sets *data.Sets) error {
	least := 1
	if sets.Test.N == 0 {
		least = 2
	}
	if network.Guard != nil && sets.Validation.N < least {
		return fmt.Errorf("the limits of the guard are fitted to at least %d validation examples, but there are %d: raise "+
			"validation_split",
			least, sets.Validation.N)
	}
	return nil
}

// fitGuard fits the guard of a network, and returns a line on it. Ranges and the covariance of the features come from
// the training set. By how much examples may go beyond comes from the validation set: all of it if there is a test set
// to measure the false alarms on, else every other example, and the others measure them.
func (g *program) fitGuard(ctx context.Context, weights string, sets *data.Sets) (string, error) {
	spec := g.net.Guard
	h, err := g.hidden(ctx, weights, sets.Train)
	if err != nil {
		return "", err
	}
	c := stats.Shrunk(sets.Train.N, h)
	f := fittedGuard{mean: narrow(c.Mean), whiten: narrow(c.Whiten())}
	for _, x := range sets.Train.X {
		low, high := ranges(x, len(x)/sets.Train.N)
		f.low, f.high = append(f.low, low), append(f.high, high)
	}
	if h, err = g.hidden(ctx, weights, sets.Validation); err != nil {
		return "", err
	}
	n, step := calibrationRows(sets.Validation.N, sets.Test.N > 0), 2
	if sets.Test.N > 0 {
		step = 1
	}
	beyond, far := make([]float64, n), make([]float64, n)
	for i := range n {
		beyond[i], far[i] = f.beyond(sets.Validation, i*step), f.distance(h, i*step)
	}
	margin, a := stats.Exceeded(beyond, falseAlarms/2)
	limit, b := stats.Exceeded(far, falseAlarms/2)
	f.widen(margin)
	f.limit = float32(limit)
	held, of, from := sets.Test, "test", 0
	if step == 2 {
		held, of, from = sets.Validation, "other validation", 1
	} else if h, err = g.hidden(ctx, weights, held); err != nil {
		return "", err
	}
	alarms, measured := 0, 0
	for i := from; i < held.N; i += step {
		measured++
		alarms += bit(f.unlike(held, h, i))
	}
	found := map[string][]float32{spec.Mean.Name: f.mean, spec.Whiten.Name: f.whiten, spec.Limit.Name: {f.limit},
		spec.Rate.Name: {float32(a + b)}}
	for i := range spec.Low {
		found[spec.Low[i].Name], found[spec.High[i].Name] = f.low[i], f.high[i]
	}
	low, high := stats.Wilson(float64(alarms)/float64(measured), measured)
	if err := g.setConstants(weights, found); err != nil {
		return "", err
	}
	more := unchecked(g.net, sets.Fitted)
	if enough := int(math.Round(2/falseAlarms)) - 1; n < enough { // where Exceeded takes the last but one
		more += fmt.Sprintf("; %d examples to fit to make that %g %%", enough, 100*falseAlarms)
	}
	return fmt.Sprintf("guard: unlike the training set is what is %.3g %% beyond the range of a number, or farther "+
		"than %.4g in %s "+
		"(%d features, covariance of %d rows, rank %d, shrunk by %.3g): false alarms %.2f %% [%.2f, %.2f] of %d %s "+
		"examples, "+
		"%.2f %% expected by the %d fitted to%s", 100*margin, limit, spec.Layer.Source, spec.Features, c.N, c.Rank,
		c.Shrinkage, 100*float64(alarms)/float64(measured), 100*low, 100*high, measured, of, 100*(a+b), n, more), nil
}

// unchecked says in which columns a guard does not see a value that no training row had, since what is the same in all
// of them stays so when a row is read; "" for none.
func unchecked(network *net.Net, fitted net.Fitted) string {
	var names []string
	for _, in := range network.Spec.Inputs {
		for i, fit := range fitted[in.Name] {
			if fit.Fixed != nil {
				names = append(names, in.Columns[i].Name)
			}
		}
	}
	const most = 5
	switch n := len(names); {
	case n == 0:
		return ""
	case n > most:
		names = append(names[:most], fmt.Sprintf("%d more", n-most))
	}
	return "; values, words or missing ones that no training row had are not seen in " + strings.Join(names, ", ")
}

// fittedGuard is a guard in the making.
type fittedGuard struct {
	low, high    [][]float32 // of each input
	mean, whiten []float32
	limit        float32
}

// ranges returns the least and the largest number of each column.
func ranges(x []float32, columns int) (low, high []float32) {
	low, high = append(low, x[:columns]...), append(high, x[:columns]...)
	for i, v := range x {
		j := i % columns
		low[j], high[j] = min(low[j], v), max(high[j], v)
	}
	return low, high
}

// beyond returns by how much the number of example i that is farthest outside of its range is outside, in its widths.
func (f *fittedGuard) beyond(s fit.Set, i int) (most float64) {
	for k, in := range s.X {
		width := len(f.low[k])
		for j, v := range in[i*width:][:width] {
			most = max(most, guard.Beyond(v, f.low[k][j], f.high[k][j]))
		}
	}
	return most
}

// distance returns that of the features of example i.
func (f *fittedGuard) distance(h []float32, i int) float64 {
	d := len(f.mean)
	return float64(guard.Distance(h[i*d:][:d], f.mean, f.whiten))
}

// widen moves the ends of all ranges outwards by a share of their widths, and to the next float32 beyond.
func (f *fittedGuard) widen(margin float64) {
	for k := range f.low {
		for j := range f.low[k] {
			low, high := f.low[k][j], f.high[k][j]
			by := margin * guard.Width(low, high)
			f.low[k][j] = outwards(float64(low)-by, -1)
			f.high[k][j] = outwards(float64(high)+by, 1)
		}
	}
}

// outwards returns the float32 next to v, or v itself if it is one, in the direction of sign, within the finite ones.
func outwards(v, sign float64) float32 {
	r := float32(max(min(v, math.MaxFloat32), -math.MaxFloat32))
	if (v-float64(r))*sign > 0 {
		r = math.Nextafter32(r, float32(math.Inf(int(sign))))
	}
	return max(min(r, math.MaxFloat32), -math.MaxFloat32)
}

// unlike tells whether the package calls example i unlike the training set.
func (f *fittedGuard) unlike(s fit.Set, h []float32, i int) bool {
	var r guard.Ranges
	for k, in := range s.X {
		width := len(f.low[k])
		x := in[i*width:][:width]
		if k == 0 {
			r = guard.In(x, f.low[0], f.high[0])
		} else {
			r = r.And(x, f.low[k], f.high[k])
		}
	}
	d := len(f.mean)
	return r.Check(h[i*d:][:d], f.mean, f.whiten, f.limit).Unlike
}

// unlike tells of each example of a set whether the package calls it unlike the training set.
func (g *program) unlike(ctx context.Context, weights string, s fit.Set) ([]bool, error) {
	b, err := os.ReadFile(weights)
	if err != nil {
		return nil, err
	}
	tensors, err := project.Tensors(g.net, b)
	if err != nil {
		return nil, err
	}
	spec := g.net.Guard
	f := fittedGuard{mean: tensors[spec.Mean.Name], whiten: tensors[spec.Whiten.Name], limit: tensors[spec.Limit.Name][0]}
	for i := range spec.Low {
		f.low, f.high = append(f.low, tensors[spec.Low[i].Name]), append(f.high, tensors[spec.High[i].Name])
	}
	h, err := g.hidden(ctx, weights, s)
	if err != nil {
		return nil, err
	}
	list := make([]bool, s.N)
	for i := range list {
		list[i] = f.unlike(s, h, i)
	}
	return list, nil
}

// narrow rounds numbers to float32.
func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
