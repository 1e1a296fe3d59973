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
