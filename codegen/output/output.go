// Package output writes generated packages to disk, and tells whether those on disk are up to date.
//
// It exists so that a run never leaves half a package behind and never touches a file that is not its own.
//
// # Whose files
//
// A Go or assembly file is nngen's if its header says so. Every other file is nngen's if the manifest lists it with the
// checksum that it has: golden vectors, and what a training leaves (weights, history, curves); a proof says itself that
// it is nngen's, see package proof, as it changes with every compilation. Besides, nngen may replace, but not remove, a
// file of weights or vectors under its own name whose metadata names a spec, as weights do that came by hand. All else
// is someone else's: in the way of a generated file it is an error, found before anything is written; elsewhere it is
// left alone, whatever it holds.
//
// The manifest is nngen.sum in the folder of the package. It is text, sorted, a function of the spec and of the files
// listed, without time stamps, and belongs in version control with them: there it goes wherever the package goes, so
// that a clone knows as much as the folder where the package was made, and a change of it shows in a diff. It cannot
// stand in the files themselves (a picture or a line of JSON has no header that another tool would not write too), nor
// outside the folder (a copied or moved package would lose it). It does not list Go files, so that it does not change
// with every compilation. In a folder without it, history and curves of the network count as nngen's if they look so:
// older versions wrote no manifest.
//
// # How files appear
//
// All that is to change is first written to a folder beside, .nngen/stage-…, with the files that it replaces linked
// there too. A list of renames, the journal, makes it count: from then on the new version is put in place, by this run
// or, if that is killed, by the next one that writes. Any error before, a full disk or a folder that cannot be written
// to, leaves everything as it was; an error while renaming (which takes neither room nor time) puts back what was
// moved.
//
// The order of renames keeps each state in between usable where only weights and what follows from them change: vectors
// of the new weights stand beside the old ones first, under a name of their own; weights.safetensors then decides,
// since a self-test takes the vectors that name the checksum of the weights; then the Go file that embeds it, and the
// vectors under their usual name. Where several Go files change there is a moment, of renames only, in which
// files of both versions lie side by side, as no file system can change several files at once. Ending signals wait for
// that moment to pass, see package scratch. After a SIGKILL or a loss of power in it the package does not compile: a Go
// file that is there from the first rename to the last says to run nngen again, and the next compile or train completes
// the new version.
//
// What a training leaves is flushed to the disk before it is put in place. Packages that can be made again are not.
//
// Runs side by side in one folder write one after the other. A file that does not change is not touched.
package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/scratch"
)

// The files that a training leaves in the folder of the inference package, beside its curves.
const (
	Weights = "weights.safetensors"
	Backup  = "weights.safetensors.bak" // the weights before the last training
	History = "history.jsonl"
)

// embedFile is the Go file that embeds the weights.
const embedFile = "weights.go"

// Package is what is to stand in the folder of an inference package, with the packages below it.
type Package struct {
	Dir  string
	Name string // of the network
	Spec string // file of the spec
	// ImportPath is that of the inference package; "" if it is not known.
	ImportPath string
	// Files are those generated, by slash-separated path below Dir.
	Files map[string][]byte
	// Trained are the files that a training leaves, by name; nil leaves those of the last one.
	Trained map[string][]byte
	// Kept are files of earlier runs that stay although nothing is generated of them now.
	Kept []string
	// Seen is the checksum of the weights in Dir when Files were generated, see Sum; "" if there were none.
	Seen string
	// Runtime is a copy of the runtime that the package shares with others; nil for none.
	Runtime *Runtime
	// OnPlaced is called when the new version counts, before End of package scratch can end the process; nil for
	// nothing.
	OnPlaced func()
	// Notes receives remarks about what was decided.
	Notes []string
}

// placed says that the folder holds the package.
func (p *Package) placed() {
	if p.OnPlaced != nil {
		p.OnPlaced()
	}
}

// ErrWeightsChanged says that the weights in the folder are no longer those that the files were generated for.
var ErrWeightsChanged = errors.New("the weights changed meanwhile")

// Write makes the folder hold the package.
func (p *Package) Write() error {
	err := p.write()
	if err == nil && p.Runtime != nil && !p.Runtime.Several {
		p.Notes = append(p.Notes, p.Runtime.Outdated([]string{p.Dir})...)
	}
	return err
}

// realPath returns a path from the root, without links; the path itself where that cannot be told.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}

