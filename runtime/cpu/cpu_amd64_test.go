//go:build amd64 && !purego

package cpu

import (
	"os"
	"os/exec"
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
