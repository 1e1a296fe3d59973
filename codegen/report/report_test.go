package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/runs"
)

func some(v float64) *float64 { return &v }

// example returns a run with all that a report shows, and names that mean something in HTML.
func example() *runs.Run {
	r := &runs.Run{Name: "net", Nngen: "v1", Spec: "0123456789abcdef", Weights: "fedcba9876543210", Seed: 7, Params: 12,
		Epochs: 3, Best: 2, Stopped: true,
		Data:    map[string]string{"<data>.csv": "00112233445566778899"},
		Metrics: map[string]float64{"loss": 0.5, "val_loss": 0.75}, TestMetrics: map[string]float64{"accuracy": 0.9},
		Text: "name: <script>alert(1)</script>", Drawing: "<svg/>",
		Detail: &runs.Detail{On: "test", Updates: []string{"h.kernel"},
			UpdateRatio: [][]*float64{{some(0.5)}, {nil}, {some(1e-4)}},
			Weights:     []runs.Histogram{{Name: "h.kernel", Low: -1, High: 1, Counts: []int{1, 0, 5}}},
			Gradients:   []runs.Histogram{{Name: "h.kernel", Low: -1e-3, High: 1e-3, Counts: []int{0, 7, 0}}},
			Outputs: []runs.Output{{
				Name: "out", Task: "multiclass", Classes: []string{"<b>", "two"}, Confusion: [][]int{{3, 1}, {0, 4}},
				Calibration: []runs.Bin{{Count: 3, Confidence: 0.6, Right: 0.5}, {Count: 5, Confidence: 0.95, Right: 1}},
				Metrics:     []string{"accuracy 87.50 % [52.91, 97.76]", "mcc 0.77"},
				Baselines:   []string{`accuracy 50.00 % of the most frequent class, "<b>"`},
				Worst: []runs.Example{{Number: 4, Target: "<b>", Prediction: "two (0.9)", Loss: 2.3,
					Input: []float32{0, 1, 2, 3}, Shape: []int{2, 2, 1}},
					{Number: 5, Target: "two", Prediction: "<b> (0.6)", Loss: 0.9, Input: []float32{1, 2}, Shape: []int{2}}},
			}, {Name: "number", Task: "regression", Points: []runs.Point{{Target: 1, Prediction: 2},
				{Target: 3, Prediction: 2.5}}, Metrics: []string{"rmse 1"}, Baselines: []string{"rmse 2 of the mean"}}},
		}}
	for i, loss := range []float64{20, 0.75, 1e-3} {
		r.History.Add(runs.Epoch{Names: []string{"epoch", "lr", "loss", "val_loss", "val_accuracy"},
			Values: []float64{float64(i + 1), 0.1, loss, loss + 0.1, math.NaN()}})
	}
	return r
}

// TestTheReportHasItsPartsAndNeedsNothingElse looks for each part, for anything from elsewhere, and for names that
// would have become markup.
func TestTheReportHasItsPartsAndNeedsNothingElse(t *testing.T) {
	for _, list := range [][]*runs.Run{{example()}, {example(), example()}} {
		page, err := HTML(list)
		if err != nil {
			t.Fatal(err)
		}
		text := string(page)
		for part, want := range map[string]int{`id="runs"`: 1, `class="curve"`: 2, `class="confusion`: len(list),
			`class="calibration"`: len(list), `class="residuals"`: len(list),
			`class="updates"`: len(list), `class="bar"`: 3 * len(list), `class="small histograms gradients"`: len(list),
			`class="worst"`:      len(list),
			`alt="architecture"`: len(list), `class="spec"`: len(list),
			`class="provenance"`: len(list), `class="baseline"`: 2 * len(list), "data:image/png;base64,": len(list),
			"prefers-color-scheme: dark": 1,
			"weights of epoch 2":         len(list), "stopped early": len(list)} {
			if n := strings.Count(text, part); n != want {
				t.Errorf("%d runs: %q is there %d times, want %d", len(list), part, n, want)
			}
		}
		if m := regexp.MustCompile(`(?i)https?://|<script|<link|@import|url\(`).FindString(text); m != "" {
			t.Errorf("the page reaches out, or runs code: %q", m)
		}
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") || strings.Contains(text, "ZgotmplZ") {
			t.Error("a number that is none, or a value that the template refused")
		}
		if strings.Contains(text, ">1.5</text>") {
			t.Error("a tick at half an epoch")
		}
		checkSVG(t, text)
		if !Written(page) || Written(bytes.ReplaceAll(page, []byte("by nngen"), []byte("by hand"))) {
			t.Error("the page is not told from others")
		}
		again, err := HTML(list)
		if err != nil || !bytes.Equal(page, again) {
			t.Errorf("drawn twice the bytes differ: %v", err)
		}
	}
	if _, err := HTML(nil); err == nil {
		t.Error("a report of no run is no error")
	}
}

