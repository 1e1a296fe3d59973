package main

import (
	"context"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/train"
)

// TestTheCommandThatGoesOnIsTheOneThatWasInterrupted has the flags again without which a resumption would look in
// another folder, or refuse another seed, and not those that it refuses.
func TestTheCommandThatGoesOnIsTheOneThatWasInterrupted(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"--resume"}, ""},
		{[]string{"-o", "other", "--seed", "7", "--from", "w.safetensors"}, " --out=other --seed=7"},
		{[]string{"-q", "--no-verify=false", "--skip-bad-rows"}, " --no-verify=false --quiet --skip-bad-rows=5%"},
		{[]string{"--out", "it's here"}, ` '--out=it'\''s here'`},
	} {
		c := trainCommand(&ending{})
		c.SetContext(context.Background())
		if err := c.ParseFlags(test.args); err != nil {
			t.Fatal(err)
		}
		if got := flagsAgain(c); got != test.want {
			t.Errorf("%q: got %q, want %q", test.args, got, test.want)
		}
		text := (&train.InterruptedError{Spec: "net.yaml", Epochs: 1, Flags: flagsAgain(c)}).Error()
		want := "train --resume net.yaml" + test.want
		if !strings.HasSuffix(text, want) {
			t.Errorf("got %q, want it to end with %q", text, want)
		}
	}
}
