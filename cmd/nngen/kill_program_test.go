//go:build unix

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/runtime/fit"
)

// programSpec is a network whose training has all that a progress holds: the state of an optimizer, of a schedule and
// of early stopping, the best weights and an average.
const programSpec = `version: 1
name: net
input: {name: x, shape: [2]}
task: regression
layers:
  - dense: {units: 6, activation: tanh}
  - dropout: {rate: 0.2}
  - output
optimizer: {adam: {lr: 0.003}}
schedule: {reduce_on_plateau: {patience: 20}}
training: {epochs: 100, batch_size: 50, ema: {decay: 0.99}, early_stopping: {patience: 1000000000, restore_best: true}}
`

// programText is a training in a user's own program, which goes on where it stopped: epochs and file are its arguments.
// It prints how many steps each progress has that is saved, and that which it began from, -1 if there was none, and what
// the training came to.
const programText = `package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"time"

	"example.com/m/net/nettrain"
)

func set(n, from int) nettrain.Set {
	x, y := make([]float32, 2*n), make([]float32, n)
	for i := range n {
		a, b := float32((i+from)%7)/7, float32((i+from)%5)/5
		x[2*i], x[2*i+1], y[i] = a, b, a*b
	}
	return nettrain.Set{N: n, X: [][]float32{x}, Y: [][]float32{y}}
}

func main() {
	epochs, _ := strconv.Atoi(os.Args[1])
	file := os.Args[2]
	t := nettrain.New(nettrain.Seed)
	o := nettrain.Options()
	o.Epochs, o.ProgressEvery = epochs, time.Millisecond
	from := -1
	o.OnProgress = func(p *nettrain.Progress) error {
		if err := p.Save(file); err != nil {
			return err
		}
		_, err := fmt.Println("saved", p.Steps, "from", from)
		return err
	}
	var err error
	if o.Resume, err = nettrain.LoadProgress(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		panic(err)
	}
	if o.Resume != nil {
		from = o.Resume.Steps
	}
	h, err := t.Fit(context.Background(), set(2000, 0), set(100, 3), o)
	if err != nil {
		panic(err)
	}
	fmt.Println(h)
	for _, w := range t.Weights.Tensors() {
		fmt.Printf("%s %x\n", w.Name, w.Data)
	}
}
`

// TestKillsOfAProgramThatTrainsLoseNothing kills a program at random moments, many of them while it saves its progress:
// what it said that it had saved is there after each kill, and in the end it comes to the bits of one that nobody
// killed.
func TestKillsOfAProgramThatTrainsLoseNothing(t *testing.T) {
	n := kills(t, 50, 200)
	p := newPlace(t)
	p.write("net.yaml", programSpec)
	p.write("main.go", programText)
	p.must("compile", "net.yaml")
	exe := p.path("training")
	build := exec.Command("go", "build", "-trimpath", "-o", exe, ".")
	build.Dir, build.Env = p.dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p.exe = exe
	file := p.path("progress")
	random := rand.New(rand.NewPCG(5, 6))
	saving, resumed := 0, 0
	steps, left := -1, -1 // of the last progress that a program said it saved, and of that which is there
	for i := range n {
		r := p.start("1000000000", file)
		wait := random.Int64N(int64(20 * time.Millisecond))
		switch i % 3 {
		case 0: // while it starts, reads the progress and takes the first steps
		case 1: // behind the first progress that it saves
			p.waitFor(r, "saved ")
		case 2: // in the midst of saving one
			wait /= 20
			for !exists(file+".tmp") && !strings.Contains(r.out.text(), "saved ") && !ended(r) {
				time.Sleep(100 * time.Microsecond)
			}
		}
		time.Sleep(time.Duration(wait))
		r.Process.Kill()
		<-r.done
		if code := r.ProcessState.ExitCode(); code != -1 {
			t.Fatalf("kill %d: the program ended by itself with the code %d\n%s", i, code, &r.out)
		}
		if exists(file + ".tmp") {
			saving++
		}
		// The last line may be cut.
		began := -1
		for line := range strings.Lines(r.out.text()) {
			var said, from int
			_, err := fmt.Sscanf(line, "saved %d from %d\n", &said, &from)
			if err != nil || !strings.HasSuffix(line, "\n") {
				continue
			}
			if from != left || said < from {
				t.Fatalf("kill %d: the progress had %d steps: %s", i, left, line)
			}
			steps, began = max(steps, said), from
		}
		if began >= 0 {
			resumed++
		}
		got, err := fit.LoadProgress(file)
		switch {
		case errors.Is(err, fs.ErrNotExist) && steps < 0:
			continue
		case err != nil:
			t.Fatalf("kill %d: %v", i, err)
		case got.Damaged != nil && !errors.Is(got.Damaged, fs.ErrNotExist):
			t.Errorf("kill %d: a damaged file has the name of a whole one: %v", i, got.Damaged)
		case got.Steps < steps:
			t.Errorf("kill %d: the progress has %d steps, and %d were saved", i, got.Steps, steps)
		}
		steps, left = max(steps, got.Steps), got.Steps
	}
	t.Logf("%d kills, %d of them while a progress was saved; %d of programs that had gone on from one and saved more; "+
		"%d steps in the end", n, saving, resumed, steps)
	// Each third waits for a progress, and only the first may begin with none.
	if resumed < n/3 {
		t.Errorf("%d programs of %d went on from a progress, want %d", resumed, n, n/3)
	}
	last, err := fit.LoadProgress(file)
	if err != nil {
		t.Fatal(err)
	}
	epochs := fmt.Sprint(last.Epoch + 20)
	outcome := func(file string) string {
		r := p.start(epochs, file)
		<-r.done
		if code := r.ProcessState.ExitCode(); code != 0 {
			t.Fatalf("exit code %d\n%s", code, &r.out)
		}
		var b strings.Builder
		for line := range strings.Lines(r.out.text()) {
			if !strings.HasPrefix(line, "saved ") {
				b.WriteString(line)
			}
		}
		return b.String()
	}
	if got, want := outcome(file), outcome(filepath.Join(p.tmp, "whole")); got != want {
		t.Errorf("other bits than without kills:\n%s", cmp.Diff(strings.Split(want, " "), strings.Split(got, " ")))
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func ended(r *process) bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}
