package codegen

import (
	"fmt"
	"strconv"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/op"
)

// pieceRows is the number of rows that are worked off in one piece where a batch is larger, or is
// the full training set.
const pieceRows = 256

// training gathers what the training package needs beside graphs.
func training(net *op.Net) *emit.Training {
	s := net.Spec
	rows := s.Training.BatchSize
	if rows == 0 || rows > 2*pieceRows {
		rows = pieceRows
	}
	t := &emit.Training{
		Batch: rows, BatchSize: s.Training.BatchSize, Seed: s.Training.Seed,
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		LR: number(s.Optimizer.Float("lr")),
	}
	return t
}

// number writes a constant as Go does, with as many digits as it takes.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

var _ = fmt.Sprint
