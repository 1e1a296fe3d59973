package fit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nngen/nngen/runtime/safetensors"
)

// Progress is the state of a training between two steps. With it, the same data and the same options, Fit goes on to
// the bits of a training that was never interrupted.
//
// It is written as a safetensors file of the arrays (parameters, state of the optimizer, parameters of the best epoch)
// whose metadata hold all else, and a checksum of the whole file.
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
	origin    string  // network, data and options; the network alone if the trainer is driven step by step
	state     [][]float32
	optimizer [][]float32
	best      [][]float32 // nil before the first epoch that early stopping keeps
	average   [][]float32 // of the weights; nil without one //nngen:if averages
	averaged  int         // weights in it //nngen:if averages
	stop      []float64   // epoch of the best value, epochs since an improvement, best values; nil without early stopping
	schedule  []float64   // its state; nil if it has none //nngen:if plateaus
}

// Optimizer is what Fit needs of an optimizer to save it.
type Optimizer struct {
	Spec          string // checksum of the network
	Seed, Updates *uint64
	LR            *float64
	State         [][]float32 // views
}

// resumable is a Trainer whose optimizer can be saved; generated ones are.
type resumable interface{ Optimizer() Optimizer }

// network identifies the network, as the first line of an origin.
func (o Optimizer) network() string { return "network " + o.Spec }

// origin identifies what a progress is of: the network, the numbers of the sets, and the options but for the number of
// epochs and the callbacks.
func (l *loop) origin() string {
	h := sha256.New()
	for _, s := range []Set{l.train, l.val} {
		hashArrays(h, s.X)
		hashArrays(h, s.Y)
		hashArrays(h, [][]float32{s.W})
	}
	o := l.t.(resumable).Optimizer()
	stop := "none"
	if l.o.Stop != nil {
		stop = fmt.Sprintf("%+v", *l.o.Stop)
	}
	averaging := "none"
	if averages && l.o.Average != nil {
		averaging = fmt.Sprintf("%T%+v", l.o.Average, l.o.Average)
	}
	return fmt.Sprintf("%s\ndata %x\noptions batch=%d seed=%d/%d shuffle=%t lr=%v stop=%s schedule=%s average=%s",
		o.network(), h.Sum(nil)[:16], l.o.BatchSize, l.o.Seed, *o.Seed, l.o.Shuffle, l.o.LR, stop, describe(l.o.Schedule),
		averaging)
}

func hashArrays(h hash.Hash, xs [][]float32) {
	var b [4096]byte
	for _, x := range xs {
		fmt.Fprintln(h, len(x))
		for len(x) > 0 {
			n := min(len(x), len(b)/4)
			for i, v := range x[:n] {
				bits := math.Float32bits(v)
				b[4*i], b[4*i+1], b[4*i+2], b[4*i+3] = byte(bits), byte(bits>>8), byte(bits>>16), byte(bits>>24)
			}
			h.Write(b[:4*n])
			x = x[n:]
		}
	}
}

// progress returns the state of the loop. Its arrays are views.
func (l *loop) progress() *Progress {
	o := l.t.(resumable).Optimizer()
	p := o.progress(l.t)
	p.Epoch, p.Seen, p.Steps, p.History, p.sum, p.origin = l.epoch, l.seen, l.step, l.history, l.sum, l.from
	if s := l.stop; s != nil {
		p.stop, p.best = append([]float64{float64(s.epoch), float64(s.wait)}, s.best...), s.state
	}
	if averages {
		p.average, p.averaged = l.average.weights()
	}
	if plateaus {
		if s, ok := innermost(l.o.Schedule).(keeper); ok {
			p.schedule = s.kept()
		}
	}
	return p
}

// progress returns the state of a trainer. Its arrays are views.
func (o Optimizer) progress(t Trainer) *Progress {
	return &Progress{Steps: int(*o.Updates), updates: *o.Updates, seed: *o.Seed, lr: *o.LR, origin: o.network(),
		state: t.State(), optimizer: o.State}
}

// Snapshot returns the state of a trainer that is driven step by step. Its arrays are views.
func Snapshot(t Trainer) *Progress { return t.(resumable).Optimizer().progress(t) }

// Restore sets a trainer to a progress: to the state in which Snapshot was called, or that behind the last step of Fit. It
// is an error, and nothing is set, if that is of another network.
func Restore(t Trainer, p *Progress) error {
	o := t.(resumable).Optimizer()
	if ours, theirs := o.network(), p.network(); theirs != ours {
		return fmt.Errorf("fit: the progress is of another network: %s, not %s", theirs, ours)
	}
	if !sameSizes(p.state, t.State()) || !sameSizes(p.optimizer, o.State) {
		return errors.New("fit: the progress does not fit the network")
	}
	o.restore(t, p)
	*o.Seed, *o.LR = p.seed, p.lr
	return nil
}

// network returns the first line of the origin.
func (p *Progress) network() string {
	first, _, _ := strings.Cut(p.origin, "\n")
	return first
}

