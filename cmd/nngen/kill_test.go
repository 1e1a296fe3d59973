//go:build unix

package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kills skips a test that kills programs at random moments, which takes a while, unless NNGEN_KILLS is set, and returns
// how many kills it is to do: few where that is short, as in the whole gate, and many else. Where few is 0, short skips
// the test too.
func kills(t *testing.T, few, many int) int {
	t.Helper()
	switch os.Getenv("NNGEN_KILLS") {
	case "":
		t.Skip("NNGEN_KILLS is not set; .ci/run kills tries kills at random moments")
	case "short":
		if few == 0 {
			t.Skip("NNGEN_KILLS is short; .ci/run kills tries this too")
		}
		return few
	}
	return many
}

// TestAKillAtAnyMomentLeavesAWholePackage kills trainings and compilations, at random moments and in the very one in
// which files are put in place. What is then there are the old packages or the new ones, and if the kill came between
// two renames the next run completes the new ones.
func TestAKillAtAnyMomentLeavesAWholePackage(t *testing.T) {
	n := kills(t, 6, 36)
	p := newPlace(t)
	p.must("train", "--no-verify", "net.yaml")
	random := rand.New(rand.NewPCG(1, 2))
	length := map[string]time.Duration{"train": 4 * time.Second, "compile": 300 * time.Millisecond}
	interrupted := 0
	for i := range n {
		before := p.versions()
		args := []string{"train", "--no-verify", "--seed", fmt.Sprint(i), "net.yaml"}
		if i%3 == 2 {
			p.spec(3+i%4, 3)
			args = []string{"compile", "net.yaml"}
		}
		began := time.Now()
		r := p.start(args...)
		if i%4 == 3 {
			p.waitForJournal(r)
		} else {
			select {
			case <-time.After(time.Duration(random.Int64N(int64(length[args[0]])))):
			case <-r.done:
				length[args[0]] = time.Since(began)
			}
		}
		r.Process.Kill()
		<-r.done
		p.noChildren()
		if journals, _ := filepath.Glob(p.path("net/.nngen/stage-*/journal")); len(journals) > 0 {
			interrupted++
			p.must("compile", "net.yaml")
		}
		if after := p.versions(); after != before {
			p.tests()
		}
	}
	t.Logf("%d kills, %d of them while files were put in place", n, interrupted)
	p.must("train", "--no-verify", "net.yaml")
	p.tests()
	p.clean()
	p.must("check", "net.yaml")
}

// TestAKillWhileWeightsAreReplacedLeavesWeightsWithTheirVectors kills trainings between the renames that put new
// weights in place. The self-test passes whatever was done of them, without another run of nngen.
func TestAKillWhileWeightsAreReplacedLeavesWeightsWithTheirVectors(t *testing.T) {
	n := kills(t, 3, 12)
	p := newPlace(t)
	p.must("compile", "net.yaml")
	for i := range n {
		r := p.start("train", "--no-verify", "--seed", fmt.Sprint(i), "net.yaml")
		p.waitForJournal(r)
		time.Sleep(time.Duration(i%4) * 100 * time.Microsecond)
		r.Process.Kill()
		<-r.done
		p.tests()
	}
	p.must("train", "--no-verify", "net.yaml")
	p.tests()
	p.clean()
}

