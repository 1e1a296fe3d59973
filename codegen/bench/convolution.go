package bench

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/hw"
)

// Convolution is one of 3×3 filters on square images with as many channels before as after, and a border of zeros that
// keeps the size.
type Convolution struct{ Size, Channels int }

// images is the number of images of a measurement.
const images = 64

func (c Convolution) geometry() *conv.Geometry {
	return &conv.Geometry{H: c.Size, W: c.Size, C: c.Channels, OH: c.Size, OW: c.Size, OC: c.Channels,
		FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1}
}

// title names a pass.
func (c Convolution) title(pass string) string {
	return fmt.Sprintf("conv 3×3 %s, %d images %d×%d×%d", pass, images, c.Size, c.Size, c.Channels)
}

// Measure times the forward pass and both gradients, after comparisons with sums in float64. The rate counts the
// multiply-adds of the images alone, not those with the border.
func (c Convolution) Measure() ([]Row, error) {
	g := c.geometry()
	size, filter := c.Size*c.Size*c.Channels, 9*c.Channels*c.Channels
	x, w, dy := numbers(images*size), numbers(filter), numbers(images*size)
	y, dx, dw := make([]float32, images*size), make([]float32, images*size), make([]float32, filter)
	panels := make([]float32, conv.PackedLen(g))
	conv.Pack(g, w, panels)
	inside := float64(3*c.Size - 2) // pairs of a pixel and a tap along one axis
	flop := 2 * images * inside * inside * float64(c.Channels*c.Channels)
	var rows []Row
	for _, pass := range []struct {
		name string
		call func()
	}{
		{"forward", func() { conv.ForwardPacked(images, g, y, x, panels, gemm.None()) }},
		{"dx", func() { conv.DX(images, g, dx, dy, w) }},
		{"dw", func() { conv.DW(images, g, dw, x, dy) }},
	} {
		pass.call()
		if err := c.check(g, pass.name, x, w, y, dy, dx, dw); err != nil {
			return nil, err
		}
		seconds, rates := hw.Beside(each, pass.call)
		r := Row{Work: c.title(pass.name), Unit: "ns", Value: seconds * 1e9, FLOPs: flop / seconds, Rates: rates}
		r.ofPeak()
		rows = append(rows, r)
	}
	return rows, nil
}

// check compares some results of a pass with their sums over all pairs of a pixel and a tap.
func (c Convolution) check(g *conv.Geometry, pass string, x, w, y, dy, dx, dw []float32) error {
	got := map[string][]float32{"forward": y, "dx": dx, "dw": dw}[pass]
	for e := 0; e < len(got); e += 1 + len(got)/64 {
		sum, size := 0.0, 0.0
		add := func(a, b float32) {
			term := float64(a) * float64(b)
			sum, size = sum+term, size+math.Abs(term)
		}
		terms := 9 * c.Channels
		switch pass {
		case "forward", "dx":
			c.neighbours(e, pass == "dx", func(at, tap int) {
				for k := range c.Channels {
					if pass == "forward" {
						add(x[at+k], w[(tap*c.Channels+k)*c.Channels+e%c.Channels])
					} else {
						add(dy[at+k], w[(tap*c.Channels+e%c.Channels)*c.Channels+k])
					}
				}
			})
		case "dw":
			tap, in, out := e/c.Channels/c.Channels, e/c.Channels%c.Channels, e%c.Channels
			terms = len(y) / c.Channels
			for p := 0; p < len(y); p += c.Channels {
				c.neighbours(p, false, func(at, t int) {
					if t == tap {
						add(x[at+in], dy[p+out])
					}
				})
			}
		}
		if !(math.Abs(float64(got[e])-sum) <= float64(terms+1)*0x1p-24*size) {
			return fmt.Errorf("bench: conv %s, element %d is %g, want %g", pass, e, got[e], sum)
		}
	}
	return nil
}

// neighbours calls f for each pixel, by its first channel, that a tap of the filter takes to the pixel of element e;
// mirrored, for each that e's pixel goes to.
func (c Convolution) neighbours(e int, mirrored bool, f func(at, tap int)) {
	pixel := e / c.Channels
	row, col := pixel/c.Size%c.Size, pixel%c.Size
	for tap := range 9 {
		dr, dc := tap/3-1, tap%3-1
		if mirrored {
			dr, dc = -dr, -dc
		}
		if r, q := row+dr, col+dc; r >= 0 && r < c.Size && q >= 0 && q < c.Size {
			f((pixel+dr*c.Size+dc)*c.Channels, tap)
		}
	}
}
