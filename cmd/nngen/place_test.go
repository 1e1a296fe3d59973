//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
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