// TestSignalsEndEveryVerbAtOnce sends each signal to each verb in the midst of its work.
func TestSignalsEndEveryVerbAtOnce(t *testing.T) {
	n := kills(t, 1, 3) // of three signals for each verb
	p := newPlace(t)
	p.must("train", "--no-verify", "net.yaml")
	before := p.versions()
	p.write("slow.yaml", slowSpec)
	p.write("slow.csv", strings.Repeat(strings.Repeat("1,", 96*16)+"2\n", 8))
	p.write("long.yaml", strings.Replace(fmt.Sprintf(smallSpec, 3, 100000000), "name: net", "name: long", 1))
	p.write("large.csv", strings.Repeat("0.25,0.5,1.5\n0.5,0.25,2.5\n", 100_000))
	p.write("large.yaml", strings.NewReplacer("name: net", "name: large", "net.csv", "large.csv").
		Replace(fmt.Sprintf(smallSpec, 3, 1)))
	// A parent that ignores hangups, such as nohup, hands that down to all below it, and nngen goes by it. What this
	// test catches its children do not ignore.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	signals := map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143, syscall.SIGHUP: 129}
	verbs := [][]string{{"compile", "slow.yaml"}, {"check", "slow.yaml"}, {"describe", "slow.yaml"}, {"verify",
		"slow.yaml"}, {"bench", "net.yaml"},
		{"train", "--no-verify", "long.yaml"}, {"train", "slow.yaml"}, {"eval", "--data", "net.csv", "net.yaml"},
		{"predict", "net.yaml", "net.csv"}, {"explain", "--data", "net.csv", "net.yaml"}, {"data", "large.yaml"},
		{"init", "large_table", "--data", "large.csv"}, {"lr-find", "--steps", "100000000", "--svg", "-", "long.yaml"},
		{"sweep", "long.yaml", "--set", "training.batch_size=4,8", "--folds", "4", "--dir", "trials"}}
	longest, caught := time.Duration(0), 0
	for i, verb := range verbs {
		for s, code := range signals {
			if (i+code)%3 >= n {
				continue
			}
			r := p.start(verb...)
			select {
			case <-time.After(time.Duration(100+rand.IntN(900)) * time.Millisecond):
			case <-r.done:
			}
			sent := time.Now()
			r.Process.Signal(s)
			select {
			case <-r.done:
			case <-time.After(time.Minute):
				t.Fatalf("%v does not end %v", s, verb)
			}
			longest = max(longest, time.Since(sent))
			status, _ := r.ProcessState.Sys().(syscall.WaitStatus)
			if got := r.ProcessState.ExitCode(); got == code {
				caught++
			} else if early := status.Signaled() && status.Signal() == s; early {
				// A shell says the same of a process that the signal ends before it can listen.
			} else if got != 0 && !(slices.Contains([]string{"check", "data"}, verb[0]) && got == 1) {
				t.Errorf("%v ends %v with the code %d, want %d\n%s", s, verb, got, code, &r.out)
			}
			p.noChildren()
			p.clean()
			if err := os.RemoveAll(p.path("large_table")); err != nil { // init writes no second time
				t.Fatal(err)
			}
			p.work("slow")
			p.work("long")
			if verb[0] == "compile" && r.ProcessState.ExitCode() == 0 { // it was done before the signal came
				if err := os.RemoveAll(p.path("slow")); err != nil {
					t.Fatal(err)
				}
			}
			if p.read("slow/slow.go") != "" || p.read("long/long.go") != "" {
				t.Errorf("%v of %v leaves packages", s, verb)
			}
		}
	}
	t.Logf("%d caught in the midst, the longest end took %v", caught, longest)
	if caught == 0 {
		t.Error("no verb was caught in the midst of its work")
	}
	if p.versions() != before {
		t.Error("the packages changed")
	}
}

// TestSignalsLeaveNothingBehind sends signals at random moments of a training, from its compilation to its record: it
// ends with the code of the signal, leaves no process and no temporary file, and until it has trained the weights of
// before. How long it took to end is logged by phase.
func TestSignalsLeaveNothingBehind(t *testing.T) {
	n := kills(t, 0, 300)
	p := newPlace(t)
	spec := strings.Replace(fmt.Sprintf(smallSpec, 6, 4000), "training: {", "training: {validation_split: 0.25, ", 1)
	p.write("net.yaml", spec)
	p.must("train", "--no-verify", "--epochs", "1", "net.yaml")
	// What a run writes when a phase begins, in order.
	phases := []struct{ name, text string }{{"start", ""}, {"build", "training on "}, {"training", "epoch 1/"},
		{"self-test", "epoch 4000/"}, {"verification", "verifying against"}, {"record", "trained 4000 epochs"}}
	length := 5 * time.Second
	took := map[string][]time.Duration{}
	random := rand.New(rand.NewPCG(7, 8))
	all := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	for i := range n {
		s := all[i%len(all)]
		args := []string{"train", "--keep-runs", "2", "--seed", fmt.Sprint(i), "net.yaml"} // no two have the same weights
		keeps := i%5 == 4
		if keeps {
			args = append(args, "--keep-best")
		}
		old := p.read("net/weights.safetensors")
		began := time.Now()
		r := p.start(args...)
		// Each phase is met about as often, however long it takes.
		phase := phases[i%len(phases)]
		if phase.text != "" {
			p.waitFor(r, phase.text)
		}
		select {
		case <-time.After(time.Duration(random.Int64N(int64(length / time.Duration(len(phases)))))):
		case <-r.done:
		}
		text := r.out.text()
		sent := time.Now()
		r.Process.Signal(s)
		select {
		case <-r.done:
		case <-time.After(5 * time.Minute):
			t.Fatalf("%v does not end a training, which wrote\n%s", s, text)
		}
		late := time.Since(sent)
		code := r.ProcessState.ExitCode()
		if code == 0 {
			length = time.Since(began)
			continue // it was over, or so nearly that nothing was left to end
		}
		if code != 128+int(s) {
			t.Errorf("%v: exit code %d, want %d\n%s", s, code, 128+int(s), &r.out)
		}
		out := r.out.text()
		trained := strings.Contains(out, "epoch 4000/") // behind which new weights may be in place
		changed := p.read("net/weights.safetensors") != old
		if !keeps && !trained && changed {
			t.Errorf("%v: the weights are no longer those of before, at the exit code %d\n%s", s, code, out)
		}
		early := r.ProcessState.Sys().(syscall.WaitStatus).Signaled() // before nngen could listen
		said, inPlace := "the packages are as they were", "are in place"
		if changed {
			said, inPlace = inPlace, said
		}
		if end := out[len(text):]; !keeps && !early && (!strings.Contains(end, said) || strings.Contains(end, inPlace)) {
			t.Errorf("%v: the last words are not that %s\n%s", s, said, end)
		}
		met := ""
		for _, q := range phases {
			if strings.Contains(text, q.text) {
				met = q.name
			}
		}
		if keeps && met == "training" {
			met = "training, keeping the best" // which builds and tests the package
		}
		took[met] = append(took[met], late)
		if late > 300*time.Millisecond && met != "training, keeping the best" {
			t.Logf("%v ended a training after %v, in the phase %s:\n%s", s, late, met, r.out.text()[len(text):])
		}
		p.noChildren()
	}
	for _, name := range slices.Sorted(maps.Keys(took)) {
		list := took[name]
		slices.Sort(list)
		t.Logf("%-28s %3d signals: median %v, nine of ten %v, longest %v", name, len(list), list[len(list)/2],
			list[len(list)*9/10], list[len(list)-1])
	}
	p.clean()
}

