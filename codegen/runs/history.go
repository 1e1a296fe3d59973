package runs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/regular"
)

// History holds the epochs of a training in order, eight bytes a number: there may be millions of them.
type History struct{ blocks []*block }

// block holds epochs whose numbers have the same names.
type block struct {
	first  int // epochs in the blocks before
	names  []string
	values []float64 // of one epoch after another
}

// perBlock bounds the epochs of a block, so that what grows is copied in small pieces alone.
const perBlock = 1024

// Epoch is one of a History: a number, a rate and metrics, under the names epoch, lr and their own. Values are NaN
// where they were not finite.
type Epoch struct {
	Names  []string
	Values []float64
}

// Get returns a number by name, NaN if it is not there or was not finite.
func (e Epoch) Get(name string) float64 {
	if i := slices.Index(e.Names, name); i >= 0 {
		return e.Values[i]
	}
	return math.NaN()
}

// Add adds an epoch, of which it keeps no view.
func (h *History) Add(e Epoch) {
	n := len(h.blocks)
	if n == 0 || len(h.blocks[n-1].values) == perBlock*len(e.Names) || !slices.Equal(h.blocks[n-1].names, e.Names) {
		b := &block{first: h.Len()}
		if n > 0 && slices.Equal(h.blocks[n-1].names, e.Names) {
			b.names = h.blocks[n-1].names
		} else {
			b.names = slices.Clone(e.Names)
		}
		h.blocks, n = append(h.blocks, b), n+1
	}
	h.blocks[n-1].values = append(h.blocks[n-1].values, e.Values...)
}

// epochs returns the number of epochs of a block; one that has no names holds one epoch.
func (b *block) epochs() int {
	if len(b.names) == 0 {
		return 1
	}
	return len(b.values) / len(b.names)
}

// Len returns the number of epochs.
func (h *History) Len() int {
	if len(h.blocks) == 0 {
		return 0
	}
	last := h.blocks[len(h.blocks)-1]
	return last.first + last.epochs()
}

// At returns an epoch, a view; i counts from 0.
func (h *History) At(i int) Epoch {
	k, ok := slices.BinarySearchFunc(h.blocks, i, func(b *block, i int) int { return b.first - i })
	if !ok {
		k--
	}
	b := h.blocks[k]
	width := len(b.names)
	return Epoch{b.names, b.values[(i-b.first)*width:][:width]}
}

// All ranges over the epochs.
func (h *History) All() iter.Seq2[int, Epoch] {
	return func(yield func(int, Epoch) bool) {
		for _, b := range h.blocks {
			for i := range b.epochs() {
				width := len(b.names)
				if !yield(b.first+i, Epoch{b.names, b.values[i*width:][:width]}) {
					return
				}
			}
		}
	}
}

// Names returns the names of all numbers, in the order in which they first come.
func (h *History) Names() (names []string) {
	known := map[string]bool{}
	for _, b := range h.blocks {
		for _, name := range b.names {
			if !known[name] {
				names, known[name] = append(names, name), true
			}
		}
	}
	return names
}

// maxNames is how many names the numbers of a file of epochs may have, since a report draws each: a loss and four
// metrics of a hundred outputs, of training and validation, have fewer.
const maxNames = 1000

// maxLine is how long a line of such a file may be: that many names have room.
const maxLine = 1 << 20

// ReadHistory reads a file of epochs, one a line: at most maxNames names with numbers, or null.
func ReadHistory(name string) (*History, error) {
	f, err := regular.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h, known := &History{}, map[string]bool{}
	lines := bufio.NewScanner(io.LimitReader(f, maxFile+1))
	lines.Buffer(nil, maxLine)
	line, blank, size := 0, 0, 0
	for lines.Scan() {
		text := lines.Bytes()
		line++
		if size += len(text) + 1; size > maxFile {
			return nil, fmt.Errorf("%s: more than %d bytes, the most that are read", name, maxFile)
		}
		if len(bytes.TrimSpace(text)) == 0 {
			blank = line
			continue
		}
		if blank > 0 && h.Len() > 0 { // those at the ends are no lines
			return nil, fmt.Errorf("%s:%d: a blank line among epochs", name, blank)
		}
		numbers := map[string]*float64{}
		if err := json.Unmarshal(text, &numbers); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, line, err)
		}
		e := Epoch{Names: slices.Sorted(maps.Keys(numbers))}
		for _, key := range e.Names {
			v := math.NaN()
			if numbers[key] != nil {
				v = *numbers[key]
			}
			e.Values = append(e.Values, v)
			known[key] = true
		}
		if len(known) > maxNames {
			return nil, fmt.Errorf("%s:%d: more than %d different names to here, the most that are read", name, line, maxNames)
		}
		h.Add(e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, line+1, err)
	}
	if h.Len() == 0 {
		return nil, fmt.Errorf("%s: no epoch is in it", name)
	}
	return h, nil
}
