package bench

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
)

// rowsVar makes TestRowsForSets the program that TestColumnsAreThoseOfTheMachine runs.
const rowsVar = "NNGEN_TEST_ROWS"

// TestRowsForSets writes rows as nngen bench --json does, whose values tell the instruction set.
func TestRowsForSets(t *testing.T) {
	if os.Getenv(rowsVar) == "" {
		t.Skip("it is the program of another test")
	}
	write, err := JSON(os.Stdout)
	if err != nil {
		os.Exit(1)
	}
	v := float64(1 + slices.Index(instructionSets, instructionSet()))
	for _, r := range []Row{{Work: "one", Unit: "ns", Value: 100 * v}, {Work: "many", Unit: "samples/s", Value: 100 / v},
		{Work: "shared", Unit: "×", Value: 2, Workers: 2}} {
		if write(r) != nil {
			os.Exit(1)
		}
	}
	if os.Getenv(rowsVar) == "fails" {
		os.Stderr.WriteString("no Go here\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// TestColumnsAreThoseOfTheMachine runs a program with each instruction set, and prints what it measures.
func TestColumnsAreThoseOfTheMachine(t *testing.T) {
	want := []string{cpu.Generic}
	switch {
	case cpu.HasAVX2FMA:
		want = []string{"avx2", cpu.Generic}
	case cpu.HasNEON:
		want = []string{"neon", cpu.Generic}
	}
	t.Setenv(rowsVar, "1")
	heard := map[string]int{}
	args := []string{"-test.run=^TestRowsForSets$"}
	columns, err := Sets(t.Context(), os.Args[0], args, func(set string, _ Row) { heard[set]++ })
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range columns {
		got = append(got, c.Set)
		if len(c.Rows) != 3 || heard[c.Set] != 3 {
			t.Errorf("%s: %d rows, of which %d were heard, want 3", c.Set, len(c.Rows), heard[c.Set])
		}
	}
	without := slices.DeleteFunc(slices.Clone(got), func(s string) bool { return s == "avx512" })
	if !slices.Equal(without, want) {
		t.Errorf("columns %v, want %v", got, want)
	}
	var b strings.Builder
	rows := func(one, many float64) []Row {
		return []Row{{Work: "one", Unit: "ns", Value: one}, {Work: "many", Unit: "samples/s", Value: many}}
	}
	if err := PrintSets(&b, []Column{{"avx2", rows(100, 300)}, {cpu.Generic, rows(400, 100)}}); err != nil {
		t.Fatal(err)
	}
	table := "work avx2 generic avx2 : generic one 100 400 ns 4.00 many 300 100 samples/s 3.00"
	if got, want := strings.Fields(b.String()), strings.Fields(table); !slices.Equal(got, want) {
		t.Errorf("the table is %q, want %q", got, want)
	}

	t.Setenv(rowsVar, "fails")
	_, err = Sets(t.Context(), os.Args[0], args, func(string, Row) {})
	if err == nil || !strings.Contains(err.Error(), "no Go here") {
		t.Errorf("a program that fails gives %v", err)
	}
}
