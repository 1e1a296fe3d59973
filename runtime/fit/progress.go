package fit

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	encoding "encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/safetensors"
)

// Progress is the state of a training between two steps. With it, the same data and the same options, Fit goes on to
// the bits of a training that was never interrupted.
//
// It is written as a safetensors file of the arrays (parameters, state of the optimizer, parameters of the best epoch) and
// of the numbers of the history, see History.flat, whose metadata hold all else, and a checksum of the whole file.
type Progress struct {
	Epoch   int     // epochs that are over
	Seen    int     // examples of the epoch under way
	Steps   int     // steps taken
	History History // of the epochs that are over
	// Note is the caller's, kept with the rest: what else the training depends on.
	Note string
	// Damaged says, after LoadProgress, why the newest file could not be used and this is the one before.
	Damaged error

	sum       float64 // of the losses of the epoch under way, each times its examples
	updates   uint64  // of the optimizer
	seed      uint64  // of the trainer
	lr        float64 // of the last step; of the next one if the trainer is driven step by step
	origin    origin
	state     [][]float32
	optimizer [][]float32
	best      [][]float32 // nil before the first epoch that early stopping keeps //nngen:if stopping
	average   [][]float32 // of the weights; nil without one //nngen:if averages
	averaged  int         // weights in an average
}

// origin identifies what a progress is of: the network, the numbers of the sets, and the options but for the callbacks and
// the number of epochs, unless the schedule depends on it. It is the network alone where a trainer is driven step by step.
type origin struct{ network, data, options string }

// origin returns that of a training.
func (l *loop) origin() origin {
	h := sha256.New()
	for _, x := range append(l.train.arrays(), l.val.arrays()...) {
		fmt.Fprintln(h, len(x))
		for ; len(x) > 0; x = x[min(len(x), 1024):] {
			encoding.Write(h, encoding.LittleEndian, x[:min(len(x), 1024)])
		}
	}
	stop, averaging := "none", "none"
	if stopping && l.o.Stop != nil {
		stop = fmt.Sprintf("%+v", *l.o.Stop)
	}
	if averages && l.o.Average != nil {
		averaging = fmt.Sprintf("%T%+v", l.o.Average, l.o.Average)
	}
	options := fmt.Sprintf("batch=%d seed=%d/%d shuffle=%t lr=%v stop=%s schedule=%s average=%s",
		l.o.BatchSize, l.o.Seed, *l.t.Seed, l.o.Shuffle, l.o.LR, stop, describe(l.o.Schedule), averaging)
	if wholes && overAll(l.o.Schedule) {
		options += fmt.Sprintf(" epochs_of_schedule=%d", l.o.Epochs)
	}
	return origin{l.t.Spec, fmt.Sprintf("%x", h.Sum(nil)[:16]), options}
}

// progress returns the state of the loop. Its arrays are views.
func (l *loop) progress() *Progress {
	p := Snapshot(l.t)
	p.Epoch, p.Seen, p.Steps, p.History, p.sum, p.origin = l.epoch, l.seen, l.step, l.history, l.sum, l.from
	if stopping && l.stop != nil {
		p.best = l.stop.state
	}
	if averages {
		p.average, p.averaged = l.average.weights()
	}
	return p
}

// Snapshot returns the state of a trainer that is driven step by step. Its arrays are views.
func Snapshot(t Trainer) *Progress {
	return &Progress{Steps: int(*t.Updates), updates: *t.Updates, seed: *t.Seed, lr: *t.LR, origin: origin{network: t.Spec},
		state: t.State, optimizer: t.Optimizer}
}

// Restore sets a trainer to a progress: to the state in which Snapshot was called, or that behind the last step of Fit. It
// is an error, and nothing is set, if that is of another network.
func Restore(t Trainer, p *Progress) error {
	if p.origin.network != t.Spec {
		return fmt.Errorf("fit: the progress is of another network: %s, not %s", p.origin.network, t.Spec)
	}
	if !sameSizes(p.state, t.State) || !sameSizes(p.optimizer, t.Optimizer) {
		return errors.New("fit: the progress does not fit the network")
	}
	t.restore(p)
	*t.Seed, *t.LR = p.seed, p.lr
	return nil
}

// restore sets what a training changes.
func (t Trainer) restore(p *Progress) {
	copyArrays(t.State, p.state)
	copyArrays(t.Optimizer, p.optimizer)
	*t.Updates = p.updates
}

