// Command make writes the tables of the theory's pictures that are no real ones as they are: some rows of the digits,
// with labels of which a part is wrong, and functions. The same seeds give the same files.
package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// theory is the folder of the pictures, seen from the root of the module.
const theory = "generated/theory"

func main() {
	files, err := tables("testdata/data/digits.csv.gz")
	if err != nil {
		log.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(theory, name), text, 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// tables returns the files by their names in the folder.
func tables(digits string) (map[string][]byte, error) {
	rows, err := read(digits)
	if err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(1, 0))
	r.Shuffle(len(rows), func(i, k int) { rows[i], rows[k] = rows[k], rows[i] })
	files := map[string][]byte{
		"double_descent/noisy.csv": table("", relabel(r, rows[:200], 0.2)),
		"double_descent/test.csv":  table("", rows[200:700]),
		"overfitting/few.csv":      table("", relabel(r, rows[700:900], 0.2)),
		"overfitting/held_out.csv": table("", rows[900:1400]),
		"approximation/sin.csv":    line(func(x float64) float64 { return math.Sin(2 * math.Pi * x) }),
		"approximation/abs.csv":    line(math.Abs),
		"approximation/stairs.csv": line(stairs),
		"approximation/plane.csv":  plane(),
		"optimizers/line.csv":      noisyLine(r),
	}
	return files, nil
}

// read returns the lines of a gzipped table.
func read(name string) ([]string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	return strings.Fields(string(text)), err
}

// table returns the text of rows below a head.
func table(head string, rows []string) []byte {
	return []byte(head + strings.Join(rows, "\n") + "\n")
}

// relabel gives a share of the rows another digit as their label, drawn from the nine that are wrong.
func relabel(r *rand.Rand, rows []string, share float64) (list []string) {
	for i, row := range rows {
		at := strings.LastIndexByte(row, ',')
		if label := int(row[at+1] - '0'); float64(i) < share*float64(len(rows)) {
			row = fmt.Sprintf("%s,%d", row[:at], (label+1+r.IntN(9))%10)
		}
		list = append(list, row)
	}
	return list
}

// line returns 257 points of a function over [−1, 1].
func line(f func(x float64) float64) []byte {
	var rows []string
	for i := range 257 {
		x := float64(i)/128 - 1
		rows = append(rows, fmt.Sprintf("%.6f,%.6f", x, f(x)))
	}
	return table("x,y\n", rows)
}

// stairs rises in four steep steps from −1 to 1.
func stairs(x float64) (y float64) {
	for _, at := range []float64{-0.6, -0.2, 0.2, 0.6} {
		y += math.Tanh(30*(x-at)) / 4
	}
	return y
}

// plane returns sin(πx)·cos(πy) at 17 × 17 points of [−1, 1]².
func plane() []byte {
	var rows []string
	for i := range 17 {
		for k := range 17 {
			x, y := float64(i)/8-1, float64(k)/8-1
			rows = append(rows, fmt.Sprintf("%.6f,%.6f,%.6f", x, y, math.Sin(math.Pi*x)*math.Cos(math.Pi*y)))
		}
	}
	return table("x,y,z\n", rows)
}

// noisyLine returns points around y = 0.5·u + 2·v, of which u spreads three times as far as v.
func noisyLine(r *rand.Rand) []byte {
	var rows []string
	for range 64 {
		u, v := 1.5*r.NormFloat64(), 0.5*r.NormFloat64()
		rows = append(rows, fmt.Sprintf("%.4f,%.4f,%.4f", u, v, 0.5*u+2*v+0.1*r.NormFloat64()))
	}
	return table("u,v,y\n", rows)
}
