package data

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestTotalsAreTheTrimmedWords compares IsTotal with its rule, on fields of all first bytes and on words between marks.
func TestTotalsAreTheTrimmedWords(t *testing.T) {
	rule := func(field string) bool {
		return slices.Contains(totalWords, strings.ToLower(strings.Trim(field, " :=*\u00a0")))
	}
	var fields []string
	for first := range 256 {
		for _, rest := range []string{"", "total", " total", "12", " sum:", "\u00a0all"} {
			fields = append(fields, string([]byte{byte(first)})+rest)
		}
	}
	pieces := append([]string{"", " ", ":", "=", "*", "\u00a0", "\xa0", "\u2212", "é", "0", "-", ".", "3.5", "\t",
		"Total", "SUM"}, totalWords...)
	r := rand.New(rand.NewPCG(2, 9))
	for range 100_000 {
		field := ""
		for range r.IntN(5) {
			field += pieces[r.IntN(len(pieces))]
		}
		fields = append(fields, field)
	}
	found := 0
	for _, field := range fields {
		want := rule(field)
		if want {
			found++
		}
		if got := IsTotal(field); got != want {
			t.Errorf("%q: %v, want %v", field, got, want)
		}
	}
	if found < 1000 {
		t.Errorf("%d fields alone are totals", found)
	}
}