// TestAnInterruptedTrainingKeepsItsBestIfAskedTo sends an interrupt to a training that has no end of its own.
func TestAnInterruptedTrainingKeepsItsBestIfAskedTo(t *testing.T) {
	kills(t, 1, 1)
	p := newPlace(t)
	p.spec(3, 100000000)
	r := p.start("train", "--no-verify", "--keep-best", "net.yaml")
	p.waitFor(r, "epoch 3/")
	r.Process.Signal(os.Interrupt)
	<-r.done
	if code := r.ProcessState.ExitCode(); code != 130 {
		t.Errorf("exit code %d, want 130\n%s", code, &r.out)
	}
	p.tests()
	if p.read("net/weights.go") == "" {
		t.Error("no weights are embedded")
	}
	p.clean()
}

// TestRunsSideBySide compiles one spec many times at once, and trains it once: the second training is refused.
func TestRunsSideBySide(t *testing.T) {
	p := newPlace(t)
	var all []*process
	for range 24 {
		all = append(all, p.start("compile", "net.yaml"))
	}
	for _, r := range all {
		<-r.done
		if code := r.ProcessState.ExitCode(); code != 0 {
			t.Errorf("exit code %d\n%s", code, &r.out)
		}
	}
	p.clean()
	p.spec(3, 100000000)
	first := p.start("train", "--no-verify", "net.yaml")
	p.waitFor(first, "epoch 2/")
	p.fails(2, fmt.Sprintf("process %d trains", first.Process.Pid), "train", "net.yaml")
	p.must("compile", "net.yaml")
	p.must("train", "--no-verify", "--epochs", "1", "-o", "elsewhere", "net.yaml")
	first.Process.Kill()
	<-first.done
	p.noChildren()
	p.must("train", "--no-verify", "--epochs", "1", "net.yaml")
	p.tests()
	p.clean()
}

// TestRunsThatReadSeeWholePackages compiles a spec over and over while others check, describe and compile it, with a
// copy of the runtime and with a shared one: files that another run replaces or removes meanwhile are no error.
func TestRunsThatReadSeeWholePackages(t *testing.T) {
	if testing.Short() {
		t.Skip("starts some hundred processes")
	}
	p := newPlace(t)
	kinds := []string{"copy", "shared"}
	for round := range 6 {
		p.write("net.yaml", fmt.Sprintf(smallSpec, 3+round, 3)+"generate: {runtime: "+kinds[round%2]+"}\n")
		var all []*process
		for i := range 12 {
			all = append(all, p.start([]string{"compile", "check", "describe"}[i%3], "net.yaml"))
		}
		for _, r := range all {
			<-r.done
			// A check between two runs finds what is stale, by exit code 1.
			if code := r.ProcessState.ExitCode(); code != 0 && !(code == 1 && r.Args[1] == "check") {
				t.Errorf("round %d: %s: exit code %d\n%s", round, r.Args[1], code, &r.out)
			}
		}
		p.must("check", "net.yaml")
	}
	p.clean()
}

