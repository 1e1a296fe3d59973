package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

func decoded(t *testing.T, pictures ...[]byte) image.Image {
	t.Helper()
	b, err := PNG(pictures...)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// near tells whether a point has a colour.
func near(img image.Image, x, y float64, want string) bool {
	c, w := color.RGBAModel.Convert(img.At(int(x*scale), int(y*scale))).(color.RGBA), colorOf(want)
	return c == w
}

// TestPointsHaveTheColorsOfThePicture draws a curve along a diagonal, a dot and a bar, and looks at places on them and
// beside.
func TestPointsHaveTheColorsOfThePicture(t *testing.T) {
	c := &Chart{Title: "t", X: "x", Y: "y", Series: []Series{
		{Name: "curve", Color: Blue, Points: []Point{{X: 0, Y: 0}, {X: 10, Y: 10}}},
		{Kind: Dots, Color: Orange, Radius: 5, Points: []Point{{X: 8, Y: 2}}},
	}, Lines: []Line{{Name: "line", Color: Green, X: 5}}}
	svg, err := c.SVG()
	if err != nil {
		t.Fatal(err)
	}
	img := decoded(t, svg)
	if got, want := img.Bounds().Size(), image.Pt(width*scale, height*scale); got != want {
		t.Errorf("size %v, want %v", got, want)
	}
	p := &picture{Chart: c, bottom: height - bottom}
	if err := p.ranges(); err != nil {
		t.Fatal(err)
	}
	p.listKeys()
	p.margins()
	for _, q := range []struct {
		x, y float64
		want string
	}{{2, 2, Blue}, {7, 7, Blue}, {8, 2, Orange}, {7.3, 4.1, "#fff"}, {9.3, 8.7, "#fff"}} {
		if !near(img, p.px(q.x), p.py(q.y), q.want) {
			t.Errorf("at (%v, %v) there is %v, want %s", q.x, q.y, img.At(int(p.px(q.x)*scale), int(p.py(q.y)*scale)), q.want)
		}
	}
	dashed, gaps := 0, 0
	for y := float64(top + 20); y < p.bottom-20; y++ {
		if near(img, p.px(5), y, Green) {
			dashed++
		} else {
			gaps++
		}
	}
	if dashed < gaps/2 || gaps < dashed/2 {
		t.Errorf("a dashed line has %d units of its colour, and %d of others", dashed, gaps)
	}
}

// TestLettersAreWhereSVGHasThem counts the dark points of words: at the middle, before and behind a place, and upwards.
func TestLettersAreWhereSVGHasThem(t *testing.T) {
	ink := func(text string, area image.Rectangle) (n int) {
		svg := []byte(`<svg width="200" height="200"><rect width="100%" height="100%" fill="#fff"/>` + text + `</svg>`)
		img := decoded(t, svg)
		area = image.Rectangle{area.Min.Mul(scale), area.Max.Mul(scale)}
		for y := range 200 * scale {
			for x := range 200 * scale {
				dark := near(img, float64(x)/scale, float64(y)/scale, "#222222")
				if dark {
					if !(image.Pt(x, y)).In(area) {
						t.Fatalf("%s: ink at %d, %d, outside of %v", text, x/scale, y/scale, area)
					}
					n++
				}
			}
		}
		return n
	}
	const eight = 3 + 3 + 3 + 4*2 // dots of an 8
	for _, c := range []struct {
		text string
		area image.Rectangle
		dots int
	}{
		{`<text x="100" y="100" text-anchor="start">88</text>`, image.Rect(100, 93, 111, 100), 2 * eight},
		{`<text x="100" y="100" text-anchor="end">88</text>`, image.Rect(89, 93, 100, 100), 2 * eight},
		{`<text x="100" y="100" text-anchor="middle">88</text>`, image.Rect(94, 93, 106, 100), 2 * eight},
		{`<text x="100" y="100" text-anchor="middle" transform="rotate(-90 100 100)">88</text>`,
			image.Rect(93, 94, 100, 107), 2 * eight},
		{`<text x="100" y="100" text-anchor="start">é</text>`, image.Rect(100, 93, 105, 100), 20},
	} {
		if got, want := ink(c.text, c.area), c.dots*scale*scale; got != want {
			t.Errorf("%s: %d dark points, want %d", c.text, got, want)
		}
	}
}

// TestPicturesLieBesideOneAnother draws three, two in a row: each where the ones before end.
func TestPicturesLieBesideOneAnother(t *testing.T) {
	square := func(size int, fill string) []byte {
		return fmt.Appendf(nil, `<svg width="%d" height="%[1]d"><rect width="100%%" height="100%%" fill="%s"/></svg>`, size,
			fill)
	}
	img := decoded(t, square(10, "#f00"), square(20, "#0f0"), square(5, "#00f"))
	if got, want := img.Bounds().Size(), image.Pt(30*scale, 25*scale); got != want {
		t.Errorf("size %v, want %v", got, want)
	}
	for at, want := range map[[2]float64]string{{5, 5}: "#f00", {5, 15}: "#fff", {15, 15}: "#0f0", {2, 22}: "#00f",
		{15, 22}: "#fff"} {
		if !near(img, at[0], at[1], want) {
			t.Errorf("no %s at %v", want, at)
		}
	}
}

// TestWhatChartsDoNotHoldIsNoPicture names what cannot be drawn.
func TestWhatChartsDoNotHoldIsNoPicture(t *testing.T) {
	for svg, want := range map[string]string{
		`<svg width="9" height="9"><ellipse/></svg>`:         "<ellipse> cannot be drawn",
		`<svg width="9" height="9"><path d="M1 2C3"/></svg>`: "invalid syntax",
		`<svg width="9" height="9"><path d="M1"/></svg>`:     "M and 1 numbers",
		`<svg width="0" height="9"/>`:                        "a picture of 0 by 9",
		`<svg width="9" height="9">`:                         "unexpected EOF",
		``:                                                   "EOF",
	} {
		if _, err := PNG([]byte(svg)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", svg, err, want)
		}
	}
}
