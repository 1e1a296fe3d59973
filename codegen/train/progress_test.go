package train

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/fit"
)

// shownTraining hands a training of 12 epochs to a progress: val_loss is best in epoch 6, and patience is 5.
func shownTraining(p *Progress, pause time.Duration) {
	const examples, steps = 1000, 5
	p.Start(Plan{Train: examples, Validation: 200, Test: 300, Epochs: 12,
		Stop: &fit.EarlyStopping{Monitor: "val_loss", Patience: 5, MinEpochs: 12}})
	for epoch := 1; epoch <= 12; epoch++ {
		loss := 100 / float64(epoch)
		for step := 1; step <= steps; step++ {
			time.Sleep(pause)
			p.Event(Event{Kind: "step", Epoch: epoch, Seen: examples * step / steps,
				Metrics: []Metric{{"loss", &loss, true}}})
		}
		val, accuracy := 0.5+math.Abs(float64(epoch-6)), 0.25
		p.Event(Event{Kind: "epoch", Epoch: epoch, Metrics: []Metric{{"loss", &loss, true}, {"val_loss", &val, true},
			{"val_accuracy", &accuracy, false}, {"val_top_5_accuracy", &accuracy, false}}})
		if epoch == 3 {
			fmt.Fprintln(p, "warning: by the way")
		}
	}
	p.Event(Event{Kind: "done"})
}

// inTerminal is set where the test binary runs in a terminal.
const inTerminal = "NNGEN_IN_TERMINAL"

// shownLine is what a line of a progress holds: whole numbers only, and all on one row.
var shownLine = regexp.MustCompile(`^epoch \d+/12(  (loss|val_loss|val_accuracy|val_top_5_accuracy) \d+\.\d{4})*` +
	`(  \d+ samples/s)?(  [0-9hms]+ left)?(  patience \d+)?(  best)?(  \[#*\.*\])?$`)

// TestProgressOnTerminals draws a training in terminals of several widths, and looks at what is on them.
func TestProgressOnTerminals(t *testing.T) {
	if os.Getenv(inTerminal) != "" {
		shownTraining(NewProgress(os.Stderr), 20*time.Millisecond)
		fmt.Println("over")
		time.Sleep(time.Minute) // so that the terminal stays
		return
	}
	if _, err := exec.LookPath("tmux"); err != nil {
		t.Skip("no tmux")
	}
	for _, width := range []int{40, 80, 200} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			socket := filepath.Join(t.TempDir(), "s")
			tmux := func(args ...string) string {
				out, err := exec.Command("tmux", append([]string{"-S", socket, "-f", "/dev/null"}, args...)...).CombinedOutput()
				if err != nil {
					t.Fatalf("tmux %v: %v: %s", args, err, out)
				}
				return string(out)
			}
			exe, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			tmux("new-session", "-d", "-x", strconv.Itoa(width), "-y", "30", "env", inTerminal+"=1", "NO_COLOR=", exe,
				"-test.run", "^TestProgressOnTerminals$")
			defer tmux("kill-server")
			lives, rows := 0, []string{}
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(30 * time.Millisecond) {
				rows = strings.Split(strings.TrimRight(tmux("capture-pane", "-p"), "\n "), "\n")
				if n := checkShown(t, rows, width); n > 1 {
					t.Errorf("%d live lines:\n%s", n, strings.Join(rows, "\n"))
				} else {
					lives += n
				}
				if t.Failed() || rows[len(rows)-1] == "over" {
					break
				}
			}
			if lives == 0 {
				t.Error("no live line was seen")
			}
			text := strings.Join(rows, "\n")
			for _, want := range []string{"epoch 1/12", "epoch 5/12", "epoch 6/12", "epoch 10/12", "epoch 12/12", "by the way"} {
				if strings.Count(text, want) != 1 {
					t.Errorf("%q is there %d times, want once:\n%s", want, strings.Count(text, want), text)
				}
			}
			if strings.Contains(text, "epoch 7/12") || strings.Count(text, "  best") != 6 {
				t.Errorf("want a line for each of the 6 best epochs, and the tenth:\n%s", text)
			}
			if width == 200 && !regexp.MustCompile(`epoch 6/12  loss 16.6667  val_loss 0.5000  val_accuracy 0.2500  `+
				`val_top_5_accuracy 0.2500  patience 6  best\n`).MatchString(text) {
				t.Errorf("the wide terminal lacks something:\n%s", text)
			}
		})
	}
}

// checkShown looks at the rows of a terminal, and returns the number of live lines.
func checkShown(t *testing.T, rows []string, width int) (live int) {
	intro := strings.Split(Wrap("training on 1000 examples, 200 for validation, 300 for testing; at most 12 epochs",
		width-1,
		"\n"), "\n")
	for i, row := range rows {
		switch {
		case slices.Contains(intro, row), row == "warning: by the way", row == "over", row == "" && i == len(rows)-1:
		case !shownLine.MatchString(row):
			t.Errorf("row %d is %q", i, row)
		case strings.Contains(row, "left"), strings.Contains(row, "["):
			live++
		}
	}
	return live
}

