package train

import (
	"math"

	"github.com/nngen/nngen/codegen/runs"
)

// Epochs are what was measured after each epoch of a training, and how much some of them changed the arrays.
type Epochs struct {
	runs.History
	// Updates are the Updates of the first epoch and of each Every-th behind it, so that there are at most mostUpdates.
	Updates [][]*float64
	Every   int
	lower   map[string]bool // the metrics that are better where they are lower
	next    runs.Epoch      // room for the one that is added
}

// mostUpdates bounds the epochs whose updates are kept: a drawing has fewer columns.
const mostUpdates = 1000

// add adds an epoch.
func (s *Epochs) add(e Event) {
	if s.lower == nil {
		s.lower, s.Every = map[string]bool{}, 1
	}
	s.next = runs.Epoch{Names: append(s.next.Names[:0], "epoch", "lr"),
		Values: append(s.next.Values[:0], float64(e.Epoch), orNaN(e.LR))}
	for _, m := range e.Metrics {
		s.next.Names, s.next.Values = append(s.next.Names, m.Name), append(s.next.Values, orNaN(m.Value))
		s.lower[m.Name] = m.Lower
	}
	if s.Len()%s.Every == 0 {
		if len(s.Updates) == mostUpdates {
			for i := range mostUpdates / 2 {
				s.Updates[i] = s.Updates[2*i]
			}
			clear(s.Updates[mostUpdates/2:])
			s.Updates, s.Every = s.Updates[:mostUpdates/2], 2*s.Every
		}
		s.Updates = append(s.Updates, e.Updates)
	}
	s.Add(s.next)
}

// orNaN returns a number, NaN if it is not finite.
func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

// finiteOrNil returns a number, nil if it is not finite.
func finiteOrNil(v float64) *float64 {
	if v-v != 0 {
		return nil
	}
	return &v
}

// numberOf returns the number of an epoch, from 1.
func numberOf(e runs.Epoch) int { return int(e.Get("epoch")) }

// last returns the last epoch.
func (s *Epochs) last() runs.Epoch { return s.At(s.Len() - 1) }

// best returns the best value of a metric, and the first epoch that has it; 0 if none is a number.
func (s *Epochs) best(name string) (best float64, at int) {
	lower := s.lower[name]
	for _, e := range s.All() {
		if v := e.Get(name); at == 0 && !math.IsNaN(v) || lower && v < best || !lower && v > best {
			best, at = v, numberOf(e)
		}
	}
	return best, at
}

// kept returns the epoch whose weights were kept: best, or if that is 0 the last.
func (s *Epochs) kept(best int) runs.Epoch {
	for _, e := range s.All() {
		if numberOf(e) == best {
			return e
		}
	}
	return s.last()
}

// metrics returns what was measured after an epoch.
func (s *Epochs) metrics(e runs.Epoch) (list []Metric) {
	for i, name := range e.Names[2:] {
		list = append(list, Metric{Name: name, Value: finiteOrNil(e.Values[2+i]), Lower: s.lower[name]})
	}
	return list
}
