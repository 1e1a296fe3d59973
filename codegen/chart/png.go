package chart

import (
	"bytes"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
)

// PNG draws pictures of Chart.SVG as points, one beside or below another: two in a row if there are more than one. It
// is an error if one holds what charts do not.
func PNG(pictures ...[]byte) ([]byte, error) {
	if len(pictures) == 0 {
		return nil, errors.New("there is no picture to draw")
	}
	var parts []*raster
	columns := min(2, len(pictures))
	var size image.Point
	var at []image.Point
	for i, svg := range pictures {
		r, err := rasterOf(svg)
		if err != nil {
			return nil, err
		}
		parts = append(parts, r)
		x, y := 0, size.Y
		if i%columns == 1 {
			x, y = at[i-1].X+parts[i-1].Bounds().Dx(), at[i-1].Y
		}
		at = append(at, image.Pt(x, y))
		size.X = max(size.X, x+r.Bounds().Dx())
		if i%columns == columns-1 || i == len(pictures)-1 {
			size.Y = y + r.Bounds().Dy()
			if i%columns == 1 {
				size.Y = max(size.Y, y+parts[i-1].Bounds().Dy())
			}
		}
	}
	whole := raster{image.NewRGBA(image.Rectangle{Max: size})}
	whole.fill(0, 0, float64(size.X), float64(size.Y), color.RGBA{255, 255, 255, 255})
	for i, r := range parts {
		for y := range r.Bounds().Dy() {
			from, to := r.PixOffset(0, y), whole.PixOffset(at[i].X, at[i].Y+y)
			copy(whole.Pix[to:to+4*r.Bounds().Dx()], r.Pix[from:])
		}
	}
	var b bytes.Buffer
	err := png.Encode(&b, whole)
	return b.Bytes(), err
}

// scale is how many points there are along a unit of a picture: letters of 5 by 7 dots are then as wide as letter says
// when a dot is two points.
const scale = 2

// raster is a picture in points.
type raster struct{ *image.RGBA }

// element is an element of a picture, with the attributes that charts have.
type element struct {
	XMLName   xml.Name
	X         float64 `xml:"x,attr"`
	Y         float64 `xml:"y,attr"`
	Width     string  `xml:"width,attr"`
	Height    string  `xml:"height,attr"`
	CX        float64 `xml:"cx,attr"`
	CY        float64 `xml:"cy,attr"`
	R         float64 `xml:"r,attr"`
	D         string  `xml:"d,attr"`
	Fill      string  `xml:"fill,attr"`
	Stroke    string  `xml:"stroke,attr"`
	Wide      float64 `xml:"stroke-width,attr"`
	Dashes    string  `xml:"stroke-dasharray,attr"`
	Anchor    string  `xml:"text-anchor,attr"`
	Size      float64 `xml:"font-size,attr"`
	Transform string  `xml:"transform,attr"`
	Text      string  `xml:",chardata"`
}

// rasterOf draws the elements of a picture.
func rasterOf(svg []byte) (*raster, error) {
	var r *raster
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF && r != nil {
			return r, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if r == nil {
			var w, h int
			for _, a := range start.Attr {
				switch a.Name.Local {
				case "width":
					w, _ = strconv.Atoi(a.Value)
				case "height":
					h, _ = strconv.Atoi(a.Value)
				}
			}
			if start.Name.Local != "svg" || w < 1 || h < 1 || w*h > 1<<24 {
				return nil, fmt.Errorf("a picture of %d by %d in <%s> cannot be drawn", w, h, start.Name.Local)
			}
			r = &raster{image.NewRGBA(image.Rect(0, 0, w*scale, h*scale))}
			continue
		}
		var e element
		if err := d.DecodeElement(&e, &start); err != nil {
			return nil, err
		}
		if err := r.element(e); err != nil {
			return nil, err
		}
	}
}

// element draws one.
func (r *raster) element(e element) error {
	fill, stroke := colorOf(e.Fill), colorOf(e.Stroke)
	switch e.XMLName.Local {
	case "rect":
		r.fill(e.X, e.Y, r.length(e.Width, r.Rect.Dx()), r.length(e.Height, r.Rect.Dy()), fill)
	case "circle":
		r.stroke([][2]float64{{e.CX, e.CY}, {e.CX, e.CY}}, 2*e.R, fill)
	case "path":
		lines, err := path(e.D)
		if err != nil {
			return err
		}
		for _, l := range lines {
			if e.Dashes != "" {
				for _, dash := range dashes(l, 5, 4) {
					r.stroke(dash, max(e.Wide, 1), stroke)
				}
				continue
			}
			r.stroke(l, max(e.Wide, 1), stroke)
		}
	case "text":
		r.text(e)
	default:
		return fmt.Errorf("<%s> cannot be drawn", e.XMLName.Local)
	}
	return nil
}

