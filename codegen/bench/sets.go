package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/runtime/cpu"
)

// instructionSets are the values of NNRT that name instruction sets, the fastest first: see package cpu of the runtime.
var instructionSets = []string{"avx512", "avx2", "neon", cpu.Generic}

// instructionSet returns the one that the kernels of this process run on, or two where some kernels run on each: that is
// no value of NNRT.
func instructionSet() string {
	switch {
	case cpu.HasAVX512:
		return "avx512"
	case cpu.HasSplitAVX512:
		return "avx2 and avx512"
	case cpu.HasAVX2FMA:
		return "avx2"
	case cpu.HasNEON:
		return "neon"
	}
	return cpu.Generic
}

// header is the first line of rows as JSON.
type header struct {
	Set string `json:"instruction_set"`
}

// JSON begins to write rows as lines of JSON, behind one that names the instruction set. It returns what writes a row.
func JSON(w io.Writer) (func(Row) error, error) {
	e := json.NewEncoder(w)
	return func(r Row) error { return e.Encode(r) }, e.Encode(header{instructionSet()})
}

// Column is what was measured with one instruction set.
type Column struct {
	Set  string
	Rows []Row
}

// Sets runs a program once with each instruction set that the machine has: it writes rows as JSON does. Of each that it
// writes, done hears.
func Sets(ctx context.Context, exe string, args []string, done func(set string, r Row)) ([]Column, error) {
	var columns []Column
	for _, set := range instructionSets {
		c := Column{Set: set}
		had, err := c.measure(ctx, exe, args, func(r Row) { done(set, r) })
		if err != nil {
			return nil, fmt.Errorf("with NNRT=%s: %w", set, err)
		}
		if had {
			columns = append(columns, c)
		}
	}
	return columns, nil
}

// measure runs the program with the instruction set of the column, and tells whether the machine has that.
func (c *Column) measure(ctx context.Context, exe string, args []string, done func(Row)) (had bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Env = append(os.Environ(), "NNRT="+c.Set)
	var failure bytes.Buffer
	cmd.Stderr = &failure
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	ended := false
	defer func() {
		if stop(); !ended {
			cmd.Wait() // what was stopped has failed
		}
	}()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if !had {
			var h header
			if err := json.Unmarshal(lines.Bytes(), &h); err != nil || h.Set != c.Set {
				return false, err
			}
			had = true
			continue
		}
		var r Row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return false, err
		}
		c.Rows = append(c.Rows, r)
		done(r)
	}
	if err := lines.Err(); err != nil {
		return false, err
	}
	ended = true
	if err := cmd.Wait(); err != nil {
		return false, fmt.Errorf("%w\n%s", err, strings.TrimSpace(failure.String()))
	}
	return had, nil
}

// PrintSets writes a table with a column for each instruction set: what was measured with it, and how many times as
// fast as the last that is.
func PrintSets(w io.Writer, columns []Column) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "work")
	for _, c := range columns {
		fmt.Fprintf(t, "\t%s", c.Set)
	}
	fmt.Fprint(t, "\t")
	last := columns[len(columns)-1]
	for _, c := range columns[:len(columns)-1] {
		fmt.Fprintf(t, "\t%s : %s", c.Set, last.Set)
	}
	fmt.Fprintln(t, "\t")
	for _, r := range columns[0].Rows {
		fmt.Fprint(t, r.Work)
		for _, c := range columns {
			cell := "—"
			if x := c.row(r.Work); x != nil {
				cell = number(x.Value)
			}
			fmt.Fprintf(t, "\t%s", cell)
		}
		fmt.Fprintf(t, "\t%s", r.Unit)
		for _, c := range columns[:len(columns)-1] {
			fmt.Fprintf(t, "\t%s", gain(c.row(r.Work), last.row(r.Work)))
		}
		fmt.Fprintln(t, "\t")
	}
	return t.Flush()
}

// gain writes how many times as fast one row is as another of the same work; — where that says nothing.
func gain(a, b *Row) string {
	switch {
	case a == nil || b == nil || a.Workers > 0:
		return "—"
	case strings.HasPrefix(a.Unit, "ns"):
		return fmt.Sprintf("%.2f", b.Value/a.Value)
	}
	return fmt.Sprintf("%.2f", a.Value/b.Value)
}

// row returns the row of some work; nil if there is none.
func (c *Column) row(work string) *Row {
	for i := range c.Rows {
		if c.Rows[i].Work == work {
			return &c.Rows[i]
		}
	}
	return nil
}
