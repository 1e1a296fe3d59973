package main

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/nngen/nngen/codegen/scratch"
	"github.com/nngen/nngen/spec"
)

// ending ends the process on a signal, at once: the work of no verb is worth waiting for, but for a training that saves
// its progress. Children are killed and temporary folders removed first. The exit code is 128 and the number of the
// signal, as of a process that the signal ended.
type ending struct {
	mu     sync.Mutex
	code   int       // after a signal
	first  time.Time // when that came
	gentle func()    // what the first signal does in place of ending the process; nil for nothing
	last   atomic.Pointer[lastWords]
}

// lastWords are what a verb has said when the process ends.
type lastWords struct {
	out io.Writer
	say func() string
}

// bounce is how long after the first signal another is the same wish: a key that was pressed twice, or a shell and a
// supervisor that both send one. A training saves its progress in that time.
const bounce = time.Second

// endingSignals are those that the user, the system or the terminal asks to end by; SIGPIPE says that nobody reads
// the output.
var endingSignals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE}

// watch begins to listen for signals. Those that nohup has made the process ignore stay ignored.
func (e *ending) watch() {
	signals := make(chan os.Signal, 4)
	for _, s := range endingSignals {
		if s != syscall.SIGHUP || !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	ignoreLimits()
	go func() {
		for s := range signals {
			e.end(s)
		}
	}()
}

// end ends the process, or does what is to be done at the first signal.
func (e *ending) end(s os.Signal) {
	e.mu.Lock() // and never unlocked if the process ends: no verb gets to say that its child was killed
	first := e.code == 0
	if n, ok := s.(syscall.Signal); ok && first {
		e.code, e.first = 128+int(n), time.Now()
	}
	if e.gentle != nil && !first && time.Since(e.first) < bounce {
		e.mu.Unlock()
		return
	}
	if e.gentle != nil && (first || s == syscall.SIGPIPE || s == syscall.SIGHUP) {
		e.gentle()
		e.mu.Unlock()
		return
	}
	scratch.End()
	e.speak()
	os.Exit(e.code)
}

// leastHeard is how long an ending process waits for a reader of its last words.
const leastHeard = 100 * time.Millisecond

// speak says how things stand when the process ends.
func (e *ending) speak() {
	w := e.last.Load()
	if w == nil {
		return
	}
	heard := make(chan bool)
	go func() {
		fmt.Fprintf(w.out, "nngen: %s\n", spec.Message(w.say()))
		close(heard)
	}()
	select {
	case <-heard:
	case <-time.After(leastHeard):
	}
}

// onEnd has a signal that ends the process write what say says then, when nothing changes any more. It never waits: an
// end under way may wait for the caller, which is putting files in place.
func (e *ending) onEnd(out io.Writer, say func() string) {
	e.last.Store(&lastWords{out, say})
}

// onFirst makes the first signal call f, and only another one, after a while, end the process; nil makes the first one
// end it again.
func (e *ending) onFirst(f func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gentle = f
}

// exit returns the exit code of a verb that is done: its own, or that of the signal that stopped it. While the process
// ends it does not return.
func (e *ending) exit(code int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.code != 0 {
		return e.code
	}
	return code
}
