package train

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
)

// linear is a linear model of three numbers with what scikit-learn gives as the importance of each: see
// testdata/stats/importance.py.
type linear struct {
	X, Y           []float32
	Coef, Mean, SD []float64
	MSE            float64
}

func readLinear(t *testing.T) *linear {
	b, err := os.ReadFile("../../testdata/stats/importance.json")
	if err != nil {
		t.Fatal(err)
	}
	v := &linear{}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func (l *linear) predict(s fit.Set) ([][]float32, error) {
	y := make([]float32, s.N)
	for i := range y {
		v := 0.0
		for k, c := range l.Coef {
			v += c * float64(s.X[0][3*i+k])
		}
		y[i] = float32(v)
	}
	return [][]float32{y}, nil
}

func (l *linear) explain(t *testing.T, metric string, repeats int, columns []data.Column) *Explanation {
	t.Helper()
	e := &Explanation{Metric: metric, Repeats: repeats, measured: fit.Measured{Lower: true}}
	s := fit.Set{N: len(l.Y), X: [][]float32{l.X}, Y: [][]float32{l.Y}}
	if err := e.explain(s, columns, fit.Output{Task: "regression", Width: 1}, 0, 1, l.predict); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *Explanation) of(column string) Importance {
	return e.Columns[slices.IndexFunc(e.Columns, func(c Importance) bool { return c.Column == column })]
}

func TestStepsOfAWindowHaveNames(t *testing.T) {
	s := &Saliency{Inputs: []InputSaliency{{Name: "x", Shape: []int{4}, Mean: make([]number, 4)},
		{Name: "z", Shape: []int{3}, Mean: make([]number, 3)}}}
	s.name([]data.Column{{Name: "a", Spans: []data.Span{{At: 0, Width: 1}, {At: 2, Width: 1}}},
		{Name: "b", Spans: []data.Span{{At: 1, Width: 1}, {At: 3, Width: 1}, {Input: 1, At: 0, Width: 1}}},
		{Name: "c", Spans: []data.Span{{Input: 1, At: 1, Width: 2}}}})
	for i, want := range [][]string{{"a, step 1 of 2", "b, step 1 of 2", "a, step 2 of 2", "b, step 2 of 2"},
		{"b", "c[0]", "c[1]"}} {
		if !slices.Equal(s.Inputs[i].Columns, want) {
			t.Errorf("%q, want %q", s.Inputs[i].Columns, want)
		}
	}
}

// TestAPictureOfGradientsSaysWhatItsCellsAre draws an image of two channels, which are added, and the steps of a
// series.
func TestAPictureOfGradientsSaysWhatItsCellsAre(t *testing.T) {
	s := &Saliency{Output: "y", Examples: 9, Numbers: 1, Inputs: []InputSaliency{
		{Name: "image", Shape: []int{2, 2, 2}, Mean: []number{0, 0, 0.25, 0.5, 0, 0, 0.125, 0}},
		{Name: "planes", Layout: "channels_first", Shape: []int{2, 1, 3}, Mean: []number{0, 0.25, 0, 0, 0.5, 0.125}},
		{Name: "waves", Layout: "channels_first", Shape: []int{2, 3}, Mean: []number{0, 0, 4, 0, 1, 0}},
		{Name: "x", Shape: []int{2}, Mean: []number{0.5, 2}, Columns: []string{"a<b, step 1 of 2", "a<b, step 2 of 2"}}}}
	picture, err := s.SVG()
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(picture, new(struct{})); err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		`<rect x="12" y="0" width="12" height="12" fill-opacity="1.000"><title>image[0 1]: 0.75</title>`,
		`<rect x="12" y="12" width="12" height="12" fill-opacity="0.167"><title>image[1 1]: 0.125</title>`,
		"image: mean |gradient| of y, at most 0.75 (the 2 channels of a pixel added)",
		`<rect x="12" y="0" width="12" height="12" fill-opacity="1.000"><title>planes[0 1]: 0.75</title>`,
		`<rect x="24" y="0" width="12" height="12" fill-opacity="0.167"><title>planes[0 2]: 0.125</title>`,
		`<rect x="0" y="24" width="12" height="12" fill-opacity="1.000"><title>waves[0 2]: 4</title>`,
		`<rect x="12" y="12" width="12" height="12" fill-opacity="0.250"><title>waves[1 1]: 1</title>`,
		`<rect x="0" y="12" width="12" height="12" fill-opacity="1.000"><title>a&lt;b, step 2 of 2: 2</title>`,
		`<text x="16" y="22" font-size="10">a&lt;b, step 2 of 2: 2</text>`,
		"x: mean |gradient| of y, at most 2<",
	} {
		if !strings.Contains(string(picture), want) {
			t.Errorf("no %s in\n%s", want, picture)
		}
	}
}

