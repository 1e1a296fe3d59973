package op

import (
	"errors"

	"github.com/nngen/nngen/spec"
)

// MaxElements bounds every array of a network: beyond it no machine that this is for has the memory.
const MaxElements = 1 << 31

// shapeError is what a shape rule finds wrong.
type shapeError struct {
	at   string // attribute that is to blame; "" for the layer
	ref  int    // which of the layers that the attribute names
	msg  string
	hint string
}

func (e *shapeError) Error() string { return e.msg }

// Blame returns what a shape rule finds wrong, with a hint, and the place in the layer's attributes; that of the layer
// itself, or of the last layer that it reads, if no attribute is to blame.
func Blame(err error, n spec.Node) (problem, hint string, at spec.Pos, ofLayer bool) {
	var e *shapeError
	switch {
	case !errors.As(err, &e):
		return err.Error(), "", spec.Pos{}, true
	case e.at == "from" || e.at == "":
		return e.msg, e.hint, spec.Pos{}, true
	case e.at == "initial_state":
		return e.msg, e.hint, n.Refs(e.at)[e.ref].Pos, false
	}
	return e.msg, e.hint, n.At(e.at), false
}
