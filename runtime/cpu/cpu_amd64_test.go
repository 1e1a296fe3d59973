//go:build amd64 && !purego

package cpu

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestAgreesWithLinux compares the answer with the flags that Linux lists.
func TestAgreesWithLinux(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("no /proc/cpuinfo to compare with on this system")
	}
	has := map[string]bool{}
	for _, line := range strings.Split(string(info), "\n") {
		if strings.HasPrefix(line, "flags") {
			for _, f := range strings.Fields(line) {
				has[f] = true
			}
			break
		}
	}
	if got, want := detectAVX2FMA(), has["avx2"] && has["fma"]; got != want {
		t.Errorf("detectAVX2FMA() = %v, but Linux says %v", got, want)
	}
	wide := has["avx512f"] && has["avx512dq"] && has["avx512bw"] && has["avx512vl"]
	if got := detectAVX512(); got != wide {
		t.Errorf("detectAVX512() = %v, but Linux says %v", got, wide)
	}
	if got, want := detectF16C(), has["f16c"]; got != want {
		t.Errorf("detectF16C() = %v, but Linux says %v", got, want)
	}
}

// TestGenericSwitch runs this test again in a process with NNRT=generic.
func TestGenericSwitch(t *testing.T) {
	if os.Getenv("NNRT") == Generic {
		if HasAVX2FMA {
			t.Fatal("HasAVX2FMA is true under NNRT=generic")
		}
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestGenericSwitch$")
	cmd.Env = append(os.Environ(), "NNRT="+Generic)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("with NNRT=generic: %v\n%s", err, out)
	}
}

// TestNNRTChooses holds the choice of instruction sets to what NNRT says.
func TestNNRTChooses(t *testing.T) {
	if chooseAVX512(AVX2) {
		t.Error("AVX-512 is chosen under NNRT=avx2")
	}
	if got, want := chooseAVX512(AVX512), detectAVX512(); got != want {
		t.Errorf("under NNRT=avx512 AVX-512 is chosen: %v, and the machine has it: %v", got, want)
	}
	if got, want := chooseAVX512(""), detectAVX512() && fullWidth(processor()); got != want {
		t.Errorf("AVX-512 is chosen: %v, want %v", got, want)
	}
	if chooseSplitAVX512(AVX2) {
		t.Error("AVX-512 is chosen for some kernels under NNRT=avx2")
	}
	if got, want := chooseSplitAVX512(AVX512), detectAVX512(); got != want {
		t.Errorf("under NNRT=avx512 AVX-512 is chosen for some kernels: %v, and the machine has it: %v", got, want)
	}
	vendor, family, model := processor()
	want := detectAVX512() && (fullWidth(vendor, family, model) || split(vendor, family, model))
	if got := chooseSplitAVX512(""); got != want {
		t.Errorf("AVX-512 is chosen for some kernels: %v, want %v", got, want)
	}
	if split(vendor, family, model) && !KeepsClock {
		t.Error("a processor of two halves is said to lower its clock")
	}
	if vendor == "GenuineIntel" && KeepsClock {
		t.Error("a processor by Intel is said to keep its clock")
	}
}

// TestProcessor compares the family and the model with what Linux says.
func TestProcessor(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip("no /proc/cpuinfo to compare with on this system")
	}
	vendor, family, model := processor()
	for what, want := range map[string]any{"vendor_id": vendor, "cpu family": family, "model": model} {
		line := regexp.MustCompile(fmt.Sprintf(`(?m)^%s\s*: %v$`, what, want))
		if !line.Match(info) {
			t.Errorf("%s is %v, which Linux does not say", what, want)
		}
	}
}

func TestWidth(t *testing.T) {
	for _, c := range []struct {
		vendor        string
		family, model uint32
		full, split   bool
	}{
		{"GenuineIntel", 6, 0xcf, true, false}, {"GenuineIntel", 6, 0x8f, true, false},
		{"GenuineIntel", 6, 0x55, false, false}, {"GenuineIntel", 6, 0x8c, false, false},
		{"AuthenticAMD", 0x17, 0x71, false, false}, {"AuthenticAMD", 0x19, 0x11, false, true},
		{"AuthenticAMD", 0x1a, 0x44, true, false}, {"AuthenticAMD", 0x1a, 0x24, false, true},
		{"AuthenticAMD", 0x1a, 0x60, false, true}, {"GenuineIntel", 15, 0xcf, false, false}, {"", 0, 0, false, false},
	} {
		if got := fullWidth(c.vendor, c.family, c.model); got != c.full {
			t.Errorf("%s family %#x model %#x: full width %v", c.vendor, c.family, c.model, got)
		}
		if got := split(c.vendor, c.family, c.model); got != c.split {
			t.Errorf("%s family %#x model %#x: two halves %v", c.vendor, c.family, c.model, got)
		}
	}
}

// TestLeavesAreAskedForOnce has processors made up, which say to be a Zen 4: a leaf that one lacks is not asked for, nor
// XCR0 where that would fault.
func TestLeavesAreAskedForOnce(t *testing.T) {
	own := machine
	defer func() { machine = own }()
	const all = 1<<32 - 1
	for _, c := range []struct {
		last, ecx1, ebx7, xcr0    uint32
		avx2FMA, avx512           bool
		asksForLeaf7, asksForXCR0 int
	}{
		{16, all, all, all, true, true, 1, 1},
		{7, all, all, xcr0SSE | xcr0AVX, true, false, 1, 1},
		{16, all, all, xcr0SSE, false, false, 1, 1},
		{16, all, ebx7AVX2, all, true, false, 1, 1},
		{16, all &^ ecx1FMA, ebx7AVX2, all, false, false, 1, 1},
		{16, all &^ ecx1OSXSAVE, all, all, false, false, 1, 0},
		{6, all, all, all, false, false, 0, 1},
	} {
		var asked [8]int
		askedX := 0
		machine = identify(func(leaf, _ uint32) (eax, ebx, ecx, edx uint32) {
			asked[leaf]++
			switch leaf {
			case 0:
				return c.last, 0x68747541, 0x444d4163, 0x69746e65
			case 1:
				return 0xa10f11, 0, c.ecx1, 0
			}
			return 0, c.ebx7, 0, 0
		}, func() (eax, edx uint32) { askedX++; return c.xcr0, 0 })
		if want := [...]int{0: 1, 1: 1, 7: c.asksForLeaf7}; asked != want || askedX != c.asksForXCR0 {
			t.Errorf("%+v: leaves were asked for %v times, want %v, and XCR0 %d times", c, asked, want, askedX)
		}
		if detectAVX2FMA() != c.avx2FMA || detectAVX512() != c.avx512 {
			t.Errorf("%+v: AVX2 and FMA %v, AVX-512 %v", c, detectAVX2FMA(), detectAVX512())
		}
		if vendor, family, model := processor(); vendor != "AuthenticAMD" || family != 0x19 || model != 0x11 {
			t.Errorf("%+v: processor %s %#x %#x, want a Zen 4", c, vendor, family, model)
		}
	}
}
