// Package fuzzing runs fuzz targets in two ways: by Go's engine, which goes by what inputs reach but has each execution
// cross processes, and plainly within one process, which is up to a hundred times as many executions.
//
// A target calls Fuzz where it would call f.Fuzz. A plain run is an ordinary run of its test, with
//
//	NNGEN_FUZZ=10s          for 10 seconds; 1000000x for a million executions
//	NNGEN_FUZZ=10s,7        with the seed 7, else a random one, which it prints
//	NNGEN_FUZZ=10s,7,4096   from execution 4096 on
//
//	NNGEN_FUZZ=10s go test ./spec -v -run '^FuzzParse$'
//
// It executes each input of the corpus, that is those of f.Add, of testdata/fuzz, and of the cache of Go's engine, and
// then random changes of them. Execution n depends on the corpus, the seed and n alone. It ends with a line like those of
// Go's engine, and at the first fault: a failure, a panic, or an execution beyond Limit. The input of
// that is written below testdata/fuzz, where tests run it from then on.
//
// What kills the process, as a stack without end does, leaves no time to write. For that the number of the execution is
// noted each 1024 executions, beside the cache, and the next run begins with those behind it again, each written before.
package fuzzing

import (
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	variable = "NNGEN_FUZZ"

	batch     = 1024 // executions between two notes, and at most a second
	batchTime = time.Second
	patience  = 10 * time.Minute // of any time in one execution
)

// Limit is the time of processors that an execution may take in a plain run.
var Limit = 10 * time.Second

// Fuzz is f.Fuzz(target), or a plain run where the environment says so.
func Fuzz(f *testing.F, target any) {
	f.Helper()
	text := os.Getenv(variable)
	if text == "" {
		f.Fuzz(target)
		return
	}
	o, err := parseOptions(text)
	if err != nil {
		f.Fatalf("%s=%s: %v", variable, text, err)
	}
	r := &run{options: o, name: f.Name(), target: reflect.ValueOf(target), m: &mutator{}}
	// Go's engine gives the inputs of f.Add and of testdata/fuzz, and checks the target.
	f.Fuzz(reflect.MakeFunc(r.target.Type(), func(args []reflect.Value) []reflect.Value {
		var in []any
		for _, arg := range args[1:] {
			in = append(in, arg.Interface())
		}
		r.m.add(in)
		return nil
	}).Interface())
	if err := r.openCache(); err != nil {
		f.Fatal(err)
	}
	if len(r.m.corpus) == 0 {
		f.Fatal("no input to begin with")
	}
	if err := r.run(); err != nil {
		f.Fatal(err)
	}
}

// options say how long a plain run takes, and with which executions it begins.
type options struct {
	duration   time.Duration // or 0
	executions uint64        // if duration is 0
	seed, from uint64
}

func parseOptions(text string) (options, error) {
	o := options{seed: rand.Uint64()}
	long, numbers, _ := strings.Cut(text, ",")
	var err error
	if count, ok := strings.CutSuffix(long, "x"); ok {
		o.executions, err = strconv.ParseUint(count, 10, 64)
	} else {
		o.duration, err = time.ParseDuration(long)
	}
	if numbers == "" || err != nil {
		return o, err
	}
	seed, from, _ := strings.Cut(numbers, ",")
	if o.seed, err = strconv.ParseUint(seed, 10, 64); err != nil || from == "" {
		return o, err
	}
	o.from, err = strconv.ParseUint(from, 10, 64)
	return o, err
}

// A run is a plain run of one target.
type run struct {
	options
	name   string
	target reflect.Value // func(*testing.T, …)
	m      *mutator

	note    *os.File // "seed,n" of the first execution of the batch, or nil
	before  string   // what it held: the batch in which the last run was killed
	writing bool     // each input is written before it is executed

	n       uint64                // of the next execution
	done    uint64                // executions
	current atomic.Pointer[[]any] // the input that the target has now
}

