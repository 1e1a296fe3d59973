package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/scratch"
)

// stagePrefix begins the names of staging folders.
const stagePrefix = "stage-"

// journalFile is the list of moves in a staging folder; a folder without it counts for nothing.
const journalFile = "journal"

// move is one step of putting files in place, below the folder of the package.
type move struct {
	From string `json:"from,omitempty"` // in the staging folder; "" removes To
	To   string `json:"to"`
}

// nextVectors is where vectors for new weights stand until those are in place, see package golden of the runtime.
func nextVectors(name string) string {
	return strings.TrimSuffix(name, ".safetensors") + ".next.safetensors"
}

// moves lists what is to be done in an order in which what a user may run fits together, see the package's doc.
func (l *plan) moves() []move {
	var first, code, late []move
	weights, vectors := slices.Contains(l.changed, Weights), "testdata/golden.safetensors"
	embeds := l.files[embedFile] != nil
	if slices.Contains(l.stale, embedFile) {
		first = append(first, move{To: embedFile})
	}
	other := weights && l.old[Weights] != nil && metadata(l.old[Weights])["spec"] != metadata(l.files[Weights])["spec"]
	if other && l.old[embedFile] != nil && embeds {
		first = append(first, move{To: embedFile})
	}
	twoSteps := weights && !other && slices.Contains(l.changed, vectors)
	if twoSteps {
		first = append(first, move{vectors, nextVectors(vectors)})
	}
	for _, name := range l.changed {
		switch name {
		case Weights, Backup, embedFile, Manifest, vectors:
		default:
			if path.Dir(name) == "." && !headed(name) {
				late = append(late, move{name, name}) // history and curves
			} else {
				code = append(code, move{name, name})
			}
		}
	}
	list := append(first, code...)
	for _, name := range []string{Backup, Weights, embedFile} {
		if slices.Contains(l.changed, name) || name == embedFile && other && embeds {
			list = append(list, move{name, name})
		}
	}
	if slices.Contains(l.changed, vectors) {
		list = append(list, move{vectors, vectors})
		if twoSteps {
			list = append(list, move{To: nextVectors(vectors)})
		}
	}
	list = append(list, late...)
	for _, name := range l.stale {
		if name != embedFile {
			list = append(list, move{To: name})
		}
	}
	if slices.Contains(l.changed, Manifest) {
		list = append(list, move{Manifest, Manifest})
	}
	return list
}

// commit stages what is to change and puts it in place. The lock of writers is held.
func (l *plan) commit() error {
	folder, err := scratch.New(filepath.Join(l.dir, workFolder), stagePrefix)
	if err != nil {
		return explain(err)
	}
	defer folder.Close()
	s := &stage{dir: l.dir, folder: folder.Dir, durable: l.durable}
	if err := s.prepare(l); err != nil {
		return explain(err)
	}
	return scratch.Critical(func() error {
		err := s.decide()
		if err == nil {
			err = s.apply()
		}
		if err != nil {
			s.undo()
			return explain(err)
		}
		return explain(s.finish())
	})
}

// stage is a staging folder: new files below new/, by number of their move, and those that they replace below old/.
type stage struct {
	dir, folder string
	durable     bool // whether to wait for the disk
	moves       []move
	done        int      // moves
	made        []string // folders
}

func (s *stage) fresh(i int) string { return filepath.Join(s.folder, fmt.Sprintf("new-%d", i)) }
func (s *stage) saved(i int) string { return filepath.Join(s.folder, fmt.Sprintf("old-%d", i)) }
func (s *stage) place(i int) string { return filepath.Join(s.dir, filepath.FromSlash(s.moves[i].To)) }

// prepare writes all that is new, and the journal under another name.
func (s *stage) prepare(l *plan) error {
	s.moves = l.moves()
	for i, m := range s.moves {
		if m.From != "" {
			if err := writeFile(s.fresh(i), l.files[m.From], l.durable); err != nil {
				return err
			}
		}
	}
	journal, err := json.Marshal(s.moves)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(s.folder, journalFile+".tmp"), journal, l.durable); err != nil {
		return err
	}
	return s.sync(s.folder)
}

// decide makes the new version count.
func (s *stage) decide() error {
	for i := range s.moves {
		made, err := makeFolders(filepath.Dir(s.place(i)))
		s.made = append(s.made, made...)
		if err != nil {
			return err
		}
	}
	err := os.Rename(filepath.Join(s.folder, journalFile+".tmp"), filepath.Join(s.folder, journalFile))
	if err != nil {
		return err
	}
	return s.sync(s.folder)
}

// sync waits until the disk has the names in a folder, if that is asked for.
func (s *stage) sync(dir string) error {
	if !s.durable {
		return nil
	}
	return syncFolder(dir)
}

