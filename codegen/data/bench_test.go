package data

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nngen/nngen/spec"
)

var benchRows = flag.Int("rows", 100_000, "of the table of BenchmarkRows, which has 20 columns")

// BenchmarkRows reads a table of 20 columns as train does, beside encoding/csv, which splits it alone, and wc -l:
//
//	go test -bench Rows -benchtime 1x ./codegen/data -rows 10000000
func BenchmarkRows(b *testing.B) {
	dir := b.TempDir()
	file := filepath.Join(dir, "table.csv")
	writeTable(b, file, *benchRows)
	b.Setenv("NNGENCACHE", filepath.Join(dir, "cache"))
	b.Run("nngen", func(b *testing.B) {
		b.Setenv("NNGENCACHE", "off")
		readRows(b, dir)
	})
	b.Run("nngen_cache", func(b *testing.B) {
		_, net := network(b, benchNet)
		if set, _, err := Read(benchSource, dir, net, Options{}); err != nil { // which fills it
			b.Fatal(set.N, err)
		}
		readRows(b, dir)
	})
	b.Run("encoding_csv", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(f)
			r.ReuseRecord = true
			for {
				if _, err = r.Read(); err != nil {
					break
				}
			}
			f.Close()
			if err != io.EOF {
				b.Fatal(err)
			}
		}
		reportRows(b)
	})
	b.Run("wc", func(b *testing.B) {
		wc, err := exec.LookPath("wc")
		if err != nil {
			b.Skip(err)
		}
		for b.Loop() {
			if out, err := exec.Command(wc, "-l", file).CombinedOutput(); err != nil {
				b.Fatal(err, string(out))
			}
		}
		reportRows(b)
	})
}

var benchNet = "input: {name: x, shape: [19]}\n" + regression

var benchSource = &spec.Source{Format: "csv", Path: "table.csv", Label: []string{"y"}}

func readRows(b *testing.B, dir string) {
	_, net := network(b, benchNet)
	for b.Loop() {
		set, _, err := Read(benchSource, dir, net, Options{})
		if err != nil || set.N != *benchRows {
			b.Fatal(set.N, err)
		}
		free(set)
	}
	reportRows(b)
}

func reportRows(b *testing.B) {
	b.ReportMetric(float64(*benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

// writeTable writes a table of 19 columns of numbers and a label.
func writeTable(b *testing.B, file string, rows int) {
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := rand.New(rand.NewPCG(1, 2))
	var text bytes.Buffer
	for c := range 19 {
		fmt.Fprintf(&text, "c%d,", c)
	}
	text.WriteString("y\n")
	for range rows {
		for range 19 {
			fmt.Fprintf(&text, "%.3f,", r.NormFloat64())
		}
		fmt.Fprintf(&text, "%.2f\n", r.Float64())
		if text.Len() > 1<<20 {
			if _, err := text.WriteTo(f); err != nil {
				b.Fatal(err)
			}
		}
	}
	if _, err := text.WriteTo(f); err != nil {
		b.Fatal(err)
	}
}
