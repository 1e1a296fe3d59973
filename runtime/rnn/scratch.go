package rnn

// Scratch is how many bytes of scratch space the functions of a recurrent layer keep for later calls, of which all calls of
// this package share what the largest needs. It is that of a machine with AVX2, and of cells of less than some thousand units,
// whose steps are calls of a kernel.
type Scratch struct {
	Sequences int // of the function that runs some sequences side by side, and keeps nothing for gradients
	Run       int // of the methods of a cell
	Step      int
	Steps     int
}

// bytes returns the scratch space of some elements each.
func bytes(sequences, run, step, steps int) Scratch {
	return Scratch{4 * sequences, 4 * run, 4 * step, 4 * steps}
}

// LSTMScratch returns the scratch space of n sequences by [LSTM], and of one sequence and of n steps by [LSTMCell].
func LSTMScratch(n int, s Shape) Scratch {
	c := sized(s.F, s.U, 4)
	return bytes(reserved(s.lstmLen(n, false)), c.leadLen(s.T)+s.U, c.nextLen(), c.leadLen(n))
}

// GRUScratch is LSTMScratch for [GRU] and [GRUCell].
func GRUScratch(n int, s Shape) Scratch {
	c := sized(s.F, s.U, 3)
	return bytes(reserved(s.gruLen(n, false)), c.leadLen(s.T), c.nextLen(), c.leadLen(n))
}

// GRUBeforeScratch is LSTMScratch for [GRUBefore] and [GRUBeforeCell].
func GRUBeforeScratch(n int, s Shape) Scratch {
	c := GRUBeforeCell{f: s.F, u: s.U}
	return bytes(s.gruBeforeLen(n, false), c.stepLen(), c.stepLen(), max(c.stepLen(), c.stepsLen(n)))
}

// SimpleScratch is LSTMScratch for [Simple] and [SimpleCell].
func SimpleScratch(n int, s Shape) Scratch {
	c := SimpleCell{stepper: sized(s.F, s.U, 1)}
	steps := 0
	if c.single {
		steps = c.leadLen(n)
	}
	return bytes(reserved(s.simpleLen(n)), c.stepLen(), c.stepLen(), steps)
}
