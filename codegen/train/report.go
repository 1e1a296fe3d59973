package train

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/nngen/nngen/codegen/net"
)

// Progress shows a training: a live line on a terminal, else one plain line for each epoch.
type Progress struct {
	w     io.Writer
	width func() int // of the terminal
	plan  Plan
	bar   *progressbar.ProgressBar // nil if w is no terminal
	start time.Time
	past  int // epochs before the clock began
	last  Event
}

// barWidth is the number of cells of the bar, and barRest that of all that stands beside the
// description, with room to spare: a line that wraps could not be written over.
const (
	barWidth = 4
	barRest  = barWidth + 38
)

// clip shortens a text to n characters, but not below a few.
func clip(s string, n int) string {
	r := []rune(s)
	if n = max(n, 12); len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// NewProgress returns a progress that writes to w.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w}
	if f, ok := w.(interface{ Fd() uintptr }); ok && term.IsTerminal(int(f.Fd())) {
		p.width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil {
				return 80
			}
			return width
		}
		p.bar = progressbar.NewOptions64(1, progressbar.OptionSetWriter(w), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("samples"),
			progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(65*time.Millisecond),
			progressbar.OptionSetWidth(barWidth), progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true))
	}
	return p
}

// Start says what is about to happen.
func (p *Progress) Start(plan Plan) {
	p.plan = plan
	fmt.Fprintf(p.w, "training on %d examples, %d for validation, %d for testing; at most %d epochs\n", plan.Train,
		plan.Validation, plan.Test, plan.Epochs)
}

// Event shows an event of the training.
func (p *Progress) Event(e Event) {
	if p.start.IsZero() {
		p.start, p.past = time.Now(), e.Epoch-1
		if e.Kind == "epoch" {
			p.past = e.Epoch // it was over when the clock began
		}
		if p.bar != nil {
			p.bar.ChangeMax64(int64(p.plan.Train) * int64(p.plan.Epochs))
		}
	}
	if e.Kind == "epoch" {
		p.last = e
	}
	switch {
	case p.bar != nil && e.Kind == "done":
		p.bar.Finish()
	case p.bar != nil:
		shown := p.last
		if e.Kind == "step" {
			shown.Epoch = e.Epoch
			if len(shown.Metrics) == 0 {
				shown.Metrics = e.Metrics
			}
		}
		seen := e.Seen
		if e.Kind == "epoch" {
			seen = p.plan.Train
		}
		p.bar.Describe(clip(line(shown, p.plan.Epochs), p.width()-barRest))
		p.bar.Set64(int64(e.Epoch-1)*int64(p.plan.Train) + int64(seen))
	case e.Kind == "epoch":
		took := time.Since(p.start)
		done := e.Epoch - p.past
		if done == 0 || took < leastTimed {
			fmt.Fprintln(p.w, line(e, p.plan.Epochs))
			return
		}
		rate := float64(done) * float64(p.plan.Train) / took.Seconds()
		left := took / time.Duration(done) * time.Duration(p.plan.Epochs-e.Epoch)
		fmt.Fprintf(p.w, "%s  %.0f samples/s  %s left\n", line(e, p.plan.Epochs), rate, left.Round(time.Second))
	}
}

// leastTimed is the time below which a rate says nothing: the clock begins with the first event, which may be the end
// of an epoch that is heard of a moment before the next.
const leastTimed = 100 * time.Millisecond

// line describes an epoch.
func line(e Event, epochs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "epoch %d/%d", e.Epoch, epochs)
	for _, m := range e.Metrics {
		if m.Value == nil {
			fmt.Fprintf(&b, "  %s not finite", m.Name)
		} else {
			fmt.Fprintf(&b, "  %s %.4f", m.Name, *m.Value)
		}
	}
	return b.String()
}

