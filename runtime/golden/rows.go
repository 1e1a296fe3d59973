package golden

import (
	"encoding/json"
	"math"
	"testing"
)

// Row is a row of a table: the texts of its fields, and the numbers that they are by the reference.
type Row struct {
	Texts   []string
	Numbers []float32
}

// Check holds what a package makes of the fields against the numbers. The sines and cosines of a date may differ by 10⁻⁷,
// about the last bit; other numbers differ by more, if they do.
func (r Row) Check(t testing.TB, got []float32) {
	t.Helper()
	if len(got) != len(r.Numbers) {
		t.Fatalf("%q: %d numbers, want %d", r.Texts, len(got), len(r.Numbers))
	}
	for i, want := range r.Numbers {
		if !(math.Abs(float64(got[i])-float64(want)) <= 1e-7) {
			t.Errorf("%q: number %d is %v, want %v", r.Texts, i, got[i], want)
			return
		}
	}
}

// JSON returns the row as an object, with a string for each of the columns.
func (r Row) JSON(t testing.TB, columns []string) []byte {
	t.Helper()
	members := map[string]string{}
	for i, c := range columns {
		members[c] = r.Texts[i]
	}
	b, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
