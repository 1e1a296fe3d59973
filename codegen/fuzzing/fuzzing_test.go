package fuzzing

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// planted builds the tests of testdata/planted, and returns a function that runs FuzzPlanted in a folder of its own, with
// a cache of its own, and what it printed.
func planted(t *testing.T) (folder string, run func(environment ...string) (string, error)) {
	t.Helper()
	folder = t.TempDir()
	binary := filepath.Join(folder, "planted.exe")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, "./testdata/planted").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return folder, func(environment ...string) (string, error) {
		cmd := exec.Command(binary, "-test.run", "^FuzzPlanted$", "-test.fuzzcachedir", filepath.Join(folder, "cache"))
		cmd.Dir, cmd.Env = folder, append(os.Environ(), environment...)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
}

// inputs returns the files of the corpus that runs wrote.
func inputs(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "testdata/fuzz/FuzzPlanted/*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFaultsAreFoundAndTheirInputsWritten(t *testing.T) {
	folder, run := planted(t)
	if out, err := run("NNGEN_FUZZ=20000x,1"); err != nil || !strings.Contains(out, "execs: 20000 ") {
		t.Fatalf("without a fault: %v\n%s", err, out)
	}
	for _, fault := range []string{"error", "panic"} {
		out, err := run("NNGEN_FUZZ=10000000x,1", "PLANTED="+fault)
		files := inputs(t, folder)
		if err == nil || len(files) != 1 || !strings.Contains(out, "Failing input written to testdata/fuzz/FuzzPlanted/") {
			t.Fatalf("%s: error %v, inputs %q\n%s", fault, err, files, out)
		}
		// Go's engine reads the input, and so does a plain run, first of all.
		for _, way := range []string{"", "10x,1"} {
			if out, err := run("NNGEN_FUZZ="+way, "PLANTED="+fault); err == nil || !strings.Contains(out, "planted") {
				t.Errorf("%s, NNGEN_FUZZ=%s: what failed passes: %v\n%s", fault, way, err, out)
			}
		}
		if out, err := run(); err != nil {
			t.Errorf("what is mended fails: %v\n%s", err, out)
		}
		if err := os.Remove(files[0]); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheInputThatKillsAProcessIsFoundInTheNextRun(t *testing.T) {
	folder, run := planted(t)
	out, err := run("NNGEN_FUZZ=10000000x,1", "PLANTED=stack")
	if err == nil || !strings.Contains(out, "stack overflow") || len(inputs(t, folder)) != 0 {
		t.Fatalf("error %v, inputs %q\n%.2000s", err, inputs(t, folder), out)
	}
	out, err = run("NNGEN_FUZZ=1x,2", "PLANTED=stack")
	if err == nil || !strings.Contains(out, "of seed 1: again") || len(inputs(t, folder)) != 1 {
		t.Fatalf("again: error %v, inputs %q\n%.2000s", err, inputs(t, folder), out)
	}
	if out, err = run("PLANTED=stack"); err == nil {
		t.Errorf("what killed the process passes:\n%.2000s", out)
	}
	if out, err = run("NNGEN_FUZZ=1x,2"); err != nil || !strings.Contains(out, "execs: 1 ") {
		t.Errorf("mended: error %v\n%.2000s", err, out)
	}
	if out, err = run("NNGEN_FUZZ=1x,2"); err != nil || strings.Contains(out, "again") {
		t.Errorf("after an end: error %v\n%.2000s", err, out)
	}
}

func TestAnExecutionWithoutEndIsAFault(t *testing.T) {
	folder, run := planted(t)
	out, err := run("NNGEN_FUZZ=10000000x,1", "PLANTED=loop")
	if err == nil || len(inputs(t, folder)) != 1 || !strings.Contains(out, "an execution takes") {
		t.Errorf("error %v, inputs %q\n%.2000s", err, inputs(t, folder), out)
	}
}

// TestSeedsReproduce: a seed gives the same inputs, from any of them on, another seed others.
func TestSeedsReproduce(t *testing.T) {
	_, run := planted(t)
	lines := regexp.MustCompile(`(?m)^\d+ .*$`)
	of := func(options string) []string {
		out, err := run("NNGEN_FUZZ="+options, "PLANTED=words")
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return lines.FindAllString(out, -1)
	}
	all := of("50x,1")
	if tail := of("40x,1,10"); len(all) != 50 || !reflect.DeepEqual(all[10:], tail) {
		t.Errorf("%q, and from 10 on %q", all, tail)
	}
	if other := of("50x,2"); reflect.DeepEqual(all, other) {
		t.Error("two seeds give the same")
	}
}

func TestOptions(t *testing.T) {
	for _, text := range []string{"10", "x", "-1x", "10s,a", "10s,1,b", "10s,,1", ",1"} {
		if o, err := parseOptions(text); err == nil {
			t.Errorf("%q is %+v", text, o)
		}
	}
}

// TestTheCorpusIsThatOfGo: files that Go's engine writes are read, and what is written is read again. That Go's engine
// reads it too, TestFaultsAreFoundAndTheirInputsWritten sees.
func TestTheCorpusIsThatOfGo(t *testing.T) {
	all := []any{[]byte("\x00\xff\"\n"), "a\u00e9\n", byte(0xe9), 'é', int32(-5), true, int8(-128), int16(5), int64(math.MinInt64), -1,
		uint16(65535), uint32(7), uint64(math.MaxUint64), uint(9), 1.5, math.Inf(-1), math.Copysign(0, -1), float32(0.1)}
	var kinds []reflect.Type
	for _, v := range append([]any{t}, all...) {
		kinds = append(kinds, reflect.TypeOf(v))
	}
	target := reflect.FuncOf(kinds, nil, false)
	const theirs = "go test fuzz v1\n[]byte(\"\\x00\\xff\\\"\\n\")\nstring(\"aé\\n\")\nbyte('é')\nrune('é')\nint32(-5)\nbool(true)\n" +
		"int8(-128)\nint16(5)\nint64(-9223372036854775808)\nint(-1)\nuint16(65535)\nuint32(7)\nuint64(18446744073709551615)\n" +
		"uint(9)\nfloat64(1.5)\nfloat64(-Inf)\nfloat64(-0)\nfloat32(0.1)\n"
	for _, text := range []string{theirs, string(encode(all))} {
		got, err := decode([]byte(text), target)
		if err != nil || !reflect.DeepEqual(got, all) || !math.Signbit(got[16].(float64)) {
			t.Errorf("%s\nis read as %#v, error %v", text, got, err)
		}
	}
	const nan = "go test fuzz v1\nmath.Float64frombits(0x7ff8000000000002)\n"
	got, err := decode([]byte(nan), reflect.TypeFor[func(*testing.T, float64)]())
	if err != nil || math.Float64bits(got[0].(float64)) != 0x7ff8000000000002 || string(encode(got)) != nan {
		t.Errorf("%x, error %v, want the bits of the file", got, err)
	}
	for _, text := range []string{"", "go test fuzz v2\nint(1)\n", "go test fuzz v1\n", "go test fuzz v1\nint(a)\n", "go test fuzz v1\n1\n",
		"go test fuzz v1\nint(99999999999999999999)\n"} {
		if got, err := decode([]byte(text), reflect.TypeFor[func(*testing.T, int)]()); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

// TestInputsVary: changes of all kinds are made, also of an empty corpus, and stay within twice the longest input.
func TestInputsVary(t *testing.T) {
	for _, corpus := range [][][]any{{{[]byte("")}}, {{[]byte("units: 3\nrate: 0.5\n")}, {[]byte("a,b\n1,2\n3,4\n")}}} {
		m := &mutator{}
		for _, in := range corpus {
			m.add(in)
		}
		seen := map[string]bool{}
		for n := range uint64(20000) {
			b := m.input(1, n)[0].([]byte)
			seen[string(b)] = true
			if len(b) > m.most {
				t.Fatalf("%d bytes, at most are %d", len(b), m.most)
			}
		}
		if len(seen) < 9000 {
			t.Errorf("of 20000 inputs of %q only %d differ", corpus, len(seen))
		}
		for i, in := range corpus {
			if got := m.input(1, uint64(i)); !reflect.DeepEqual(got, in) {
				t.Errorf("input %d is %q, want %q", i, got, in)
			}
		}
	}
}