// restore sets what a training changes.
func (o Optimizer) restore(t Trainer, p *Progress) {
	copyArrays(t.State(), p.state)
	copyArrays(o.State, p.optimizer)
	*o.Updates = p.updates
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
	o := l.t.(resumable).Optimizer()
	if p.origin == o.network() {
		return errors.New("fit: the progress is of a trainer that was driven step by step, which Load restores; " +
			"Fit goes on from one of its own")
	}
	if p.origin != l.from {
		theirs, ours := strings.Split(p.origin, "\n"), strings.Split(l.from, "\n")
		for i := range ours {
			if i >= len(theirs) || theirs[i] != ours[i] {
				what, value, _ := strings.Cut(ours[i], " ")
				was := "unknown"
				if i < len(theirs) {
					_, was, _ = strings.Cut(theirs[i], " ")
				}
				if what == "network" {
					what = "another network"
				} else {
					what = "other " + what
					was, value = differences(was, value)
				}
				return fmt.Errorf("fit: the progress is of a training with %s: %s, not %s; put back what it had, or begin "+
					"without the progress, as nngen train does without --resume", what, was, value)
			}
		}
	}
	if err := p.Within(l.o.Epochs); err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	state := l.t.State()
	misfit := errors.New("fit: the progress does not fit the network and the options")
	if !sameSizes(p.state, state) || !sameSizes(p.optimizer, o.State) || p.best != nil && !sameSizes(p.best, state) ||
		l.stop != nil && len(p.stop) != 2+len(l.stop.best) || (p.stop != nil) != (l.stop != nil) ||
		p.Seen < 0 || p.Seen > l.train.N || p.Epoch < 0 || p.Steps < 0 || len(p.History.Epochs) != p.Epoch {
		return misfit
	}
	if averages && (p.average != nil && !sameSizes(p.average, state) || p.averaged < 0 ||
		(p.average == nil) != (p.averaged == 0) || p.averaged > 0 && l.o.Average == nil) {
		return misfit
	}
	o.restore(l.t, p)
	l.epoch, l.seen, l.step, l.sum = p.Epoch, p.Seen, p.Steps, p.sum
	l.history = p.History
	l.history.Epochs = append([]Epoch(nil), p.History.Epochs...)
	if s := l.stop; s != nil {
		s.epoch, s.wait = int(p.stop[0]), int(p.stop[1])
		copy(s.best, p.stop[2:])
		if p.best != nil {
			s.state = cloneArrays(p.best)
		}
	}
	if averages && p.average != nil {
		l.average.set(cloneArrays(p.average), p.averaged)
	}
	if plateaus && p.schedule != nil {
		if s, ok := innermost(l.o.Schedule).(keeper); ok {
			s.keep(p.schedule)
		}
	}
	return nil
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
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if len(a[i]) != len(b[i]) {
			return false
		}
	}
	return true
}

func copyArrays(dst, src [][]float32) {
	for i := range dst {
		copy(dst[i], src[i])
	}
}

func cloneArrays(xs [][]float32) [][]float32 {
	var out [][]float32
	for _, x := range xs {
		out = append(out, append(make([]float32, 0, len(x)), x...))
	}
	return out
}

// Clone returns a copy that stays as it is when the training goes on.
func (p *Progress) Clone() *Progress {
	q := *p
	q.state, q.optimizer, q.best = cloneArrays(p.state), cloneArrays(p.optimizer), cloneArrays(p.best)
	if averages {
		q.average = cloneArrays(p.average)
	}
	q.History.Epochs = append([]Epoch(nil), p.History.Epochs...)
	return &q
}

// progressFormat names the form of the file.
const progressFormat = "nngen progress 3"

// unsummed stands in place of the checksum while that is computed.
var unsummed = strings.Repeat("0", 2*sha256.Size)

// Write writes the progress.
func (p *Progress) Write(w io.Writer) error {
	meta := map[string]string{
		"format": progressFormat, "sha256": unsummed, "origin": p.origin, "note": p.Note,
		"epoch": strconv.Itoa(p.Epoch), "seen": strconv.Itoa(p.Seen), "steps": strconv.Itoa(p.Steps),
		"updates": strconv.FormatUint(p.updates, 10), "seed": strconv.FormatUint(p.seed, 10), "lr": floats(p.lr),
		"sum": floats(p.sum), "stop": floats(p.stop...), "best": strconv.Itoa(p.History.Best),
		"stopped": strconv.FormatBool(p.History.Stopped), "history": historyText(p.History.Epochs),
	}
	if averages {
		meta["averaged"] = strconv.Itoa(p.averaged)
	}
	if plateaus {
		meta["plateau"] = floats(p.schedule...)
	}
	var tensors []safetensors.Tensor
	for _, part := range p.parts() {
		for i, x := range *part.arrays {
			tensors = append(tensors, safetensors.Tensor{Name: part.name + strconv.Itoa(i), Shape: []int{len(x)}, Data: x})
		}
	}
	b, err := safetensors.Encode(meta, tensors)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(b)
	copy(b[bytes.Index(b, []byte(`"`+unsummed+`"`))+1:], hex.EncodeToString(sum[:]))
	_, err = w.Write(b)
	return err
}

type part struct {
	name   string
	arrays *[][]float32
}