func (p *Package) write() error {
	if p.Runtime != nil {
		if err := p.Runtime.write(p); err != nil {
			return err
		}
	}
	plan, err := p.plan()
	if err != nil {
		return err
	}
	if plan.empty() && !unfinished(plan.dir) {
		p.placed()
		return nil
	}
	lock, err := acquire(plan.dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	if err := repair(plan.dir); err != nil {
		return err
	}
	if plan, err = p.plan(); err != nil {
		return err
	}
	if plan.empty() {
		p.placed()
		return nil
	}
	if p.Trained == nil && plan.weightsSum() != p.Seen {
		return ErrWeightsChanged
	}
	return plan.commit(p.placed)
}

// Possible tells whether Write could do its work, without writing: the error that it would give. Contents of p.Trained
// do not matter. It completes what a killed run left undone.
func (p *Package) Possible() error {
	plan, err := p.plan()
	if err == nil && p.Runtime != nil {
		_, err = p.Runtime.plan()
	}
	if err != nil {
		return err
	}
	lock, err := acquire(plan.dir)
	if err != nil {
		return err
	}
	defer lock.Release()
	return repair(plan.dir)
}

// WorkFolder is where runs that write to a folder meet, while they do; folders of runs are named as it, or with more
// behind it.
const WorkFolder = ".nngen"

// acquire takes the lock of those who write to a folder.
func acquire(dir string) (*scratch.Lock, error) {
	lock, err := scratch.Acquire(filepath.Join(dir, WorkFolder, "lock"), true)
	return lock, explain(err)
}

func trainLock(dir string) string { return filepath.Join(dir, WorkFolder, "train") }

// AcquireTraining takes the lock of a training for the packages of a folder, which one run holds from its start to its
// end. It is an error that names the process if another does.
func AcquireTraining(dir string) (*scratch.Lock, error) {
	lock, err := scratch.Acquire(trainLock(dir), false)
	var held *scratch.HeldError
	if errors.As(err, &held) {
		who := "another process"
		if held.PID != 0 {
			who = fmt.Sprintf("process %d", held.PID)
		}
		return nil, fmt.Errorf("%s: %s trains the network of this folder already; wait for it, end it, or choose another "+
			"folder with -o", dir, who)
	}
	return lock, explain(err)
}

// Progress is the place where the progress of a training is kept.
type Progress struct {
	File   string
	ignore string        // a file for git
	begun  string        // a file that says of what training the progress will be
	was    []os.FileInfo // of what was saved when it was opened
}

// ProgressFile is the file of the progress of a training, in the folder where runs meet; the one before has .1 behind
// its name. They stay there until the next training. One more, with .begun behind it, says what training began last.
const ProgressFile = "progress.safetensors"

// ProgressOf returns the place of the progress of the network in a folder.
func ProgressOf(dir string) *Progress {
	work := filepath.Join(dir, WorkFolder)
	file := filepath.Join(work, ProgressFile)
	return &Progress{File: file, ignore: filepath.Join(work, ".gitignore"), begun: file + ".begun"}
}

// OpenProgress returns the place of the progress of the network in a folder, whose training the caller has the lock
// of. It is an error if it is to be resumed and there is none.
func OpenProgress(dir string, resume bool) (*Progress, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, explain(err)
	}
	p := ProgressOf(abs)
	if resume && !p.Saved() {
		return nil, fmt.Errorf("%s: there is no training to resume; begin one without --resume", dir)
	}
	for _, name := range p.files() {
		if info, err := os.Stat(name); err == nil {
			p.was = append(p.was, info)
		}
	}
	return p, explain(writeFile(p.ignore, []byte("*\n"), false))
}

// Saved tells whether a progress was saved.
func (p *Progress) Saved() bool {
	for _, name := range p.files() {
		if _, err := os.Stat(name); err == nil {
			return true
		}
	}
	return false
}

// files returns the names of the progress and of the one before.
func (p *Progress) files() []string { return []string{p.File, p.File + ".1"} }

// SavedSince tells whether a progress was saved since the place was opened.
func (p *Progress) SavedSince() bool {
	now, err := os.Stat(p.File)
	return err == nil && !slices.ContainsFunc(p.was, func(was os.FileInfo) bool {
		return os.SameFile(was, now) && was.ModTime().Equal(now.ModTime()) && was.Size() == now.Size()
	})
}

// Begin notes what training begins, whose progress takes the place of any other when it is first saved. Where that cannot
// be written, as on a full disk, where the progress cannot be either, it is not known.
func (p *Progress) Begin(training string) {
	if p.begun == "" || p.Begun() == training { // the progress is kept for no other run, or that is noted
		return
	}
	if training == "" || errors.Join(writeFile(p.begun+".tmp", []byte(training+"\n"), false),
		os.Rename(p.begun+".tmp", p.begun)) != nil {
		os.Remove(p.begun + ".tmp")
		os.Remove(p.begun)
	}
}

// Begun returns what training began last; "" where that is not known.
func (p *Progress) Begun() string {
	b, err := regular.Read(p.begun, mostNote)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(b), "\n")
}

// Close leaves nothing if no progress was saved.
func (p *Progress) Close() {
	if !p.Saved() {
		os.Remove(p.begun)
		os.Remove(p.ignore)
	}
}

// explain words an error of the file system for users.
func explain(err error) error {
	if _, e := os.Getwd(); err != nil && e != nil {
		return fmt.Errorf("the folder that nngen was started in was removed: %w", e)
	}
	var p *fs.PathError
	var l *os.LinkError
	switch {
	case errors.As(err, &l):
		p = &fs.PathError{Op: l.Op, Path: l.New, Err: l.Err}
	case !errors.As(err, &p):
		return err
	}
	place, inner, found := strings.Cut(p.Path, string(filepath.Separator)+WorkFolder+string(filepath.Separator))
	if !found {
		place, inner = filepath.Dir(p.Path), filepath.Base(p.Path)
	}
	switch {
	case errors.Is(err, syscall.ENOTDIR):
		return inTheWay(p.Path)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%s: the folder cannot be written to, and nothing was changed: %w", place, p.Err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("%s: there is no room left on the disk, and nothing was changed: %w", place, p.Err)
	case found && errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: the folder was removed while nngen was at work in it", place)
	case found:
		return fmt.Errorf("%s: %s %s: %w", place, p.Op, inner, p.Err)
	}
	return err
}