// openCache adds the inputs that Go's engine keeps for the target, and opens the note.
func (r *run) openCache() error {
	dir := ""
	if set := flag.Lookup("test.fuzzcachedir"); set != nil {
		dir = set.Value.String()
	}
	if dir == "" {
		cache := os.Getenv("GOCACHE")
		if cache == "" {
			users, err := os.UserCacheDir()
			if err != nil {
				return err
			}
			cache = filepath.Join(users, "go-build")
		}
		dir = filepath.Join(cache, "fuzz", packageOf(r.target))
	}
	files, err := os.ReadDir(filepath.Join(dir, r.name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(dir, r.name, file.Name()))
		if err != nil {
			return err
		}
		if in, err := decode(b, r.target.Type()); err == nil { // else of an older target
			r.m.add(in)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := filepath.Join(dir, r.name+".begun")
	if b, err := os.ReadFile(name); err == nil {
		r.before = strings.TrimSpace(string(b))
	}
	r.note, err = os.Create(name)
	return err
}

// packageOf returns the import path of the package whose function, or external test, f is.
func packageOf(f reflect.Value) string {
	name := runtime.FuncForPC(f.Pointer()).Name()
	slash := strings.LastIndexByte(name, '/') + 1
	pkg, _, _ := strings.Cut(name[slash:], ".")
	return name[:slash] + strings.TrimSuffix(pkg, "_test")
}

// run executes until the time is over.
func (r *run) run() error {
	stop := make(chan bool)
	defer close(stop)
	go r.watch(stop)
	if r.before != "" {
		if err := r.again(); err != nil {
			return err
		}
	}
	r.n = r.from
	began := time.Now()
	for now := began; r.more(now.Sub(began)); now = time.Now() {
		if _, err := r.note.WriteAt(fmt.Appendf(nil, "%20d,%20d", r.seed, r.n), 0); err != nil {
			return err
		}
		if !r.batch() {
			return fmt.Errorf("after %d executions, with seed %d", r.done, r.seed)
		}
	}
	took := time.Since(began)
	fmt.Printf("fuzz: elapsed: %s, execs: %d (%.0f/sec), corpus: %d, seed: %d\n", took.Round(time.Second), r.done,
		float64(r.done)/took.Seconds(), len(r.m.corpus), r.seed)
	if err := os.Remove(r.note.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) { // another run of the target ended
		return err
	}
	return r.note.Close()
}

func (r *run) more(elapsed time.Duration) bool {
	if r.duration > 0 {
		return elapsed < r.duration
	}
	return r.done < r.executions
}

// again executes the batch that the last run began and did not end.
func (r *run) again() error {
	o, err := parseOptions("0s," + strings.ReplaceAll(r.before, " ", ""))
	if err != nil {
		return fmt.Errorf("%s: %v", r.note.Name(), err)
	}
	fmt.Printf("a run was killed behind execution %d of seed %d: again\n", o.from, o.seed)
	o, r.options = r.options, o
	r.n, r.writing = r.from, true
	if _, err := fmt.Fprint(r.note, r.before); err != nil { // until they pass
		return err
	}
	if !r.batch() {
		return errors.New("it fails again")
	}
	r.writing = false
	r.options = o
	r.done = 0
	return nil
}

// batch makes 1024 executions, fewer if they take more than a second. It tells whether all passed.
//
// Each batch is a test of its own, so that what a test keeps until its end goes. A skip ends one: the next goes on.
func (r *run) batch() bool {
	began, end := time.Now(), r.n+batch
	if r.duration == 0 && !r.writing {
		end = min(end, r.n+r.executions-r.done)
	}
	for r.n < end && (r.writing || time.Since(began) < batchTime) {
		ok := testing.RunTests(regexp.MatchString, []testing.InternalTest{{Name: r.name, F: func(t *testing.T) {
			for r.n < end && (r.writing || time.Since(began) < batchTime) && !t.Failed() {
				r.execute(t)
			}
		}}})
		if !ok {
			return false
		}
	}
	return true
}

// execute gives the target its next input, and writes that if it is at fault.
func (r *run) execute(t *testing.T) {
	in := r.m.input(r.seed, r.n)
	r.n++
	r.done++
	args := []reflect.Value{reflect.ValueOf(t)}
	for _, v := range in {
		args = append(args, reflect.ValueOf(v))
	}
	written := ""
	if r.writing {
		written = r.write(in)
	}
	r.current.Store(&in)
	returned := false
	defer func() {
		r.current.Store(nil)
		switch {
		case t.Failed() || !returned && !t.Skipped():
			r.report(in)
		case written != "":
			os.Remove(written)
		}
	}()
	r.target.Call(args)
	returned = true
}

// watch ends the process if an execution has no end.
func (r *run) watch(stop chan bool) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	var seen *[]any
	var began time.Time
	var used time.Duration
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		in := r.current.Load()
		if in == nil || in != seen {
			seen, began, used = in, time.Now(), Processors()
			continue
		}
		if Processors()-used > Limit || time.Since(began) > patience {
			r.report(*in)
			debug.SetTraceback("all")
			panic(fmt.Sprintf("%s: an execution takes %s", r.name, time.Since(began).Round(time.Second)))
		}
	}
}

// report writes an input that is at fault, and says so in the words of Go's engine. The note is of no use then.
func (r *run) report(in []any) {
	name := r.write(in)
	os.Remove(r.note.Name())
	fmt.Printf("Failing input written to %s\nTo re-run:\ngo test -run=%s/%s\n", name, r.name, filepath.Base(name))
}

// write writes an input below testdata/fuzz, by the name that Go's engine would give it.
func (r *run) write(in []any) string {
	b := encode(in)
	name := filepath.Join("testdata", "fuzz", r.name, fmt.Sprintf("%x", sha256.Sum256(b))[:16])
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, b, 0o644)
	}
	if err != nil {
		fmt.Printf("%v; the input is\n%s", err, b)
	}
	return name
}
