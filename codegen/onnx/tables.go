package onnx

import (
	"maps"
	"slices"
)

// Operators returns the operators that are imported, sorted; those of ai.onnx.ml begin with "ml.". Patterns of several
// nodes that stand for one operator are imported besides.
func Operators() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(operators)), func(name string) bool { return slices.Contains(made, name) })
}

// made are the operators that patterns become, and ONNX has not.
var made = []string{"Mish", "QuickGelu", "Silu"}

// Kinds returns the kinds of layers that are exported, sorted. Bidirectional layers and outputs are written out before.
func Kinds() []string { return slices.Sorted(maps.Keys(exporters)) }

// operatorOf returns the name of a node's operator as the tables have it: those of ai.onnx.ml begin with "ml.".
func operatorOf(n *Node) string {
	if n.Domain == "ai.onnx.ml" {
		return "ml." + n.Op
	}
	return n.Op
}
