package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// parsed returns the texts of a picture, and fails unless it is XML.
func parsed(t *testing.T, svg []byte) (texts []string) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	depth := 0
	for {
		token, err := d.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, svg)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth = 0; e.Name.Local == "text" {
				depth = 1
			}
		case xml.CharData:
			if depth == 1 {
				texts = append(texts, string(e))
			}
		case xml.EndElement:
			depth = 0
		}
	}
}

var number = regexp.MustCompile(`-?[0-9]+\.[0-9]+`)

// inside fails if a coordinate lies outside the picture.
func inside(t *testing.T, svg []byte) {
	t.Helper()
	for _, s := range number.FindAllString(string(svg[bytes.Index(svg, []byte(Mark)):]), -1) {
		if v, err := strconv.ParseFloat(s, 64); err != nil || v < -width || v > width {
			t.Errorf("coordinate %s", s)
		}
	}
}

func TestChartsAreXMLAndHoldTheirWords(t *testing.T) {
	c := &Chart{Title: "a & b <\x01>: loss", X: "epoch", Y: "loss", WholeX: true,
		Series: []Series{
			{Name: "training", Color: Blue, Points: []Point{{X: 1, Y: 2}, {X: 2, Y: 1}}},
			{Name: "dots", Kind: Dots, Color: Pale, Points: []Point{{X: 1, Y: 1.5, Error: 0.5}}},
		}, Lines: []Line{{Name: "mark", Color: Green, X: 1.5}}}
	svg, err := c.SVG()
	if err != nil {
		t.Fatal(err)
	}
	inside(t, svg)
	texts := strings.Join(parsed(t, svg), "|")
	for _, want := range []string{"a & b <\ufffd>: loss", "epoch", "training", "dots", "mark", "|1|", "|2|"} {
		if !strings.Contains(texts, want) {
			t.Errorf("no %q in %q", want, texts)
		}
	}
	bars := &Chart{Title: "importance", X: "change", Names: []string{"age", strings.Repeat("long ", 20)},
		Series: []Series{{Kind: Bars, Color: Blue, Points: []Point{{X: 0.5, Y: 0, Error: 0.1}, {X: -0.1, Y: 1}}}}}
	if svg, err = bars.SVG(); err != nil {
		t.Fatal(err)
	}
	inside(t, svg)
	if texts := parsed(t, svg); !strings.Contains(strings.Join(texts, "|"), "age") ||
		bytes.Count(svg, []byte("<rect")) != 3 {
		t.Errorf("bars are %q", texts)
	}
}

func TestChartsOfAnyFiniteNumbersAreDrawn(t *testing.T) {
	for _, ys := range [][]float64{nil, {0}, {1e17}, {math.MaxFloat64, -math.MaxFloat64}, {5e-324, 0}, {1e-300, 2e-300},
		{1e9, 1e9 + 1}, {1, math.Nextafter(1, 2)}, {1e30, 1e-30}} {
		for _, log := range []bool{false, true} {
			s := Series{Color: Blue}
			for i, y := range ys {
				s.Points = append(s.Points, Point{X: math.Pow(10, float64(i)), Y: y})
			}
			svg, err := (&Chart{LogX: log, Series: []Series{s}}).SVG()
			if err != nil || bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) {
				t.Fatalf("%v: %v\n%s", ys, err, svg)
			}
			parsed(t, svg)
			inside(t, svg)
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, at := range []Point{{X: v}, {Y: v}, {Error: v}} {
			if _, err := (&Chart{Series: []Series{{Points: []Point{at}}}}).SVG(); err == nil {
				t.Errorf("%v is drawn", at)
			}
		}
	}
}

// TestLabelsOfTicksDiffer labels the ticks of ranges far from zero, small and large.
func TestLabelsOfTicksDiffer(t *testing.T) {
	for _, a := range []Axis{{Low: 0, High: 1}, {Low: -3, High: 0.2}, {Low: 1e9, High: 1e9 + 1}, {Low: 1e-9, High: 3e-9},
		{Low: 0.0001, High: 2000, Log: true}, {Low: 2, High: 5, Log: true}, {Low: 0.99, High: 0.9999}} {
		step := a.Step(6)
		if a.Log {
			step = 0
		}
		seen := map[string]bool{}
		ticks := a.Ticks(6)
		for _, v := range ticks {
			l := Label(v, step)
			got, err := strconv.ParseFloat(l, 64)
			if err != nil || seen[l] || math.Abs(got-v) > 1e-6*math.Max(step, math.Abs(v)*1e-3) {
				t.Errorf("%+v: tick %v is labelled %q", a, v, l)
			}
			seen[l] = true
		}
		if len(ticks) < 2 || len(ticks) > 13 {
			t.Errorf("%+v has the ticks %v", a, ticks)
		}
	}
}

// TestALongLegendWidensThePicture draws legends beside a plot: the plot keeps its least width, and names end in the
// picture.
func TestALongLegendWidensThePicture(t *testing.T) {
	for _, letters := range []int{5, 28, 29, 60, 200} {
		c := &Chart{Title: "t", X: "x", Y: "y", Beside: true, Series: []Series{
			{Name: strings.Repeat("n", letters), Color: Blue, Points: []Point{{X: 1, Y: 2}, {X: 2, Y: 1}}}}}
		p := &picture{Chart: c}
		if err := p.ranges(); err != nil {
			t.Fatal(err)
		}
		p.listKeys()
		p.margins()
		if p.right-p.left < leastPlot {
			t.Errorf("%d letters leave %.0f of the plot, want %d", letters, p.right-p.left, leastPlot)
		}
		if end := p.right + 2*margin + p.legendWidth(); end > p.wide {
			t.Errorf("%d letters end at %.0f in a picture of %.0f", letters, end, p.wide)
		}
		if letters <= 28 && p.wide != width {
			t.Errorf("%d letters make a picture of %.0f, want %d", letters, p.wide, width)
		}
		svg, err := c.SVG()
		if want := fmt.Sprintf(`width="%d"`, int(p.wide)); err != nil || !bytes.Contains(svg, []byte(want)) {
			t.Errorf("%d letters: no %s; %v", letters, want, err)
		}
		if _, err := PNG(svg); err != nil {
			t.Error(err)
		}
	}
}
