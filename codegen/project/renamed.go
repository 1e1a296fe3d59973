package project

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/spec"
)

// mostSpecs bounds how many files beside a spec are read, and maxSource how many bytes of a Go file.
const (
	mostSpecs = 50
	maxSource = 1 << 20
)

// missing adds to the error of a spec that is not there what may have become of it: a file beside it with the other
// ending of YAML, or one that holds the network whose packages were compiled from it.
func missing(file string, err error) error {
	dir, base := filepath.Split(file)
	stem := strings.TrimSuffix(base, filepath.Ext(base))
	for _, ending := range []string{".yaml", ".yml"} {
		if other := dir + stem + ending; other != file {
			if isRegular(other) {
				return fmt.Errorf("%w, but there is %s", err, other)
			}
		}
	}
	if dir == "" {
		dir = "."
	}
	entries, _ := os.ReadDir(dir)
	folders := []string{filepath.Clean(dir)}
	for _, e := range entries {
		folders = append(folders, filepath.Join(dir, e.Name()))
	}
	compiled := ""
	for _, at := range folders {
		if from := output.SpecOf(at); from != "" && filepath.Join(at, filepath.FromSlash(from)) == filepath.Clean(file) {
			compiled = at
		}
	}
	if compiled == "" {
		return err
	}
	var found []string
	read := 0
	for _, e := range entries {
		ending := filepath.Ext(e.Name())
		if read >= mostSpecs || ending != ".yaml" && ending != ".yml" && ending != ".json" {
			continue
		}
		read++
		at := filepath.Join(dir, e.Name())
		if src, bad := regular.Read(at, MaxSpec); bad == nil {
			if s, problems := spec.Parse(at, src, op.Schema()); problems.Err() == nil && s.Name == output.PackageOf(compiled) {
				found = append(found, at)
			}
		}
	}
	if len(found) != 1 {
		return fmt.Errorf("%w; the packages in %s were compiled from it", err, compiled)
	}
	return fmt.Errorf("%w; the packages in %s were compiled from it, and %s holds a network of that name; if that is it, "+
		"run: %s compile %[3]s%[5]s", err, compiled, found[0], Command(), alsoGenerate(dir, base, found[0]))
}

// alsoGenerate says where Go files of a folder let go generate compile a spec that has another name now; "" if none do.
func alsoGenerate(dir, before, now string) string {
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		file := filepath.Join(dir, e.Name())
		if filepath.Ext(file) != ".go" {
			continue
		}
		src, err := regular.Read(file, maxSource)
		if err != nil {
			continue
		}
		for i, line := range bytes.Split(src, []byte("\n")) {
			if !bytes.HasPrefix(line, []byte("//go:generate ")) || !bytes.Contains(line, []byte("nngen")) {
				continue
			}
			for _, word := range strings.Fields(string(line)) {
				if path.Base(word) == path.Base(filepath.ToSlash(before)) {
					return fmt.Sprintf(", and write %s in place of %s at %s:%d", filepath.Base(now), word, file, i+1)
				}
			}
		}
	}
	return ""
}

// folderOf adds to the error of a spec that cannot be read, if its name is that of a folder, which specs are in that.
func folderOf(file string, err error) error {
	if info, bad := os.Stat(file); bad != nil || !info.IsDir() {
		return err
	}
	abs, bad := filepath.Abs(file)
	if bad != nil {
		return err
	}
	if own := filepath.Join(file, filepath.Base(abs)+".yaml"); isRegular(own) {
		return fmt.Errorf("%w; did you mean %s?", err, own)
	}
	var found []string
	entries, _ := os.ReadDir(file)
	for _, e := range entries {
		if end := filepath.Ext(e.Name()); (end == ".yaml" || end == ".yml") && e.Type().IsRegular() {
			found = append(found, filepath.Join(file, e.Name()))
		}
	}
	switch {
	case len(found) == 1:
		return fmt.Errorf("%w; did you mean %s?", err, found[0])
	case found != nil:
		return fmt.Errorf("%w; name a spec in it, such as %s", err, found[0])
	}
	return fmt.Errorf("%w, and it holds no spec", err)
}

// isRegular tells whether a name stands for a regular file.
func isRegular(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
