package train

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
)

// Progress shows events: on a terminal as one line that is written over, else as a line for each
// epoch.
type Progress struct {
	w        io.Writer
	terminal bool
	start    time.Time
	seen     int // examples in earlier epochs
	last     string
}

// NewProgress returns what shows events on w.
func NewProgress(w io.Writer) *Progress {
	f, ok := w.(*os.File)
	return &Progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
}

// Event shows one event.
func (p *Progress) Event(e Event) {
	switch e.Kind {
	case "step":
		if p.terminal {
			p.line(fmt.Sprintf("epoch %d/%d  %3d%%  loss %.4f  %s", e.Epoch, e.Epochs, 100*e.Seen/e.Of, e.Loss, p.speed(e, e.Seen)), false)
		}
	case "epoch":
		text := fmt.Sprintf("epoch %d/%d", e.Epoch, e.Epochs)
		for _, m := range e.Metrics {
			text += fmt.Sprintf("  %s %.4f", m.Name, m.Value)
		}
		text += fmt.Sprintf("  lr %.3g", e.LR)
		p.seen += e.Of
		if p.terminal {
			text += "  " + p.speed(e, 0)
		}
		p.line(text, !p.terminal || e.Epoch == e.Epochs)
	case "trained":
		if p.terminal && p.last != "" {
			fmt.Fprintln(p.w)
		}
		text := fmt.Sprintf("trained for %d epochs", e.Epoch)
		if e.Stopped {
			text += ", stopped early"
		}
		if e.Best > 0 {
			text += fmt.Sprintf("; kept epoch %d, the best", e.Best)
		}
		fmt.Fprintln(p.w, text)
	}
}

// speed returns samples a second and the time left.
func (p *Progress) speed(e Event, now int) string {
	d := time.Since(p.start).Seconds()
	rate := float64(p.seen+now) / math.Max(d, 1e-9)
	left := float64(e.Epochs*e.Of-p.seen-now) / math.Max(rate, 1e-9)
	return fmt.Sprintf("%.0f samples/s  %s left", rate, time.Duration(left*float64(time.Second)).Round(time.Second))
}

// line writes a line; on a terminal over the last one, unless that is final.
func (p *Progress) line(text string, final bool) {
	if !p.terminal {
		fmt.Fprintln(p.w, text)
		return
	}
	blank := max(0, len([]rune(p.last))-len([]rune(text)))
	fmt.Fprintf(p.w, "\r%s%s", text, strings.Repeat(" ", blank))
	p.last = text
	if final {
		fmt.Fprintln(p.w)
		p.last = ""
	}
}

// Summary prints what a training gave.
func (r *Result) Summary(w io.Writer, p *project.Project) {
	if n := len(r.Skipped); n > 0 {
		fmt.Fprintf(w, "%d bad rows left out\n", n)
		for i, e := range r.Skipped {
			if i == 10 {
				break
			}
			fmt.Fprintln(w, "  "+e.Error())
		}
	}
	fmt.Fprintf(w, "%d examples to train, %d to validate, %d to test\n", r.Sets.Train.N, r.Sets.Validation.N, r.Sets.Test.N)
	if r.Sets.Test.N > 0 {
		fmt.Fprintln(w, "on the test set:")
		r.Metrics(w)
	}
	fmt.Fprintf(w, "parameters            %d\n", r.Params)
	fmt.Fprintf(w, "stripped binary       %.2f MB\n", float64(r.BinarySize)/1e6)
	fmt.Fprintf(w, "prediction            %.0f ns, %.0f ns in a batch of 256\n", r.Nanos, r.BatchNanos)
	fmt.Fprintf(w, "written to            %s\n", filepath.Clean(p.Dir))
}

// Metrics prints the metrics of the test set and the confusion matrix.
func (r *Result) Metrics(w io.Writer) {
	for _, m := range r.Test {
		fmt.Fprintf(w, "  %-18s  %.4f\n", m.Name, m.Value)
	}
	if r.Confusion == nil {
		return
	}
	fmt.Fprintln(w, "confusion matrix (row: class, column: prediction)")
	for _, line := range confusion(r.Labels, r.Confusion) {
		fmt.Fprintln(w, "  "+line)
	}
}

// confusion lays out a confusion matrix.
func confusion(labels []string, c [][]int) []string {
	width := 3
	for i, l := range labels {
		width = max(width, len([]rune(l)))
		for _, n := range c[i] {
			width = max(width, len(fmt.Sprint(n)))
		}
	}
	width = min(width, 12)
	cell := func(s string) string {
		if r := []rune(s); len(r) > width {
			s = string(r[:width-1]) + "…"
		}
		return strings.Repeat(" ", width+1-len([]rune(s))) + s
	}
	head := cell("")
	for _, l := range labels {
		head += cell(l)
	}
	lines := []string{head}
	for i, l := range labels {
		line := cell(l)
		for _, n := range c[i] {
			line += cell(fmt.Sprint(n))
		}
		lines = append(lines, line)
	}
	return lines
}

// value returns a metric of an epoch.
func value(e Event, name string) (float64, bool) {
	return fit.Epoch{Metrics: e.Metrics}.Get(name)
}
