package encode

import (
	"slices"
	"strings"
	"testing"
)

var columns = []Column{{Name: "size"}, {Name: "color", Values: []string{"red", "green", "blue"}}, {Name: "age"}}

func TestWordsBecomeOneNumberEach(t *testing.T) {
	x := []float32{9, 9, 9, 9, 9}
	if err := Row(x, []string{"1.5", " green ", "-2"}, columns); err != nil {
		t.Fatal(err)
	}
	if want := []float32{1.5, 0, 1, 0, -2}; !slices.Equal(x, want) {
		t.Errorf("got %v, want %v", x, want)
	}
}

func TestErrorsNameTheColumn(t *testing.T) {
	x := make([]float32, 5)
	for want, fields := range map[string][]string{
		`column color: "pink" is none of red, green, blue`: {"1", "pink", "2"},
		`column age: "old" is not a number`:                {"1", "red", "old"},
		`2 fields, want 3`:                                 {"1", "red"},
	} {
		if err := Row(x, fields, columns); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v, want %s", fields, err, want)
		}
	}
}