// checkSVG parses the drawings.
func checkSVG(t *testing.T, text string) {
	t.Helper()
	drawings := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(text, -1)
	if len(drawings) == 0 {
		t.Fatal("no drawings")
	}
	for _, svg := range drawings {
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%v in %s", err, svg)
			}
		}
	}
}

// TestPlotsOfAnyNumbersHaveFewReadableTicks draws extremes.
func TestPlotsOfAnyNumbersHaveFewReadableTicks(t *testing.T) {
	for _, values := range [][]float64{{1e-6, 1e12}, {1e-6, 1e-6}, {0, 0}, {-3}, {1e12, 1e12 + 1}, {5e-324, 1},
		{1e300, -1e300}, {1, 1.0000001}, {}} {
		for _, positive := range []bool{false, true} {
			l := line{Class: "c0"}
			for i, v := range values {
				l.add(float64(i+1), v)
			}
			svg := string(plot{X: "x", Y: "y", Positive: positive, Lines: []line{l}}.svg())
			if n := strings.Count(svg, `class="tick"`); n > 24 || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("%v: %d ticks, or numbers that are none in\n%s", values, n, svg)
			}
		}
	}
}

// TestCurvesArePoints draws the curves of two runs, loss and learning rate, one beside the other, and of a run without
// epochs.
func TestCurvesArePoints(t *testing.T) {
	b, err := PNG([]*runs.Run{example(), example()})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 2*1280 || size.Y != 800 {
		t.Errorf("size %v", size)
	}
	if _, err := PNG([]*runs.Run{{Name: "none"}}); err == nil {
		t.Error("no error of a run without epochs")
	}
}

// TestTheTitleNamesAllNetworks reports runs of two networks, one of them twice.
func TestTheTitleNamesAllNetworks(t *testing.T) {
	a, b := example(), example()
	b.Name = "other <net>"
	page, err := HTML([]*runs.Run{a, b, a})
	if want := "<h1>net, other &lt;net&gt;</h1>"; err != nil || !strings.Contains(string(page), want) {
		t.Errorf("no %s; %v", want, err)
	}
}

// TestUpdatesAreOfTheEpochsThatThereAre draws update ratios of every second epoch, some of them beyond the last one.
func TestUpdatesAreOfTheEpochsThatThereAre(t *testing.T) {
	r := example() // of 3 epochs
	r.Detail.UpdateRatio = [][]*float64{{some(0.5)}, {some(0.25)}, {some(0.125)}}
	for every, want := range map[int]int{0: 3, 1: 3, 2: 2, 3: 1, math.MaxInt: 1} {
		r.Detail.UpdateEvery = every
		line := regexp.MustCompile(`class="line c0" d="([^"]*)"`).FindStringSubmatch(string(updates(r).SVG))
		if line == nil || len(regexp.MustCompile("[ML]").FindAllString(line[1], -1)) != want {
			t.Errorf("of each epoch of %d: drew %q, want %d points", every, line, want)
		}
	}
	r.History = runs.History{}
	if got := updates(r); got != nil {
		t.Errorf("without epochs: drew %v", got)
	}
}