// TestOfSeveralOutputsTheExplainedOneIsNamed explains the first, and the one that is asked for.
func TestOfSeveralOutputsTheExplainedOneIsNamed(t *testing.T) {
	network := func(outputs ...string) *net.Net {
		n := &net.Net{}
		for _, name := range outputs {
			n.Outputs = append(n.Outputs, &net.Output{Name: name, Task: "regression",
				Layer: &op.Layer{Shape: ir.Shape{1}}, Scores: &op.Layer{Shape: ir.Shape{1}}})
		}
		return n
	}
	for _, c := range []struct {
		outputs []string
		asked   string
		want    string
	}{
		{[]string{"a"}, "", ""},
		{[]string{"a", "b", "c"}, "", "output a; --output explains another: b, c\n"},
		{[]string{"a", "b"}, "b", "output b; --output explains another: a\n"},
	} {
		e, _, err := newExplanation(network(c.outputs...), ExplainOptions{Output: c.asked, Repeats: 1})
		if err != nil {
			t.Fatal(err)
		}
		s := &Saliency{Output: e.Output, Others: e.Others}
		for _, text := range []string{e.String(), s.String()} {
			if !strings.HasPrefix(text, c.want) || c.want == "" && strings.Contains(text, "--output") {
				t.Errorf("%v: %q, want %q", c, text, c.want)
			}
		}
	}
}

func TestATableOfColumnsHasALineForEach(t *testing.T) {
	e := &Explanation{Columns: []Importance{{Column: "a\nb"}, {Column: "Größe m²"}}}
	if text := e.String(); !strings.Contains(text, `  "a\nb"  `) || !strings.Contains(text, "  Größe m²") ||
		strings.Count(text, "\n") != 4 {
		t.Error(text)
	}
}

// TestImportanceIsThatOfScikitLearn compares means of many shuffles: two of them differ by chance, by more than 5
// deviations of their difference once in a million times; the deviations themselves by less than a tenth.
func TestImportanceIsThatOfScikitLearn(t *testing.T) {
	l := readLinear(t)
	const repeats = 4000
	e := l.explain(t, "mse", repeats, []data.Column{{Name: "a", Spans: []data.Span{{Width: 1}}},
		{Name: "b", Spans: []data.Span{{At: 1, Width: 1}}}, {Name: "c", Spans: []data.Span{{At: 2, Width: 1}}}})
	if math.Abs(float64(e.Value)-l.MSE) > 1e-5 {
		t.Errorf("mse is %v, not %v", e.Value, l.MSE)
	}
	for k, name := range []string{"a", "b", "c"} {
		got := e.of(name)
		if d := math.Abs(float64(got.Mean) - l.Mean[k]); d > 5*l.SD[k]*math.Sqrt(2.0/repeats) {
			t.Errorf("%s: the mean is %v, not %v", name, got.Mean, l.Mean[k])
		}
		if math.Abs(float64(got.SD)-l.SD[k]) > l.SD[k]/10 {
			t.Errorf("%s: the deviation is %v, not %v", name, got.SD, l.SD[k])
		}
	}
	if e.Columns[0].Column != "a" || e.Columns[2].Column != "c" || len(e.Remarks) > 0 {
		t.Errorf("%v", e)
	}
}

// TestSpansOfAColumnAreShuffledTogether: a column of the numbers v and −v adds up to 0 in each row, whatever the order.
func TestSpansOfAColumnAreShuffledTogether(t *testing.T) {
	l := &linear{Coef: []float64{1, 1, 1}}
	for i := range 40 {
		v := float32(i % 7)
		l.X = append(l.X, v, float32(i), -v)
		l.Y = append(l.Y, float32(i))
	}
	e := l.explain(t, "rmse", 5, []data.Column{{Name: "pair", Spans: []data.Span{{Width: 1}, {At: 2, Width: 1}}},
		{Name: "other", Spans: []data.Span{{At: 1, Width: 1}}}})
	if got := e.of("pair"); got.Mean != 0 || got.SD != 0 {
		t.Errorf("a column that cancels itself has the importance %v ± %v", got.Mean, got.SD)
	}
	if e.of("other").Mean <= 0 {
		t.Errorf("%v", e)
	}
}