// apply makes the moves. What was done before a kill is passed over.
func (s *stage) apply() error {
	for i, m := range s.moves {
		s.done = i
		var err error
		if m.From == "" {
			err = s.remove(i)
		} else {
			err = s.put(i)
		}
		if err != nil {
			return err
		}
	}
	s.done = len(s.moves)
	return nil
}

// remove moves a file to the staging folder, where it tells that this was done: a later move may put another in its
// place.
func (s *stage) remove(i int) error {
	if _, err := os.Lstat(s.saved(i)); err == nil {
		return nil
	}
	if there, err := s.regular(i); !there {
		return err
	}
	return os.Rename(s.place(i), s.saved(i))
}

// put keeps the file that is replaced, and puts the new one in its place.
func (s *stage) put(i int) error {
	if _, err := os.Lstat(s.fresh(i)); errors.Is(err, fs.ErrNotExist) {
		return nil // it was done before
	}
	there, err := s.regular(i)
	if err != nil {
		return err
	}
	if there {
		err := os.Link(s.place(i), s.saved(i))
		if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
			err = os.Rename(s.place(i), s.saved(i))
			if err != nil {
				return err
			}
		}
	}
	return os.Rename(s.fresh(i), s.place(i))
}

// regular tells whether a file is in the place of a move. It is an error if something else is, which then came after
// everything was checked.
func (s *stage) regular(i int) (bool, error) {
	info, err := os.Lstat(s.place(i))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = inTheWay(s.place(i))
	}
	return err == nil, err
}

// undo takes the moves back, in reverse, and the folders made for them; new files return to the staging folder, so that
// the journal stays true.
func (s *stage) undo() {
	for i := min(s.done, len(s.moves)-1); i >= 0; i-- {
		if s.moves[i].From != "" && i < s.done {
			os.Rename(s.place(i), s.fresh(i))
		}
		os.Rename(s.saved(i), s.place(i))
	}
	removeEmpty(s.made)
}

// finish removes the folders that removals left empty, and makes the moves last.
func (s *stage) finish() error {
	seen := map[string]bool{}
	for i, m := range s.moves {
		d := filepath.Dir(s.place(i))
		if m.From == "" {
			for d != s.dir && os.Remove(d) == nil { // empty folders go, others refuse
				d = filepath.Dir(d)
			}
		}
		seen[d] = true
	}
	for d := range seen {
		if err := s.sync(d); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// unfinished tells whether other runs are at work in a folder, or left something there.
func unfinished(dir string) bool {
	entries, _ := os.ReadDir(filepath.Join(dir, workFolder))
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return e.Name() != ".gitignore" && !strings.HasPrefix(e.Name(), ProgressFile)
	})
}

// repair completes what runs that were killed had decided, and removes what they had not. The lock of writers is held.
func repair(dir string) error {
	if _, err := os.Lstat(trainLock(dir)); err == nil {
		if lock, err := scratch.Acquire(trainLock(dir), false); err == nil { // of a training that was killed
			lock.Release()
		}
	}
	for _, folder := range scratch.Abandoned(filepath.Join(dir, workFolder), stagePrefix) {
		s := &stage{dir: dir, folder: folder, durable: true}
		b, err := os.ReadFile(filepath.Join(folder, journalFile))
		if err == nil && json.Unmarshal(b, &s.moves) == nil && s.local() {
			if err := s.complete(); err != nil {
				return explain(err)
			}
		}
		if err := os.RemoveAll(folder); err != nil {
			return explain(err)
		}
	}
	return nil
}

// complete makes the moves that are left.
func (s *stage) complete() error {
	for i := range s.moves {
		if _, err := makeFolders(filepath.Dir(s.place(i))); err != nil {
			return err
		}
	}
	if err := s.apply(); err != nil {
		return err
	}
	return s.finish()
}

// local tells whether all moves stay in the folder of the package.
func (s *stage) local() bool {
	return !slices.ContainsFunc(s.moves, func(m move) bool { return !fs.ValidPath(m.To) })
}

// writeFile writes a file, and if durable waits until the disk has it.
func writeFile(name string, content []byte, durable bool) error {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err == nil && durable {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// syncFolder waits until the disk has the names in a folder, where folders can be waited for.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) &&
		!errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// makeFolders makes a folder and its parents, and returns those that were not there, innermost last.
func makeFolders(dir string) ([]string, error) {
	var missing []string
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		missing = append(missing, d)
	}
	slices.Reverse(missing)
	return missing, os.MkdirAll(dir, 0o755)
}

// removeEmpty removes folders that are empty, innermost first.
func removeEmpty(dirs []string) {
	for _, d := range slices.Backward(dirs) {
		os.Remove(d)
	}
}
