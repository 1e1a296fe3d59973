package plan

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/asm/made"
)

// perceptron returns three layers of one width, as those that are measured.
func perceptron(width int, function bool) *made.Net {
	net := &made.Net{In: width, Out: width}
	for layer := range 3 {
		net.Ops = append(net.Ops, made.Op{Kind: made.Dense, Size: width, Terms: width})
		if function && layer < 2 {
			net.Ops = append(net.Ops, made.Op{Kind: made.Map, Size: width, F: "Tanh"})
		}
	}
	return net
}

// TestMeasuredNetworksGainWhatWasMeasured has the networks of the table, and some of widths between and beyond.
func TestMeasuredNetworksGainWhatWasMeasured(t *testing.T) {
	for _, activation := range []string{linear, curved} {
		rows := measurements()[activation]
		if len(rows) < 5 || rows[len(rows)-1].width != made.MostUnits {
			t.Fatalf("the table has the rows %v", rows)
		}
		for _, m := range rows {
			one, batch := gains(perceptron(m.width, activation == curved), measurements())
			if math.Abs(one-m.one) > 1e-9 || math.Abs(batch-m.batch) > 1e-9 {
				t.Errorf("%s, %d units gain %g and %g, measured were %g and %g", activation, m.width, one, batch, m.one, m.batch)
			}
		}
	}
	rows := []measured{{4, 3, 2}, {8, 2, 1}, {16, 9, 9}, {24, 1, 2}, {64, 7, 7}}
	for _, want := range []measured{{1, 3, 2}, {6, 2.5, 1.5}, {12, 1.75, 1.25}, {40, 1, 2},
		{48, 7.666666666666667, 7.666666666666667}} {
		m := at(rows, want.width)
		if math.Abs(m.one-want.one) > 1e-9 || math.Abs(m.batch-want.batch) > 1e-9 {
			t.Errorf("width %d: %v, want %v", want.width, m, want)
		}
	}
}

// TestReadersSeeTheTable has the figures that the page on speed shows of the table.
func TestReadersSeeTheTable(t *testing.T) {
	page, err := os.ReadFile("../bench/README.md")
	if err != nil {
		t.Fatal(err)
	}
	relu, tanh := measurements()[linear], measurements()[curved]
	if len(relu) != len(tanh) {
		t.Fatalf("%d rows of %s, %d of %s", len(relu), linear, len(tanh), curved)
	}
	want := "| units | relu: one | batch of 256 | tanh: one | batch of 256 |\n|---|---|---|---|---|\n"
	for i, r := range relu {
		want += fmt.Sprintf("| %d | %.2f | %.2f | %.2f | %.2f |\n", r.width, r.one, r.batch, tanh[i].one, tanh[i].batch)
	}
	if !strings.Contains(string(page), want+"\n") {
		t.Errorf("../bench/README.md has another table than measured.txt, which is\n%s", want)
	}
}

// TestMeasuredTablesAreWhole has tables that are none.
func TestMeasuredTablesAreWhole(t *testing.T) {
	for _, text := range []string{
		"",
		"relu 4 1 1\nrelu 16 1 1\n",
		"relu 4 1 1\nrelu 16 1 1\ntanh 16 1 1\n",
		"relu 4 1 1\nrelu 16 1 1\ntanh 4 1 1\ntanh 16 1 0\n",
		"relu 4 1 1\nrelu 16 1 1\ntanh 4 NaN 1\ntanh 16 1 1\n",
		"relu 16 1 1\nrelu 4 1 1\ntanh 4 1 1\ntanh 16 1 1\n",
		"relu 4 1 1\nrelu 16 1 1\ntanh 4 1 1\ntanh 16 1\n",
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q is read", text)
				}
			}()
			parseMeasurements(text)
		}()
	}
}

// UseMeasurements puts another table in the place of the one that nngen holds, as long as a test runs.
func UseMeasurements(t *testing.T, text string) {
	old, table := measurements, parseMeasurements(text)
	measurements = func() map[string][]measured { return table }
	t.Cleanup(func() { measurements = old })
}

// TestKernelsGainByLayer has tables by which made kernels are faster for narrow layers alone.
func TestKernelsGainByLayer(t *testing.T) {
	rows := map[string][]measured{
		linear: {{4, 2, 2}, {8, 1.5, 0.5}, {64, 0.8, 0.8}},
		curved: {{4, 0.5, 0.5}, {64, 0.5, 0.5}},
	}
	wide := perceptron(4, false) // 4, 4, 4 and 64 units; the last layer has most of the work
	wide.Ops = append(wide.Ops, made.Op{Kind: made.Dense, Size: 64, Terms: 3})
	for _, c := range []struct {
		net        *made.Net
		one, batch float64
	}{
		{perceptron(4, false), 2, 2}, {perceptron(8, false), 1.5, 0.5}, {perceptron(64, false), 0.8, 0.8},
		{&made.Net{Ops: []made.Op{{Kind: made.Map, Size: 4, F: "Tanh"}}}, 1, 1},
		{wide, 240 / (48/2. + 192/0.8), 240 / (48/2. + 192/0.8)},
	} {
		if one, batch := gains(c.net, rows); math.Abs(one-c.one) > 1e-9 || math.Abs(batch-c.batch) > 1e-9 {
			t.Errorf("%v gains %g and %g, want %g and %g", c.net.Ops, one, batch, c.one, c.batch)
		}
	}
	if one, _ := gains(perceptron(4, true), rows); one != 0.5 {
		t.Errorf("layers with functions gain %g, want 0.5", one)
	}
}
