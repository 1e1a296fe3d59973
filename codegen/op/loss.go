package op

import (
	"cmp"
	"math/bits"
	"slices"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Loss is a kind of loss. All are of one file each, loss_<kind>.go. Those of regression and of binary outputs are means
// over the units of an example, those of distributions sums over the classes.
type Loss struct {
	Kind spec.Kind
	// Prim is the function of the primitive loss, whose name in Go is that of package loss; Args returns what that
	// takes behind the gradient, nil for nothing.
	Prim string
	Args func(n spec.Node) []float64
	// Final is the kind of the final activation that the loss takes in (softmax, sigmoid, step), or "".
	Final string
	// Eval returns the loss of one example with prediction (or scores) y and target t, and writes its gradient to dy.
	Eval func(n spec.Node, y, t, dy []float64) float64
	// Terms is the number of roundings, relative to the scale, in one element of dy.
	Terms func(width int) int
	// Exact says that gradients make no error in float32 where y, t and the gradient are multiples of powers of two and
	// a mean is over as many units; nil for never.
	Exact func(n spec.Node) bool
	// Tasks are those that the loss is for, the first being that which it stands for where nothing else says what an
	// output is. Positive says that y must be above 0, Soft that the classes of a target are shares.
	Tasks          []string
	Positive, Soft bool
	// Targets says which targets have a meaning.
	Targets fit.Targets
}

// defineLoss checks a row and adds it to the table.
func defineLoss(l Loss) *Loss {
	if l.Kind.Name == "" || l.Kind.Doc == "" || l.Prim == "" || l.Eval == nil || l.Terms == nil ||
		l.Targets == "" || len(l.Tasks) == 0 {
		panic("BUG: loss " + l.Kind.Name + " has an empty cell")
	}
	losses = append(losses, &l)
	return &l
}

var losses []*Loss

// Losses returns the kinds of losses, sorted by name.
func Losses() []*Loss {
	return slices.SortedFunc(slices.Values(losses), func(a, b *Loss) int { return cmp.Compare(a.Kind.Name, b.Kind.Name) })
}

// LossByName returns a row of the table; it panics if there is none.
func LossByName(name string) *Loss {
	for _, l := range losses {
		if l.Kind.Name == name {
			return l
		}
	}
	panic("BUG: no loss " + name)
}

// wholeLoss is the cell Exact of losses whose gradients are differences and signs, or probabilities that are 0, ½ or 1.
func wholeLoss(spec.Node) bool { return true }

// meanOf makes the mean over the outputs of an example of f, which returns a loss and its derivative.
func meanOf(f func(n spec.Node, y, t float64) (float64, float64)) func(spec.Node, []float64,
	[]float64, []float64) float64 {
	return func(n spec.Node, y, t, dy []float64) float64 {
		sum := 0.0
		for j := range y {
			loss, d := f(n, y[j], t[j])
			sum += loss
			dy[j] = d / float64(len(y))
		}
		return sum / float64(len(y))
	}
}

// fewTerms is the number of roundings, relative to |dy| + scale, of an element of dy = c·g with a formula g of its own:
// g has at most 5 of |g| + 1, c and the product 3 of |dy| (scale is rounded, then scale·w/f once, then c·g).
//
//	mse, huber, mae, hinge, perceptron, pinball   y − t, or a constant                                 1
//	binary_crossentropy  sigmoid(y) − t, the sigmoid within 1.67 ulp, of 2 roundings each          3.3 + 1
//	log_cosh             tanh(d), within 1.91 ulp, and |d·tanh′(d)| ≤ 0.45 of the rounding of d    3.8 + 0.5
//	poisson              1 − t/(y + ε): 3 of t/(y + ε), which is at most 1 + |g|                      3 + 1
//
// The other 16 are for targets that are standardized in float32: (t − center)·scale has two roundings of its own size,
// up to 4 standard deviations in the vectors, and mse doubles them. Bounds of ulps are those of package vec's test.
func fewTerms(int) int { return 8 + 2*2*4 }

// rowTerms is that number for dy = c·(p·A − u), with p = eᵈ/Σe, d = y − max y ≤ 0, A = Σu, u = t·keep + add, all sums
// over the classes in 8 lanes, each of width/8 additions and 3 that fold them:
//
//	u     keep and add are rounded, and the multiply-add               3
//	A     those of u and of the sum                                    width/8 + 6
//	e     exp within 1.05 ulp, and d is rounded: p·|d| ≤ 1/e           2.1 + 0.4
//	Σe    those of exp and of the sum, and Σp·|d| ≤ ln width           width/8 + 5.1 + ln width
//	p·A   the quotient 1/Σe and the product                            2
//
// since Σp·|d| is the entropy of p less ln Σe, and the entropy is at most ln width. The last multiply-add, c and its
// product are 4 of |dy|, which is less. bits.Len(width) is above ln width.
func rowTerms(width int) int { return width/4 + bits.Len(uint(width)) + 19 + 1 }

// heldFloat returns an attribute as float32 code has it.
func heldFloat(n spec.Node, attr string) float64 { return float64(float32(n.Float(attr))) }

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// side returns the class of a target as ±1.
func side(t float64) float64 {
	if t > 0 {
		return 1
	}
	return -1
}