// TestAFullDiskChangesNothing trains and compiles where there is less and less room.
func TestAFullDiskChangesNothing(t *testing.T) {
	p := newPlace(t)
	disk := p.path("net")
	if err := os.MkdirAll(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a small disk cannot be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", disk).Run() })
	p.must("train", "--no-verify", "net.yaml")
	filler := filepath.Join(disk, "filler")
	for _, room := range []int64{0, 4 << 10, 16 << 10, 64 << 10, 128 << 10, 256 << 10} {
		os.Remove(filler)
		var free syscall.Statfs_t
		if err := syscall.Statfs(disk, &free); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filler, make([]byte, max(0, int64(free.Bavail)*int64(free.Bsize)-room)), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"train", "--no-verify", "--seed", fmt.Sprint(room + 1), "net.yaml"}, {"compile",
			"net.yaml"}} {
			if args[0] == "compile" {
				p.spec(int(4+room>>12), 3)
			} else {
				p.spec(3, 3)
			}
			before := p.versions()
			r := p.start(args...)
			<-r.done
			if code := r.ProcessState.ExitCode(); code == 0 {
				p.tests()
				continue
			} else if code != 2 || !strings.Contains(r.out.text(), "no room left") {
				t.Errorf("%d bytes free, %v: exit code %d\n%s", room, args, code, &r.out)
			}
			if p.versions() != before {
				t.Errorf("%d bytes free, %v: the packages changed", room, args)
			}
			p.work("net")
		}
	}
}

// TestAFolderThatCannotBeWrittenToIsAnErrorBeforeTheTraining makes it so by a file in the way and by a mount.
func TestAFolderThatCannotBeWrittenToIsAnErrorBeforeTheTraining(t *testing.T) {
	p := newPlace(t)
	p.write("net", "")
	p.fails(2, "in the way", "train", "net.yaml")
	p.fails(2, "in the way", "compile", "net.yaml")
	os.Remove(p.path("net"))
	p.must("compile", "net.yaml")
	before := p.versions()
	bind := exec.Command("sh", "-c", "mount --bind net net && mount -o remount,bind,ro net")
	bind.Dir = p.dir
	if out, err := bind.CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: no folder can be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", p.path("net")).Run() })
	p.must("compile", "net.yaml") // nothing to write
	p.fails(2, "cannot be written to", "train", "net.yaml")
	p.spec(5, 3)
	p.fails(2, "cannot be written to", "compile", "net.yaml")
	if p.versions() != before {
		t.Error("the packages changed")
	}
}

// TestFoldersThatAreRemovedInTheMidstOfARun removes the output folder, that for temporary files, and the program.
func TestFoldersThatAreRemovedInTheMidstOfARun(t *testing.T) {
	kills(t, 1, 1)
	p := newPlace(t)
	p.must("compile", "net.yaml")
	p.spec(3, 20000)
	r := p.start("train", "--no-verify", "net.yaml")
	p.waitFor(r, "epoch 2/")
	os.RemoveAll(p.path("net"))
	<-r.done
	if code := r.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the output folder removed: exit code %d\n%s", code, &r.out)
	}
	p.tests()
	r = p.start("train", "--no-verify", "net.yaml")
	p.waitFor(r, "epoch 2/")
	left, _ := filepath.Glob(filepath.Join(p.tmp, "*"))
	for _, name := range left {
		os.RemoveAll(name)
	}
	<-r.done
	if text := r.out.text(); r.ProcessState.ExitCode() != 2 || !strings.Contains(text,
		"was removed while nngen was at work") {
		t.Errorf("the folder for temporary files removed: exit code %d\n%s", r.ProcessState.ExitCode(), text)
	}
	p.spec(3, 100000000)
	r = p.start("train", "--no-verify", "net.yaml")
	p.waitFor(r, "epoch 2/")
	all, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range all {
		if exe, err := os.Readlink(link); err == nil && strings.HasPrefix(exe, p.tmp) {
			var pid int
			fmt.Sscanf(link, "/proc/%d/exe", &pid)
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	<-r.done
	if text := r.out.text(); r.ProcessState.ExitCode() != 2 || !strings.Contains(text, "was ended from outside") ||
		strings.Contains(text, p.tmp) {
		t.Errorf("the training program killed: exit code %d\n%s", r.ProcessState.ExitCode(), text)
	}
	p.clean()
}
