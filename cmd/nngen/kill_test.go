//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/fit"
)

// place is a module with a spec, and a folder for temporary files of its own.
type place struct {
	t        *testing.T
	exe      string
	dir, tmp string
}

const smallSpec = `version: 1
name: net
input: {name: x, shape: [2]}
task: regression
layers:
  - dense: {units: %d, activation: tanh}
  - output
training: {epochs: %d, batch_size: 4}
data: {train: {csv: net.csv, header: false}}
`

func newPlace(t *testing.T) *place {
	t.Helper()
	// By this name the program of the tests is that of the command line, see testscript.Main.
	exe := filepath.Join(t.TempDir(), "nngen")
	self, err := os.Executable()
	if err == nil {
		err = os.Symlink(self, exe)
	}
	if err != nil {
		t.Fatal(err)
	}
	p := &place{t: t, exe: exe, dir: t.TempDir(), tmp: t.TempDir()}
	var rows strings.Builder
	for i := range 32 {
		fmt.Fprintf(&rows, "%d,%d,%d\n", i%7, i%5, i%7+i%5)
	}
	p.write("go.mod", "module example.com/m\n\ngo 1.24\n")
	p.write("net.csv", rows.String())
	p.spec(3, 3)
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(p.path(name)), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(p.path(name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) spec(units, epochs int) { p.write("net.yaml", fmt.Sprintf(smallSpec, units, epochs)) }

func (p *place) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *place) read(name string) string {
	b, _ := os.ReadFile(p.path(name))
	return string(b)
}

// process is one process of nngen, in a session of its own as from another terminal.
type process struct {
	*exec.Cmd
	out  lines
	done chan struct{}
}

// lines is what a process has written so far.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// text returns all.
func (l *lines) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// String returns the beginning and the end, for messages.
func (l *lines) String() string {
	all := l.text()
	if len(all) > 1<<16 {
		return all[:1<<15] + "…" + all[len(all)-1<<15:]
	}
	return all
}

func (p *place) start(args ...string) *process {
	p.t.Helper()
	r := &process{Cmd: exec.Command(p.exe, args...), done: make(chan struct{})}
	r.Dir, r.Env = p.dir, append(os.Environ(), "TMPDIR="+p.tmp)
	r.Stdout, r.Stderr = &r.out, &r.out
	r.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := r.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		r.Wait()
		close(r.done)
	}()
	return r
}

// must runs a verb that succeeds.
func (p *place) must(args ...string) {
	p.t.Helper()
	r := p.start(args...)
	<-r.done
	if code := r.ProcessState.ExitCode(); code != 0 {
		p.t.Fatalf("nngen %s: exit code %d\n%s", strings.Join(args, " "), code, &r.out)
	}
}

// fails runs a verb that ends with a code and a text.
func (p *place) fails(code int, want string, args ...string) {
	p.t.Helper()
	r := p.start(args...)
	<-r.done
	if r.ProcessState.ExitCode() != code || !strings.Contains(r.out.text(), want) {
		p.t.Errorf("nngen %s: exit code %d, want %d and %q in\n%s", strings.Join(args, " "), r.ProcessState.ExitCode(),
			code, want, &r.out)
	}
}

// tests runs the self-tests of the packages.
func (p *place) tests() {
	p.t.Helper()
	cmd := exec.Command("go", "test", "-vet=off", "./...")
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("the packages do not pass their tests: %v\n%s", err, out)
	}
}

// versions returns what tells the state of the packages: the files that change with weights and code.
func (p *place) versions() string {
	var b strings.Builder
	for _, name := range []string{"net/net.go", "net/forward.go", "net/weights.go", "net/weights.safetensors",
		"net/testdata/golden.safetensors",
		"net/nettrain/nettrain.go", "net/history.jsonl", "net/nngen.sum"} {
		b.WriteString(p.read(name) + "\x00")
	}
	return b.String()
}

// clean makes sure that nothing of a run is left.
func (p *place) clean() {
	p.t.Helper()
	left, _ := filepath.Glob(filepath.Join(p.tmp, "*"))
	for _, name := range left {
		p.t.Errorf("%s is left", name)
	}
	p.work("net")
}

// noChildren waits until no process works in the folder for temporary files any more.
func (p *place) noChildren() {
	p.t.Helper()
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		left := ""
		all, _ := filepath.Glob("/proc/[0-9]*/exe")
		for _, link := range all {
			if exe, err := os.Readlink(link); err == nil && strings.HasPrefix(exe, p.tmp) {
				left = exe
			}
		}
		if left == "" {
			return
		}
		if time.Since(start) > time.Minute {
			p.t.Fatalf("%s still runs", left)
		}
	}
}

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