// length returns a length of an attribute: a number, or 100% of all points.
func (r *raster) length(text string, all int) float64 {
	if text == "100%" {
		return float64(all) / scale
	}
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// colorOf returns a colour as #rgb or #rrggbb; others, as none, are transparent.
func colorOf(text string) color.RGBA {
	text = strings.TrimPrefix(text, "#")
	if len(text) == 3 {
		text = string([]byte{text[0], text[0], text[1], text[1], text[2], text[2]})
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != 3 {
		return color.RGBA{}
	}
	return color.RGBA{b[0], b[1], b[2], 255}
}

// path returns the lines of a path of M, L, V, H and h with coordinates.
func path(d string) (lines [][][2]float64, err error) {
	var x, y float64
	for d != "" {
		verb := d[0]
		end := 1 + strings.IndexAny(d[1:], "MLVHh")
		if end == 0 {
			end = len(d)
		}
		var v []float64
		for _, word := range strings.Fields(d[1:end]) {
			n, err := strconv.ParseFloat(word, 64)
			if err != nil {
				return nil, err
			}
			v = append(v, n)
		}
		d = d[end:]
		switch {
		case (verb == 'M' || verb == 'L') && len(v) == 2:
			x, y = v[0], v[1]
		case verb == 'V' && len(v) == 1:
			y = v[0]
		case verb == 'H' && len(v) == 1:
			x = v[0]
		case verb == 'h' && len(v) == 1:
			x += v[0]
		default:
			return nil, fmt.Errorf("a path with %c and %d numbers cannot be drawn", verb, len(v))
		}
		if verb == 'M' || len(lines) == 0 {
			lines = append(lines, nil)
		}
		last := len(lines) - 1
		lines[last] = append(lines[last], [2]float64{x, y})
	}
	return lines, nil
}

// dashes cuts a line into pieces of a length, with gaps between.
func dashes(l [][2]float64, long, gap float64) (list [][][2]float64) {
	for i := 1; i < len(l); i++ {
		a, b := l[i-1], l[i]
		length := math.Hypot(b[0]-a[0], b[1]-a[1])
		for from := 0.0; from < length; from += long + gap {
			to := math.Min(from+long, length)
			at := func(d float64) [2]float64 {
				return [2]float64{a[0] + float64((b[0]-a[0])*d/length), a[1] + float64((b[1]-a[1])*d/length)}
			}
			list = append(list, [][2]float64{at(from), at(to)})
		}
	}
	return list
}

// blend lays a colour over a point, as much as share says.
func (r *raster) blend(x, y int, c color.RGBA, share float64) {
	if !(image.Point{x, y}).In(r.Rect) || c.A == 0 || share <= 0 {
		return
	}
	old := r.RGBAAt(x, y)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*share)) }
	r.SetRGBA(x, y, color.RGBA{mix(old.R, c.R), mix(old.G, c.G), mix(old.B, c.B), 255})
}

// fill fills a rectangle.
func (r *raster) fill(x, y, w, h float64, c color.RGBA) {
	round := func(v float64) int { return int(math.Round(v * scale)) }
	area := image.Rect(round(x), round(y), round(x+w), round(y+h)).Intersect(r.Rect)
	for py := area.Min.Y; py < area.Max.Y; py++ {
		for px := area.Min.X; px < area.Max.X; px++ {
			r.blend(px, py, c, 1)
		}
	}
}