// Load restores a trainer from a file of Progress.Save; if there is none, since a kill came between the renames of Save, from
// the one before. A file that is damaged is an error, which tells whether the one before is whole.
func Load(t Trainer, name string) error {
	p, err := LoadProgress(name)
	switch {
	case err != nil:
		return err
	case p.Damaged != nil && !errors.Is(p.Damaged, fs.ErrNotExist):
		return fmt.Errorf("%w; the one before, %s, is whole, after %d steps", p.Damaged, before(name), p.Steps)
	}
	return Restore(t, p)
}

// resume sets the loop and its trainer to a progress. It is an error, and nothing is set, if that is of another
// training, or beyond the epochs of this one.
func (l *loop) resume(p *Progress) error {
	if p.origin == (origin{network: l.t.Spec}) {
		return errors.New("fit: the progress is of a trainer that was driven step by step, which Load restores; " +
			"Fit goes on from one of its own")
	}
	for _, part := range [...]struct{ what, was, is string }{
		{"another network", p.origin.network, l.from.network},
		{"other data", p.origin.data, l.from.data},
		{"other options", p.origin.options, l.from.options},
	} {
		if part.was != part.is {
			was, is := differences(part.was, part.is)
			return fmt.Errorf("fit: the progress is of a training with %s: %s, not %s; put back what it had, or begin "+
				"without the progress, as nngen train does without --resume", part.what, was, is)
		}
	}
	if err := p.Within(l.o.Epochs); err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	misfit := errors.New("fit: the progress does not fit the network and the options")
	if !sameSizes(p.state, l.t.State) || !sameSizes(p.optimizer, l.t.Optimizer) ||
		p.Seen < 0 || p.Seen > l.train.N || p.Epoch < 0 || p.Steps < 0 || len(p.History.Epochs) != p.Epoch {
		return misfit
	}
	stopped := false // that, and what a stopper and a schedule know, follows from the history
	if stopping && l.stop != nil {
		stopped = l.stop.replay(p.History.Epochs)
		if (p.best != nil) != (l.stop.RestoreBest && l.stop.epoch > 0) || p.best != nil && !sameSizes(p.best, l.t.State) {
			return misfit
		}
	}
	size := l.o.BatchSize
	steps := p.Epoch*((l.train.N+size-1)/size) + (p.Seen+size-1)/size
	if p.Steps != steps || p.Seen%size != 0 && p.Seen != l.train.N || p.sum-p.sum != 0 || p.Seen == 0 && p.sum != 0 ||
		p.History.Best != 0 || p.History.Stopped != stopped {
		return fmt.Errorf("fit: the progress contradicts itself: %d steps, %d of epoch %d, a loss of %v, the best %d, stopped %t",
			p.Steps, p.Seen, p.Epoch, p.sum, p.History.Best, p.History.Stopped)
	}
	if averages && (p.average != nil && !sameSizes(p.average, l.t.State) || (p.average == nil) != (p.averaged == 0) ||
		!l.fitsAverage(p)) {
		return misfit
	}
	l.t.restore(p)
	l.epoch, l.seen, l.step, l.sum = p.Epoch, p.Seen, p.Steps, p.sum
	l.history = p.History
	l.history.Epochs = slices.Clone(p.History.Epochs)
	if stopping && l.stop != nil {
		l.stop.state = cloneArrays(p.best)
	}
	if averages && p.average != nil {
		l.average.set(cloneArrays(p.average), p.averaged)
	}
	if plateaus {
		if s, ok := innermost(l.o.Schedule).(replayer); ok {
			s.replay(p.History.Epochs)
		}
	}
	return nil
}

// fitsAverage tells whether the average of a progress is of as many weights as there were. Behind the last step of an epoch
// its end may have come or not.
func (l *loop) fitsAverage(p *Progress) bool {
	size := l.o.BatchSize
	each, more := (l.train.N+size-1)/size, (p.Seen+size-1)/size
	return p.averaged == l.average.holds(p.Epoch, each, more, false) ||
		p.Seen == l.train.N && p.averaged == l.average.holds(p.Epoch, each, more, true)
}

// differences returns those words of two texts that differ, if they have as many, and else both.
func differences(a, b string) (string, string) {
	x, y := strings.Fields(a), strings.Fields(b)
	if len(x) != len(y) {
		return a, b
	}
	var left, right []string
	for i := range x {
		if x[i] != y[i] {
			left, right = append(left, x[i]), append(right, y[i])
		}
	}
	return strings.Join(left, " "), strings.Join(right, " ")
}

