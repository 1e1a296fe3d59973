package train

import (
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/bounds"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/runtime/encode"
)

func TestWordsThatNoNumberStandsForAreNamed(t *testing.T) {
	c := &encode.Column{Kind: encode.Words, Values: []string{"Bern", "NA"}, Other: true}
	for field, want := range map[string]bool{"Bern": false, " Bern": false, "Berm": true, "NA": false, "?": false,
		"": false} {
		if isOtherWord(c, field, &encode.Format{Missing: []string{"NA", "?"}}) != want {
			t.Errorf("%q: another word: %v", field, !want)
		}
	}
	if isOtherWord(&encode.Column{Unit: "kg"}, "5", &encode.Format{}) {
		t.Error("a number is another word")
	}
}

// TestEndsOfRangesAreReadAsFieldsAre has the marks, units and shares of a table with decimal commas.
func TestEndsOfRangesAreReadAsFieldsAre(t *testing.T) {
	columns := []data.Column{{Name: "area", Spans: []data.Span{{Width: 2}}},
		{Name: "rebate", Spans: []data.Span{{At: 2, Width: 1}}}}
	encoded := map[string]encode.Column{"area": {Name: "area", Unit: "m²", Fill: "5", Indicator: true},
		"rebate": {Name: "rebate", Unit: encode.Percent}}
	for _, c := range []struct {
		column, value, want string
		low, high           float64
	}{
		{"area", "1.000..2.000,5 m²", "", 1000, 2000.5},
		{"area", "1,5..2", "", 1.5, 2},
		{"area", "1.5..2", "has a decimal point", 0, 0},
		{"area", "..2", "there is no value", 0, 0},
		{"area", "1..2 ft", "is no number of m²", 0, 0},
		{"area", "2..1", "2..1 is no range", 0, 0},
		{"area", "1..1e99", "beyond the range of float32", 0, 0},
		{"rebate", "5%..10 %", "", 5, 10},
		{"rebate", "0,05..0,1", "may be a share or percent", 0, 0},
	} {
		boxes := [][]bounds.Interval{make([]bounds.Interval, 3)}
		r, err := setColumn(boxes, columns, encoded, &encode.Format{Comma: true}, c.column, c.value)
		if err != nil || c.want != "" {
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s=%s: %v, want %q", c.column, c.value, err, c.want)
			}
			continue
		}
		box := boxes[0][columns[1].Spans[0].At]
		if c.column == "area" {
			box = boxes[0][0]
		}
		if box.Lo != c.low || box.Hi != c.high || float64(r.Low) != c.low || float64(r.High) != c.high {
			t.Errorf("%s=%s: %v, shown as %v to %v, want %v to %v", c.column, c.value, box, r.Low, r.High, c.low, c.high)
		}
		if c.column == "area" && boxes[0][1] != (bounds.Interval{}) {
			t.Errorf("%s=%s: the indicator of a missing value is %v", c.column, c.value, boxes[0][1])
		}
	}
}

// TestFixedNumbersStayInRanges gives a range to a column that no training row has, so that its indicator is always 1.
func TestFixedNumbersStayInRanges(t *testing.T) {
	columns := []data.Column{{Name: "a", Spans: []data.Span{{Width: 2}, {At: 2, Width: 1}}}}
	encoded := map[string]encode.Column{"a": {Name: "a", Fill: "5", Indicator: true,
		Fixed: []encode.Fixed{{At: 0, Value: 5}, {At: 1, Value: 1}}}}
	boxes := [][]bounds.Interval{make([]bounds.Interval, 3)}
	if _, err := setColumn(boxes, columns, encoded, &encode.Format{}, "a", "1..9"); err != nil {
		t.Fatal(err)
	}
	if want := []bounds.Interval{{Lo: 5, Hi: 5}, {Lo: 1, Hi: 1}, {Lo: 5, Hi: 5}}; !slices.Equal(boxes[0], want) {
		t.Errorf("%v, want %v", boxes[0], want)
	}
}

func TestBoundsSayWhatIsUndecided(t *testing.T) {
	for direction, want := range map[bounds.Direction]string{bounds.Rises: "the output rises",
		bounds.Both:      "the output rises and falls",
		bounds.Undecided: "whether the output rises or falls is undecided"} {
		b := &Bounds{Inputs: []BoundsRange{{Column: "a", High: 1, Direction: string(direction)}}}
		if line := b.String(); !strings.HasSuffix(strings.TrimSpace(line), "0 to 1  "+want) {
			t.Errorf("%s: %q", direction, line)
		}
	}
}

// TestRangesOfClassesSayOfWhich has an output of the classes no and yes: the name alone would read as an answer.
func TestRangesOfClassesSayOfWhich(t *testing.T) {
	b := &Bounds{Outputs: []BoundsOutput{{Output: "y", Class: "yes", Low: 0.25, High: 0.75, ofClass: true},
		{Output: "z", Class: "price", Low: 1, High: 2}}}
	want := "output  y  0.25 to 0.75  of class \"yes\"\noutput  z  1 to 2        price\n"
	if got := b.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
