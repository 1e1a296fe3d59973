package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// Covariance is that of some columns. It is computed in order, and products are rounded before they are added, so that
// every machine gets the same bits.
type Covariance struct {
	N    int // rows
	Mean []float64
	// Lower is the lower triangle of the matrix, row by row, after shrinking.
	Lower []float64
	// Shrinkage is the share of the mean variance that the diagonal got for as much less of the matrix.
	Shrinkage float64
	// Rank is that of the matrix before.
	Rank int
}

// leastShrinkage keeps the matrix of columns some of which never change from having none but infinite inverses: what
// such a column has of the mean variance. 10⁻⁶ is a thousandth of a standard deviation.
const leastShrinkage = 1e-6

// Shrunk returns the covariance of n rows of numbers, shrunk towards a multiple of the unit matrix by as much as is
// expected to bring it nearest to that of the population (Ledoit and Wolf, A Well-Conditioned Estimator for
// Large-Dimensional Covariance Matrices, J. Multivariate Analysis 88, 2004), at least by 10⁻⁶: so it has an inverse
// whatever its rank. Of columns none of which ever changes it is the unit matrix.
func Shrunk(n int, x []float32) *Covariance {
	d := len(x) / n
	c := &Covariance{N: n, Mean: make([]float64, d), Lower: make([]float64, d*(d+1)/2)}
	for i, v := range x {
		c.Mean[i%d] += float64(v)
	}
	for j := range c.Mean {
		c.Mean[j] /= float64(n)
	}
	row, fourth := make([]float64, d), 0.0 // Σ |x − mean|⁴
	for i := range n {
		square := 0.0
		for j := range row {
			row[j] = float64(x[i*d+j]) - c.Mean[j]
			square += float64(row[j] * row[j])
		}
		fourth += float64(square * square)
		lower := c.Lower
		for j, v := range row {
			for k, w := range row[:j+1] {
				lower[k] += float64(v * w)
			}
			lower = lower[j+1:]
		}
	}
	trace, norm, at := 0.0, 0.0, 0 // of the matrix; |C|² over all elements
	for j := range d {
		for k := range j + 1 {
			v := c.Lower[at] / float64(n)
			c.Lower[at] = v
			if at++; k == j {
				trace, norm = trace+v, norm+float64(v*v)
			} else {
				norm += float64(2 * float64(v*v))
			}
		}
	}
	c.Rank = c.rank(d)
	mu := trace / float64(d)
	if mu == 0 {
		for j := range d {
			c.Lower[j*(j+3)/2] = 1
		}
		c.Shrinkage = 1
		return c
	}
	beta := (fourth/float64(n) - norm) / float64(d) / float64(n)
	delta := (norm - float64(mu*trace)) / float64(d)
	c.Shrinkage = 1
	if beta < delta {
		c.Shrinkage = max(beta/delta, leastShrinkage)
	}
	at = 0
	for j := range d {
		for k := range j + 1 {
			c.Lower[at] = float64((1 - c.Shrinkage) * c.Lower[at])
			if k == j {
				c.Lower[at] += float64(c.Shrinkage * mu)
			}
			at++
		}
	}
	return c
}

// rank returns the number of eigenvalues that are not within rounding of 0: above d·2⁻⁵² of the largest, as numpy has
// it.
func (c *Covariance) rank(d int) int {
	full := mat.NewSymDense(d, nil)
	at := 0
	for j := range d {
		for k := range j + 1 {
			full.SetSym(j, k, c.Lower[at])
			at++
		}
	}
	var e mat.EigenSym
	if !e.Factorize(full, false) {
		return d
	}
	values := e.Values(nil)
	rank, least := 0, values[d-1]*float64(d)*0x1p-52
	for _, v := range values {
		if v > least {
			rank++
		}
	}
	return rank
}

// Whiten returns the lower triangle, row by row, of the inverse of the Cholesky factor: for x of that covariance, L·(x
// − mean) has the unit matrix.
func (c *Covariance) Whiten() []float64 {
	d := len(c.Mean)
	at := func(i, j int) int { return i*(i+1)/2 + j }
	l := make([]float64, len(c.Lower))
	for i := range d {
		for j := range i + 1 {
			sum := c.Lower[at(i, j)]
			for k := range j {
				sum -= float64(l[at(i, k)] * l[at(j, k)])
			}
			if i == j {
				l[at(i, i)] = math.Sqrt(sum)
			} else {
				l[at(i, j)] = sum / l[at(j, j)]
			}
		}
	}
	inverse := make([]float64, len(l))
	for j := range d {
		inverse[at(j, j)] = 1 / l[at(j, j)]
		for i := j + 1; i < d; i++ {
			sum := 0.0
			for k := j; k < i; k++ {
				sum -= float64(l[at(i, k)] * inverse[at(k, j)])
			}
			inverse[at(i, j)] = sum / l[at(i, i)]
		}
	}
	return inverse
}

// Exceeded returns the value that one more draw from where values come from exceeds with a probability of at most rate,
// and that probability by the number of values: the k-th of n, k = ⌈(n + 1)(1 − rate)⌉, exceeds 1 − k/(n + 1) of them
// (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, section 2.2). Of too few values it is the
// largest, with a higher probability. The values are sorted.
func Exceeded(values []float64, rate float64) (limit, expected float64) {
	n := len(values)
	slices.Sort(values)
	k := min(int(math.Ceil(float64(n+1)*(1-rate))), n)
	return values[k-1], 1 - float64(k)/float64(n+1)
}
