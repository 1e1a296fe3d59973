package table

import (
	"io/fs"
	"sync"
)

// Limits of a batch of rows that are read ahead: it is full with one of them.
const (
	batchRows  = 256
	batchBytes = 1 << 17
)

// batches is the number of batches that are read, waited for or in use at a time.
const batches = 4

// batch is some rows that were read, and what ended the reading behind them.
type batch struct {
	rows   []Row
	fields []string // of all of them
	err    error
}

// ahead reads the rows behind the sample of a table before they are asked for.
type ahead struct {
	full, empty chan *batch
	stopped     chan struct{}
	done        sync.WaitGroup
	current     *batch
	at          int // of the row of it that is next
}

// ReadAhead lets a goroutine of its own find lines and fields, and unpack what is packed, while the caller is busy with
// the rows before. Next returns what it would return without: rows, in order, and errors; after Close it ends with
// fs.ErrClosed. Until Close, or an error of Next, Comments, Repeated, Blank and Encoding are the goroutine's. Who does not
// read to the end must call Close, also of a table that Read made, or the goroutine waits for ever.
func (t *Table) ReadAhead() {
	if t.ahead != nil {
		return
	}
	a := &ahead{full: make(chan *batch, batches), empty: make(chan *batch, batches), stopped: make(chan struct{})}
	for range batches - 1 {
		a.empty <- &batch{}
	}
	a.current = &batch{}
	t.ahead = a
	a.done.Add(1)
	go func() {
		defer a.done.Done()
		for {
			var b *batch
			select {
			case b = <-a.empty:
			case <-a.stopped:
				return
			}
			b.read(t)
			a.full <- b // has room for all
			if b.err != nil {
				return
			}
		}
	}()
}

// read fills a batch with the next rows of a table.
func (b *batch) read(t *Table) {
	b.rows, b.fields = b.rows[:0], b.fields[:0]
	bytes := 0
	for len(b.rows) < batchRows && bytes < batchBytes {
		row, err := t.following()
		if err != nil {
			b.err = err
			return
		}
		from := len(b.fields)
		b.fields = append(b.fields, row.Fields...)
		row.Fields = b.fields[from:len(b.fields):len(b.fields)]
		b.rows = append(b.rows, row)
		for _, field := range row.Fields {
			bytes += len(field) + 1
		}
	}
}

func (a *ahead) next() (Row, error) {
	for a.at == len(a.current.rows) {
		if a.current.err != nil {
			return Row{}, a.current.err
		}
		a.empty <- a.current // has room for all
		select {
		case a.current = <-a.full:
			a.at = 0
		case <-a.stopped:
			a.current, a.at = &batch{err: fs.ErrClosed}, 0
		}
	}
	a.at++
	return a.current.rows[a.at-1], nil
}

// stop ends the goroutine, and returns once it has ended.
func (a *ahead) stop() {
	select {
	case <-a.stopped:
	default:
		close(a.stopped)
	}
	a.done.Wait()
}
