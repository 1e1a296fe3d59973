package onnx

import _ "embed" // of the table of operators

// Table is the table of operators in Markdown: how each is imported, which kinds are exported with it, what tests it. A
// test writes and holds it.
//
//go:embed operators.md
var Table string

// made are the operators that patterns become, and ONNX has not.
var made = []string{"Affine", "Chunk", "EmbeddingBag", "MaskedMax", "MaskedMean", "MaskedSteps", "Masking", "QuickGelu",
	"Silu", "TiedDense", "UnitNorm", "WholeQuotient"}

// operatorOf returns the name of a node's operator as the tables have it: those of ai.onnx.ml begin with "ml.".
func operatorOf(n *Node) string {
	if n.Domain == "ai.onnx.ml" {
		return "ml." + n.Op
	}
	return n.Op
}
