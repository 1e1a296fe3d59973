package net

import (
	"slices"
	"strconv"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

const (
	// pieceRows is the number of examples that are worked off in one piece where a batch is larger, or is the full
	// training set: enough rows for the kernels, and few enough for the caches.
	pieceRows = 256
	// mostActivations bounds the elements of all layers for a batch that is worked off at once: 1 GiB of float32
	// numbers, and up to as much again for gradients.
	mostActivations = 1 << 28
)

// Piece returns the largest number of examples whose gradients are computed at once. Where a batch is larger it is
// worked off in pieces of that size. A network with statistics of the batch takes any batch whole, unless its size is
// open (full), or its activations would take more memory than mostActivations. A chunk of a batch counts as a batch.
func (n *Net) Piece() int {
	rows := n.Spec.Training.BatchSize
	if c := n.Spec.Training.Chunks; c > 0 {
		rows = min(rows, (n.Spec.Training.Examples()+c-1)/c)
	}
	switch {
	case rows == 0:
		return pieceRows
	case rows <= 2*pieceRows:
		return rows
	case n.MovesStatistics() && rows <= mostActivations/n.activations():
		return rows
	}
	return pieceRows
}

// activations returns the elements of all layers for one example.
func (n *Net) activations() int {
	size := 0
	for _, l := range n.Layers {
		size += l.Shape.Size()
	}
	return max(1, size)
}

// MovesStatistics tells whether a training normalises by the statistics of a batch, which move running ones.
func (n *Net) MovesStatistics() bool {
	return slices.ContainsFunc(n.Layers, movesStatistics)
}

func movesStatistics(l *op.Layer) bool {
	return !l.Frozen && slices.ContainsFunc(l.Params, func(p *ir.Param) bool { return p.Role == ir.Running })
}

// pieces remarks that statistics of batches are those of pieces.
func (b *builder) pieces() {
	at := slices.IndexFunc(b.net.Layers, movesStatistics)
	rows := b.net.Spec.Training.BatchSize
	if c := b.net.Spec.Training.Chunks; at >= 0 && c > 1 {
		l := b.net.Layers[at]
		b.errs.Warn("batch-pieces", l.Pos, "layer "+strconv.Quote(l.Name), "",
			"a batch is cut into %d chunks: %s normalises each by its own statistics, in pieces of at most %d examples; the "+
				"running ones become the mean of theirs",
			c, l.Def.Kind.Name, b.net.Piece())
		return
	}
	if at < 0 || rows != 0 && b.net.Piece() == rows && b.net.Spec.Training.Accumulate == 1 {
		return
	}
	if n := b.net.Spec.Training.Accumulate; rows != 0 && n > 1 {
		l := b.net.Layers[at]
		b.errs.Warn("batch-pieces", l.Pos, "layer "+strconv.Quote(l.Name), "",
			"an update takes %d examples, in pieces of %d: %s normalises each by its own statistics, and each moves the "+
				"running ones",
			n*rows, b.net.Piece(), l.Def.Kind.Name)
		return
	}
	l, what, hint := b.net.Layers[at], "the full training set",
		"for the statistics of whole batches write batch_size: with a number"
	if rows != 0 {
		what, hint = "a batch of that size takes too much memory at once, so it", "write a smaller batch_size:"
	}
	b.errs.Warn("batch-pieces", l.Pos, "layer "+strconv.Quote(l.Name), hint,
		"%s is worked off in pieces of %d examples, where it is larger: %s normalises each by its own statistics, and "+
			"each moves the running ones", what, pieceRows, l.Def.Kind.Name)
}
