package verify

import (
	"fmt"
	"math"
	"os/exec"
	"reflect"
	"testing"
)

// machines are the ways to run a network that give the same bits, beside that which the machine takes by itself.
var machines = []struct{ name, set, flags, target string }{
	{"AVX2 alone", "avx2", "", ""},
	{"Go twins at run time", "generic", "", ""},
	{"no assembly", "", "-tags=purego", ""},
	{"arm64", "", "", "arm64 qemu-aarch64"},
}

// TestRandomNetworksHaveTheSameBitsEverywhere compares all numbers of random networks and chains, and those of their
// trainings, among machines: of plain and shipped code, whole numbers among their inputs. NNGEN_SEED and NNGEN_CASES
// explore others.
func TestRandomNetworksHaveTheSameBitsEverywhere(t *testing.T) {
	cases := 8
	if testing.Short() {
		cases = 2
	}
	seed, cases := explored(cases)
	var subjects []*Subject
	for i := range cases {
		text, name := randomSpec(seed, i), "random"
		if i%2 == 1 {
			text, name = chainSpec(seed, i), "chain"
		}
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("%s_%d_%d.yaml", name, seed, i), []byte(text))})
	}
	run := func(flags ...string) *outcome {
		out, err := runScripts(t.Context(), subjects, Options{Seed: seed, Steps: 2, fits: true, flags: flags},
			func(*testCase) {})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(out.close)
		return out
	}
	want := run()
	for _, m := range machines {
		t.Run(m.name, func(t *testing.T) {
			var flags []string
			if m.flags != "" {
				flags = append(flags, m.flags)
			}
			if m.target != "" {
				if testing.Short() {
					t.Skip("an emulation takes minutes")
				}
				if _, err := exec.LookPath("qemu-aarch64"); err != nil {
					t.Skip("no qemu-aarch64")
				}
			}
			t.Setenv("NNRT", m.set)
			t.Setenv("NNGENTARGET", m.target)
			got := run(flags...)
			compared := 0
			for i := range want.of {
				c := comparison{got: got.numbers, want: want.numbers}
				c.compare("", reflect.ValueOf(got.of[i]), reflect.ValueOf(want.of[i]))
				if c.failure != "" {
					t.Errorf("%s: %s\n%s", subjects[i].Spec.File, c.failure, subjects[i].Spec.Source)
				}
				compared += c.compared
			}
			t.Logf("%d numbers", compared)
			if got.numbers.err != nil || want.numbers.err != nil || compared < 10000*cases {
				t.Errorf("compared %d numbers: %v, %v", compared, got.numbers.err, want.numbers.err)
			}
		})
	}
}

// comparison compares the results of two runs of a script.
type comparison struct {
	got, want *numbers
	compared  int
	failure   string // the first difference
}

func (c *comparison) fail(path, format string, args ...any) {
	if c.failure == "" {
		c.failure = path + ": " + fmt.Sprintf(format, args...)
	}
}

// compare compares two parts of results, arrays by what they hold.
func (c *comparison) compare(path string, got, want reflect.Value) {
	if a, ok := want.Interface().(array); ok {
		x, y := c.got.load(got.Interface().(array)), c.want.load(a)
		if len(x) != len(y) {
			c.fail(path, "%d numbers, want %d", len(x), len(y))
			return
		}
		for i := range y {
			if math.Float32bits(x[i]) != math.Float32bits(y[i]) && (x[i] == x[i] || y[i] == y[i]) {
				c.fail(path, "element %d is %v, want %v", i, x[i], y[i])
			}
		}
		c.compared += len(y)
		return
	}
	switch want.Kind() {
	case reflect.Struct:
		for i := range want.NumField() {
			c.compare(path+"."+want.Type().Field(i).Name, got.Field(i), want.Field(i))
		}
	case reflect.Map:
		for _, k := range want.MapKeys() {
			g := got.MapIndex(k)
			if !g.IsValid() {
				c.fail(path, "no %v", k)
				return
			}
			c.compare(fmt.Sprintf("%s[%v]", path, k), g, want.MapIndex(k))
		}
	case reflect.Slice:
		if got.Len() != want.Len() {
			c.fail(path, "%d elements, want %d", got.Len(), want.Len())
			return
		}
		for i := range want.Len() {
			c.compare(fmt.Sprintf("%s[%d]", path, i), got.Index(i), want.Index(i))
		}
	default:
		if x, ok := want.Interface().(float64); ok && x != x && got.Float() != got.Float() {
			return
		}
		if !got.Equal(want) {
			c.fail(path, "%v, want %v", got, want)
		}
	}
}
