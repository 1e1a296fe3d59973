package footprint

// Sums are what the estimates of code are made of, for tests that derive the constants.
func Sums(n Network) (runtime, assembly, data float64, statements [3]float64, err error) {
	p, err := parse(n, n.dir(), nil)
	if err != nil {
		return
	}
	s := p.sum(n, entries...)
	return s.runtime, s.assembly, s.data, [3]float64{s.funcs, s.calls, s.args}, nil
}
