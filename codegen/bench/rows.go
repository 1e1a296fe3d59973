package bench

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/mapped"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/scratch"
	"github.com/nngen/nngen/spec"
)

// rowTables are the tables that Rows reads, of 20 columns each, with what a network says of them.
var rowTables = []struct {
	name, input string
	header      string
	row         func(w io.Writer, r *rand.Rand)
}{
	{"numbers", "{name: x, shape: [19]}", columnNames(19) + "y",
		func(w io.Writer, r *rand.Rand) { writeNumbers(w, r, 19, "%.3f,") }},
	{"numbers in quotes", "{name: x, shape: [19]}", columnNames(19) + "y",
		func(w io.Writer, r *rand.Rand) { writeNumbers(w, r, 19, `"%.3f",`) }},
	{"numbers, words and dates", "{name: x, shape: [37], columns: [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, " +
		"{name: w0, words: &w [red, green, blue]}, {name: w1, words: *w}, {name: w2, words: *w}, " +
		"{name: w3, words: *w}, {name: w4, words: *w}, {name: f, flag: [\"no\", \"yes\"]}, {name: g, fill: \"500\", " +
		"indicator: true}, " +
		"{name: d, date: [year, year_day, weekday]}, {name: t, date: [month, hour]}]}",
		columnNames(10) + "w0,w1,w2,w3,w4,f,g,d,t,y", writeMixed},
}

func columnNames(n int) (header string) {
	for c := range n {
		header += fmt.Sprintf("c%d,", c)
	}
	return header
}

func writeNumbers(w io.Writer, r *rand.Rand, n int, format string) {
	for range n {
		fmt.Fprintf(w, format, r.NormFloat64())
	}
}

// writeMixed writes ten numbers, five words, a flag, a number that may be missing, a date and a time.
func writeMixed(w io.Writer, r *rand.Rand) {
	writeNumbers(w, r, 10, "%.3f,")
	for range 5 {
		fmt.Fprintf(w, "%s,", []string{"red", "green", "blue"}[r.IntN(3)])
	}
	g := "NA"
	if r.IntN(10) > 0 {
		g = fmt.Sprint(r.IntN(1000))
	}
	at := time.Unix(r.Int64N(2e9), 0).UTC()
	fmt.Fprintf(w, "%s,%s,%s,%s,", []string{"yes", "no"}[r.IntN(2)], g, at.Format(time.DateOnly),
		at.Format(time.DateTime))
}

// Rows reads tables of so many rows, as train does without its cache and with it, beside encoding/csv, which splits
// them alone, and wc -l: rows a second, the best of some runs that take turns, and how many times as fast as
// encoding/csv that is.
func Rows(ctx context.Context, rows, runs int, w io.Writer) error {
	folder, err := scratch.New("", "nngen-")
	if err != nil {
		return err
	}
	defer folder.Close()
	dir := folder.Dir
	old, set := os.LookupEnv("NNGENCACHE")
	defer func() {
		if os.Unsetenv("NNGENCACHE"); set {
			os.Setenv("NNGENCACHE", old)
		}
	}()
	cache := filepath.Join(dir, "cache")
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "%s of 20 columns\tMB\tnngen, rows/s\tfrom its cache\tencoding/csv\twc -l\tnngen / encoding/csv\n",
		spec.Count(rows, "row"))
	for _, t := range rowTables {
		file := filepath.Join(dir, "table.csv")
		size, err := writeRows(file, t.header, rows, t.row)
		if err != nil {
			return err
		}
		read := func(cache string) func() error {
			return func() error {
				os.Setenv("NNGENCACHE", cache)
				return readRows(file, t.input, rows)
			}
		}
		ways := []func() error{read("off"), read(cache), func() error { return splitRows(file) },
			func() error { return exec.CommandContext(ctx, "wc", "-l", file).Run() }}
		if err := ways[1](); err != nil { // which fills the cache
			return err
		}
		best := make([]float64, len(ways))
		for range runs {
			for i, way := range ways {
				begin := time.Now()
				if err := way(); err != nil {
					return err
				}
				best[i] = max(best[i], float64(rows)/time.Since(begin).Seconds())
			}
		}
		fmt.Fprintf(out, "%s\t%d\t%.0f\t%.0f\t%.0f\t%.0f\t%.2f\n", t.name, size>>20, best[0], best[1], best[2], best[3],
			best[0]/best[2])
	}
	return out.Flush()
}

// writeRows writes a table whose last column is y, and returns its size.
func writeRows(file, header string, rows int, row func(io.Writer, *rand.Rand)) (int64, error) {
	f, err := os.Create(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, header)
	r := rand.New(rand.NewPCG(1, 2))
	for range rows {
		row(w, r)
		fmt.Fprintf(w, "%.2f\n", r.Float64())
	}
	if err := w.Flush(); err != nil {
		return 0, err
	}
	return f.Seek(0, io.SeekCurrent)
}

// readRows reads a table as train does.
func readRows(file, input string, rows int) error {
	s, problems := spec.Parse("rows.yaml", []byte("version: 1\nname: rows\ninput: "+input+
		"\ntask: regression\nlayers: [output]\n"), op.Schema())
	if problems.Err() != nil {
		return problems
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		return problems
	}
	set, _, err := data.Read(&spec.Source{Format: "csv", Path: file, Label: []string{"y"}}, "", network, data.Options{})
	if err != nil {
		return err
	}
	for _, x := range append(set.X, set.Y...) {
		mapped.Free(x)
	}
	if set.N != rows {
		return fmt.Errorf("%d of %d rows were read", set.N, rows)
	}
	return nil
}

// splitRows reads a table by encoding/csv.
func splitRows(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
