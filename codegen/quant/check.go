package quant

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/ir"
)

// check is an error if the arithmetic of the runtime has no place for one of the numbers: what a file holds that was
// damaged, or written by other means. C has no meaning for a shift as wide as a number or a sum beyond its type.
func (q *Network) check(all Numbers) error {
	for _, u := range q.Units {
		if err := u.check(all); err != nil {
			return fmt.Errorf("layer %q: %w: no quantisation writes that, the file is damaged", u.Name, err)
		}
	}
	return nil
}

func (u *Unit) check(all Numbers) error {
	ints := func(i int) []int32 { return all[u.Params[i]].Int32 }
	switch u.Kind {
	case ToInt8, ToFloat:
		return first(inRange(u.Params[1], ints(1), math.MinInt8, math.MaxInt8), positive(u.Params[0], all[u.Params[0]].Float))
	case Dense, Conv, Depthwise:
		if err := u.sums(all, 0, ints(1)); err != nil || !u.Integer() {
			return err
		}
		return first(u.factors(2, 31, ints(2), ints(3)), inRange(u.Params[4], ints(4), math.MinInt8, math.MaxInt8))
	case SimpleRNN, LSTM, GRU, GRUBefore:
		cols, p := len(ints(2))/2, ints(5)
		return first(u.sums(all, 0, ints(2)[:cols]), u.sums(all, 1, ints(2)[cols:]), u.factors(3, 1, ints(3), ints(4)),
			u.factors(5, 31, p[1:2], p[2:3]), inRange(u.Params[5], p[:1], math.MinInt8, math.MaxInt8),
			inRange(u.Params[5], p[3:4], 0, 15))
	case Move:
		for i, p := range u.Params {
			if err := inRange(p, ints(i), math.MinInt8, math.MaxInt8); err != nil {
				return err
			}
		}
	case Add:
		p := ints(0)
		return first(u.factors(0, 31, []int32{p[1], p[4], p[6]}, []int32{p[2], p[5], p[7]}),
			inRange(u.Params[0], []int32{p[0], p[3], p[8], p[9], p[10]}, math.MinInt8, math.MaxInt8))
	}
	return nil
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// sums is an error if one of the sums of a matrix and what they start with may reach 2³⁰.
func (u *Unit) sums(all Numbers, matrix int, bias []int32) error {
	most := make([]int64, len(bias))
	for i, w := range all[u.Params[matrix]].Int8 {
		most[i%len(bias)] += 128 * max(int64(w), -int64(w))
	}
	for j, b := range bias {
		if sum := most[j] + max(int64(b), -int64(b)); sum >= mostSum {
			return fmt.Errorf("the sums of column %d reach %d, but at most 2³⁰ are computed with", j, sum)
		}
	}
	return nil
}

// factors is an error unless factors, those of parameter i, are multiplier/2^shift as the runtime takes them.
func (u *Unit) factors(i int, least int32, multiplier, shift []int32) error {
	for j, m := range multiplier {
		if t := shift[j]; t < least || t > 62 || m != 0 && m < 1<<30 {
			return fmt.Errorf("factor %d of %s is %d/2^%d, want 0 or 2³⁰ to 2³¹ over 2^%d to 2^62", j, u.Params[i].Name, m,
				t, least)
		}
	}
	return nil
}

func inRange(p *ir.Param, x []int32, low, high int32) error {
	for _, v := range x {
		if v < low || v > high {
			return fmt.Errorf("%s holds %d, want %d to %d", p.Name, v, low, high)
		}
	}
	return nil
}

func positive(p *ir.Param, x []float32) error {
	for _, v := range x {
		if !(v > 0) || v > math.MaxFloat32 {
			return fmt.Errorf("%s holds %g, want a scale above 0", p.Name, v)
		}
	}
	return nil
}
