package data

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// FuzzPicture: no bytes of a picture make the decoder panic; one that is decoded has numbers from 0 to 255.
func FuzzPicture(f *testing.F) {
	img := image.NewRGBA(image.Rect(0, 0, 5, 3))
	for i := range img.Pix {
		img.Pix[i] = uint8(37 * i)
	}
	paletted := image.NewPaletted(img.Rect, color.Palette{color.Black, color.White, color.Transparent})
	var p, j, g bytes.Buffer
	for _, err := range []error{png.Encode(&p, img), jpeg.Encode(&j, img, nil), gif.Encode(&g, paletted, nil)} {
		if err != nil {
			f.Fatal(err)
		}
	}
	exif := append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00"),
		j.Bytes()[2:]...)
	for _, b := range [][]byte{p.Bytes(), j.Bytes(), g.Bytes(), exif, p.Bytes()[:40], []byte("P6 1 1 255 abc"), nil} {
		f.Add(b)
	}
	_, network := network(f, "input: {name: x, shape: [4, 4, 3]}\nlayers: [flatten, output: {task: regression}]\n")
	r := &reader{net: network}
	name := filepath.Join(f.TempDir(), "x.png")
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(b)); err == nil && c.Width > (1<<20)/max(c.Height, 1) {
			t.Skip("a picture of many pixels takes its time")
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 4*4*3)
		if d := r.decodePicture(pictureFile{path: name}, x); d.err != nil {
			return
		}
		for i, v := range x {
			if !(v >= 0 && v <= 255) || math.IsNaN(float64(v)) {
				t.Fatalf("number %d is %v", i, v)
			}
		}
	})
}

// FuzzPredictData: no bytes of a table to predict from make its reader panic; what it takes has whole rows.
func FuzzPredictData(f *testing.F) {
	for _, seed := range []string{"1,2\n3,4\n", "a,b\n1,2\n", "{\"a\": 1, \"b\": 2}\n{\"b\": 3}\n", "1;2\n", "1,2,no\n",
		"\"1\",\"2\n", "1,\n", ",0\nA\"",
		"nan,inf\n1e39,0x1p3\n", "\xef\xbb\xbf1,2\r\n", "\x1f\x8b\x08"} {
		f.Add([]byte(seed))
	}
	_, network := network(f, binaryNet)
	dir := f.TempDir()
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		for _, name := range []string{"x.csv", "x.jsonl"} {
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
				t.Fatal(err)
			}
			set, _, err := Read(&spec.Source{Format: "csv", Path: name}, dir, network, Options{Unlabeled: true})
			if err == nil && (set.N < 1 || len(set.X) != 1 || len(set.X[0]) != 2*set.N) {
				t.Fatalf("%s %q: %d rows with %v", name, b, set.N, set.X)
			}
		}
	})
}

// FuzzCached: a file of the cache is taken whole, with numbers for each input and output of each of its rows, or it is
// as if it was not there.
func FuzzCached(f *testing.F) {
	_, network := network(f, "input: {name: x, shape: [3], columns: [a, {name: b, words: [p, q]}]}\n"+
		"layers: [output: {task: regression}]\ndata: {train: {csv: x, label: y}}\n")
	dir := f.TempDir()
	reading := func() *reader { return &reader{src: &spec.Source{Format: "csv", Path: "x"}, base: dir, net: network} }
	width := network.Inputs[0].Shape.Size()
	name := filepath.Join(dir, "cached")
	for _, n := range []int{1, 3} {
		set := fit.Set{N: n, X: [][]float32{make([]float32, n*width)}, Y: [][]float32{make([]float32, n)}}
		if err := reading().putCached(name, set); err != nil {
			f.Fatal(err)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(bytes.Replace(b, []byte(`N\":`), []byte(`N\":-`), 1))
		f.Add(bytes.Replace(b, []byte(`N\":3`), []byte(`N\":1`), 1))
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		// A file that is mapped is not written over: another takes its place, as for putCached.
		fresh := filepath.Join(dir, "fresh")
		if err := os.WriteFile(fresh, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(fresh, name); err != nil {
			t.Fatal(err)
		}
		set, ok := reading().getCached(name)
		if ok && (set.N < 1 || len(set.X) != 1 || len(set.X[0]) != width*set.N || len(set.Y) != 1 || len(set.Y[0]) != set.N ||
			set.W != nil && len(set.W) != set.N) {
			t.Errorf("%q: %d rows, %d and %d numbers", b, set.N, len(set.X[0]), len(set.Y[0]))
		}
	})
}