// waitForJournal waits for the moment in which a run begins to put files in place, or its end.
func (p *place) waitForJournal(r *process) {
	for {
		entries, _ := os.ReadDir(p.path("net/.nngen"))
		for _, e := range entries {
			if _, err := os.Stat(p.path("net/.nngen/" + e.Name() + "/journal")); err == nil {
				return
			}
		}
		select {
		case <-r.done:
			return
		default:
		}
	}
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

// slowSpec is a network whose compilation and verification take a while.
const slowSpec = `version: 1
name: slow
input: {name: x, shape: [96, 16]}
task: regression
layers:
  - lstm: {units: 96, return_sequences: true}
  - lstm: {units: 96, return_sequences: true}
  - lstm: {units: 96}
  - output
training: {epochs: 100000000}
data: {train: {csv: slow.csv, header: false}}
`

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

// waitFor waits until a process has written a text, or is over.
func (p *place) waitFor(r *process, text string) {
	p.t.Helper()
	for start := time.Now(); !strings.Contains(r.out.text(), text); time.Sleep(5 * time.Millisecond) {
		select {
		case <-r.done:
			return
		default:
		}
		if time.Since(start) > 10*time.Minute {
			r.Process.Kill()
			p.t.Fatalf("no %q in\n%s", text, &r.out)
		}
	}
}

// waitForProgress waits until a training has saved a progress, or is over.
func (p *place) waitForProgress(r *process) {
	for i := 0; p.read("net/.nngen/progress.safetensors") == "" && i < 6000 && !ended(r); i++ {
		time.Sleep(10 * time.Millisecond)
	}
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

// work makes sure that in a folder of packages nothing is left of a run but the progress of a training.
func (p *place) work(folder string) {
	p.t.Helper()
	left, _ := filepath.Glob(p.path(folder + "/.nngen/*"))
	beside, _ := filepath.Glob(p.path(folder + "/.nngen-*"))
	for _, name := range append(left, beside...) {
		switch filepath.Base(name) {
		case ".gitignore", "progress.safetensors", "progress.safetensors.1", "progress.safetensors.begun":
		default:
			p.t.Errorf("%s is left", name)
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

// TestAnInterruptedTrainingGoesOnToTheSameBits ends a training in several ways, some of them several times, goes on,
// and compares the weights and the history with those of one that was never interrupted.
func TestAnInterruptedTrainingGoesOnToTheSameBits(t *testing.T) {
	n := kills(t, 0, 4)
	p := newPlace(t)
	spec := strings.Replace(fmt.Sprintf(smallSpec, 8, 15000), "training: {",
		"training: {validation_split: 0.25, early_stopping: {patience: 14000, restore_best: true}, ", 1)
	spec = strings.Replace(spec, "  - output", "  - dropout: {rate: 0.2}\n  - output",
		1) + "optimizer: {adam: {lr: 0.003}}\nschedule: {reduce_on_plateau: {patience: 20}}\n"
	p.write("net.yaml", spec)
	p.must("train", "--no-verify", "-o", "whole", "net.yaml")
	weights, history := p.read("whole/weights.safetensors"), p.read("whole/history.jsonl")
	same := func(how string) {
		t.Helper()
		if p.read("net/weights.safetensors") != weights || p.read("net/history.jsonl") != history {
			t.Errorf("%s: the weights are the same: %t; the history is: %t", how,
				p.read("net/weights.safetensors") == weights, p.read("net/history.jsonl") == history)
		}
		p.clean()
		if err := os.RemoveAll(p.path("net")); err != nil {
			t.Fatal(err)
		}
	}
	p.fails(2, "there is no training to resume", "train", "--resume", "net.yaml")
	p.must("train", "--no-verify", "--epochs", "7000", "net.yaml")
	p.must("train", "--no-verify", "--resume", "net.yaml")
	same("more epochs")
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGHUP}[:n] {
		args := []string{"train", "--no-verify", "net.yaml"}
		for range 3 {
			r := p.start(args...)
			p.waitFor(r, "samples/s")
			p.waitForProgress(r)
			time.Sleep(time.Duration(rand.IntN(100)) * time.Millisecond)
			r.Process.Signal(s)
			<-r.done
			args = []string{"train", "--no-verify", "--resume", "net.yaml"}
			// it was over before
			if out := r.out.text(); strings.Contains(out, "epoch 15000/") || strings.Contains(out, "was finished") {
				continue
			}
			if s != syscall.SIGKILL && (r.ProcessState.ExitCode() != 128+int(s) || !strings.Contains(r.out.text(),
				"train --resume net.yaml")) {
				t.Errorf("%v: exit code %d\n%s", s, r.ProcessState.ExitCode(), &r.out)
			}
			if p.read("net/net.go") != "" {
				t.Errorf("%v: a training that did not end wrote packages", s)
			}
		}
		p.must(args...)
		same(s.String())
	}
}

// TestDamagedProgress cuts files short and flips bits: the one before is gone on from, and without one it is an error.
func TestDamagedProgress(t *testing.T) {
	p := newPlace(t)
	p.spec(3, 400)
	p.must("train", "--no-verify", "-o", "whole", "net.yaml")
	p.must("train", "--no-verify", "--epochs", "300", "net.yaml")
	file, older := "net/.nngen/progress.safetensors", "net/.nngen/progress.safetensors.1"
	whole := p.read(file)
	if whole == "" || p.read(older) == "" {
		t.Fatal("no progress, or none before it")
	}
	flipped := []byte(whole)
	flipped[len(flipped)/3] ^= 4
	damages := []string{string(flipped), whole[:len(whole)/2], ""}
	if testing.Short() {
		damages = damages[:1]
	}
	// The one that is gone on from stays when the next is saved, not the damaged one.
	p.write(file, damages[0])
	p.write(older, whole)
	p.must("train", "--no-verify", "--resume", "--epochs", "301", "net.yaml")
	if p.read(older) != whole {
		t.Error("beside the new progress is not the one before")
	}
	for i, text := range damages {
		p.write(file, text)
		r := p.start("train", "--no-verify", "--resume", "net.yaml")
		<-r.done
		if r.ProcessState.ExitCode() != 0 || !strings.Contains(r.out.text(), "going on from the progress saved before") {
			t.Errorf("damage %d: exit code %d\n%s", i, r.ProcessState.ExitCode(), &r.out)
		}
		if p.read("net/weights.safetensors") != p.read("whole/weights.safetensors") {
			t.Errorf("damage %d: other weights", i)
		}
		p.write(file, text)
		p.write(older, text)
		p.fails(2, "; begin anew without --resume", "train", "--no-verify", "--resume", "net.yaml")
		p.must("train", "--no-verify", "--epochs", "300", "net.yaml")
	}
	// One that can't be put aside, as a folder of its name, would come back at the next save.
	if err := errors.Join(os.Remove(p.path(file)), os.Mkdir(p.path(file), 0o777)); err != nil {
		t.Fatal(err)
	}
	p.write(older, whole)
	p.fails(2, "the training cannot be resumed: rename ", "train", "--no-verify", "--resume", "net.yaml")
	if err := os.Remove(p.path(file)); err != nil {
		t.Fatal(err)
	}
	p.write(file, whole)
	p.fails(2, "the progress stands at the end of epoch 300; epochs: 299 would be less; ask for 300 or more", "train",
		"--resume", "--epochs", "299", "net.yaml")
	r := p.start("train", "--no-verify", "--resume", "--epochs", "300", "net.yaml")
	<-r.done
	text := r.out.text()
	if r.ProcessState.ExitCode() != 0 || !strings.Contains(text, "was finished: it had 300 epochs\n") {
		t.Errorf("with the epochs that it had: exit code %d\n%s", r.ProcessState.ExitCode(), text)
	}
	p.spec(4, 400)
	p.fails(2, "of another spec: in net.yaml, «layer dense1 dense{", "train", "--resume", "net.yaml")
	p.fails(2, "units=3} from [\"x\"] share \"\"» is now «layer dense1 dense{", "train", "--resume", "net.yaml")
	p.spec(3, 400)
	p.fails(2, "with other options: seed=0/0, not seed=7/7; ", "train", "--resume", "--seed", "7", "net.yaml")
	p.write("net.csv", p.read("net.csv")+"1,1,9\n")
	p.fails(2, "since then, net.csv has changed", "train", "--resume", "net.yaml")
	p.fails(2, "put back what it had, or begin without the progress", "train", "--resume", "net.yaml")
}

// TestKillsOfATrainingLoseNothing kills a training at random moments, over and over, and goes on each time. In the end
// the weights are those of a training that nobody killed.
func TestKillsOfATrainingLoseNothing(t *testing.T) {
	n := kills(t, 4, 50)
	p := newPlace(t)
	p.spec(6, 12000)
	p.must("train", "--no-verify", "-o", "whole", "net.yaml")
	random := rand.New(rand.NewPCG(3, 4))
	resumed := 0
	over := false // and nothing is left to kill
	for i := 0; i < n && !over; i++ {
		args := []string{"train", "--no-verify", "net.yaml"}
		if p.read("net/.nngen/progress.safetensors")+p.read("net/.nngen/progress.safetensors.1") != "" {
			args = append(args, "--resume")
			resumed++
		}
		r := p.start(args...)
		most := 2500 * time.Millisecond
		if i%2 == 0 { // in the training, however long what comes before takes
			p.waitFor(r, "samples/s")
			most = 500 * time.Millisecond
		}
		select {
		case <-time.After(time.Duration(random.Int64N(int64(most)))):
		case <-r.done:
			if code := r.ProcessState.ExitCode(); code != 0 {
				t.Fatalf("exit code %d\n%s", code, &r.out)
			}
			over = true
		}
		r.Process.Kill()
		<-r.done
		p.noChildren()
	}
	t.Logf("%d times gone on", resumed)
	if resumed == 0 {
		t.Error("no kill came after the first progress")
	}
	p.must("train", "--no-verify", "--resume", "net.yaml")
	if p.read("net/weights.safetensors") != p.read("whole/weights.safetensors") ||
		p.read("net/history.jsonl") != p.read("whole/history.jsonl") {
		t.Error("other weights, or another history, than without kills")
	}
	p.tests()
	p.clean()
}

// TestATrainingThatIsEndedInTheMidstLosesNothing ends a training each time that it has saved more: by kills, and by
// interrupts that come twice, as from a key that is pressed in haste. It goes on with another number of workers to the
// bits of one that nobody ended.
func TestATrainingThatIsEndedInTheMidstLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds six programs")
	}
	p := newPlace(t)
	p.spec(6, 100000000)
	file := "net/.nngen/progress.safetensors"
	saved := ""
	for i, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGINT, syscall.SIGKILL} {
		args := []string{"train", "--no-verify", "--workers", fmt.Sprint(1 + i), "net.yaml"}
		if saved != "" {
			args = append(args, "--resume")
		}
		r := p.start(args...)
		for p.read(file) == "" || p.read(file) == saved {
			select {
			case <-r.done:
				t.Fatalf("the training ended by itself\n%s", &r.out)
			case <-time.After(time.Millisecond):
			}
		}
		r.Process.Signal(s)
		if s == syscall.SIGINT {
			r.Process.Signal(s)
		}
		<-r.done
		p.noChildren()
		if s == syscall.SIGINT && (r.ProcessState.ExitCode() != 130 || !strings.Contains(r.out.text(),
			"train --resume net.yaml")) {
			t.Errorf("%v: exit code %d\n%s", s, r.ProcessState.ExitCode(), &r.out)
		}
		if p.read("net/net.go") != "" {
			t.Errorf("%v: a training that did not end wrote packages", s)
		}
		saved = p.read(file)
	}
	progress, err := fit.LoadProgress(p.path(file))
	if err != nil {
		t.Fatal(err)
	}
	epochs := fmt.Sprint(progress.Epoch + 500)
	p.must("train", "--no-verify", "--resume", "--epochs", epochs, "net.yaml")
	p.must("train", "--no-verify", "--epochs", epochs, "-o", "whole", "net.yaml")
	if p.read("net/weights.safetensors") != p.read("whole/weights.safetensors") ||
		p.read("net/history.jsonl") != p.read("whole/history.jsonl") {
		t.Error("other weights, or another history, than of a training that nobody ended")
	}
	p.clean()
}

// TestAFullDiskLosesNoProgress trains where there is no room for the progress: the training goes on, and says so.
func TestAFullDiskLosesNoProgress(t *testing.T) {
	p := newPlace(t)
	work := p.path("net")
	if err := os.MkdirAll(work, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", work).CombinedOutput(); err != nil {
		t.Skipf("NOT TESTED: a small disk cannot be mounted here: %v %s", err, out)
	}
	t.Cleanup(func() { exec.Command("umount", "-l", work).Run() })
	p.spec(3, 4000)
	p.must("train", "--no-verify", "-o", "whole", "net.yaml")
	r := p.start("train", "--no-verify", "net.yaml")
	p.waitForProgress(r)
	r.Process.Signal(os.Interrupt)
	<-r.done
	saved := p.read("net/.nngen/progress.safetensors")
	if saved == "" {
		t.Fatalf("no progress was saved\n%s", &r.out)
	}
	os.WriteFile(filepath.Join(work, "filler"), make([]byte, 4<<20), 0o644) // until there is no room left
	r = p.start("train", "--no-verify", "--resume", "--epochs", "1000000", "net.yaml")
	p.waitFor(r, "the progress cannot be saved")
	r.Process.Signal(os.Interrupt)
	<-r.done
	if p.read("net/.nngen/progress.safetensors") != saved {
		t.Error("the progress of before is lost")
	}
	os.Remove(filepath.Join(work, "filler"))
	p.must("train", "--no-verify", "--resume", "net.yaml")
	if p.read("net/weights.safetensors") != p.read("whole/weights.safetensors") {
		t.Error("other weights")
	}
}
