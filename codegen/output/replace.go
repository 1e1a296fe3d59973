package output

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/nngen/nngen/codegen/scratch"
)

// Replace writes one file of the user's, which appears under its name whole or not at all; it is not touched if its
// content does not change. It keeps its mode. A symbolic link stays, and the file that it leads to is written; a file
// with several names keeps them, for which it must be written in place.
func Replace(name string, content []byte) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a pipe, or a device such as /dev/stdout
		return explain(os.WriteFile(name, content, 0o644))
	}
	if old, err := readFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	target, err := filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		if link, e := os.Readlink(name); e == nil { // a link to a file that is not there yet
			if target = link; !filepath.IsAbs(link) {
				target = filepath.Join(filepath.Dir(name), link)
			}
		} else {
			target = name
		}
	} else if err != nil {
		return explain(err)
	}
	return explain(replace(target, content))
}

func replace(name string, content []byte) error {
	mode := fs.FileMode(0o644)
	info, err := os.Stat(name)
	switch {
	case err == nil:
		mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	folder, err := scratch.New(filepath.Dir(name), WorkFolder+"-")
	if err != nil {
		return err
	}
	defer folder.Close()
	tmp := filepath.Join(folder.Dir, "new")
	if err := writeFile(tmp, content, true); err != nil {
		return err
	}
	if info != nil && manyNames(info) {
		if err := scratch.Critical(func() error { return writeFile(name, content, false) }); err != nil {
			return err
		}
		return syncFile(name) // while the copy is there; an end of the process does not wait for the disk
	}
	if info != nil {
		if err := os.Chmod(tmp, mode); err != nil {
			return err
		}
	}
	return os.Rename(tmp, name)
}

// FileKind is a kind of files that a user may name, told by how a file begins.
type FileKind struct {
	Name string // with its article
	Is   func(head []byte) bool
}

// Kinds of pictures and pages.
var (
	SVG  = FileKind{"an SVG", isSVG}
	HTML = FileKind{"an HTML page", isHTML}
	PNG  = FileKind{"a PNG", func(b []byte) bool { return bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) }}
)

// The doctype of an SVG, which may have entities in brackets, its first element, and the doctype of a page.
var (
	svgType  = regexp.MustCompile(`^<!DOCTYPE\s+([\w.-]+:)?svg(\s[^\[>]*)?(\[[^\]]*\]\s*)?>`)
	svgStart = regexp.MustCompile(`^<([\w.-]+:)?svg[\s/>]`)
	htmlType = regexp.MustCompile(`(?i)^<!doctype\s+html[\s>]`)
)

// isSVG tells whether svg is the first element.
func isSVG(head []byte) bool {
	b := afterProlog(head)
	if at := svgType.FindIndex(b); at != nil {
		b = afterProlog(b[at[1]:])
	}
	return svgStart.Match(b)
}

func isHTML(head []byte) bool { return htmlType.Match(afterProlog(head)) }

// afterProlog returns what follows a byte order mark, white space, comments, and instructions such as the declaration of
// XML.
func afterProlog(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\ufeff"))
	for {
		b = bytes.TrimSpace(b)
		end := "?>"
		if bytes.HasPrefix(b, []byte("<!--")) {
			b, end = b[len("<!--"):], "-->"
		} else if !bytes.HasPrefix(b, []byte("<?")) {
			return b
		}
		_, b, _ = bytes.Cut(b, []byte(end)) // nothing is left where there is no end
	}
}

// headSize is how much of a file tells its kind: an SVG may begin with comments.
const headSize = 4096

// ReplaceKind writes a file that the user has named, as Replace does. It is an error if a file of another kind is there,
// but an empty one: a slip in a name, or a name too few, must not cost a spec, weights or a table.
func ReplaceKind(name string, content []byte, kind FileKind) error {
	info, err := os.Stat(name)
	if err == nil && info.Mode().IsRegular() && info.Size() > 0 {
		f, err := os.Open(name)
		if err != nil {
			return explain(err)
		}
		head, err := io.ReadAll(io.LimitReader(f, headSize))
		f.Close()
		if err != nil {
			return explain(err)
		}
		if !kind.Is(head) {
			return fmt.Errorf("%s: there is a file that is not %s, and it is left alone; choose another name", name, kind.Name)
		}
	}
	return Replace(name, content)
}

// ReplaceMade writes a file whose name the user has not given, as Replace does. It is an error if something of that name is
// there that is not nngen's, as made tells of its content; flag is the one that gives a name.
func ReplaceMade(name string, content []byte, made func([]byte) bool, flag string) error {
	foreign := fmt.Errorf("%s: not written by nngen, so it is left alone; name the file by %s", name, flag)
	info, err := os.Stat(name) // which follows a link, as Replace does
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Replace(name, content)
	case err != nil:
		return explain(err)
	case !info.Mode().IsRegular():
		return foreign
	}
	old, err := readFile(name)
	if err != nil {
		return explain(err)
	}
	if !made(old) && !bytes.Equal(old, content) {
		return foreign
	}
	return Replace(name, content)
}

// ReplaceOwn writes files into folders, which it makes, as Replace does. It is an error if something of such a name is
// there that does not begin with a mark; nothing is written then.
func ReplaceOwn(names []string, contents [][]byte, mark string) error {
	for _, name := range names {
		b, err := readRegular(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return explain(err)
		case !bytes.HasPrefix(b, []byte(mark)):
			return fmt.Errorf("%s: not written by nngen, so it is left alone; move it away, or choose another folder", name)
		}
	}
	for i, name := range names {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return explain(err)
		}
		if err := Replace(name, contents[i]); err != nil {
			return err
		}
	}
	return nil
}

// Create writes new files of one folder, which it makes: all of them, or none if one cannot be written or its name is
// taken, whatever by. The first file appears last, so that it tells that the others are there.
func Create(dir string, names []string, contents [][]byte) error {
	t, err := CreateTentatively(dir, names, contents)
	if err == nil {
		t.Keep()
	}
	return err
}

// CreateTentatively is Create for files that a signal removes, with the folders made for them, until they are to be
// kept.
func CreateTentatively(dir string, names []string, contents [][]byte) (*scratch.Tentative, error) {
	t, err := create(dir, names, contents)
	return t, explain(err)
}

func create(dir string, names []string, contents [][]byte) (t *scratch.Tentative, err error) {
	var made []string // outermost first
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(d); err == nil || d == filepath.Dir(d) {
			break
		}
		made = append([]string{d}, made...)
	}
	folder, err := scratch.New(dir, WorkFolder+"-")
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	staged := func(i int) string { return filepath.Join(folder.Dir, fmt.Sprintf("new-%d", i)) }
	for i, content := range contents {
		if err := writeFile(staged(i), content, true); err != nil {
			return nil, err
		}
	}
	err = scratch.Critical(func() (err error) {
		var placed []string
		defer func() {
			if err != nil {
				for _, name := range placed {
					os.Remove(name)
				}
			}
		}()
		for i := range slices.Backward(names) {
			name := filepath.Join(dir, names[i])
			if _, err := os.Lstat(name); err == nil {
				return fmt.Errorf("%s: there is such a file already, and it is left alone", name)
			}
			if err := os.Rename(staged(i), name); err != nil {
				return err
			}
			placed = append(placed, name)
		}
		t = scratch.NewTentative(made, placed)
		return nil
	})
	return t, err
}