// Within returns an error if the progress is beyond the end of so many epochs, whose weights it no longer has.
func (p *Progress) Within(epochs int) error {
	if p.Epoch < epochs || p.Epoch == epochs && p.Seen == 0 {
		return nil
	}
	where, least := fmt.Sprintf("at the end of epoch %d", p.Epoch), p.Epoch
	if p.Seen > 0 {
		where, least = fmt.Sprintf("in epoch %d, at example %d", p.Epoch+1, p.Seen), p.Epoch+1
	}
	return fmt.Errorf("the progress stands %s; epochs: %d would be less; ask for %d or more (nngen train --epochs %d), or "+
		"begin without the progress, as nngen train does without --resume", where, epochs, least, least)
}

func sameSizes(a, b [][]float32) bool {
	return slices.EqualFunc(a, b, func(x, y []float32) bool { return len(x) == len(y) })
}

func copyArrays(dst, src [][]float32) {
	for i := range dst {
		copy(dst[i], src[i])
	}
}

func cloneArrays(xs [][]float32) (out [][]float32) {
	for _, x := range xs {
		out = append(out, append(make([]float32, 0, len(x)), x...))
	}
	return out
}

// Clone returns a copy that stays as it is when the training goes on.
func (p *Progress) Clone() *Progress {
	q := *p
	for _, x := range q.arrays() {
		*x = cloneArrays(*x)
	}
	q.History.Epochs = slices.Clone(p.History.Epochs)
	return &q
}

// progressFormat names the form of the file.
const progressFormat = "nngen progress 7"

// unsummed stands in place of the checksum while that is computed.
var unsummed = strings.Repeat("0", 2*sha256.Size)

func checksum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// Write writes the progress.
func (p *Progress) Write(w io.Writer) error {
	metrics, halves := p.History.flat()
	meta := map[string]string{"format": progressFormat, "sha256": unsummed, "note": p.Note, "network": p.origin.network,
		"data": p.origin.data, "options": p.origin.options, "state": p.words(), "metrics": metrics}
	tensors := []safetensors.Tensor{{Name: historyName, Shape: []int{len(halves)}, Data: halves}}
	for name, arrays := range p.arrays() {
		for i, x := range *arrays {
			tensors = append(tensors, safetensors.Tensor{Name: name + strconv.Itoa(i), Shape: []int{len(x)}, Data: x})
		}
	}
	b, err := safetensors.Encode(meta, tensors)
	if err != nil {
		return err
	}
	sum := checksum(b)
	copy(b[bytes.Index(b, []byte(`"`+unsummed+`"`))+1:], sum)
	_, err = w.Write(b)
	return err
}

// words returns what a progress holds beside texts, arrays and the epochs of the history.
func (p *Progress) words() string {
	h := &p.History
	return fmt.Sprint(p.Epoch, p.Seen, p.Steps, p.updates, p.seed, p.lr, p.sum, p.averaged, h.Best, h.Stopped)
}

// setWords sets what words told of.
func (p *Progress) setWords(text string) error {
	h := &p.History
	_, err := fmt.Sscan(text, &p.Epoch, &p.Seen, &p.Steps, &p.updates, &p.seed, &p.lr, &p.sum, &p.averaged, &h.Best,
		&h.Stopped)
	if err == nil && p.words() != text {
		err = fmt.Errorf("%q is not as it is written", text)
	}
	return err
}

// arrays returns what a progress has of numbers, each by what its names in the file begin with. A copy of the runtime
// reads what another has written, if either has no need of some of them.
func (p *Progress) arrays() map[string]*[][]float32 {
	return map[string]*[][]float32{
		"state.":     &p.state,
		"optimizer.": &p.optimizer,
		"best.":      &p.best,    //nngen:if stopping
		"average.":   &p.average, //nngen:if averages
	}
}

// historyName is the name of the array with the numbers of the history.
const historyName = "history"

