package scratch

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// deadPID returns the id of a process that is gone.
func deadPID(t *testing.T) int {
	t.Helper()
	cmd := exec.Command("go", "version")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}

func TestFoldersOfTheDeadAreSweptAndThoseOfTheLivingAreNot(t *testing.T) {
	parent := t.TempDir()
	mine, err := New(parent, "p-")
	if err != nil {
		t.Fatal(err)
	}
	dead := strconv.Itoa(deadPID(t))
	const none, empty, whole = "none", "", "1\n" // files of owners
	makeFolder := func(name, owner string, age time.Duration) {
		dir := filepath.Join(parent, name)
		if err := os.MkdirAll(filepath.Join(dir, "inner"), 0o755); err != nil {
			t.Fatal(err)
		}
		if owner != none {
			if err := os.WriteFile(filepath.Join(dir, ownerFile), []byte(owner), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(dir, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	self := strconv.Itoa(os.Getpid())
	makeFolder("p-"+dead+"-1", whole, 0)
	makeFolder("p-"+self+"-2", whole, 0)        // the id of a dead process in use again
	makeFolder("p-"+dead+"-3", none, time.Hour) // killed before it was locked
	makeFolder("p-"+dead+"-4", none, 0)         // perhaps just being made where its process cannot be seen
	makeFolder("p-"+self+"-5", none, time.Hour)
	makeFolder("p-"+dead+"-7", empty, time.Hour)
	makeFolder("p-"+dead+"-8", empty, 0)
	makeFolder("p-"+self+"-9", empty, 0)          // just being locked
	makeFolder("p-"+self+"-10", empty, time.Hour) // after a loss of power
	makeFolder("p-mine", whole, time.Hour)
	makeFolder("p-12", whole, time.Hour)
	makeFolder("q-"+dead+"-6", whole, time.Hour)
	other, err := New(parent, "p-")
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	entries, err := os.ReadDir(parent)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		left = append(left, e.Name())
	}
	want := []string{filepath.Base(mine.Dir), filepath.Base(other.Dir), "p-" + dead + "-4", "p-" + self + "-5",
		"p-" + dead + "-8", "p-" + self + "-9", "p-mine", "p-12", "q-" + dead + "-6"}
	slices.Sort(want)
	if !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
	mine.Close()
	other.Close()
	if _, err := os.Stat(mine.Dir); err == nil {
		t.Error("Close leaves the folder")
	}
}

func TestAFolderJustBeingMadeIsNotSwept(t *testing.T) {
	parent := t.TempDir()
	done := make(chan error)
	const makers = 8
	for range makers {
		go func() {
			for range 200 {
				f, err := New(parent, "p-")
				if err == nil {
					_, err = os.Stat(f.Dir)
					f.Close()
				}
				if err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	sweep := time.NewTicker(10 * time.Microsecond)
	defer sweep.Stop()
	for left := makers; left > 0; {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			left--
		case <-sweep.C:
			removeGone(parent, "p-")
		}
	}
}

func TestALockHasOneHolderAndLeavesNothing(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a", "b", "lock")
	l, err := Acquire(name, false)
	if err != nil {
		t.Fatal(err)
	}
	var held *HeldError
	if _, err := Acquire(name, false); !errors.As(err, &held) || held.PID != os.Getpid() {
		t.Errorf("a second holder gets %v", err)
	}
	const waiters = 8
	inside, done := make(chan int, 1), make(chan error, waiters)
	for range waiters {
		go func() {
			l, err := Acquire(name, true)
			if err == nil {
				select {
				case inside <- 1:
				default:
					err = errors.New("two hold it")
				}
				time.Sleep(time.Millisecond)
				<-inside
				l.Release()
			}
			done <- err
		}()
	}
	l.Release()
	for range waiters {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Dir(name)); err == nil {
		t.Error("the folder of the lock is left")
	}
}

func TestAnEndOfItsContextKillsAChildWithItsOwn(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", "sleep 100 & sleep 100")
	wait, err := Start(cmd)
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	cancel()
	if err := wait(); err == nil {
		t.Error("the child ended by itself")
	}
	for start := time.Now(); running(cmd.Process); time.Sleep(time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Skip("NOT TESTED: nobody collects the dead of the group here")
		}
	}
}