// Report writes the outcome of a training.
func (r *Result) Report(w io.Writer, dir string) error {
	var b strings.Builder
	last := r.Epochs[len(r.Epochs)-1].Epoch
	fmt.Fprintf(&b, "trained %d epochs in %s", last, r.Took.Round(10*time.Millisecond))
	switch {
	case r.Interrupted:
		b.WriteString(", until interrupted")
	case r.Stopped:
		b.WriteString(", until early stopping")
	}
	if r.Best > 0 {
		fmt.Fprintf(&b, "; the weights are those of epoch %d", r.Best)
	}
	b.WriteString("\n")
	for _, text := range r.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", text)
	}
	for _, text := range r.Decisions {
		fmt.Fprintf(&b, "%s\n", text)
	}
	switch {
	case r.Test != nil:
		fmt.Fprintf(&b, "test set: %s", r.Test)
	case r.Validation != nil:
		fmt.Fprintf(&b, "validation set, since there is no test set: %s", r.Validation)
	}
	fmt.Fprintf(&b, "parameters              %d", r.Params)
	if r.Frozen > 0 {
		fmt.Fprintf(&b, ", and %d that are not trained", r.Frozen)
	}
	b.WriteString("\n")
	fmt.Fprintf(&b, "stripped binary         %.2f MiB\n", float64(r.BinaryBytes)/(1<<20))
	fmt.Fprintf(&b, "one prediction          %.0f ns, %.0f ns in a batch of 256\n", r.Nanoseconds, r.BatchNanoseconds)
	if v := r.Verified; v != nil {
		if v.OK() {
			fmt.Fprintf(&b, "against the reference   %d tensors within their bounds\n", len(v.Tensors))
		} else {
			for _, t := range v.Tensors {
				if t.Failure != "" {
					fmt.Fprintf(&b, "FAIL %s %s: %s\n", t.Kind, t.Name, t.Failure)
				}
			}
		}
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "wrote %s\n", filepath.Join(dir, f))
	}
	if r.Record != "" {
		fmt.Fprintf(&b, "kept %s\n", r.Record)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remarks says what the course of a training suggests: more epochs where the loss still fell, or a validation set that
// the network has unlearned.
func remarks(r *Result, plan Plan, stopping bool) []string {
	const name = "val_loss"
	last := r.Epochs[len(r.Epochs)-1]
	end := last.Get(name)
	if plan.Validation == 0 || end == nil || r.Interrupted || len(r.Epochs) < 2 {
		return nil
	}
	best, at := math.Inf(1), 0
	for _, e := range r.Epochs {
		if v := e.Get(name); v != nil && *v < best {
			best, at = *v, e.Epoch
		}
	}
	const risen = 1.2 // more than the noise of a validation set of some dozens of rows
	switch {
	case at == last.Epoch && !r.Stopped:
		return []string{fmt.Sprintf("the last of %d epochs is the best by %s: more may do better", last.Epoch, name)}
	case *end > risen*best && !stopping:
		return []string{fmt.Sprintf("%s rose from %.4g in epoch %d to %.4g: the network overfits; early_stopping: "+
			"{restore_best: true} would keep the weights of that epoch", name, best, at, *end)}
	}
	return nil
}

// gap says that a network does much better on what it was trained on than on the validation set; "" if it does not.
// Losses are not compared where that of the training is of weighted classes, nor where both are small beside what they
// began with.
func gap(r *Result, network *net.Net, said []string) string {
	const far, small = 2, 0.05
	weighted := slices.ContainsFunc(network.Outputs, func(o *net.Output) bool { return o.ClassWeights != nil })
	kept := r.kept()
	loss, val, first := kept.Get("loss"), kept.Get("val_loss"), r.Epochs[0].Get("val_loss")
	if weighted || len(said) > 0 || loss == nil || val == nil || first == nil || *loss < 0 ||
		*val <= far**loss || *val < small**first {
		return ""
	}
	return fmt.Sprintf("val_loss is %.4g where loss is %.4g: the network overfits; more examples, fewer units, dropout or a kernel_regularizer may help", *val, *loss)
}

// numberOrNull returns a number as JSON can hold it: nil, which becomes null, for what is none or infinite.
func numberOrNull[F float32 | float64](v F) any {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return nil
	}
	return v
}
