// Package picture turns pictures into the numbers of an input. Training and the generated package call the same function,
// so a picture is the same numbers in both.
//
// A pixel is what the color model of the picture gives by RGBA: red, green, blue and alpha, multiplied by alpha, so that
// what is transparent is black. They are from 0 to 255: the 8 bits of most files, fractions between them for 16.
//
// Resizing takes the weighted mean of the pixels under a triangle around the middle of each new pixel, which is as wide as
// two pixels, old or new, whichever are larger: linear interpolation where a side grows, and an average over all pixels
// where it shrinks. A side of the right size is left as it is. (Pillow's BILINEAR, and torchvision's with antialias, take the
// same weights.) The proportions of the sides are not kept.
package picture

import (
	"errors"
	"fmt"
	"image"
	"image/color"
)

// maxSide bounds the sides of pictures: sums of weights times pixels then fit 63 bits.
const maxSide = 1 << 16

var errEmpty = errors.New("the picture has no pixels")

// Encode fills x with the pixels of a picture, resized to height × width, row by row, channels last. Of 1 channel it is the
// brightness 0.299·red + 0.587·green + 0.114·blue of BT.601, of 3 red, green, blue, of 4 alpha too. It panics if x has another
// length than height·width·channels. It allocates sums of that size and a row of the picture.
func Encode(x []float32, img image.Image, height, width, channels int) error {
	if len(x) != height*width*channels {
		panic("picture: x has another length than height·width·channels")
	}
	b := img.Bounds()
	if b.Empty() {
		return errEmpty
	}
	if b.Dx() > maxSide || b.Dy() > maxSide {
		return fmt.Errorf("the picture has %d × %d pixels; a side may have %d", b.Dx(), b.Dy(), maxSide)
	}
	pixels := reader(img)
	columns := axis{int64(b.Dx()), int64(width)}
	rows := axis{int64(b.Dy()), int64(height)}
	old, row, sums := make([]int64, b.Dx()*channels), make([]float64, width*channels), make([]float64, len(x))
	first := int64(0) // of the new rows, that old ones still count for
	for y := range rows.old {
		unit := readRow(old, pixels, b.Min.X, b.Min.Y+int(y), channels)
		columns.resize(row, old, unit, channels)
		for i := first; i < rows.new; i++ {
			w := rows.weight(i, y)
			if w <= 0 && rows.middle(i) > rows.middleOld(y) {
				break
			}
			if w <= 0 {
				first = i + 1
				continue
			}
			share := float64(w) / float64(rows.sum(i))
			sum := sums[i*int64(len(row)):][:len(row)]
			for j, v := range row {
				sum[j] += float64(share * v)
			}
		}
	}
	for i, v := range sums {
		x[i] = float32(v)
	}
	return nil
}

// EncodePlanes is Encode with channels first: all pixels of one channel, row by row, before those of the next. It allocates
// the pixels too.
func EncodePlanes(x []float32, img image.Image, height, width, channels int) error {
	pixels := make([]float32, len(x))
	if err := Encode(pixels, img, height, width, channels); err != nil {
		return err
	}
	for i, v := range pixels {
		x[i%channels*height*width+i/channels] = v
	}
	return nil
}

// reader returns what gives the pixels of a picture, without an allocation each where the picture knows how.
func reader(img image.Image) func(x, y int) color.RGBA64 {
	if p, ok := img.(image.RGBA64Image); ok {
		return p.RGBA64At
	}
	return func(x, y int) color.RGBA64 {
		r, g, b, a := img.At(x, y).RGBA()
		return color.RGBA64{uint16(r), uint16(g), uint16(b), uint16(a)}
	}
}

// readRow reads a row of pixels, in whole numbers, and returns what stands for 1 of 0 to 255.
func readRow(row []int64, at func(x, y int) color.RGBA64, x, y, channels int) (unit float64) {
	const one = 257 // 16 bits, 65,535, are 255
	if channels == 1 {
		for i := range row {
			c := at(x+i, y)
			row[i] = 299*int64(c.R) + 587*int64(c.G) + 114*int64(c.B)
		}
		return 1000 * one
	}
	for i := 0; i < len(row); i += channels {
		c := at(x+i/channels, y)
		row[i], row[i+1], row[i+2] = int64(c.R), int64(c.G), int64(c.B)
		if channels == 4 {
			row[i+3] = int64(c.A)
		}
	}
	return one
}

// axis is a side of a picture, whose old pixels become new ones. Positions are whole numbers: a pixel of the old is 2·new
// long, one of the new 2·old, and the side 2·old·new.
type axis struct{ old, new int64 }

// middle returns the position of the middle of a new pixel, middleOld that of an old one.
func (a axis) middle(i int64) int64    { return (2*i + 1) * a.old }
func (a axis) middleOld(k int64) int64 { return (2*k + 1) * a.new }

// weight returns what an old pixel counts for a new one: how far it is below the triangle, which reaches two halves of the
// larger pixel to each side. It is 0 or less outside of it.
func (a axis) weight(i, k int64) int64 {
	d := a.middleOld(k) - a.middle(i)
	if d < 0 {
		d = -d
	}
	return 2*max(a.old, a.new) - d
}

// within returns the old pixels from from to before to that may count for a new one.
func (a axis) within(i int64) (from, to int64) {
	reach := 2 * max(a.old, a.new)
	from = (a.middle(i) - reach) / (2 * a.new) // toward 0: at most one too many
	to = (a.middle(i)+reach)/(2*a.new) + 1
	return max(from, 0), min(to, a.old)
}

// sum returns the weights of a new pixel, added up.
func (a axis) sum(i int64) (sum int64) {
	for k, to := a.within(i); k < to; k++ {
		sum += max(0, a.weight(i, k))
	}
	return sum
}

// resize makes a new row of an old one.
func (a axis) resize(row []float64, old []int64, unit float64, channels int) {
	for i := range a.new {
		from, to := a.within(i)
		var sums [4]int64
		all := int64(0)
		for k := from; k < to; k++ {
			w := a.weight(i, k)
			if w <= 0 {
				continue
			}
			all += w
			for c, v := range old[k*int64(channels):][:channels] {
				sums[c] += w * v
			}
		}
		for c := range channels {
			row[int(i)*channels+c] = float64(sums[c]) / (float64(all) * unit)
		}
	}
}
