package stats

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
	"gonum.org/v1/gonum/stat"
)

// A Linear is a linear model of standardized columns, the simplest that a network should be better than.
type Linear struct {
	mean, scale []float64
	w           *mat.Dense // a row for each column and one for the constant, a column for each output
}

// Cheap tells whether a linear model of so many rows, columns and outputs is fitted in about a second.
func Cheap(rows, columns, outputs int) bool {
	return columns <= 1000 && float64(rows)*float64(columns)*float64(max(columns, 50*outputs)) <= 2e9
}

// Ridge fits y ≈ x·w + b by least squares, with a penalty of 1 on w² of the standardized columns, as scikit-learn's
// Ridge behind its StandardScaler. x and y are rows one behind another.
func Ridge(rows int, x, y []float32) (*Linear, error) {
	l, a := standardized(rows, x)
	_, columns := a.Dims()
	outputs := len(y) / rows
	var ata, aty mat.Dense
	ata.Mul(a.T(), a)
	for j := range columns - 1 { // the constant bears no penalty
		ata.Set(j, j, ata.At(j, j)+1)
	}
	aty.Mul(a.T(), dense(rows, outputs, y))
	var chol mat.Cholesky
	sym := mat.NewSymDense(columns, nil)
	for i := range columns {
		for j := i; j < columns; j++ {
			sym.SetSym(i, j, ata.At(i, j))
		}
	}
	if !chol.Factorize(sym) {
		return nil, errors.New("the columns are not finite")
	}
	l.w = &mat.Dense{}
	return l, chol.SolveTo(l.w, &aty)
}

// Logistic fits probabilities of classes, softmax(x·w + b), by maximum likelihood with a penalty of ½·w² over all rows
// of standardized columns, as scikit-learn's LogisticRegression behind its StandardScaler. truth is the class of each
// row.
func Logistic(x []float32, truth []int, classes int) (*Linear, error) {
	rows := len(truth)
	l, a := standardized(rows, x)
	_, columns := a.Dims()
	p := mat.NewDense(rows, classes, nil)
	loss := func(w, grad []float64) float64 {
		m := mat.NewDense(columns, classes, w)
		p.Mul(a, m)
		sum := 0.0
		for i, t := range truth {
			row := p.RawRowView(i)
			sum -= logSoftmax(row, t)
			row[t]--
		}
		for i, v := range w[:(columns-1)*classes] {
			sum += v * v / 2
			if grad != nil {
				grad[i] = v
			}
		}
		if grad != nil {
			clear(grad[(columns-1)*classes:])
			var g mat.Dense
			g.Mul(a.T(), p)
			for i, v := range g.RawMatrix().Data {
				grad[i] += v
			}
		}
		return sum
	}
	problem := optimize.Problem{
		Func: func(w []float64) float64 { return loss(w, nil) },
		Grad: func(grad, w []float64) { loss(w, grad) },
	}
	settings := &optimize.Settings{MajorIterations: 100, GradientThreshold: 1e-4 * float64(rows)}
	r, err := optimize.Minimize(problem, make([]float64, columns*classes), settings, &optimize.LBFGS{})
	if r == nil {
		return nil, err
	}
	l.w = mat.NewDense(columns, classes, r.X) // a search that ends early has still found a model
	return l, nil
}

// Predict returns the outputs for rows, as numbers one behind another: of Logistic what softmax is taken of, in which
// the largest is the class.
func (l *Linear) Predict(rows int, x []float32) []float32 {
	var y mat.Dense
	y.Mul(l.design(rows, x), l.w)
	r, c := y.Dims()
	out := make([]float32, 0, r*c)
	for _, v := range y.RawMatrix().Data {
		out = append(out, float32(v))
	}
	return out
}

// logSoftmax replaces a row by its softmax, and returns the logarithm of that of class t.
func logSoftmax(row []float64, t int) float64 {
	most, sum := math.Inf(-1), 0.0
	for _, v := range row {
		most = max(most, v)
	}
	at := row[t] - most
	for i, v := range row {
		row[i] = math.Exp(v - most)
		sum += row[i]
	}
	for i := range row {
		row[i] /= sum
	}
	return at - math.Log(sum)
}

// standardized begins a model of columns with mean 0 and deviation 1, and returns them with a column of ones.
func standardized(rows int, x []float32) (*Linear, *mat.Dense) {
	columns := len(x) / rows
	l := &Linear{mean: make([]float64, columns), scale: make([]float64, columns)}
	column := make([]float64, rows)
	for j := range columns {
		for i := range column {
			column[i] = float64(x[i*columns+j])
		}
		l.mean[j], l.scale[j] = stat.PopMeanStdDev(column, nil)
		if !(l.scale[j] > 1e-12*math.Abs(l.mean[j])) {
			l.scale[j] = 1 // it does not vary
		}
	}
	return l, l.design(rows, x)
}

func (l *Linear) design(rows int, x []float32) *mat.Dense {
	columns := len(l.mean)
	a := mat.NewDense(rows, columns+1, nil)
	for i := range rows {
		row := a.RawRowView(i)
		for j := range columns {
			row[j] = (float64(x[i*columns+j]) - l.mean[j]) / l.scale[j]
		}
		row[columns] = 1
	}
	return a
}

func dense(rows, columns int, y []float32) *mat.Dense {
	d := mat.NewDense(rows, columns, nil)
	for i := range d.RawMatrix().Data {
		d.RawMatrix().Data[i] = float64(y[i])
	}
	return d
}
