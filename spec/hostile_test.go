package spec

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// TestHostileInputIsCheap parses and formats files of the largest size that are built to be slow.
func TestHostileInputIsCheap(t *testing.T) {
	const head = "version: 1\nname: m\ninput: {shape: [4]}\nlayers:\n"
	fill := func(f func(i int) string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; ; i++ {
			s := f(i)
			if b.Len()+len(s) > maxBytes {
				return b.String()
			}
			b.WriteString(s)
		}
	}
	for _, c := range []struct{ name, src string }{
		{"brackets", head + strings.Repeat("[", 1<<19)},
		{"braces", head + strings.Repeat("{a: ", 1<<17)},
		{"dashes", head + strings.Repeat("- ", 1<<18)},
		{"keys", strings.Repeat("? ", 1<<18)},
		{"comments", head + strings.Repeat("# c\n", 1<<17)},
		{"long comment", head + "# " + strings.Repeat("c", 1<<19)},
		{"quote", head + "\"" + strings.Repeat("c\n", 1<<18)},
		{"unknown layers", fill(func(i int) string { return fmt.Sprintf("  - dens%d\n", i) })},
		{"unknown keys", fill(func(i int) string { return fmt.Sprintf("  - dense: {unit%d: 3}\n", i) })},
		{"unknown references", fill(func(i int) string {
			return fmt.Sprintf("  - dense: {name: n%d, units: 3, from: m%d}\n",
				i, i)
		})},
		{"one long word", head + "  - " + strings.Repeat("dense", 1<<17) + "\n"},
		{"one cycle", fill(func(i int) string {
			return fmt.Sprintf("  - dense: {name: n%d, units: 3, from: n%d}\n", i, i+
				1)
		}) + "  - add: {from: n0}\n"},
		{"many cycles", fill(func(i int) string {
			return fmt.Sprintf("  - dense: {name: n%d, units: 3, from: [n%d, n0]}\n", i,
				i+1)
		})},
		{"same names", fill(func(i int) string { return "  - dense: {name: a, units: 3}\n" })},
		{"merges", fill(func(i int) string {
			if i == 0 {
				return "  - &a {b: 1}\n"
			}
			return "  - {<<: *a}\n"
		})},
		{"anchors", fill(func(i int) string { return fmt.Sprintf("  - &a%d x\n", i) })},
		{"quoted on one line", head + "  [" + strings.Repeat("\"a\",", 1<<17) + "]\n"},
		{"flow on one line", head + "  [" + strings.Repeat("{dense: 3},", 1<<15) + "]\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := fuzzing.Processors()
			_, errs := Parse("spec.yaml", []byte(c.src), local)
			parsed := fuzzing.Processors() - start
			_, _ = Format("spec.yaml", []byte(c.src))
			formatted := fuzzing.Processors() - start - parsed
			var b strings.Builder
			if err := errs.Format(&b, []byte(c.src), DefaultShown); err != nil {
				t.Fatal(err)
			}
			t.Logf("%d bytes, %d errors: parsed in %v, formatted in %v", len(c.src), len(errs), parsed, formatted)
			if len(errs) == 0 {
				t.Error("no error")
			}
			if limit := 20 * time.Second; parsed > limit || formatted > limit {
				t.Errorf("parsing took %v, formatting %v", parsed, formatted)
			}
		})
	}
}

// TestMessagesHoldNothingThatATerminalObeys writes names and messages with escape sequences.
func TestMessagesHoldNothingThatATerminalObeys(t *testing.T) {
	for name, want := range map[string]string{"a b.yaml": "a b.yaml", "é.csv": "é.csv", "a\nb": `"a\nb"`,
		"\x1b[2J": `"\x1b[2J"`, "\xff": `"\xff"`} {
		if got := FileName(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	const text = "a.csv:1: \x1b[2J\u202e\u009b\r: wrong\n\tb"
	if got, want := Message(text), `a.csv:1: \x1b[2J\u202e\u009b\r: wrong`+"\n\tb"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (&Error{Pos: Pos{File: "a\nb", Line: 1, Col: 2}, Msg: "wrong"}).Error(); got != `"a\nb":1:2: wrong` {
		t.Error(got)
	}
}
