package rnn

import "github.com/nngen/nngen/runtime/vec"

// SimpleStep moves a plain recurrent layer on by one step of one sequence, as LSTMStep does. The bits are those of the
// same step in Simple.
func SimpleStep(s Shape, first bool, h, x, w, v, b []float32) {
	s.checkStep(1, h, x, w, v)
	r := rooms.Get().(*room)
	var out []float32
	r.take(s.U, &out)
	stepProduct(&s, first, 1, out, h, x, w, v, s.U, b)
	vec.Tanh(h[:s.U], out)
	rooms.Put(r)
}
