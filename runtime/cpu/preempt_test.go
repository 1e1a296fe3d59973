package cpu

import (
	"os"
	"os/exec"
	"runtime"
	"sync/atomic"
	"testing"
)

// TestPreemptLetsOthersRun waits, with one processor and without signals, for a goroutine that runs only if Preempt stops
// this one.
func TestPreemptLetsOthersRun(t *testing.T) {
	if runtime.GOOS == "js" || runtime.GOOS == "wasip1" {
		t.Skip("needs a process of its own")
	}
	const alone = "asyncpreemptoff=1"
	if os.Getenv("GODEBUG") != alone {
		cmd := exec.Command(os.Args[0], "-test.run=^TestPreemptLetsOthersRun$")
		cmd.Env = append(os.Environ(), "GODEBUG="+alone)
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ran atomic.Bool
	go ran.Store(true)
	for range 1 << 30 { // seconds; the scheduler wants others to run after some milliseconds
		if ran.Load() {
			return
		}
		Preempt()
	}
	t.Error("no other goroutine ran: Preempt is no place where Go stops one")
}
