package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/chart"
	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

func value(v float64) *float64 { return &v }

// after returns the epochs of some events.
func after(events ...Event) *Epochs {
	s := &Epochs{}
	for _, e := range events {
		s.add(e)
	}
	return s
}

// TestUpdatesOfManyEpochsAreThinned adds epochs whose updates tell their number.
func TestUpdatesOfManyEpochsAreThinned(t *testing.T) {
	for _, n := range []int{1, mostUpdates, mostUpdates + 1, 10*mostUpdates + 7} {
		s := &Epochs{}
		for i := range n {
			s.add(Event{Epoch: i + 1, Updates: []*float64{value(float64(i))}})
		}
		if len(s.Updates) > mostUpdates || len(s.Updates) != (n+s.Every-1)/s.Every || n <= mostUpdates && s.Every != 1 {
			t.Errorf("%d updates of %d epochs, one of %d", len(s.Updates), n, s.Every)
		}
		for i, row := range s.Updates {
			if *row[0] != float64(i*s.Every) {
				t.Fatalf("row %d of %d epochs is that of epoch %v, want %d", i, n, *row[0]+1, i*s.Every+1)
			}
		}
	}
}

var epochs = []Event{
	{Kind: "epoch", Epoch: 1, LR: value(0.5), Metrics: []Metric{{"loss", value(2), true}, {"val_loss", nil, true},
		{"val_accuracy", value(0.25), false}}},
	{Kind: "epoch", Epoch: 2, LR: value(0.25), Metrics: []Metric{{"loss", value(1), true}, {"val_loss", value(3), true},
		{"val_accuracy", value(0.75), false}}},
}

