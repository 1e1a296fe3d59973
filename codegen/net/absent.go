package net

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nngen/nngen/spec"
)

// PathFrom returns where a file is that a spec in the folder base names.
func PathFrom(base, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(base, filepath.FromSlash(name))
}

// Absent lists the files and folders of the data section of a spec in the folder base that are not there. None is read.
func Absent(s *spec.Spec, base string) (list spec.ErrorList) {
	if s.Data == nil {
		return nil
	}
	for _, src := range []*spec.Source{s.Data.Train, s.Data.Validation, s.Data.Test} {
		if src == nil {
			continue
		}
		for _, name := range []string{src.Path, src.Labels} {
			at := PathFrom(base, name)
			if _, err := os.Stat(at); name != "" && errors.Is(err, fs.ErrNotExist) {
				Unopened(&list, src, base, &fs.PathError{Op: "open", Path: at, Err: errors.Unwrap(err)})
			}
		}
	}
	return list
}

// Unopened adds the error that a file which a source names cannot be opened: what the spec calls it, and where it was
// looked for.
func Unopened(list *spec.ErrorList, src *spec.Source, base string, err *fs.PathError) {
	text := err.Error()
	for _, name := range []string{src.Path, src.Labels} {
		if name == "" || PathFrom(base, name) != err.Path {
			continue
		}
		if at, fault := filepath.Abs(err.Path); fault == nil && at != name {
			text = fmt.Sprintf("%s %s: %v; it was looked for at %s", err.Op, name, err.Err, at)
		}
	}
	list.Add("input", src.Pos, "data", "paths are relative to the folder of the spec", "%s", text)
}
