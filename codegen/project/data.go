package project

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// Of returns the project of a spec that is not read from its file, for reading its data and building its programs: it
// has no folder for packages.
func Of(s *spec.Spec) *Project { return &Project{Spec: s, Base: filepath.Dir(s.File)} }

// DataFiles returns the paths that the data section of the spec names, each once, sorted.
func (p *Project) DataFiles() []string {
	var names []string
	if d := p.Spec.Data; d != nil {
		for _, s := range []*spec.Source{d.Train, d.Validation, d.Test} {
			if s == nil {
				continue
			}
			for _, name := range []string{s.Path, s.Labels} {
				if name != "" {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// DataSums returns the checksums of the files that the data section names, by path. That of a folder is of the names
// and checksums of the pictures below it, hidden ones apart: what else lies there, as the runs of a spec among its
// classes, is no data.
func (p *Project) DataSums() (map[string]string, error) {
	sums := map[string]string{}
	for _, name := range p.DataFiles() {
		sum, err := sumOf(p.At(name), true)
		if err != nil {
			return nil, err
		}
		sums[name] = sum
	}
	return sums, nil
}

// At returns the path of a file that the spec names, which is relative to its folder.
func (p *Project) At(name string) string { return net.PathFrom(p.Base, name) }

// dataSum returns the checksum of a file of examples, as DataSums has it.
func dataSum(file string) (string, error) { return sumOf(file, true) }

// EndedSums are the checksums of a file as it is, and with each of its lines ended by LF, or by CR and LF, as a checkout
// of git may end them; of a folder all are that of dataSum.
type EndedSums struct{ Is, LF, CRLF string }

// SumsByEnds returns the checksums of a file of examples.
func SumsByEnds(file string) (EndedSums, error) {
	if info, err := os.Stat(file); err != nil || info.IsDir() {
		sum, err := dataSum(file)
		return EndedSums{sum, sum, sum}, err
	}
	is, lf, crlf := sha256.New(), sha256.New(), sha256.New()
	ended := &ends{lf: lf, crlf: crlf}
	if err := sumFile(io.MultiWriter(is, ended), file); err != nil {
		return EndedSums{}, err
	}
	ended.close()
	sum := func(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }
	return EndedSums{sum(is), sum(lf), sum(crlf)}, nil
}

// All returns the checksums that differ.
func (s EndedSums) All() []string {
	list := []string{s.Is, s.LF, s.CRLF}
	slices.Sort(list)
	return slices.Compact(list)
}

// ends writes what it gets twice, with each line ended by LF, and by CR and LF.
type ends struct {
	lf, crlf io.Writer
	cr       bool // whether a CR is held back, behind which LF may come
}

// Write never fails, as hashes do not.
func (e *ends) Write(b []byte) (int, error) {
	lf, crlf := make([]byte, 0, len(b)+1), make([]byte, 0, len(b)+len(b)/8+1)
	for _, c := range b {
		if e.cr && c != '\n' {
			lf, crlf = append(lf, '\r'), append(crlf, '\r')
		}
		switch e.cr = c == '\r'; c {
		case '\r':
		case '\n':
			lf, crlf = append(lf, '\n'), append(crlf, '\r', '\n')
		default:
			lf, crlf = append(lf, c), append(crlf, c)
		}
	}
	e.lf.Write(lf)
	e.crlf.Write(crlf)
	return len(b), nil
}

// close writes what is held back.
func (e *ends) close() {
	if e.cr {
		e.lf.Write([]byte{'\r'})
		e.crlf.Write([]byte{'\r'})
	}
}

// sumOf returns the checksum of a file, or of a folder: the one that is named, or else one in it.
func sumOf(path string, named bool) (string, error) {
	h := sha256.New()
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		if path, err = filepath.EvalSymlinks(path); err == nil {
			err = sumFolder(h, path, named)
		}
	default:
		err = sumFile(h, path)
	}
	return hex.EncodeToString(h.Sum(nil)), err
}

func sumFile(w io.Writer, path string) error {
	f, err := regular.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// sumFolder follows links as far as the reading of pictures does: to files, and to folders at its top.
func sumFolder(w io.Writer, root string, named bool) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		hidden := path != root && (d.Name()[0] == '.' || d.Name() == "__MACOSX" || d.Name() == "Thumbs.db")
		switch {
		case err != nil:
			return err
		case hidden && d.IsDir():
			return filepath.SkipDir
		case hidden || d.IsDir():
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() && !info.IsDir() || info.Mode().IsRegular() && !isPicture(path) {
			return nil
		}
		if target, err := filepath.EvalSymlinks(path); info.IsDir() &&
			(err != nil || strings.HasPrefix(root+string(filepath.Separator), target+string(filepath.Separator))) {
			return nil // a folder that this one is in
		}
		if info.IsDir() && !(named && filepath.Dir(path) == root) {
			return nil
		}
		sum, err := sumOf(path, false)
		fmt.Fprintf(w, "%q %s\n", filepath.ToSlash(rel), sum)
		return err
	})
}

// What tells a picture: the end of its name, and the first bytes of those formats that are read.
var (
	pictureNames = []string{".png", ".jpg", ".jpeg", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif",
		".avif"}
	pictureMagic = []string{"\x89PNG\r\n\x1a\n", "\xff\xd8", "GIF87a", "GIF89a"}
)

// isPicture tells whether a file is called as a picture, or is one. One that cannot be opened is left to its reading.
func isPicture(path string) bool {
	if slices.Contains(pictureNames, strings.ToLower(filepath.Ext(path))) {
		return true
	}
	f, err := regular.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	head := make([]byte, 8)
	n, _ := io.ReadFull(f, head)
	return slices.ContainsFunc(pictureMagic, func(magic string) bool { return strings.HasPrefix(string(head[:n]), magic) })
}
