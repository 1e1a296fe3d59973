package spec

import (
	"strings"
	"testing"
)

// TestFieldsAreSetByTheirPaths sets a field and looks for what the spec then says.
func TestFieldsAreSetByTheirPaths(t *testing.T) {
	for _, c := range []struct {
		path, value string
		get         func(s *Spec) any
		want        any
	}{
		{"training.epochs", "7", func(s *Spec) any { return s.Training.Epochs }, 7},
		{"training.early_stopping.patience", "9", func(s *Spec) any { return s.Training.EarlyStopping.Patience }, 9},
		{"training.clip_norm", "0.5", func(s *Spec) any { return s.Training.ClipNorm }, 0.5}, // not written before
		{"optimizer.adam.lr", "0.5", func(s *Spec) any { return s.Optimizer.Float("lr") }, 0.5},
		{"optimizer.lr", "0.25", func(s *Spec) any { return s.Optimizer.Float("lr") }, 0.25},
		{"optimizer", "{adam: {lr: 0.125}}", func(s *Spec) any { return s.Optimizer.Float("lr") }, 0.125},
		{"layers.h1.units", "48", func(s *Spec) any { return s.Layers[3].Int("units") }, 48},
		{"layers.conv2d1.filters", "3", func(s *Spec) any { return s.Layers[0].Int("filters") }, 3}, // a default name
		{"layers.0.filters", "4", func(s *Spec) any { return s.Layers[0].Int("filters") }, 4},
		{"layers.dropout1.rate", "0.5", func(s *Spec) any { return s.Layers[4].Float("rate") }, 0.5},
		{"layers.h1.trainable", "false", func(s *Spec) any { return s.Layers[3].Frozen }, true},
		{"layers.h1.kernel_regularizer.l2.rate", "0.5", func(s *Spec) any {
			n,
				_ := s.Layers[3].Node.Node("kernel_regularizer")
			return n.Float("rate")
		}, 0.5},
		{"preprocess.rescale.scale", "0.5", func(s *Spec) any { return s.Preprocess[0].Float("scale") }, 0.5},
		{"limits.params", "5", func(s *Spec) any { return s.Limits.Params }, int64(5)},
	} {
		src, err := Set([]byte(digits), c.path, c.value, local)
		if err != nil {
			t.Errorf("%s: %v", c.path, err)
			continue
		}
		s, problems := Parse("digits.yaml", src, local)
		if s == nil {
			t.Errorf("%s: %v\n%s", c.path, problems, src)
		} else if got := c.get(s); got != c.want {
			t.Errorf("%s=%s: got %v, want %v", c.path, c.value, got, c.want)
		}
	}
}

// TestShortFormsAreWrittenOut sets a field of what is written as a word or a number.
func TestShortFormsAreWrittenOut(t *testing.T) {
	short := strings.Replace(strings.Replace(digits, "- dropout: {rate: 0.25}", "- dropout: 0.25", 1),
		"optimizer: {adam: {lr: 1.0e-3, betas: [0.9, 0.999]}}", "optimizer: adam", 1)
	for path, want := range map[string]string{"layers.dropout1.rate": "dropout: {rate: 0.5}",
		"optimizer.adam.lr": "optimizer: {adam: {lr: 0.5}}", "optimizer.lr": "optimizer: {adam: {lr: 0.5}}"} {
		src, err := Set([]byte(short), path, "0.5", local)
		if err != nil || !strings.Contains(string(src), want) {
			t.Errorf("%s: %v, and no %q in\n%s", path, err, want, src)
		}
	}
	none := strings.Replace(digits, "optimizer: {adam: {lr: 1.0e-3, betas: [0.9, 0.999]}}\n", "", 1)
	src, err := Set([]byte(none), "optimizer.adam.lr", "0.5", local)
	if s, problems := Parse("d.yaml", src, local); err != nil || s == nil || s.Optimizer.Float("lr") != 0.5 {
		t.Errorf("an optimizer that is not written: %v, %v", err, problems)
	}
}

// TestPathsThatLeadNowhereAreErrors names what there is.
func TestPathsThatLeadNowhereAreErrors(t *testing.T) {
	for path, want := range map[string]string{
		"layers.h9.units":    `no entry of layers is called "h9"; there are conv2d1`,
		"nothing.at.all":     `there is no "nothing"`,
		"optimizer.sgd.lr":   "it is adam, not sgd",
		"layers":             "",
		"training.epochs.x":  `epochs holds no "x"`,
		"blocks.b.h.units":   `there is no block "b"`,
		"layers.h1.units.no": `units holds no "no"`,
	} {
		_, err := Set([]byte(digits), path, "1", local)
		if want == "" {
			continue // Parse says what is wrong
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	if _, err := Set([]byte(digits), "training.epochs", "{", local); err == nil {
		t.Error("a value that is no YAML is no error")
	}
}
