package data

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestAxesAreThoseOfTheInput arranges arrays of several shapes for an input of 6×8×3 and others.
func TestAxesAreThoseOfTheInput(t *testing.T) {
	for _, c := range []struct {
		have   []int
		layout string
		want   []int
		err    string
	}{
		{[]int{6, 8, 3}, "", []int{6, 8, 3}, ""}, {[]int{144}, "", []int{6, 8, 3}, ""},
		{[]int{48, 3}, "", []int{6, 8, 3}, ""},
		{[]int{6, 24}, "", []int{6, 8, 3}, ""}, {[]int{6, 8, 3}, "", []int{144}, ""}, {[]int{6, 8}, "", []int{6, 8, 1}, ""},
		{[]int{1, 6, 8}, "", []int{6, 8, 1}, ""}, {[]int{2, 3, 8, 3}, "", []int{6, 8, 3}, ""},
		{[]int{3, 48}, "", []int{6, 8, 3}, "whose axes are others; save x.reshape(-1, 6, 8, 3)"},
		{[]int{18, 8}, "", []int{6, 8, 3}, "whose axes are others"},
		{[]int{3, 6, 8}, "", []int{6, 8, 3},
			"another order; layout: channels_first reads them; or save numpy.transpose(x, (0, 2, 3, 1))"},
		{[]int{8, 6, 3}, "", []int{6, 8, 3}, "another order; save numpy.transpose(x, (0, 2, 1, 3))"},
		{[]int{12, 4, 3}, "", []int{6, 8, 3}, "have the shape [12 4 3]"},
		{[]int{3, 6, 8}, "channels_first", []int{6, 8, 3}, ""},
		{[]int{1, 6, 8}, "channels_first", []int{6, 8, 1}, ""}, {[]int{6, 8, 1}, "channels_first", []int{6, 8, 1}, ""},
		{[]int{6, 8, 3}, "channels_first", []int{6, 8, 3},
			"have the shape [6 8 3], but input \"x\" has the shape [6 8 3], with channels first [3 6 8]: their axes are in " +
				"another order; save numpy.transpose(x, (0, 3, 1, 2))"},
		{[]int{1, 3, 8}, "channels_first", []int{1, 8, 3}, "another order"},
		{[]int{144}, "channels_first", []int{6, 8, 3}, "have no channels that come first"},
	} {
		a, size := counted(c.have)
		want := slices.Clone(a.data)
		if c.layout != "" && c.err == "" {
			channels := c.want[len(c.want)-1]
			for i := range want {
				row, at := i/size, i%size
				want[i] = float32(row*size + at%channels*(size/channels) + at/channels)
			}
		}
		err := a.arrange("x.npy", c.layout, spec.Input{Name: "x", Shape: c.want, Layout: spec.ChannelsLast})
		switch {
		case c.err == "" && (err != nil || !slices.Equal(a.data, want)):
			t.Errorf("%v %s for %v: %v, numbers %v", c.have, c.layout, c.want, err, a.data)
		case c.err != "" && !strings.Contains(fmt.Sprint(err), c.err):
			t.Errorf("%v %s for %v: %v, want %s", c.have, c.layout, c.want, err, c.err)
		}
	}
}

// TestArraysComeAsAnInputWithChannelsFirstHasThem arranges arrays for inputs whose channels stand first.
func TestArraysComeAsAnInputWithChannelsFirstHasThem(t *testing.T) {
	for _, c := range []struct {
		have   []int
		layout string
		want   []int
		turns  bool // whether the file has its channels last, and they move
		err    string
	}{
		{[]int{3, 6, 8}, "", []int{3, 6, 8}, false, ""}, {[]int{3, 6, 8}, "channels_first", []int{3, 6, 8}, false, ""},
		{[]int{6, 8, 3}, "channels_last", []int{3, 6, 8}, true, ""},
		{[]int{8, 3}, "channels_last", []int{3, 8}, true, ""},
		{[]int{6, 8}, "", []int{1, 6, 8}, false, ""}, {[]int{6, 8, 1}, "", []int{1, 6, 8}, false, ""},
		{[]int{6, 8, 1}, "channels_last", []int{1, 6, 8}, false, ""},
		{[]int{144}, "", []int{3, 6, 8}, false, ""},
		{[]int{6, 8, 3}, "", []int{3, 6, 8}, false,
			"another order; layout: channels_last reads them; or save numpy.transpose(x, (0, 3, 1, 2))"},
		{[]int{3, 6, 8}, "channels_last", []int{3, 6, 8}, false,
			"with channels last [6 8 3]: their axes are in another order"},
		{[]int{144}, "channels_last", []int{3, 6, 8}, false,
			"have no channels that come last, as input \"x\" of shape [3 6 8] wants"},
		{[]int{3, 8, 6}, "", []int{3, 6, 8}, false, "another order; save numpy.transpose(x, (0, 1, 3, 2))"},
	} {
		a, size := counted(c.have)
		data := slices.Clone(a.data)
		a.wide = func(i int) any { return float64(data[i]) }
		want := slices.Clone(a.data)
		if c.turns {
			channels := c.want[0]
			for i := range want {
				row, at := i/size, i%size
				want[i] = float32(row*size + at%(size/channels)*channels + at/(size/channels))
			}
		}
		err := a.arrange("x.npy", c.layout, spec.Input{Name: "x", Shape: c.want, Layout: spec.ChannelsFirst})
		switch {
		case c.err == "" && (err != nil || !slices.Equal(a.data, want)):
			t.Errorf("%v %s for %v: %v, numbers %v, want %v", c.have, c.layout, c.want, err, a.data, want)
		case c.err != "" && !strings.Contains(fmt.Sprint(err), c.err):
			t.Errorf("%v %s for %v: %v, want %s", c.have, c.layout, c.want, err, c.err)
		}
		for i := range want {
			if v := a.wide(i); c.err == "" && v != float64(want[i]) {
				t.Fatalf("%v %s for %v: number %d of the file is %v, want %v", c.have, c.layout, c.want, i, v, want[i])
			}
		}
	}
}

// counted returns two examples of a shape, whose numbers are their places, and how many an example has.
func counted(shape []int) (a *array, size int) {
	size = 1
	for _, d := range shape {
		size *= d
	}
	a = &array{shape: append([]int{2}, shape...)}
	for i := range 2 * size {
		a.data = append(a.data, float32(i))
	}
	return a, size
}