// TestARateThatIsNotFiniteIsNull writes events of a training whose rate has become infinite, and so has the loss.
func TestARateThatIsNotFiniteIsNull(t *testing.T) {
	loss := []Metric{{"loss", nil, true}}
	var b bytes.Buffer
	l := NewLines(&b)
	l.Event(Event{Kind: "step", Epoch: 1, Seen: 16, Metrics: loss})
	l.Event(Event{Kind: "step", Epoch: 1, Seen: 32, LR: value(0.5), Metrics: loss})
	l.Warn("no rate")
	want := `{"event":"step","epoch":1,"seen":16,"lr":null,"metrics":{"loss":null}}
{"event":"step","epoch":1,"seen":32,"lr":0.5,"metrics":{"loss":null}}
{"event":"message","text":"no rate"}
`
	if b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
	if got, want := string(history(after(Event{Epoch: 1, Metrics: loss}))),
		`{"epoch":1,"lr":null,"loss":null}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestJSONOfNumbersThatAreNoneIsNull writes predictions and evaluations that hold NaN and infinities.
func TestJSONOfNumbersThatAreNoneIsNull(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	list := []Prediction{{Outputs: []PredictedOutput{
		{Name: "y", Values: []float32{1, nan, inf}}, {Name: "c", Label: "a", Probability: math.NaN(),
			Classes: []string{"a", "b"}, Values: []float32{nan, 0.5}},
	}}}
	var b bytes.Buffer
	if err := (Form{Proba: true}).WriteJSON(&b, predictionsOf(list)); err != nil {
		t.Fatal(err)
	}
	want := `{"c":{"label":"a","probabilities":{"a":null,"b":0.5},"probability":null},"y":[1,null,null]}` + "\n"
	if b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
	b.Reset()
	list = []Prediction{{Outputs: []PredictedOutput{{Name: "y", Values: []float32{-0.25}, Columns: []string{"y"},
		named: true},
		{Name: "z", Values: []float32{0.5}, Columns: []string{"price"}, named: true}}}}
	if err := (Form{Proba: true}).WriteJSON(&b, predictionsOf(list)); err != nil {
		t.Fatal(err)
	}
	if want := `{"y":-0.25,"z":{"price":0.5}}` + "\n"; b.String() != want {
		t.Errorf("got %s, want %s", b.String(), want)
	}
	e, err := json.Marshal(&Evaluation{Examples: 2, Loss: number(math.Inf(1)),
		Outputs: []OutputEvaluation{{Name: "y", Metrics: []metric{
			{Name: "mse", Value: number(math.NaN())}, {Name: "mae", Value: 0.5}}}}})
	want = `{"examples":2,"loss":null,"outputs":[{"name":"y","metrics":[{"name":"mse","value":null},{"name":"mae","value":0.5}]}]}`
	if err != nil || string(e) != want {
		t.Errorf("got %s, %v, want %s", e, err, want)
	}
}

func TestHistoryHasALineForEachEpoch(t *testing.T) {
	want := `{"epoch":1,"lr":0.5,"loss":2,"val_loss":null,"val_accuracy":0.25}
{"epoch":2,"lr":0.25,"loss":1,"val_loss":3,"val_accuracy":0.75}
`
	if got := string(history(after(epochs...))); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestThereIsACurveForEachMetric(t *testing.T) {
	var names []string
	for _, c := range curves(after(epochs...), 2) {
		names = append(names, c.name)
		a, err := c.svg("net")
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.svg("net")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) || !bytes.Contains(a, []byte(chart.Mark)) {
			t.Errorf("%s: drawn twice the bytes differ, or lack the mark", c.name)
		}
		if !bytes.Contains(a, []byte(`r="4.5"`)) {
			t.Errorf("%s: the epoch that was kept has no dot", c.name)
		}
	}
	if strings.Join(names, " ") != "loss accuracy" {
		t.Errorf("curves are %v", names)
	}
}

// TestCurvesOfAnyNumbersAreDrawn draws numbers that are large, small, or close to one another.
func TestCurvesOfAnyNumbersAreDrawn(t *testing.T) {
	for _, values := range [][]float64{
		{1e9, 1e9 + 1}, {1e12, 2e12, 0}, {1e15, math.Nextafter(1e15, 2e15)}, {1e17}, {1e17, 1e17}, {1e300, -1e300},
		{math.MaxFloat64, -math.MaxFloat64},
		{5e-324}, {5e-324, 0}, {1e-300, 2e-300}, {0}, {0, 0}, {-3}, {1, math.Nextafter(1, 2)}, {1e9, 1e-9}, {123456789,
			123456789.000001}, {1e30, 1, 1e-30},
	} {
		points := side{best: []chart.Point{{X: 1, Y: values[0]}}}
		for i, v := range values {
			points.Add(float64(i+1), v)
		}
		for _, c := range []*curve{{name: "loss", train: points}, {name: "r2", train: points, val: points}} {
			start := fuzzing.Processors()
			svg, err := c.svg("net")
			took := fuzzing.Processors() - start
			if err != nil || !bytes.Contains(svg, []byte(">net: "+c.name+"<")) {
				t.Errorf("%v: error %v, %d bytes", values, err, len(svg))
			}
			if bytes.Contains(svg, []byte("NaN")) || bytes.Contains(svg, []byte("Inf")) || len(svg) > 1<<16 ||
				took > 5*time.Second {
				t.Errorf("%v: a picture of %d bytes after %v, or with numbers that are none", values, len(svg), took)
			}
		}
	}
	for _, v := range []float64{math.NaN(), math.Inf(1)} {
		c := &curve{name: "loss"}
		c.train.Add(1, v)
		if _, err := c.svg("net"); err == nil {
			t.Errorf("%v is drawn", v)
		}
	}
}

func TestProgressWithoutATerminalIsALineForEachEpoch(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b)
	p.Start(Plan{Train: 10, Epochs: 2})
	p.Event(Event{Kind: "step", Epoch: 1, Seen: 5})
	for _, e := range epochs {
		time.Sleep(leastTimed)
		p.Event(e)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[1],
		"epoch 1/2  loss 2.0000  val_loss not finite  val_accuracy 0.2500") {
		t.Errorf("got %q", lines)
	}
	if !strings.Contains(lines[2], "samples/s") {
		t.Errorf("no rate in %q", lines[2])
	}
	if strings.Contains(b.String(), "\r") || strings.Contains(b.String(), "\x1b") {
		t.Errorf("control characters in %q", b.String())
	}
}

// TestRemarksOnTheCourseOfATraining has losses of a validation set, epoch by epoch.
func TestRemarksOnTheCourseOfATraining(t *testing.T) {
	for _, c := range []struct {
		losses   []float64
		stopping bool
		want     string
	}{
		{[]float64{3, 2, 1}, false, "the last of 3 epochs is the best"},
		{[]float64{3, 1, 1.1}, false, ""},
		{[]float64{3, 1, 2}, false, "rose from 1 in epoch 2 to 2: the network overfits"},
		{[]float64{3, 1, 2}, true, ""},
		{[]float64{-1, -8.62, -8.56}, false, ""},
		{[]float64{-1, -8, -4}, false, "rose from -8 in epoch 2 to -4: the network overfits"},
	} {
		r := &Result{}
		for i, v := range c.losses {
			r.Epochs.add(Event{Epoch: i + 1, Metrics: []Metric{{Name: "val_loss", Value: &v, Lower: true}}})
		}
		got := strings.Join(remarks(r, Plan{Validation: 5}, c.stopping), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%v: got %q, want %q", c.losses, got, c.want)
		}
		if got := remarks(r, Plan{}, c.stopping); got != nil {
			t.Errorf("%v: got %q without a validation set", c.losses, got)
		}
	}
}

// TestTheRemarkNamesTheMetricThatIsFollowed has a loss that rises while the accuracy, which is followed, does too, and
// the other way round.
func TestTheRemarkNamesTheMetricThatIsFollowed(t *testing.T) {
	for _, c := range []struct {
		monitor          string
		losses, accuracy []float64
		want             string
	}{
		{"val_accuracy", []float64{1, 1.05}, []float64{0.5, 0.75}, "the last of 2 epochs is the best by val_accuracy"},
		{"val_accuracy", []float64{2, 1}, []float64{0.75, 0.5}, ""},
		{"val_loss", []float64{2, 1}, []float64{0.75, 0.5}, "the last of 2 epochs is the best by val_loss"},
	} {
		r := &Result{}
		for i := range c.losses {
			r.Epochs.add(Event{Epoch: i + 1, Metrics: []Metric{{Name: "val_loss", Value: &c.losses[i], Lower: true},
				{Name: "val_accuracy", Value: &c.accuracy[i]}}})
		}
		plan := Plan{Validation: 5, Epochs: 2, Stop: &fit.EarlyStopping{Monitor: c.monitor, Patience: 9}}
		got := strings.Join(remarks(r, plan, true), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.monitor, got, c.want)
		}
	}
}

// TestTheRateIsOfTheTimeThatWasSeen begins with the end of an epoch, whose time is not known.
func TestTheRateIsOfTheTimeThatWasSeen(t *testing.T) {
	var b bytes.Buffer
	p := NewProgress(&b)
	p.Start(Plan{Train: 10, Epochs: 2})
	p.Event(epochs[0])
	p.Event(epochs[0]) // at once, as an epoch whose end was late to be heard of
	time.Sleep(leastTimed)
	p.Event(epochs[1])
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 4 || strings.Contains(lines[1]+lines[2], "samples/s") || !strings.Contains(lines[3], "samples/s") {
		t.Errorf("got %q", lines)
	}
}

// TestAValidationLossFarAboveThatOfTheTrainingIsRemarked has the losses of two epochs.
func TestAValidationLossFarAboveThatOfTheTrainingIsRemarked(t *testing.T) {
	for _, c := range []struct {
		loss, first, val float64
		weights          []float64
		said             []string
		want             bool
	}{
		{0.2, 1, 0.6, nil, nil, true},
		{0.2, 1, 0.3, nil, nil, false},
		{0.001, 1, 0.01, nil, nil, false}, // both are small beside what they began with
		{0.2, 1, 0.6, []float64{1, 5}, nil, false},
		{0.2, 1, 0.6, nil, []string{"rose"}, false},
	} {
		r := &Result{Epochs: *after(
			Event{Epoch: 1, Metrics: []Metric{{Name: "loss", Value: &c.first}, {Name: "val_loss", Value: &c.first}}},
			Event{Epoch: 2, Metrics: []Metric{{Name: "loss", Value: &c.loss}, {Name: "val_loss", Value: &c.val}}})}
		got := gap(r, &net.Net{Outputs: []*net.Output{{ClassWeights: c.weights}}}, c.said)
		if (got != "") != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// TestTheBestEpochIsNotTakenForTheLast has the words on weights in place after a training that kept an earlier epoch.
func TestTheBestEpochIsNotTakenForTheLast(t *testing.T) {
	r := &Result{}
	for i := range 30 {
		r.Epochs.add(Event{Epoch: i + 1})
	}
	for best, want := range map[int]string{0: "the weights after 30 epochs are", 30: "the weights after 30 epochs are",
		14: "the weights of epoch 14, the best of the 30 that were run, are"} {
		r.Best = best
		if got := r.inPlace(&project.Project{Dir: "net"}); got != want+" in place, in net" {
			t.Errorf("best epoch %d: %q", best, got)
		}
	}
}

// TestABoundThatIsThereIsNotProposed has the error of a training that diverged, with clip_norm and without.
func TestABoundThatIsThereIsNotProposed(t *testing.T) {
	err := errors.New("the training diverged; lower the learning rate, or bound the norm of gradients: training: {clip_norm: 1}")
	if got := bounded(err, spec.Training{}); got != err {
		t.Error(got)
	}
	const want = "the training diverged; lower the learning rate, or clip_norm, which is 5"
	if got := bounded(err, spec.Training{ClipNorm: 5}); got.Error() != want {
		t.Error(got)
	}
}
