package net

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"sort"
	"strings"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// sparsity reads or draws the connections of a layer.
func (b *builder) sparsity(w *spec.Layer, l *op.Layer) bool {
	n, ok := l.Node.Node("sparsity")
	if !ok {
		return true
	}
	in, out := lastOf(l.InShape(0)), lastOf(l.Shape)
	fail := func(format string, args ...any) bool {
		b.errs.Add("sparsity", n.Pos, subject(w), "", format, args...)
		return false
	}
	switch n.Kind {
	case "density":
		total := in * out
		if total > 1<<28 {
			return fail("%d×%d connections are too many to choose from", in, out)
		}
		if !b.take(total, n.Pos, subject(w)) {
			return false
		}
		keep := max(1, int(n.Float("density")*float64(total)+0.5))
		all := make([]int, total)
		for i := range all {
			all[i] = i
		}
		key := func(i int) uint32 { return op.Word(uint64(n.Int("seed")), SparseStream, 0, i) }
		sort.Slice(all, func(i, j int) bool {
			if a, b := key(all[i]), key(all[j]); a != b {
				return a < b
			}
			return all[i] < all[j]
		})
		for _, i := range all[:keep] {
			l.Pattern = append(l.Pattern, [2]int{i % in, i / in})
		}
	case "pairs":
		for _, p := range n.Pairs("pairs") {
			if p[0] < 0 || p[0] >= in || p[1] < 0 || p[1] >= out {
				return fail("the connection %v is outside %d inputs and %d units", p, in, out)
			}
			l.Pattern = append(l.Pattern, p)
		}
	case "mask":
		if err := b.readMask(l, n.Path("file"), in, out); err != nil {
			return fail("%v", err)
		}
	}
	slices.SortFunc(l.Pattern, func(a, b [2]int) int {
		if a[1] != b[1] {
			return a[1] - b[1]
		}
		return a[0] - b[0]
	})
	for i := 1; i < len(l.Pattern); i++ {
		if l.Pattern[i] == l.Pattern[i-1] {
			return fail("the connection %v is listed twice", l.Pattern[i])
		}
	}
	if len(l.Pattern) == 0 {
		return fail("no connection is left")
	}
	return true
}

// The bytes that a mask may have: of a field with its quotes and spaces, and in all.
const (
	maxField = 16
	maxMask  = 1 << 30
)

// readMask reads a CSV file of 0 and 1 with a row for each input and a column for each unit.
func (b *builder) readMask(l *op.Layer, name string, in, out int) error {
	if b.files == nil {
		return fmt.Errorf("no folder to read %s from", name)
	}
	f, err := b.files.Open(path.Clean(name))
	if err != nil {
		return err
	}
	defer f.Close()
	src, err := regular.ReadAll(f, min(maxField*int64(in)*int64(out), maxMask))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r := csv.NewReader(bytes.NewReader(src))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) != in {
		return fmt.Errorf("%s has %d rows, but there are %d inputs", name, len(rows), in)
	}
	for i, row := range rows {
		if len(row) != out {
			return fmt.Errorf("%s:%d has %d columns, but there are %d units", name, i+1, len(row), out)
		}
		for j, v := range row {
			switch strings.TrimSpace(v) {
			case "0":
			case "1":
				l.Pattern = append(l.Pattern, [2]int{i, j})
			default:
				return fmt.Errorf("%s:%d: column %d is %q, want 0 or 1", name, i+1, j+1, v)
			}
		}
	}
	b.net.Contents[name] = spec.ContentsOf(fmt.Sprint("mask", in, out, l.Pattern))
	return nil
}