func (p *Progress) parts() []part {
	return []part{
		{"state.", &p.state},
		{"optimizer.", &p.optimizer},
		{"best.", &p.best},
		{"average.", &p.average}, //nngen:if averages
	}
}

// floats writes numbers with all their bits.
func floats(xs ...float64) string {
	var words []string
	for _, x := range xs {
		words = append(words, strconv.FormatFloat(x, 'x', -1, 64))
	}
	return strings.Join(words, " ")
}

// direction says which way a metric is better.
func direction(lower bool) string {
	if lower {
		return "lower"
	}
	return "higher"
}

// historyText writes one line for each epoch: the rate, then names, values and directions of its metrics.
func historyText(epochs []Epoch) string {
	var b strings.Builder
	for _, e := range epochs {
		b.WriteString(floats(e.LR))
		for _, m := range e.Metrics {
			b.WriteString(" " + m.Name + " " + floats(m.Value) + " " + direction(m.Lower))
		}
		b.WriteString("\n")
	}
	return b.String()
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
	want := []byte(f.Meta["sha256"])
	at := bytes.Index(b, append([]byte(`"`), want...))
	if len(want) != len(unsummed) || at < 0 {
		return nil, errors.New("fit: the progress has no checksum")
	}
	unsigned := bytes.Clone(b)
	copy(unsigned[at+1:], unsummed)
	if sum := sha256.Sum256(unsigned); hex.EncodeToString(sum[:]) != string(want) {
		return nil, errors.New("fit: the progress is damaged: its checksum is not that of its contents")
	}
	p := &Progress{origin: f.Meta["origin"], Note: f.Meta["note"]}
	d := decoder{meta: f.Meta}
	p.Epoch, p.Seen, p.Steps, p.updates = d.whole("epoch"), d.whole("seen"), d.whole("steps"), d.count("updates")
	p.History.Best, p.History.Stopped = d.whole("best"), f.Meta["stopped"] == "true"
	p.seed, p.lr, p.sum = d.count("seed"), d.floats("lr", 1)[0], d.floats("sum", 1)[0]
	p.stop = d.floats("stop", len(strings.Fields(f.Meta["stop"])))
	if averages && f.Meta["averaged"] != "" { // else it is of a training that has no averages
		p.averaged = d.whole("averaged")
	}
	if plateaus {
		p.schedule = d.floats("plateau", 5)
	}
	d.history(&p.History)
	for _, part := range p.parts() {
		for i := 0; ; i++ {
			name := part.name + strconv.Itoa(i)
			shape, ok := f.Shape(name)
			if !ok || len(shape) != 1 {
				break
			}
			x := make([]float32, shape[0])
			if err := f.Read(safetensors.Tensor{Name: name, Shape: shape, Data: x}); err != nil {
				return nil, err
			}
			*part.arrays = append(*part.arrays, x)
		}
	}
	return p, d.err
}

// decoder reads metadata; the first error stays.
type decoder struct {
	meta map[string]string
	err  error
}

func (d *decoder) fail(key string, err error) {
	if d.err == nil && err != nil {
		d.err = fmt.Errorf("fit: the progress has a bad %s: %w", key, err)
	}
}

func (d *decoder) whole(key string) int {
	n, err := strconv.Atoi(d.meta[key])
	d.fail(key, err)
	return n
}

// count reads a number of 64 bits on every machine.
func (d *decoder) count(key string) uint64 {
	n, err := strconv.ParseUint(d.meta[key], 10, 64)
	d.fail(key, err)
	return n
}

// floats reads n numbers; nil if there are none.
func (d *decoder) floats(key string, n int) []float64 {
	words := strings.Fields(d.meta[key])
	if len(words) == 0 && n != 1 {
		return nil
	}
	xs := make([]float64, n)
	if len(words) != n {
		d.fail(key, fmt.Errorf("%d numbers, want %d", len(words), n))
		return xs
	}
	for i, w := range words {
		v, err := strconv.ParseFloat(w, 64)
		d.fail(key, err)
		xs[i] = v
	}
	return xs
}

func (d *decoder) history(h *History) {
	for i, line := range strings.Split(strings.TrimSuffix(d.meta["history"], "\n"), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			return
		}
		e := Epoch{Epoch: i + 1}
		lr, err := strconv.ParseFloat(words[0], 64)
		d.fail("history", err)
		e.LR = lr
		for k := 1; k+2 < len(words); k += 3 {
			v, err := strconv.ParseFloat(words[k+1], 64)
			d.fail("history", err)
			e.Metrics = append(e.Metrics, Metric{words[k], v, words[k+2] == "lower"})
		}
		h.Epochs = append(h.Epochs, e)
	}
}

// before returns the name of the file that Save keeps.
func before(name string) string { return name + ".1" }

// Save writes the progress to a file, which appears under its name when the disk has the whole of it; the one that was
// there is kept beside, under that name and .1. After a kill, a loss of power or an error one of the two is whole.
func (p *Progress) Save(name string) error {
	tmp := name + ".tmp"
	if err := p.write(tmp); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Rename(name, before(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		os.Remove(tmp)
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

func (p *Progress) write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	err = p.Write(f)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
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