// TestImportanceThatCannotBeMeasured has a set of one example, constant targets, and predictions that are no numbers.
func TestImportanceThatCannotBeMeasured(t *testing.T) {
	nan := func(s fit.Set) ([][]float32, error) {
		return [][]float32{slices.Repeat([]float32{float32(math.NaN())}, s.N)}, nil
	}
	inf := func(s fit.Set) ([][]float32, error) {
		return [][]float32{slices.Repeat([]float32{float32(math.Inf(1))}, s.N)}, nil
	}
	zeros := func(s fit.Set) ([][]float32, error) { return [][]float32{make([]float32, s.N)}, nil }
	for _, c := range []struct {
		y       []float32
		metric  string
		predict func(fit.Set) ([][]float32, error)
	}{{[]float32{1}, "mse", zeros}, {[]float32{1, 1}, "r2", zeros}, {[]float32{1, 2}, "mse", nan},
		{[]float32{1, 2}, "mse", inf}, {[]float32{1, 2}, "r2", inf}} {
		all := fit.All()
		e := &Explanation{Metric: c.metric, Repeats: 1,
			measured: all[slices.IndexFunc(all, func(m fit.Measured) bool { return m.Name == c.metric })]}
		s := fit.Set{N: len(c.y), X: [][]float32{make([]float32, len(c.y))}, Y: [][]float32{c.y}}
		columns := []data.Column{{Name: "a", Spans: []data.Span{{Width: 1}}}}
		if err := e.explain(s, columns, fit.Output{Task: "regression", Width: 1}, 0, 1, c.predict); err == nil {
			t.Errorf("%s of targets %v: no error, but %v", c.metric, c.y, e)
		}
	}
}

// TestAColumnWithoutAFiniteImportanceIsSaidToHaveNone shuffles three columns, two of which take predictions out of what
// can be measured once their rows stand elsewhere: they come last, and nothing is said of chance.
func TestAColumnWithoutAFiniteImportanceIsSaidToHaveNone(t *testing.T) {
	const n = 20
	x := make([]float32, 3*n)
	y := make([]float32, n)
	for i := range n {
		x[3*i], x[3*i+1], x[3*i+2] = float32(i), float32(i), float32(i)
	}
	first := true
	predict := func(s fit.Set) ([][]float32, error) {
		out := make([]float32, s.N)
		for i := range out {
			row, at := s.X[0][3*i:][:3], float32(i%n)
			switch {
			case first:
			case row[0] != at:
				out[i] = float32(math.NaN())
			case row[2] != at:
				out[i] = float32(math.Inf(1))
			}
		}
		first = false
		return [][]float32{out}, nil
	}
	e := &Explanation{Metric: "mse", Repeats: 2, measured: fit.Measured{Lower: true}}
	var columns []data.Column
	for i, name := range []string{"nan", "plain", "in\nf"} {
		columns = append(columns, data.Column{Name: name, Spans: []data.Span{{At: i, Width: 1}}})
	}
	s := fit.Set{N: n, X: [][]float32{x}, Y: [][]float32{y}}
	if err := e.explain(s, columns, fit.Output{Task: "regression", Width: 1}, 0, 1, predict); err != nil {
		t.Fatal(err)
	}
	if svg, err := e.SVG(); err != nil || strings.Contains(string(svg), "NaN") || strings.Contains(string(svg), "Inf") {
		t.Errorf("the picture is %s, %v", svg, err)
	}
	want := `of nan, "in\nf" no importance can be measured: shuffled, mse is no finite number`
	if len(e.Remarks) != 1 || e.Remarks[0] != want {
		t.Errorf("remarks %q, want %q", e.Remarks, want)
	}
	if e.Columns[2].Column != "nan" {
		t.Errorf("NaN does not come last: %v", e.Columns)
	}
}

// TestNumbersOfARegressionWeighAlike has targets of unlike units, one that never changes, and none that does.
func TestNumbersOfARegressionWeighAlike(t *testing.T) {
	dense := func(width int) *net.Output {
		l := &op.Layer{Shape: ir.Shape{width}}
		return &net.Output{Task: "regression", Layer: l, Scores: l}
	}
	for _, c := range []struct {
		targets []float32
		width   int
		want    []float64
		scaled  bool
	}{
		{[]float32{1, 1000, 3, 3000}, 2, []float64{0.5, 0.0005}, true},
		{[]float32{1, 5, 3, 5}, 2, []float64{1, 0}, true},
		{[]float32{4, 5, 4, 5}, 2, []float64{0.5, 0.5}, false},
		{[]float32{1, 3}, 1, []float64{1}, false},
	} {
		got, scaled := weightsOf(dense(c.width), c.targets)
		if !slices.Equal(got, c.want) || scaled != c.scaled {
			t.Errorf("targets %v: weights %v, scaled %v; want %v, %v", c.targets, got, scaled, c.want, c.scaled)
		}
	}
}

