package dropout

// Steps is Apply for sequences of t steps of f elements each, of which just the first steps[i] of sequence i are
// there, one sequence behind another: what is kept of an element is what Apply keeps of it where all steps are there,
// of which the first has word first. It panics if x is shorter than y, or y than the steps that are there.
func Steps(steps []int32, t, f int, y, x []float32, rate float64, seed uint64, stream uint32, step uint64,
	first uint32) {
	for i := 0; i < len(steps); {
		k := int(steps[i])
		at := first + uint32(i*t*f)
		for i++; i < len(steps) && int(steps[i-1]) == t; i++ { // a whole sequence: the next one follows it
			k += int(steps[i])
		}
		Apply(y[:k*f], x, rate, seed, stream, step, at)
		y, x = y[k*f:], x[k*f:]
	}
}
