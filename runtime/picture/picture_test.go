package picture

import (
	"image"
	"image/color"
	"math"
	"slices"
	"testing"
)

// pattern is the picture of the figures of Pillow.
func pattern(h, w int) *image.Gray {
	p := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := 37*y + 91*x + 5
			p.SetGray(x, y, color.Gray{uint8(v * v % 256)})
		}
	}
	return p
}

// TestResizingIsPillows holds resizing against Image.fromarray(x, mode="F").resize((width, height), Image.BILINEAR) of
// Pillow 9.4.
func TestResizingIsPillows(t *testing.T) {
	for _, c := range []struct {
		from, to [2]int
		want     []float32
	}{
		{[2]int{5, 7}, [2]int{3, 4}, []float32{
			67.4218, 102.4457, 208.2514, 191.8299, 140.5079, 75.4, 123.7556, 205.5238, 126.5238, 143.8857,
			60.0229, 125.7619,
		}},
		{[2]int{3, 2}, [2]int{5, 6}, []float32{
			25, 25, 16.6667, 8.3333, 0, 0, 106.2, 106.2, 74.1333, 42.0667,
			10, 10, 228, 228, 160.3333, 92.6667, 25, 25, 149.4, 149.4,
			148.5333, 147.6667, 146.8, 146.8, 97, 97, 140.6667, 184.3333, 228, 228,
		}},
		{[2]int{9, 4}, [2]int{2, 7}, []float32{
			117.2676, 112.494, 104.8561, 99.6831, 96.502, 104.7998, 109.9859, 93.662, 87.0976, 76.5946,
			84.7817, 95.2183, 102.7113, 107.3944,
		}},
	} {
		got := make([]float32, c.to[0]*c.to[1])
		if err := Encode(got, pattern(c.from[0], c.from[1]), c.to[0], c.to[1], 1); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			if math.Abs(float64(v-c.want[i])) > 1e-3 {
				t.Errorf("%v to %v: number %d is %v, want %v", c.from, c.to, i, v, c.want[i])
			}
		}
	}
}

// plain hides what a picture can do beside At.
type plain struct{ image.Image }

func TestPixelsAreThoseOfTheColorModel(t *testing.T) {
	rgba := image.NewNRGBA(image.Rect(3, 5, 5, 6)) // the bounds need not begin at 0
	rgba.SetNRGBA(3, 5, color.NRGBA{200, 100, 50, 255})
	rgba.SetNRGBA(4, 5, color.NRGBA{200, 100, 50, 51})
	deep := image.NewGray16(image.Rect(0, 0, 2, 1))
	deep.SetGray16(0, 0, color.Gray16{257*7 + 128})
	deep.SetGray16(1, 0, color.Gray16{65535})
	palette := image.NewPaletted(image.Rect(0, 0, 2, 1), color.Palette{color.Gray{9}, color.RGBA{1, 2, 3, 255}})
	palette.SetColorIndex(1, 0, 1)
	for _, c := range []struct {
		name     string
		img      image.Image
		channels int
		want     []float32
	}{
		{"grey", pattern(1, 3), 1, []float32{25, 0, 153}},
		{"grey as three", pattern(1, 2), 3, []float32{25, 25, 25, 0, 0, 0}},
		{"transparent", rgba, 4, []float32{200, 100, 50, 255, 40, 20, 10, 51}},
		{"transparent without alpha", rgba, 3, []float32{200, 100, 50, 40, 20, 10}},
		{"brightness", rgba, 1, []float32{124.2, 24.84}},
		{"16 bits", deep, 1, []float32{7 + 128.0/257, 255}},
		{"palette", palette, 3, []float32{9, 9, 9, 1, 2, 3}},
	} {
		got := make([]float32, len(c.want))
		for _, img := range []image.Image{c.img, plain{c.img}} {
			b := img.Bounds()
			if err := Encode(got, img, b.Dy(), b.Dx(), c.channels); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.name, got, c.want)
			}
			if err := EncodePlanes(got, img, b.Dy(), b.Dx(), c.channels); err != nil {
				t.Fatal(err)
			}
			for i, want := range c.want {
				if v := got[i%c.channels*len(got)/c.channels+i/c.channels]; v != want {
					t.Errorf("%s in planes: got %v, want %v in the order of pixels", c.name, got, c.want)
					break
				}
			}
		}
	}
}

// TestOneColorStays says that weights add up to 1, whatever the sizes.
func TestOneColorStays(t *testing.T) {
	for _, from := range [][2]int{{1, 1}, {2, 3}, {31, 17}, {100, 257}} {
		img := image.NewRGBA(image.Rect(0, 0, from[1], from[0]))
		for i := range img.Pix {
			img.Pix[i] = []byte{201, 13, 77, 255}[i%4]
		}
		for _, to := range [][2]int{{1, 1}, {3, 2}, {32, 32}, {33, 7}} {
			x := make([]float32, 3*to[0]*to[1])
			if err := Encode(x, img, to[0], to[1], 3); err != nil {
				t.Fatal(err)
			}
			for i, v := range x {
				if want := []float32{201, 13, 77}[i%3]; v != want {
					t.Fatalf("%v to %v: number %d is %v, want %v", from, to, i, v, want)
				}
			}
		}
	}
}

func TestPicturesWithoutPixelsAreErrors(t *testing.T) {
	x := make([]float32, 4)
	for _, img := range []image.Image{image.NewGray(image.Rect(0, 0, 0, 3)), image.NewUniform(color.White)} {
		if err := Encode(x, img, 2, 2, 1); err == nil {
			t.Errorf("%v: no error", img.Bounds())
		}
		if err := EncodePlanes(x, img, 2, 2, 1); err == nil {
			t.Errorf("%v: no error of planes", img.Bounds())
		}
	}
}
