package train

import (
	"runtime"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// TestPredictionsOfALargeTableTakeNoMemory writes those of 100,000 rows as a table and as objects: beside the numbers
// that the network gave, nothing is held of a row that is written.
func TestPredictionsOfALargeTableTakeNoMemory(t *testing.T) {
	const rows = 100_000
	outs := []*net.Output{
		{Name: "y", Task: "binary", Classes: []string{"no", "yes"}, Layer: &op.Layer{Shape: ir.Shape{1}}},
		{Name: "z", Layer: &op.Layer{Shape: ir.Shape{3}}},
	}
	ys := [][]float32{make([]float32, rows), make([]float32, 3*rows)}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	all := predictionsFrom(rows, outs, make([]decided, 2), ys, [][]string{nil, {"u", "v", "w"}})
	lines := 0
	most := uint64(0)
	sink := writer(func(p []byte) {
		if lines++; lines%200 == 0 {
			most = max(most, heap())
		}
	})
	if err := (Form{}).WriteCSV(sink, all); err != nil {
		t.Fatal(err)
	}
	if err := (Form{Proba: true}).WriteJSON(sink, all); err != nil {
		t.Fatal(err)
	}
	if held := int64(most) - int64(before); held > 2*rows {
		t.Errorf("%d bytes are held while %d rows are written, more than 2 for each", held, rows)
	}
	if all.Len() != rows || lines < 500 {
		t.Errorf("%d predictions, written in %d parts", all.Len(), lines)
	}
	runtime.KeepAlive(ys)
}

// writer is a function that takes what is written.
type writer func(p []byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
