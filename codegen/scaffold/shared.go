package scaffold

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/nngen/nngen/codegen/output"
)

// mostLooked bounds how many files and folders of a module are looked at.
const mostLooked = 20000

// besidesOthers tells whether the module around a folder has a network already, whose package the manifest of nngen
// gives away, or a runtime that packages share.
func besidesOthers(folder string) bool {
	root, err := filepath.Abs(folder)
	if err != nil {
		return false
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return false
		}
		root = filepath.Dir(root)
	}
	if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(output.SharedFolder))); err == nil {
		return true
	}
	found, looked := false, 0
	filepath.WalkDir(root, func(at string, d fs.DirEntry, err error) error {
		looked++
		switch name := filepath.Base(at); {
		case err != nil && d != nil && d.IsDir():
			return filepath.SkipDir
		case looked > mostLooked || found:
			return filepath.SkipAll
		case err == nil && d.IsDir() && at != root && (name[0] == '.' ||
			name[0] == '_' || name == "testdata" || name == "vendor"):
			return filepath.SkipDir
		case err == nil && name == output.Manifest && d.Type().IsRegular():
			found = true
		}
		return nil
	})
	return found
}
