package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// pictures writes pictures of discs and squares, so many of each and of several forms: pictures folder number. The same
// number gives the same files.
func pictures(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pictures folder number")
	}
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for _, class := range []string{"disc", "square"} {
		folder := filepath.Join(ts.MkAbs(args[0]), class)
		ts.Check(os.MkdirAll(folder, 0o777))
		for i := range n {
			name, b := pictureFile(i, shape(r, class == "disc"))
			ts.Check(os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d%s", i, name)), b, 0o666))
		}
	}
}

// shape draws a bright disc or square before a dark ground.
func shape(r *rand.Rand, disc bool) *image.RGBA {
	w, h := 20+r.IntN(30), 20+r.IntN(30)
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	bright := color.RGBA{150 + uint8(r.IntN(100)), 150 + uint8(r.IntN(100)), 150 + uint8(r.IntN(100)), 255}
	cx, cy, radius := w/2+r.IntN(5)-2, h/2+r.IntN(5)-2, min(w, h)/3
	for y := range h {
		for x := range w {
			dx, dy := x-cx, y-cy
			if disc && dx*dx+dy*dy < radius*radius || !disc && max(dx, -dx, dy, -dy) < radius {
				img.SetRGBA(x, y, bright)
			} else {
				img.SetRGBA(x, y, color.RGBA{uint8(r.IntN(60)), uint8(r.IntN(60)), uint8(r.IntN(60)), 255})
			}
		}
	}
	return img
}

// pictureFile returns the contents of a file in one of several forms, and the end of its name. Every seventh says by
// EXIF that it is to be turned.
func pictureFile(i int, img *image.RGBA) (string, []byte) {
	as := func(to draw.Image) image.Image {
		draw.Draw(to, to.Bounds(), img, image.Point{}, draw.Src)
		return to
	}
	var b bytes.Buffer
	var err error
	name := ".png"
	switch i % 7 {
	case 0:
		err = png.Encode(&b, img)
	case 1:
		name, err = ".jpg", jpeg.Encode(&b, img, nil)
	case 2:
		err = png.Encode(&b, as(image.NewGray(img.Bounds())))
	case 3:
		err = png.Encode(&b, as(image.NewPaletted(img.Bounds(), palette.Plan9)))
	case 4:
		err = png.Encode(&b, as(image.NewRGBA64(img.Bounds())))
	case 5:
		name, err = ".JPEG", jpeg.Encode(&b, as(image.NewGray(img.Bounds())), nil)
	case 6:
		name, err = ".jpeg", jpeg.Encode(&b, img, nil)
		b = *bytes.NewBuffer(turned(b.Bytes()))
	}
	if err != nil {
		panic(err)
	}
	return name, b.Bytes()
}

// turned puts an EXIF orientation into a JPEG file.
func turned(b []byte) []byte {
	exif := []byte("Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	segment := binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(exif)+2))
	return append(append(append(bytes.Clone(b[:2]), segment...), exif...), b[2:]...)
}