// TestLinesHaveRoom fits the parts of a line into any width: in order, and none cut.
func TestLinesHaveRoom(t *testing.T) {
	all := []part{{"epoch 10/100", rankEpoch}, {"loss 1.2345", rankLoss}, {"val_loss 2.3456", rankMonitor},
		{"val_accuracy 0.5000", rankMetric + 2}, {"1234 samples/s", rankRate}, {"1m20s left", rankLeft}}
	for width := 1; width < 120; width++ {
		got := line(all, width)
		if len(got) >= width && got != all[0].text {
			t.Errorf("%d columns: %q", width, got)
		}
	}
	want := "epoch 10/100  loss 1.2345  val_loss 2.3456  val_accuracy 0.5000  1234 samples/s  1m20s left"
	for _, columns := range []int{0, len(want) + 1} {
		if got := line(all, columns); got != want {
			t.Errorf("%d columns: got %q, want %q", columns, got, want)
		}
	}
	if got := line(all, 60); got != "epoch 10/100  loss 1.2345  val_loss 2.3456  1m20s left" {
		t.Errorf("60 columns: %q", got)
	}
}

// TestALogHasPlainLines has no terminal: the epochs that are best, the tenth and the last have lines, and one that ends
// after a silence. A training that stops early ends with the line of its last epoch.
func TestALogHasPlainLines(t *testing.T) {
	epochs := regexp.MustCompile(`(?m)^epoch (\d+)/`)
	shown := func(train func(p *Progress)) string {
		t.Helper()
		var b bytes.Buffer
		train(NewProgress(&b))
		if strings.ContainsAny(b.String(), "\r\x1b[") {
			t.Errorf("a terminal is moved: %q", b.String())
		}
		var list []string
		for _, m := range epochs.FindAllStringSubmatch(b.String(), -1) {
			list = append(list, m[1])
		}
		return strings.Join(list, " ")
	}
	if got, want := shown(func(p *Progress) { shownTraining(p, 0) }), "1 2 3 4 5 6 10 12"; got != want {
		t.Errorf("epochs %s, want %s", got, want)
	}
	loss := 1.0
	epoch := func(p *Progress, n int) {
		p.Event(Event{Kind: "epoch", Epoch: n, Metrics: []Metric{{"loss", &loss, true}}})
	}
	if got, want := shown(func(p *Progress) {
		p.Start(Plan{Train: 10, Epochs: 99})
		for n := 1; n <= 4; n++ {
			epoch(p, n)
		}
		p.said = time.Now().Add(-2 * silence)
		for n := 5; n <= 7; n++ {
			epoch(p, n)
		}
		p.Event(Event{Kind: "done"})
	}), "1 5 7"; got != want {
		t.Errorf("epochs %s, want %s", got, want)
	}
}

// TestFastTrainingsHaveFewLines has epochs that are over in 100 µs, each of them the best, or none but the first, by a
// clock of its own: a page of lines, one more each second, and the last; all as JSON.
func TestFastTrainingsHaveFewLines(t *testing.T) {
	const epochs, second = 50_000, 10_000
	for _, improves := range []bool{true, false} {
		for _, width := range []func() int{nil, func() int { return 80 }} {
			var log, stream bytes.Buffer
			clock := time.Unix(1, 0)
			p, lines := NewProgress(&log), NewLines(&stream)
			p.now, p.width = func() time.Time { return clock }, width
			plan := Plan{Train: 10, Epochs: epochs + 1}
			p.Start(plan)
			lines.Start(plan)
			loss := 1.0
			for n := 1; n <= epochs; n++ {
				clock = clock.Add(time.Second / second)
				if improves {
					loss -= 1.0 / (2 * epochs)
				}
				e := Event{Kind: "epoch", Epoch: n, Metrics: []Metric{{"loss", &loss, true}}}
				p.Event(e)
				lines.Event(e)
			}
			p.Event(Event{Kind: "done"})
			if got := strings.Count(stream.String(), `"event":"epoch"`); got != epochs {
				t.Errorf("improves %t: %d epochs as JSON, want %d", improves, got, epochs)
			}
			staying := regexp.MustCompile(`(?m)^(?:.*\x1b\[J)?epoch (\d+)/.*\n`).FindAllStringSubmatch(log.String(), -1)
			least := page + epochs/second - 1
			if got := len(staying); got < least || got > least+2 {
				t.Errorf("improves %t, on a terminal %t: %d lines, want about %d", improves, width != nil, got, least)
			}
			if last := staying[len(staying)-1][1]; last != fmt.Sprint(epochs) {
				t.Errorf("improves %t, on a terminal %t: the last line is of epoch %s", improves, width != nil, last)
			}
		}
	}
}

func TestFiguresAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0.0000", 0.25: "0.2500", -12: "-12.0000", 0.001: "0.0010",
		3.0517e-7: "3.052e-07", 999999.5: "999999.5000", 1.7e59: "1.7e+59", -2e8: "-2e+08"} {
		if got := figure(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
