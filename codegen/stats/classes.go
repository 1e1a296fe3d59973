package stats

import (
	"cmp"
	"math"
	"slices"
)

// Classes are predictions of an output with classes: for each row the true class and a probability for each class.
type Classes struct {
	Truth []int
	P     [][]float64 // rows of one probability for each class
	// Threshold is the probability from which on the second of two classes is chosen; 0 stands for ½.
	Threshold float64
}

// Binary returns the predictions of an output with one unit, which is the probability of class 1.
func Binary(y, t []float32) *Classes {
	c := &Classes{}
	for i := range y {
		p := float64(y[i])
		truth := 0
		if t[i] > 0.5 {
			truth = 1
		}
		c.Truth, c.P = append(c.Truth, truth), append(c.P, []float64{1 - p, p})
	}
	return c
}

// Multiclass returns the predictions of an output with a unit for each class; t has 1 for the class that holds.
func Multiclass(width int, y, t []float32) *Classes {
	c := &Classes{}
	for i := 0; i+width <= len(y); i += width {
		p := make([]float64, width)
		truth := 0
		for j := range p {
			if p[j] = float64(y[i+j]); t[i+j] > t[i+truth] {
				truth = j
			}
		}
		c.Truth, c.P = append(c.Truth, truth), append(c.P, p)
	}
	return c
}

// Count is how many classes there are.
func (c *Classes) Count() int {
	if len(c.P) == 0 {
		return 0
	}
	return len(c.P[0])
}

// predicted returns the class that row i is taken for: the first of the most probable, and of two classes the second
// from the threshold on.
func (c *Classes) predicted(i int) int {
	p := c.P[i]
	if len(p) == 2 {
		threshold := c.Threshold
		if threshold == 0 {
			threshold = 0.5
		}
		if p[1] >= threshold {
			return 1
		}
		return 0
	}
	best := 0
	for j, v := range p {
		if v > p[best] {
			best = j
		}
	}
	return best
}

// Differs tells whether another model's predictions of the same rows are right in so many more or fewer of those rows
// that one of the two alone has right, that chance, which favours neither, gives that in less than 1 of 20 cases:
// McNemar's test, as a sign test.
func (c *Classes) Differs(other *Classes) bool {
	only, others := 0, 0
	for i, t := range c.Truth {
		switch own, its := c.predicted(i) == t, other.predicted(i) == t; {
		case own && !its:
			only++
		case its && !own:
			others++
		}
	}
	n := only + others
	chance := 0.0 // of as uneven a split of n rows, in one direction
	for k := range min(only, others) + 1 {
		all, _ := math.Lgamma(float64(n + 1))
		a, _ := math.Lgamma(float64(k + 1))
		b, _ := math.Lgamma(float64(n - k + 1))
		chance += math.Exp(all - a - b - float64(n)*math.Ln2)
	}
	return 2*chance < 0.05
}

// Confusion counts rows by true class, and in it by the class that is predicted.
func (c *Classes) Confusion() [][]int {
	m := make([][]int, c.Count())
	for i := range m {
		m[i] = make([]int, c.Count())
	}
	for i, t := range c.Truth {
		m[t][c.predicted(i)]++
	}
	return m
}

// A Class is how well one class is found. What cannot be measured, since no row is of the class or predicted to be, is
// NaN.
type Class struct {
	Precision, Recall, F1 float64
	Support               int // rows that are of the class
	Predicted             int // rows that are taken for it
}

// PerClass returns precision, recall and F1 of each class.
func (c *Classes) PerClass() []Class {
	m := c.Confusion()
	all := make([]Class, len(m))
	for k := range m {
		for j := range m {
			all[k].Support += m[k][j]
			all[k].Predicted += m[j][k]
		}
		tp, truly, taken := float64(m[k][k]), float64(all[k].Support), float64(all[k].Predicted)
		all[k].Precision, all[k].Recall, all[k].F1 = tp/taken, tp/truly, 2*tp/(truly+taken)
	}
	return all
}

// A Confused is a pair of classes of which rows of the first are taken for the second.
type Confused struct{ Truth, Predicted, Count int }

