package train

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Progress shows a training by lines that stay: for each epoch that is the best so far, for each tenth, and for the
// last; behind a page of them at most one a second, and the last. On a terminal a live line, which fits the width that
// there is, comes below them; elsewhere they are plain, and one comes for each epoch that ends after a long silence. A
// Progress may be used by several goroutines.
type Progress struct {
	w     io.Writer
	now   func() time.Time
	width func() int // of the terminal; nil if w is none, or one that cannot move its cursor
	color bool

	mu     sync.Mutex
	plan   Plan
	follow *fit.Patience // nil if no metric is followed
	start  time.Time
	past   int // examples that had been seen before the clock began
	last   Event
	best   bool // whether the last epoch is the best so far
	left   int  // epochs that may pass without improvement; 0 if there is no early stopping
	drawn  time.Time
	said   time.Time // of the last line that stays
	unsaid bool      // the last epoch has none
	next   time.Time // from which on the page has room for a line
	live   int       // characters of the live line on the terminal
}

// NewProgress returns a progress that writes to w.
func NewProgress(w io.Writer) *Progress {
	p := &Progress{w: w, now: time.Now}
	f, ok := w.(interface{ Fd() uintptr })
	if ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		p.color = os.Getenv("NO_COLOR") == ""
		p.width = func() int {
			width, _, err := term.GetSize(int(f.Fd()))
			if err != nil || width <= 0 {
				return 80
			}
			return width
		}
	}
	return p
}

// Start says what is about to happen.
func (p *Progress) Start(plan Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.plan = plan
	p.follow = fit.Follow(plan.follow())
	text := fmt.Sprintf("training on %s, %d for validation, %d for testing; at most %s", spec.Count(plan.Train, "example"),
		plan.Validation, plan.Test, spec.Count(plan.Epochs, "epoch"))
	if p.width != nil {
		text = Wrap(text, p.width()-1, "\n")
	}
	fmt.Fprintln(p.w, text)
}

// follow returns the early stopping of the plan; without any, one that never stops, by the loss.
func (p Plan) follow() fit.EarlyStopping {
	switch {
	case p.stops():
		return *p.Stop
	case p.Validation > 0:
		return fit.EarlyStopping{Monitor: "val_loss", MinEpochs: p.Epochs + 1}
	}
	return fit.EarlyStopping{Monitor: "loss", MinEpochs: p.Epochs + 1}
}

// stops tells whether early stopping may end the training.
func (p Plan) stops() bool {
	return p.Stop != nil && (p.Validation > 0 || !strings.HasPrefix(p.Stop.Monitor, "val_"))
}

// Write writes lines that are no part of the progress: a live line makes room for them.
func (p *Progress) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := io.WriteString(p.w, p.erase()); err != nil {
		return 0, err
	}
	return p.w.Write(b)
}

// throttle is the least time between two drawings of the live line: more of them nobody sees.
const throttle = 65 * time.Millisecond

// leastTimed is the time below which a rate says nothing: the clock begins with the first event, which may be the end
// of an epoch that is heard of a moment before the next.
const leastTimed = 100 * time.Millisecond

// Event shows an event of the training.
func (p *Progress) Event(e Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.Kind == "epoch" {
		p.best, p.left = p.follow.Observe(e.measured())
		if !p.plan.stops() {
			p.left = 0
		}
		p.last = e
	}
	if e.Past || e.Kind != "epoch" && e.Kind != "step" && e.Kind != "done" {
		return
	}
	p.unsaid = p.unsaid || e.Kind == "epoch"
	seen := e.Epoch * p.plan.Train
	if e.Kind == "step" {
		seen += e.Seen - p.plan.Train
	}
	if p.start.IsZero() {
		p.start, p.past = p.now(), seen
	}
	switch {
	case e.Kind == "done":
		io.WriteString(p.w, p.erase())
		if p.unsaid {
			p.stay(p.last, 0)
		}
	case e.Kind == "epoch" && p.stays(e):
		p.stay(e, seen)
	case p.width != nil && p.now().Sub(p.drawn) > throttle:
		p.draw(e, seen)
	}
}

// silence is the time after which the next epoch has a line wherever no live one shows that something happens.
const silence = 10 * time.Second

// page is how many lines may come at once; then there is room for one more each second.
const page = 30

// stays tells whether an epoch has a line that stays, and takes the room for it.
func (p *Progress) stays(e Event) bool {
	if e.Epoch == p.plan.Epochs {
		return true
	}
	now := p.now()
	if p.next.After(now) || !p.best && e.Epoch%10 != 0 && (p.width != nil || now.Sub(p.said) <= silence) {
		return false
	}
	if empty := now.Add(-(page - 1) * time.Second); p.next.Before(empty) {
		p.next = empty
	}
	p.next = p.next.Add(time.Second)
	return true
}

