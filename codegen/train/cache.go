package train

import (
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/sandbox"
)

// cache is a place for the built driver of one network in the user's folder of caches, so that eval and predict need
// not build it again. The key is the checksum of all that the driver follows from: nngen itself, the spec, and the
// masks and vocabularies that it names. The name of the file goes on with the checksum of its contents, which get
// verifies.
type cache struct{ dir, key string }

// Limits of the folder: a driver has about 4 MB.
const (
	maxPrograms = 64
	maxAge      = 30 * 24 * time.Hour
)

// cacheOf returns the place for the driver of a network; nil if there is none: NNGENCACHE names another folder, and off
// for none.
func cacheOf(p *project.Project, network *net.Net) *cache {
	dir := os.Getenv("NNGENCACHE")
	if dir == "off" {
		return nil
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		dir = filepath.Join(base, "nngen")
	}
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	self, err := programID(exe)
	if err != nil {
		return nil
	}
	h := sha256.New()
	arch, _ := sandbox.Target()
	fmt.Fprintf(h, "%s\n%s %s\n%s\n", self, runtime.GOOS, arch, network.ModelSum())
	h.Write(p.Spec.Source)
	return &cache{dir: dir, key: hex.EncodeToString(h.Sum(nil))[:32]}
}

// The linker writes the build ID of a program into a note of an ELF file, behind noteHead bytes, and elsewhere between
// idBegins and idEnds at the start of the text. Its last part is the checksum of the contents.
const (
	idNote, noteHead = ".note.go.buildid", 16
	idBegins, idEnds = "\xff Go build ID: \"", "\"\n \xff"
)

// programID returns what tells a program from others: its build ID, for much less than the checksum of the file, which
// is what a program has without.
func programID(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	id := ""
	if x, err := elf.NewFile(f); err == nil {
		if note := x.Section(idNote); note != nil && note.Size > noteHead && note.Size < 1<<10 {
			if b, err := note.Data(); err == nil {
				id = strings.TrimRight(string(b[noteHead:]), "\x00")
			}
		}
	} else {
		start := make([]byte, 64<<10)
		n, err := f.ReadAt(start, 0)
		if err != nil && err != io.EOF {
			return "", err
		}
		_, rest, _ := bytes.Cut(start[:n], []byte(idBegins))
		if text, _, ok := bytes.Cut(rest, []byte(idEnds)); ok {
			id = string(text)
		}
	}
	if parts := strings.Split(id, "/"); len(parts) == 4 && parts[3] != "" {
		return id, nil
	}
	return sumOf(name)
}

// sumOf returns the checksum of a file.
func sumOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil))[:32], nil
}

// get returns the path of the driver; "" if it is not there, or not as it was put there.
func (c *cache) get() string {
	found, err := filepath.Glob(filepath.Join(c.dir, c.key+"-*"))
	if err != nil || len(found) != 1 {
		return ""
	}
	sum, err := sumOf(found[0])
	if err != nil || !strings.HasSuffix(strings.TrimSuffix(found[0], ".exe"), "-"+sum) {
		os.Remove(found[0])
		return ""
	}
	now := time.Now()
	_ = os.Chtimes(found[0], now, now) // of its last use, for prune
	return found[0]
}

// put copies a driver to the folder. That it cannot is no error: the driver is there to be run in any case.
func (c *cache) put(exe string) {
	sum, err := sumOf(exe)
	if err != nil || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	name := filepath.Join(c.dir, c.key+"-"+sum)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	if _, err := os.Stat(name); err == nil {
		return
	}
	in, err := os.Open(exe)
	if err != nil {
		return
	}
	defer in.Close()
	out, err := os.CreateTemp(c.dir, ".new-*")
	if err != nil {
		return
	}
	defer os.Remove(out.Name()) // fails once the file has been renamed
	_, err = io.Copy(out, in)
	if e := out.Close(); err != nil || e != nil || os.Chmod(out.Name(), 0o700) != nil {
		return
	}
	if os.Rename(out.Name(), name) == nil {
		c.prune()
	}
}

// prune removes what was not used for long, and the oldest beyond a number.
func (c *cache) prune() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var files []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	slices.SortFunc(files, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for i, f := range files {
		if i >= maxPrograms || time.Since(f.ModTime()) > maxAge {
			os.Remove(filepath.Join(c.dir, f.Name()))
		}
	}
}
