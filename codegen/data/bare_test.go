package data

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestNumbersAndFlagsOfJSONAreTheirColumns reads what encoding/json writes of a Row, for which no table has a mark:
// numbers of percent in all sizes, true and false, and numbers with a decimal point where tables have a comma.
func TestNumbersAndFlagsOfJSONAreTheirColumns(t *testing.T) {
	path := write(t, "a.jsonl", []byte(strings.Join([]string{
		`{"rate":0.5,"paid":true,"mass":1.25,"y":0.25}`, `{"rate":1,"paid":false,"mass":2,"y":1}`,
		`{"rate":-1,"paid":"yes","mass":"3,5","y":"2%"}`}, "\n")))
	_, network := network(t,
		"input: {name: x, shape: [3], columns: [{name: rate, unit: \"%\"}, {name: paid, flag: [no, yes]}, "+
			"{name: mass}]}\ntask: regression\nlayers: [output]\ndata: {train: {csv: a.csv, label: y, decimal: \",\"}}\n")
	src := &spec.Source{Format: "csv", Path: path, Label: []string{"y"}, Decimal: ","}
	set, _, err := Read(src, "", network, Options{Other: true, Like: Header{Units: map[string]string{`"y"`: "%"}}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{0.5, 1, 1.25, 1, 0, 2, -1, 1, 3.5}; !slices.Equal(set.X[0], want) {
		t.Errorf("%v, want %v", set.X[0], want)
	}
	if want := []float32{0.25, 1, 2}; !slices.Equal(set.Y[0], want) {
		t.Errorf("%v, want %v", set.Y[0], want)
	}
}