// stay writes the line of an epoch, where no terminal shows how fast it goes with that as well.
func (p *Progress) stay(e Event, seen int) {
	p.said, p.unsaid = p.now(), false
	if p.width == nil {
		fmt.Fprintln(p.w, line(p.describe(e, seen), 0))
		return
	}
	fmt.Fprintln(p.w, p.erase()+p.paint(line(p.describe(e, 0), p.width())))
}

// draw draws the live line.
func (p *Progress) draw(e Event, seen int) {
	shown := p.last
	if shown.Epoch = e.Epoch; len(shown.Metrics) == 0 {
		shown.Metrics = e.Metrics
	}
	width := p.width()
	text := line(p.describe(shown, seen), width)
	text += bar(float64(seen)/float64(max(1, p.plan.Train*p.plan.Epochs)), width-1-utf8.RuneCountInString(text))
	io.WriteString(p.w, p.erase()+text)
	p.drawn, p.live = p.now(), utf8.RuneCountInString(text)
}

// erase returns what takes the live line from the terminal, which may have become so narrow that it wrapped.
func (p *Progress) erase() string {
	if p.live == 0 {
		return ""
	}
	up := ""
	if rows := (p.live - 1) / p.width(); rows > 0 {
		up = fmt.Sprintf("\x1b[%dA", rows)
	}
	p.live = 0
	return "\r" + up + "\x1b[J"
}

// paint colours the mark of the best epoch.
func (p *Progress) paint(text string) string {
	if before, ok := strings.CutSuffix(text, bestMark); ok && p.color {
		return before + "\x1b[32m" + bestMark + "\x1b[0m"
	}
	return text
}

const bestMark = "best"

// part is one piece of a line. Where not all have room, those of a lower rank have it first.
type part struct {
	text string
	rank int
}

// The ranks of what describes an epoch; that of a metric is rankMetric and its place in the list.
const (
	rankEpoch = iota
	rankMonitor
	rankLoss
	rankBest
	rankLeft
	rankPatience
	rankRate
	rankMetric
)

// describe returns what a line says of an epoch, in order, and of the time, if seen examples have been.
func (p *Progress) describe(e Event, seen int) []part {
	monitor := p.plan.follow().Monitor
	all := []part{{fmt.Sprintf("epoch %d/%d", e.Epoch, p.plan.Epochs), rankEpoch}}
	for i, m := range e.Metrics {
		text, rank := m.Name+" not finite", rankMetric+i
		if m.Value != nil {
			text = m.Name + " " + figure(*m.Value)
		}
		switch m.Name {
		case monitor:
			rank = rankMonitor
		case "loss":
			rank = rankLoss
		}
		all = append(all, part{text, rank})
	}
	if took := p.now().Sub(p.start); seen > p.past && took >= leastTimed {
		rate := float64(seen-p.past) / took.Seconds()
		left := time.Duration(float64(p.plan.Train*p.plan.Epochs-seen) / rate * float64(time.Second))
		all = append(all, part{fmt.Sprintf("%.0f samples/s", rate), rankRate},
			part{left.Round(time.Second).String() + " left", rankLeft})
	}
	if p.left > 0 {
		all = append(all, part{fmt.Sprintf("patience %d", p.left), rankPatience})
	}
	if p.best && e.Kind == "epoch" {
		all = append(all, part{bestMark, rankBest})
	}
	return all
}

// figure returns a number with four digits after the point; one that would be long so, or nearly 0, with four digits
// and an exponent where it is short.
func figure(v float64) string {
	if a := math.Abs(v); a >= 1e7 || a < 1e-3 && a > 0 {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.4f", v)
}

// line joins the parts that a terminal of some columns has room for before the last of them, where it would wrap; all
// if columns is 0. The first is always there.
func line(all []part, columns int) string {
	byRank := slices.Clone(all)
	slices.SortStableFunc(byRank, func(a, b part) int { return a.rank - b.rank })
	room := columns - 1
	var shown []part
	for _, q := range byRank {
		size := utf8.RuneCountInString(q.text)
		if len(shown) > 0 {
			size += len(between)
		}
		if columns == 0 || q.rank == rankEpoch || size <= room {
			shown = append(shown, q)
			room -= size
		}
	}
	var texts []string
	for _, q := range all {
		if slices.Contains(shown, q) {
			texts = append(texts, q.text)
		}
	}
	return strings.Join(texts, between)
}

// between stands between the parts of a line.
const between = "  "

// bar draws a share as a bar of at most so many characters, with what stands between it and the text before; "" if
// there is too little room for one that says something.
func bar(share float64, room int) string {
	const least, most = 10, 40
	cells := min(room-len(between)-len("[]"), most)
	if cells < least {
		return ""
	}
	done := min(cells, int(share*float64(cells)))
	return between + "[" + strings.Repeat("#", done) + strings.Repeat(".", cells-done) + "]"
}
