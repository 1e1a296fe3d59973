package c99

import (
	"math"
	"os/exec"
	"strings"
	"testing"
)

// TestTextStaysText writes text that C could read as something else as labels, comments and names, and lets a compiler
// print the labels.
func TestTextStaysText(t *testing.T) {
	texts := []string{"plain", "a\"b", `back\`, "??/", "%d\n\r\x00\t", "*/ int x; /*", "Größe",
		"\u202eright\u2066", "@gemm.NN", "\xff7"}
	cc, err := exec.LookPath("gcc")
	if err != nil {
		t.Skip(err)
	}
	var src strings.Builder
	src.WriteString("#include <stdio.h>\n")
	var want strings.Builder
	for _, s := range texts {
		src.WriteString("/* " + remark(s) + " */\nstatic int " + name("w_"+s) + "_" + macro(s) + ";\n")
		want.WriteString(s + "\x01")
	}
	src.WriteString("int main(void) {\n")
	for _, s := range texts {
		src.WriteString("{ static const char s[] = " + quoted(s) +
			"; fwrite(s, sizeof s - 1, 1, stdout); fputc(1, stdout); (void)" +
			name("w_"+s) + "_" + macro(s) + "; }\n")
	}
	src.WriteString("return 0; }\n")
	out := t.TempDir() + "/text"
	build := exec.Command(cc, "-std=c99", "-trigraphs", "-Wall", "-Wextra", "-Wpedantic",
		"-Werror", "-x", "c", "-o", out, "-")
	build.Stdin = strings.NewReader(src.String())
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, b, &src)
	}
	got, err := exec.Command(out).Output()
	if err != nil || string(got) != want.String() {
		t.Errorf("%v: got %q, want %q", err, got, &want)
	}
}

func TestLiteralsAreOfTypeFloat(t *testing.T) {
	for v, want := range map[float32]string{1: "1.0f", -2.5: "-2.5f", 1e-45: "1e-45f", 1e10: "1e+10f"} {
		if got := literal(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float32]string{float32(math.Inf(1)): "INFINITY", float32(math.Inf(-1)): "-INFINITY"} {
		if got := literal(v); got != want {
			t.Errorf("%v: got %s, want %s", v, got, want)
		}
	}
	if got := literal(float32(math.Copysign(0, -1))); got != "-0.0f" {
		t.Errorf("-0: got %s", got)
	}
	if got := literal(float32(math.NaN())); got != "NAN" {
		t.Errorf("NaN: got %s", got)
	}
}

func TestLongCallsAreWrapped(t *testing.T) {
	long := "\tf(" + strings.Repeat("argument, ", 30) + "last);"
	for line := range strings.SplitSeq(wrap(long), "\n") {
		if len(line)+3*strings.Count(line, "\t") > 116 {
			t.Errorf("%d characters: %s", len(line), line)
		}
	}
	if got := strings.ReplaceAll(wrap(long), "\n\t\t", " "); got != long {
		t.Errorf("got %s", got)
	}
}