// TestImportanceIsByRankWhereAccuracyTellsNothing: a network that always says the frequent class ranks by one column,
// which shuffling shows by the area under the ROC curve and not by the accuracy.
func TestImportanceIsByRankWhereAccuracyTellsNothing(t *testing.T) {
	const n = 200
	s := fit.Set{N: n, X: [][]float32{make([]float32, 2*n)}, Y: [][]float32{make([]float32, n)}}
	for i := range n {
		s.X[0][2*i], s.X[0][2*i+1] = float32(i)/n, float32(i*37%n)/n
		if i >= n-10 {
			s.Y[0][i] = 1
		}
	}
	predict := func(s fit.Set) ([][]float32, error) {
		y := make([]float32, s.N)
		for i := range y {
			y[i] = 0.4 * s.X[0][2*i]
		}
		return [][]float32{y}, nil
	}
	columns := []data.Column{{Name: "noise", Spans: []data.Span{{At: 1, Width: 1}}},
		{Name: "cause", Spans: []data.Span{{Width: 1}}}}
	for _, asked := range []bool{false, true} {
		e := &Explanation{Metric: "accuracy", Repeats: 5, asked: asked}
		if err := e.explain(s, columns, fit.Output{Task: "binary", Width: 1}, 0, 1, predict); err != nil {
			t.Fatal(err)
		}
		if want := map[bool]string{false: "roc_auc", true: "accuracy"}[asked]; e.Metric != want {
			t.Errorf("the metric is %s, want %s", e.Metric, want)
		}
		if !asked && (e.Columns[0].Column != "cause" || e.Columns[0].Mean < 0.3 || len(e.Remarks) != 1) {
			t.Errorf("%v", e)
		}
	}
}

// TestImportanceOfUnevenClassesCountsEachAlike has one example in twenty of each of two rare classes. Losing those
// costs the accuracy little, the balanced accuracy the most.
func TestImportanceOfUnevenClassesCountsEachAlike(t *testing.T) {
	const n = 200
	s := fit.Set{N: n, X: [][]float32{make([]float32, 2*n)}, Y: [][]float32{make([]float32, 3*n)}}
	for i := range n {
		k := max(0, i%20-17)
		s.X[0][2*i], s.X[0][2*i+1], s.Y[0][3*i+k] = float32(k), float32(i*37%n)/n, 1
	}
	predict := func(confident float32) func(s fit.Set) ([][]float32, error) {
		return func(s fit.Set) ([][]float32, error) {
			y := make([]float32, 3*s.N)
			for i := range s.N {
				y[3*i] = 0.4
				y[3*i+int(s.X[0][2*i])] += confident
			}
			return [][]float32{y}, nil
		}
	}
	columns := []data.Column{{Name: "noise", Spans: []data.Span{{At: 1, Width: 1}}},
		{Name: "cause", Spans: []data.Span{{Width: 1}}}}
	for _, c := range []struct {
		asked      string
		confidence float32
		metric     string
		least      float64
	}{{"", 0.6, "balanced_accuracy", 0.4}, {"accuracy", 0.6, "accuracy", 0.1}, {"mcc", 0.6, "mcc", 0.5},
		{"", 0.3, "log_loss", 0.01}} {
		e := &Explanation{Repeats: 5, asked: c.asked != ""}
		e.setMetric(cmp.Or(c.asked, "accuracy"))
		if err := e.explain(s, columns, fit.Output{Task: "multiclass", Width: 3}, 0, 1, predict(c.confidence)); err != nil {
			t.Fatal(err)
		}
		if e.Metric != c.metric || e.Columns[0].Column != "cause" || float64(e.Columns[0].Mean) < c.least ||
			(len(e.Remarks) == 1) != (c.asked == "") {
			t.Errorf("%+v: %v", c, e)
		}
	}
}

// TestNumbersHaveOneNotation has no exponents where people read numbers.
func TestNumbersHaveOneNotation(t *testing.T) {
	for v, want := range map[float64]string{92950: "92950", 1234567: "1235000", 0.5: "0.5", 0.012345: "0.01235", 3: "3",
		1e20: "1e+20", 2.5e-7: "2.5e-07"} {
		if got := plain(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float32]string{1562562.2: "1562562.2", 987279.7: "987279.7",
		1e-4: "0.0001", 0: "0", 1e20: "1e+20"} {
		if got := shortest(float64(v)); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
