package train

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// predictionsOf returns predictions that are there already.
func predictionsOf(list []Prediction) Predictions {
	return Predictions{len(list), func(i int) Prediction { return list[i] }}
}

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

// TestNaNHasNoLabel predicts NaN: no class is the likeliest, and a network that may decline does.
func TestNaNHasNoLabel(t *testing.T) {
	nan := float32(math.NaN())
	outs := []*net.Output{
		{Name: "y", Task: "binary", Classes: []string{"no", "yes"}, Layer: &op.Layer{Shape: ir.Shape{1}}, Confidence: 0.9},
		{Name: "z", Task: "multiclass", Classes: []string{"a", "b"}, Layer: &op.Layer{Shape: ir.Shape{2}}},
		{Name: "v", Layer: &op.Layer{Shape: ir.Shape{1}}},
	}
	all := predictionsFrom(2, outs, make([]decided, 3), [][]float32{{nan, 0.95}, {0.5, nan, 0.1, 0.9}, {1, 2}},
		make([][]string, 3))
	var b strings.Builder
	if err := (Form{Proba: true}).WriteCSV(&b, all); err != nil {
		t.Fatal(err)
	}
	const want = "y_label,y_declined,y_no,y_yes,z_label,z_a,z_b,v\n" +
		",true,NaN,NaN,,0.5,NaN,1\n" + "yes,false,0.050000012,0.95,b,0.1,0.9,2\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
	if n := all.tally().undefined; n != 1 {
		t.Errorf("%d predictions are NaN, not 1", n)
	}
}
