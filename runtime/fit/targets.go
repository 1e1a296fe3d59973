package fit

import "fmt"

// Targets says which targets a loss gives a meaning; "" stands for Numbers.
type Targets string

// The rules of targets. All are of finite numbers.
const (
	Numbers       Targets = "numbers"       // any numbers
	Counts        Targets = "counts"        // from 0 on
	Positives     Targets = "positives"     // above 0
	Probabilities Targets = "probabilities" // from 0 to 1, each by itself
	Distributions Targets = "distributions" // from 0 to 1, those of a row with the sum 1
	Sides         Targets = "sides"         // 0 and 1, or −1 and 1
)

// The rules that some output has.
const (
	counted   = true //nngen:part Counts
	positives = true //nngen:part Positives
	sided     = true //nngen:part Sides
	odds      = true //nngen:part Probabilities
	shares    = true //nngen:part Distributions
)

// sumTolerance is how far the sum of a distribution may be from 1: shares that were written with four digits, each off
// by 0.5e-4 at most, keep it for 20 classes.
const sumTolerance = 1e-3

const notProbability = "is no probability: those are from 0 to 1"

// Check checks the targets of one row. It returns the number that is wrong, −1 for all of them together, and what is
// wrong; "" if nothing is.
func (r Targets) Check(row []float32) (column int, problem string) {
	for j, v := range row {
		switch {
		case v-v != 0:
			return j, "is not finite"
		case counted && r == Counts && v < 0:
			return j, "is below 0, but the loss is of counts, which are not"
		case positives && r == Positives && v <= 0:
			return j, "is not above 0, but its logarithm is what is learned"
		case sided && r == Sides && v != 0 && v != 1 && v != -1:
			return j, "is no side: those are 0 and 1, or -1 and 1"
		case odds && r == Probabilities && (v < 0 || v > 1):
			return j, notProbability
		case shares && r == Distributions && (v < 0 || v > 1):
			return j, notProbability
		}
	}
	if shares && r == Distributions {
		sum := float32(0)
		for _, v := range row {
			sum += v
		}
		if d := sum - 1; d > sumTolerance || d < -sumTolerance {
			return -1, fmt.Sprintf("have the sum %v, but one class holds: 1 for it and 0 for the others, or shares of the sum 1", sum)
		}
	}
	return 0, ""
}

// checkTokens verifies that the numbers x of input i of a set are tokens of a table of so many rows, if it has one.
func checkTokens(what string, i int, x []float32, width, rows int) error {
	for k, v := range x {
		if rows > 0 && !(v >= 0 && v < float32(rows) && v == float32(int(v))) {
			return fmt.Errorf("fit: input %d of %s: number %d of example %d is %v, want a token, a whole number from 0 to %d",
				i, what, k%width, k/width, v, rows-1)
		}
	}
	return nil
}

// check verifies that the targets y of rows with a weight mean something to the loss, and returns what is wrong; "" if
// nothing is.
func (o Output) check(y, weights []float32) string {
	width := o.Width / o.steps()
	for r := 0; (r+1)*width <= len(y); r++ {
		if weights != nil && weights[r] == 0 {
			continue
		}
		j, problem := o.Targets.Check(y[r*width:][:width])
		if problem == "" {
			continue
		}
		at := fmt.Sprintf("example %d", r/o.steps())
		if stepped && o.steps() > 1 {
			at += fmt.Sprintf(", step %d", r%o.steps())
		}
		if j < 0 {
			return at + ": the numbers " + problem
		}
		return fmt.Sprintf("%s: number %d, %v, %s", at, j, y[r*width+j], problem)
	}
	return ""
}
