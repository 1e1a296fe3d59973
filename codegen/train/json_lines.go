package train

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Line is a line of JSON of a training that programs follow: see lineFields for what its fields mean. A number that is
// not finite is null.
type Line struct {
	Event        string              `json:"event"`
	Train        int                 `json:"train_examples,omitempty"`
	Validation   int                 `json:"validation_examples,omitempty"`
	Test         int                 `json:"test_examples,omitempty"`
	Epochs       int                 `json:"epochs,omitempty"`
	Epoch        int                 `json:"epoch,omitempty"`
	Seen         int                 `json:"seen,omitempty"`
	LR           **float64           `json:"lr,omitempty"` // nil in events without a rate, of nil if it is not finite
	Metrics      map[string]*float64 `json:"metrics,omitempty"`
	Best         bool                `json:"best,omitempty"`
	PatienceLeft int                 `json:"patience_left,omitempty"`
	Seconds      float64             `json:"seconds,omitempty"`
	Past         bool                `json:"past,omitempty"`
	Text         string              `json:"text,omitempty"`
	BestEpoch    int                 `json:"best_epoch,omitempty"`
	StoppedEarly bool                `json:"stopped_early,omitempty"`
	Interrupted  bool                `json:"interrupted,omitempty"`
	Params       int                 `json:"params,omitempty"`
	FrozenParams int                 `json:"frozen_params,omitempty"`
	TestMetrics  map[string]*float64 `json:"test_metrics,omitempty"`
	TestRemark   string              `json:"test_remark,omitempty"`
	Verified     *bool               `json:"verified,omitempty"`
	Remarks      []string            `json:"remarks,omitempty"`
	Decisions    []string            `json:"decisions,omitempty"`
	Files        []string            `json:"files,omitempty"`
	Record       string              `json:"record,omitempty"`
}

// lineFields documents the fields of a Line, for each kind of event.
var lineFields = []struct{ event, doc string }{
	{"start", "train_examples, validation_examples, test_examples; epochs, the most"},
	{"step", "epoch, from 1; seen, its examples so far; lr; metrics: {loss}; some 20 a second"},
	{"epoch",
		"epoch; lr of its last step; metrics: {loss, val_loss, ...}; best, so far; patience_left, epochs that may pass " +
			"without improvement; seconds since the event start; past, before a resumption"},
	{"message", "text, a warning"},
	{"result", "epochs, those that were run; best_epoch, whose weights were kept if not the last's; stopped_early; " +
		"interrupted; seconds; params; frozen_params; metrics, of the epoch that was kept; test_metrics; test_remark, if the " +
		"network may have learned from the test set by the weights of --from; verified, against " +
		"the reference; remarks; decisions, what was fitted at the end; files; record, the folder in runs"},
}

// LinesDoc returns what --json prints, for a help text. What is 0, false or empty is left out.
func LinesDoc() string {
	var b strings.Builder
	for _, f := range lineFields {
		fmt.Fprintf(&b, "  %-8s %s\n", f.event, Wrap(f.doc, 100, "\n"+strings.Repeat(" ", 11)))
	}
	b.WriteString("\nWhat is 0, false or empty is left out; a number that is not finite is null; events of other kinds " +
		"may come.")
	return b.String()
}

// Wrap breaks a text at spaces into lines of at most width characters, where it is possible.
func Wrap(text string, width int, newline string) string {
	var b strings.Builder
	at := 0
	for _, word := range strings.Fields(text) {
		switch {
		case at > 0 && at+1+utf8.RuneCountInString(word) > width:
			b.WriteString(newline)
			at = 0
		case at > 0:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += utf8.RuneCountInString(word)
	}
	return b.String()
}

// Lines writes what happens in a training as a Line after another. A failed write is reported by Result.
type Lines struct {
	out    *json.Encoder
	err    error
	start  time.Time
	follow *Progress // which knows how epochs compare
}

// NewLines returns what writes to w.
func NewLines(w io.Writer) *Lines {
	return &Lines{out: json.NewEncoder(w), follow: NewProgress(io.Discard)}
}

func (l *Lines) write(line Line) {
	if err := l.out.Encode(line); l.err == nil {
		l.err = err
	}
}

// Start says what is about to happen.
func (l *Lines) Start(p Plan) {
	l.follow.Start(p)
	l.start = time.Now()
	l.write(Line{Event: "start", Train: p.Train, Validation: p.Validation, Test: p.Test, Epochs: p.Epochs})
}

// Event says what happened.
func (l *Lines) Event(e Event) {
	line := Line{Event: e.Kind, Epoch: e.Epoch, Seen: e.Seen, LR: &e.LR, Metrics: values(e.Metrics), Past: e.Past}
	switch e.Kind {
	case "step":
	case "epoch":
		l.follow.Event(e)
		line.Best, line.PatienceLeft = l.follow.best, l.follow.left
		line.Seconds = time.Since(l.start).Seconds()
	default:
		return
	}
	l.write(line)
}

// Warn writes a warning.
func (l *Lines) Warn(text string) { l.write(Line{Event: "message", Text: text}) }

// Warnings is a log that passes on only its warnings, one by one.
type Warnings func(text string)

func (w Warnings) Write(b []byte) (int, error) {
	if text, ok := strings.CutPrefix(string(b), "warning: "); ok {
		w(strings.TrimSuffix(text, "\n"))
	}
	return len(b), nil
}

// Result writes the outcome, and returns the first error of all writes.
func (l *Lines) Result(r *Result) error {
	line := Line{Event: "result", Epochs: numberOf(r.Epochs.last()), BestEpoch: r.Best, StoppedEarly: r.Stopped,
		Interrupted: r.Interrupted, Seconds: r.Took.Seconds(), Params: r.Params, FrozenParams: r.Frozen,
		Metrics: values(r.metrics()), Remarks: r.Remarks, Decisions: r.Decisions, Files: r.Files, Record: r.Record}
	if r.Test != nil {
		line.TestRemark = r.Test.Seen
		line.TestMetrics = values(append(r.Test.flat(), r.Test.ofTargets()...))
	}
	if r.Verified != nil {
		ok := r.Verified.OK()
		line.Verified = &ok
	}
	l.write(line)
	return l.err
}

// values returns metrics by name.
func values(list []Metric) map[string]*float64 {
	all := make(map[string]*float64, len(list))
	for _, m := range list {
		all[m.Name] = m.Value
	}
	return all
}