// stroke draws a line with round ends and corners: a point is covered as far as its centre lies within half the width
// of the line, with a soft edge of one point. One that many pieces of a line cover counts once.
func (r *raster) stroke(l [][2]float64, wide float64, c color.RGBA) {
	half := wide * scale / 2
	box := image.Rectangle{}
	for _, p := range l {
		reach := int(half) + 2
		at := image.Pt(int(p[0]*scale), int(p[1]*scale))
		box = box.Union(image.Rectangle{at.Sub(image.Pt(reach, reach)), at.Add(image.Pt(reach+1, reach+1))})
	}
	box = box.Intersect(r.Rect)
	covered := make([]float64, box.Dx()*box.Dy())
	for i := range l {
		a, b := l[max(i-1, 0)], l[i]
		ax, ay, bx, by := a[0]*scale, a[1]*scale, b[0]*scale, b[1]*scale
		reach := half + 1
		area := image.Rect(int(math.Min(ax, bx)-reach), int(math.Min(ay, by)-reach), int(math.Max(ax, bx)+reach)+1,
			int(math.Max(ay, by)+reach)+1).Intersect(box)
		square := (bx-ax)*(bx-ax) + (by-ay)*(by-ay)
		for y := area.Min.Y; y < area.Max.Y; y++ {
			for x := area.Min.X; x < area.Max.X; x++ {
				px, py, t := float64(x)+0.5-ax, float64(y)+0.5-ay, 0.0
				if square > 0 {
					t = math.Max(0, math.Min(1, (px*(bx-ax)+py*(by-ay))/square))
				}
				d := math.Hypot(px-t*(bx-ax), py-t*(by-ay))
				if share := math.Min(1, half+0.5-d); share > 0 {
					at := (y-box.Min.Y)*box.Dx() + x - box.Min.X
					covered[at] = math.Max(covered[at], share)
				}
			}
		}
	}
	for i, share := range covered {
		if share > 0 {
			r.blend(box.Min.X+i%box.Dx(), box.Min.Y+i/box.Dx(), c, share)
		}
	}
}

// text writes words in dots, each of as many points as the size of the letters asks for; turned by a quarter, upwards,
// if there is a transformation. A character that has no dots is a frame.
func (r *raster) text(e element) {
	dot := scale
	if e.Size > small {
		dot = scale + 1
	}
	words := []rune(strings.NewReplacer("…", "...", "−", "-", "–", "-").Replace(e.Text))
	wide := len(words)*6*dot - dot
	from := map[string]int{"middle": -wide / 2, "end": -wide}[e.Anchor]
	x, y := int(math.Round(e.X*scale)), int(math.Round(e.Y*scale))
	ink := color.RGBA{34, 34, 34, 255}
	for i, letter := range words {
		columns := dots(letter)
		for column := range 5 * dot {
			for row := range 8 * dot {
				if columns[column/dot]>>(row/dot)&1 == 0 {
					continue
				}
				along, up := from+i*6*dot+column, row-7*dot
				if e.Transform != "" {
					r.blend(x+up, y-along, ink, 1)
				} else {
					r.blend(x+along, y+up, ink, 1)
				}
			}
		}
	}
}

// dots returns the five columns of a character, the uppermost dot in the lowest bit; the eighth is below the line.
func dots(letter rune) (columns [5]byte) {
	if letter < ' ' || letter > '~' {
		return [5]byte{0x7f, 0x41, 0x41, 0x41, 0x7f}
	}
	b, err := hex.DecodeString(font[10*(letter-' '):][:10])
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return [5]byte(b)
}

// font are the columns of the characters of ASCII, from the space on, as dot-matrix displays show them.
const font = "" +
	"000000000000005f00000007000700147f147f14242a7f2a12231308646236495620500008070300" +
	"001c2241000041221c002a1c7f1c2a08083e08080080703000080808080800006060002010080402" +
	"3e5149453e00427f400072494949462141494d331814127f1027454545393c4a4949314121110907" +
	"3649494936464949291e000014000000403400000008142241141414141400412214080201590906" +
	"3e415d594e7c1211127c7f494949363e414141227f4141413e7f494949417f090909013e41415173" +
	"7f0808087f00417f41002040413f017f081422417f404040407f021c027f7f0408107f3e4141413e" +
	"7f090909063e4151215e7f09192946264949493203017f01033f4040403f1f2040201f3f4038403f" +
	"631408146303047804036159494d43007f4141410204081020004141417f04020102044040404040" +
	"000307080020545478407f284444383844444428384444287f385454541800087e090218a4a49c78" +
	"7f0804047800447d40002040403d007f1028440000417f40007c047804787c080404783844444438" +
	"fc1824241818242418fc7c08040408485454542404043f44243c4040207c1c2040201c3c4030403c" +
	"44281028444c9090907c4464544c440008364100000077000000413608000201020402"
