package footprint

import "os"

// Summed is what the estimates of code are made of, for tests that derive the constants.
type Summed struct {
	Statements [3]float64 // functions, calls and arguments that were emitted
	Runtime    float64    // bytes of machine code of Go functions of the runtime
	Functions  float64    // how many those are
	Kernels    float64    // how many functions are assembly
	Packed     float64    // bytes of assembly of which a line has several instructions
	Assembly   float64    // bytes of other assembly
	Data       float64
}

// Sums returns what the estimate of a network is made of.
func Sums(n Network) (Summed, error) {
	p, err := parse(n, n.dir(), nil)
	if err != nil {
		return Summed{}, err
	}
	s := p.sum(n, entries...)
	statements := [3]float64{s.funcs, s.calls, s.args}
	return Summed{statements, s.runtime, s.functions, s.kernels, s.packed, s.assembly, s.data}, nil
}

// ReadTable takes the table of symbols as the file has it, which a test may have written since this was compiled.
func ReadTable() error {
	b, err := os.ReadFile("symbols.txt")
	if err != nil {
		return err
	}
	t := readTable(string(b))
	table = func() symbols { return t }
	return nil
}