// flat returns what tells the epochs of a history: a line for each number of epochs after one another that have the same
// metrics, with that number and their names, behind a minus where lower is better; and for each epoch the rate and the
// values, every number as the two halves of its bits.
func (h *History) flat() (metrics string, halves []float32) {
	put := func(v float64) {
		bits := math.Float64bits(v)
		halves = append(halves, math.Float32frombits(uint32(bits)), math.Float32frombits(uint32(bits>>32)))
	}
	same := func(a, b Metric) bool { return a.Name == b.Name && a.Lower == b.Lower }
	first := 0 // of those with the same metrics
	for i, e := range h.Epochs {
		put(e.LR)
		for _, m := range e.Metrics {
			put(m.Value)
		}
		if i+1 < len(h.Epochs) && slices.EqualFunc(e.Metrics, h.Epochs[i+1].Metrics, same) {
			continue
		}
		metrics, first = metrics+fmt.Sprint("\n", i+1-first), i+1
		for _, m := range e.Metrics {
			if metrics += " "; m.Lower {
				metrics += "-"
			}
			metrics += m.Name
		}
	}
	return metrics, halves
}

// set sets the epochs of a history to those that flat told of.
func (h *History) set(metrics string, halves []float32) error {
	take := func() (v float64) {
		v = math.Float64frombits(uint64(math.Float32bits(halves[0])) | uint64(math.Float32bits(halves[1]))<<32)
		halves = halves[2:]
		return v
	}
	for _, line := range strings.Split(metrics, "\n")[1:] {
		words := strings.Split(line, " ")
		n, err := strconv.Atoi(words[0])
		if err != nil || n > len(halves)/2/len(words) {
			return fmt.Errorf("%q tells of other epochs than there are numbers of", line)
		}
		for range n {
			e := Epoch{Epoch: len(h.Epochs) + 1, LR: take()}
			for _, word := range words[1:] {
				name, lower := strings.CutPrefix(word, "-")
				e.Metrics = append(e.Metrics, Metric{name, take(), lower})
			}
			h.Epochs = append(h.Epochs, e)
		}
	}
	if len(halves) > 0 {
		return fmt.Errorf("%d numbers of the history are left over", len(halves)/2)
	}
	if text, _ := h.flat(); text != metrics {
		return errors.New("the history is not as it is written")
	}
	return nil
}

// ReadProgress reads what Write wrote. It is an error if any byte is not as it was written.
func ReadProgress(r io.Reader) (*Progress, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, err
	}
	if f.Meta["format"] != progressFormat {
		return nil, fmt.Errorf("fit: not the progress of a training, or of another version: its format is %q, want %q",
			f.Meta["format"], progressFormat)
	}
	sum := f.Meta["sha256"]
	if len(sum) != len(unsummed) || checksum(bytes.Replace(b, []byte(sum), []byte(unsummed), 1)) != sum {
		return nil, errors.New("fit: the progress is damaged: its checksum is not that of its contents")
	}
	p := &Progress{origin: origin{f.Meta["network"], f.Meta["data"], f.Meta["options"]}, Note: f.Meta["note"]}
	numbers, _ := f.Tensor(historyName)
	if err := cmp.Or(p.setWords(f.Meta["state"]), p.History.set(f.Meta["metrics"], numbers.Data)); err != nil {
		return nil, fmt.Errorf("fit: the progress has a bad state: %w", err)
	}
	for name, arrays := range p.arrays() {
		for i := 0; ; i++ {
			x, ok := f.Tensor(name + strconv.Itoa(i))
			if !ok {
				break
			}
			*arrays = append(*arrays, x.Data)
		}
	}
	return p, nil
}

// before returns the name of the file that Save keeps.
func before(name string) string { return name + ".1" }

// Save writes the progress to a file, which appears under its name when the disk has the whole of it; the one that was
// there is kept beside, under that name and .1. After a kill, a loss of power or an error one of the two is whole.
func (p *Progress) Save(name string) error {
	tmp := name + ".tmp"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	defer os.Remove(tmp) // fails once it has been renamed
	if err := cmp.Or(p.Write(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name, before(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(tmp, name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	dir.Sync() // not on every system can a folder be waited for
	return dir.Close()
}

// LoadProgress reads a file that Save wrote. If that is damaged or missing, it reads the one before.
func LoadProgress(name string) (*Progress, error) {
	p, err := load(name)
	if err == nil {
		return p, nil
	}
	p, e := load(before(name))
	switch {
	case e == nil:
		p.Damaged = err
		return p, nil
	case errors.Is(err, fs.ErrNotExist) && !errors.Is(e, fs.ErrNotExist):
		return nil, e
	}
	return nil, err
}

func load(name string) (*Progress, error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe has no end, nor has a device
		return nil, fmt.Errorf("fit: %s is not a regular file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := ReadProgress(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p, nil
}
