package onnx

import (
	"encoding/binary"

	"github.com/nngen/nngen/codegen/ir"
)

// kernel returns the name of the initializer of the weights of a dense layer: a sparse one where there are some
// connections alone. With 8-bit integers, and where a file of its size would not be read again, the zeros are written
// out.
func (e *exporter) kernel(w *ir.Param) string {
	switch all := w.In * w.Out; {
	case w.Pattern == nil:
		return e.param(w)
	case e.known[w.Name] != "":
	case e.Int8 != nil || e.sparse+all > maxConstant+eachStored*len(w.Pattern):
		matrix := make([]float64, all)
		for i, c := range w.Pattern {
			matrix[c[0]*w.Out+c[1]] = e.params[w][i]
		}
		e.known[w.Name] = e.array(w.Name, []int{w.In, w.Out}, matrix)
	default:
		e.sparse += all
		e.known[w.Name] = e.sparseArray(w)
	}
	return w.Name
}

// sparseArray appends the connections of a matrix, which has a row for each input, row by row.
func (e *exporter) sparseArray(w *ir.Param) string {
	at := make([]int, w.In*w.Out) // 1 + the place in the list of each connection
	for i, c := range w.Pattern {
		at[c[0]*w.Out+c[1]] = i + 1
	}
	var data []float64
	indices := &Tensor{Name: w.Name + ".at", Type: typeInt64, Dims: []int64{int64(len(w.Pattern))}}
	for k, i := range at {
		if i > 0 {
			data = append(data, e.params[w][i-1])
			indices.Raw = binary.LittleEndian.AppendUint64(indices.Raw, uint64(k))
		}
	}
	values := &Tensor{Name: w.Name, Type: typeFloat, Dims: indices.Dims, Raw: bytes32(narrowed(data))}
	e.graph.Sparse = append(e.graph.Sparse, &SparseTensor{Values: values, Indices: indices,
		Dims: []int64{int64(w.In), int64(w.Out)}})
	return w.Name
}
