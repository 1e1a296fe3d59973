package train

import (
	"bytes"
	"strings"
	"testing"
)

func number(v float64) *float64 { return &v }

var epochs = []Event{
	{Kind: "epoch", Epoch: 1, LR: 0.5, Metrics: []Metric{{"loss", number(2)}, {"val_loss", nil}, {"val_accuracy", number(0.25)}}},
	{Kind: "epoch", Epoch: 2, LR: 0.25, Metrics: []Metric{{"loss", number(1)}, {"val_loss", number(3)}, {"val_accuracy", number(0.75)}}},
}

func TestHistoryHasALineForEachEpoch(t *testing.T) {
	want := `{"epoch":1,"lr":0.5,"loss":2,"val_loss":null,"val_accuracy":0.25}
{"epoch":2,"lr":0.25,"loss":1,"val_loss":3,"val_accuracy":0.75}
`
	if got := string(history(epochs)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestThereIsACurveForEachMetric(t *testing.T) {
	var names []string
	for _, c := range curves(epochs) {
		names = append(names, c.name)
		a, err := c.svg("net", 2)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.svg("net", 2)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) || !bytes.Contains(a, []byte(plotMark)) {
			t.Errorf("%s: drawn twice the bytes differ, or lack the mark", c.name)
		}
	}
	if strings.Join(names, " ") != "loss accuracy" {
		t.Errorf("curves are %v", names)
	}
}

func TestProgressWithoutATerminalIsALineForEachEpoch(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b)
	p.Start(Plan{Train: 10, Epochs: 2})
	p.Event(Event{Kind: "step", Epoch: 1, Seen: 5})
	for _, e := range epochs {
		p.Event(e)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1], "epoch 1/2  loss 2.0000  val_loss not finite  val_accuracy 0.2500") {
		t.Errorf("got %q", lines)
	}
	if strings.Contains(b.String(), "\r") || strings.Contains(b.String(), "\x1b") {
		t.Errorf("control characters in %q", b.String())
	}
}
