package safetensors

import (
	"math"
	"strings"
	"testing"
)

func TestCheckFittedNamesATensorOfNegativeZerosAlone(t *testing.T) {
	minus := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		data []float32
		want bool
	}{{nil, false}, {[]float32{0}, false}, {[]float32{minus}, true}, {[]float32{minus, minus}, true},
		{[]float32{minus, 0}, false}, {[]float32{1, minus}, false}, {[]float32{float32(math.NaN())}, false}} {
		err := CheckFitted(Tensor{Name: "other", Data: []float32{1}}, Tensor{Name: "x.center", Data: c.data})
		if Unfitted(c.data) != c.want || (err != nil) != c.want || c.want && !strings.Contains(err.Error(), `"x.center"`) {
			t.Errorf("%v: %v", c.data, err)
		}
	}
}

func TestCheckFilledRefusesWeightsOfZeros(t *testing.T) {
	zero, one := Tensor{Name: "w", Data: make([]float32, 3)}, Tensor{Name: "b", Data: []float32{0, 0, 1}}
	integers := Tensor{Name: "i", Type: I8, Int8: []int8{0, 2}}
	for _, c := range []struct {
		w    []Tensor
		want string
	}{
		{nil, ""}, {[]Tensor{zero, one}, ""}, {[]Tensor{zero, integers}, ""},
		{[]Tensor{zero, zero}, `tensor "w" is 0, and so are all others: fill weights by Load, or take those of a Trainer`},
	} {
		err := CheckFilled(c.w)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.w, err, c.want)
		}
	}
}
