package rnn

// LSTMStep moves a long short-term memory on by one step of one sequence: x is F numbers, h and c, U numbers each,
// are the state before and become that after. At the first step of a sequence they are not read. The bits are those
// of the same step in LSTM.
func LSTMStep(s Shape, first bool, h, c, x, w, v, b []float32) {
	s.checkStep(4, h, x, w, v)
	s.check(1, [2]int{len(c), s.U})
	r := rooms.Get().(*room)
	var i, f, g, o, cells, out []float32 // i to o lie side by side
	r.take(s.U, &i, &f, &g, &o, &cells, &out)
	gates := r.x[:4*s.U]
	stepProduct(&s, first, 4, gates, h, x, w, v, 4*s.U, b)
	last := c[:s.U]
	if first {
		last = nil
	}
	cell(gates, cells, last, out)
	copy(c, cells)
	copy(h, out)
	rooms.Put(r)
}
