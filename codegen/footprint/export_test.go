package footprint

// Summed is what the estimates of code are made of, for tests that derive the constants.
type Summed struct {
	Runtime, Functions, Assembly, Packed, Data float64
	Statements                                 [3]float64 // functions, calls and arguments that were emitted
}

// Sums returns what the estimate of a network is made of.
func Sums(n Network) (Summed, error) {
	p, err := parse(n, n.dir(), nil)
	if err != nil {
		return Summed{}, err
	}
	s := p.sum(n, entries...)
	return Summed{s.runtime, s.functions, s.assembly, s.packed, s.data, [3]float64{s.funcs, s.calls, s.args}}, nil
}
