//go:build unix

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nngen/nngen/runtime/fit"
)

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
