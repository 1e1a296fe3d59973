package spec

import (
	"os"
	"testing"
)

func TestX(t *testing.T) {
	src, _ := os.ReadFile(os.Getenv("F"))
	s, errs := Parse("digits.yaml", src, local)
	errs.Format(os.Stdout, src, 0)
	if s != nil {
		for _, l := range s.Layers {
			t.Logf("%+v", l)
		}
		t.Logf("%+v", s.Data.Train)
		t.Logf("%+v %+v", s.Training, s.Limits)
		t.Logf("%+v %+v", s.Optimizer, s.Schedule)
	}
}