// MostConfused returns the n pairs of classes with the most wrong rows.
func (c *Classes) MostConfused(n int) []Confused {
	var all []Confused
	for i, row := range c.Confusion() {
		for j, count := range row {
			if i != j && count > 0 {
				all = append(all, Confused{i, j, count})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b Confused) int { return cmp.Compare(b.Count, a.Count) })
	return all[:min(n, len(all))]
}

// BalancedAccuracy is the mean recall of the classes that rows are of; NaN if there are none.
func (c *Classes) BalancedAccuracy() float64 {
	sum, n := 0.0, 0.0
	for _, k := range c.PerClass() {
		if k.Support > 0 {
			sum, n = sum+k.Recall, n+1
		}
	}
	return sum / n
}

// MCC is Matthews' correlation coefficient, for any number of classes (Gorodkin, Comparing two K-category assignments
// by a K-category correlation coefficient, 2004); NaN where truth or prediction is of one class alone.
func (c *Classes) MCC() float64 {
	n, right, both, truly2, taken2 := float64(len(c.Truth)), 0.0, 0.0, 0.0, 0.0
	m := c.Confusion()
	for k, class := range c.PerClass() {
		t, p := float64(class.Support), float64(class.Predicted)
		right += float64(m[k][k])
		both, truly2, taken2 = both+t*p, truly2+t*t, taken2+p*p
	}
	return (right*n - both) / math.Sqrt((n*n-taken2)*(n*n-truly2))
}

// leastLogLoss is what LogLoss takes smaller probabilities for, as scikit-learn does for those in float64.
const leastLogLoss = 0x1p-52

// LogLoss is the mean of −ln p of the true class, in nats, with probabilities of at least 2⁻⁵² and at most 1 − 2⁻⁵² as
// scikit-learn takes them, and divided by their sum. A cross-entropy is computed of scores, and takes them as they are:
// where rows are Clipped it is more.
func (c *Classes) LogLoss() float64 {
	const least = leastLogLoss
	sum := 0.0
	for i, t := range c.Truth {
		all := 0.0
		for _, p := range c.P[i] {
			all += p
		}
		sum -= math.Log(min(max(c.P[i][t]/all, least), 1-least))
	}
	return sum / float64(len(c.Truth))
}

// Clipped returns the number of rows whose true class has a smaller probability than LogLoss takes.
func (c *Classes) Clipped() (rows int) {
	for i, t := range c.Truth {
		all := 0.0
		for _, p := range c.P[i] {
			all += p
		}
		if c.P[i][t]/all < leastLogLoss {
			rows++
		}
	}
	return rows
}

// A Bin is the rows whose probability of the class that is predicted is in one range: how many they are, the mean of
// those probabilities, and the share of the rows that are right.
type Bin struct {
	Rows              int
	Confidence, Right float64
}

// Calibration returns the bins of equal width that rows fall in, by the probability of the class that is predicted. It
// must be a number.
func (c *Classes) Calibration(bins int) []Bin {
	all := make([]Bin, bins)
	for i, t := range c.Truth {
		k := c.predicted(i)
		b := &all[max(0, min(int(c.P[i][k]*float64(bins)), bins-1))]
		b.Rows++
		b.Confidence += c.P[i][k]
		if k == t {
			b.Right++
		}
	}
	all = slices.DeleteFunc(all, func(b Bin) bool { return b.Rows == 0 })
	for i := range all {
		all[i].Confidence /= float64(all[i].Rows)
		all[i].Right /= float64(all[i].Rows)
	}
	return all
}

// CalibrationError is the expected calibration error: over the bins of Calibration, the mean distance between
// confidence and the share that is right, weighted by rows (Guo et al., On Calibration of Modern Neural Networks,
// 2017).
func (c *Classes) CalibrationError(bins int) float64 {
	sum := 0.0
	for _, b := range c.Calibration(bins) {
		sum += float64(b.Rows) * math.Abs(b.Confidence-b.Right)
	}
	return sum / float64(len(c.Truth))
}

// AveragePrecision is the area under the curve of precision by recall as a sum of steps, of class 1 of two, else the
// mean over the classes that rows are of, each against the others; NaN if no row is of them.
func (c *Classes) AveragePrecision() float64 {
	if c.Count() == 2 {
		return c.averagePrecision(1)
	}
	sum, n := 0.0, 0.0
	for k := range c.Count() {
		if ap := c.averagePrecision(k); ap == ap {
			sum, n = sum+ap, n+1
		}
	}
	return sum / n
}

func (c *Classes) averagePrecision(class int) float64 {
	order := make([]int, len(c.Truth))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.P[b][class], c.P[a][class]) })
	tp, found, sum := 0.0, 0.0, 0.0
	for i, row := range order {
		if c.Truth[row] == class {
			tp++
		}
		if i+1 < len(order) && c.P[order[i+1]][class] == c.P[row][class] {
			continue // rows of one probability are one step
		}
		sum += (tp - found) * tp / float64(i+1)
		found = tp
	}
	return sum / tp
}

// Kept returns the share of the rows whose class is chosen with at least a probability, and the share of those that are
// right; NaN if there are none. Probabilities are compared as float32, as generated code does.
func (c *Classes) Kept(probability float64) (coverage, accuracy float64, rows int) {
	right := 0
	for i, t := range c.Truth {
		if k := c.predicted(i); float32(c.P[i][k]) >= float32(probability) {
			rows++
			if k == t {
				right++
			}
		}
	}
	return float64(rows) / float64(len(c.Truth)), float64(right) / float64(rows), rows
}

// Outvoted returns how many rows are declined since their class is chosen with less than a probability, and how many of
// those are of a class that a threshold chose, though another is more probable.
func (c *Classes) Outvoted(probability float64) (declined, outvoted int) {
	for i, p := range c.P {
		k := c.predicted(i)
		if float32(p[k]) >= float32(probability) {
			continue
		}
		declined++
		if slices.Max(p) > p[k] {
			outvoted++
		}
	}
	return declined, outvoted
}
