package net

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/spec"
)

// Lists of at most allOrders names are tried in every order, longer ones of at most swapped with any two exchanged.
const (
	allOrders = 6
	swapped   = 64
)

const otherMeanings = "its kernels begin with other meanings"

// Reordered says in which order weights of a training have names that the spec has in another: classes, columns of an
// input, or words of a column; "" if in none, or something else differs too. The arrays have the same shapes then, and
// their numbers stand for other names. As the weights have a checksum alone, orders are tried.
func (n *Net) Reordered(meta map[string]string) string {
	want, from := meta["spec"], n
	if meta[layersKey] != "" {
		want = meta[layersKey]
		from, _ = n.withoutBesides()
	}
	if want == "" || from.ModelSum() == want {
		return ""
	}
	matches := func(change func(s *spec.Spec)) bool {
		s, other := *from.Spec, *from
		change(&s)
		other.Spec = &s
		return other.ModelSum() == want
	}
	var said string
	try := func(what, follows string, names []string, change func(s *spec.Spec, order []int)) bool {
		return orders(len(names), func(order []int) bool {
			if !matches(func(s *spec.Spec) { change(s, order) }) {
				return false
			}
			was, is := moved(names, order)
			said = fmt.Sprintf("was trained with %s %s, where the spec has %s: %s", what, was, is, follows)
			return true
		})
	}
	if try("the classes", "outputs begin with other meanings", n.Spec.Classes.Names, func(s *spec.Spec, order []int) {
		s.Classes.Names = permuted(s.Classes.Names, order)
	}) {
		return said
	}
	for i, in := range n.Spec.Inputs {
		edit := func(s *spec.Spec, f func(all []spec.Column) []spec.Column) {
			s.Inputs = slices.Clone(s.Inputs)
			s.Inputs[i].Columns = f(slices.Clone(s.Inputs[i].Columns))
		}
		var names []string
		for _, c := range in.Columns {
			names = append(names, c.Name)
		}
		if try("the columns", otherMeanings, names, func(s *spec.Spec, order []int) {
			edit(s, func(all []spec.Column) []spec.Column { return permuted(all, order) })
		}) {
			return said
		}
		for k, c := range in.Columns {
			if try(fmt.Sprintf("the words of column %q", c.Name), otherMeanings, c.Words, func(s *spec.Spec, order []int) {
				edit(s, func(all []spec.Column) []spec.Column {
					all[k].Words = permuted(c.Words, order)
					return all
				})
			}) || try(fmt.Sprintf("the flag of column %q", c.Name), otherMeanings, c.Flag, func(s *spec.Spec, order []int) {
				edit(s, func(all []spec.Column) []spec.Column {
					all[k].Flag = permuted(c.Flag, order)
					return all
				})
			}) {
				return said
			}
		}
	}
	return ""
}

// OtherWords says of each column whose words are those of the training rows, texts among them, where they are others,
// or in another order, than before, so that numbers of trained weights stand for other words; it is of the same spec.
func (f Fitted) OtherWords(s *spec.Spec, before Fitted) (said []string) {
	for _, in := range s.Inputs {
		texts := in.Tokens != nil && in.Tokens.Words > 0
		for i, c := range in.Columns {
			was, is := before[in.Name], f[in.Name]
			if !texts && c.MaxWords == 0 || i >= len(was) || i >= len(is) || slices.Equal(was[i].Words, is[i].Words) {
				continue
			}
			from, follows := 0, otherMeanings
			if texts { // of very many the first may be the same
				from, follows = commonWords(was[i].Words, is[i].Words), "what it learned of words begins with other meanings"
			}
			said = append(said, fmt.Sprintf("was trained with the words of column %q %s, where the training rows have %s: %s",
				c.Name, fewFrom(was[i].Words, from), fewFrom(is[i].Words, from), follows))
		}
	}
	return said
}

// commonWords returns how many words two lists begin with alike.
func commonWords(a, b []string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// fewFrom lists names from a place on, the first ones of many.
func fewFrom(names []string, from int) string {
	switch text := few(names[from:]); {
	case from == 0:
		return text
	case text == "":
		return "no more"
	default:
		return "…, " + text
	}
}

// orders calls f with orders of n things other than the one that they have, until it returns true.
func orders(n int, f func(order []int) bool) bool {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	if n > allOrders {
		for i := range min(n, swapped) {
			for k := range i {
				order[i], order[k] = k, i
				if f(order) {
					return true
				}
				order[i], order[k] = i, k
			}
		}
		return false
	}
	var from func(i int) bool
	from = func(i int) bool {
		if i == n {
			return !slices.IsSorted(order) && f(order)
		}
		for k := i; k < n; k++ {
			order[i], order[k] = order[k], order[i]
			if from(i + 1) {
				return true
			}
			order[i], order[k] = order[k], order[i]
		}
		return false
	}
	return from(0)
}

// permuted returns the elements of a list in an order.
func permuted[T any](list []T, order []int) []T {
	out := make([]T, len(list))
	for i, k := range order {
		out[i] = list[k]
	}
	return out
}

// moved lists names in an order and as they are: of many those that the order moves.
func moved(names []string, order []int) (was, is string) {
	var before, now []string
	for i, k := range order {
		if len(names) <= allOrders || i != k {
			before, now = append(before, names[k]), append(now, names[i])
		}
	}
	return strings.Join(before, ", "), strings.Join(now, ", ")
}
