// Package sandbox builds and runs Go programs in a temporary module of their own, without network and
// without cgo.
//
// It exists because training and verification run generated code with the user's own toolchain, and
// must not touch the user's module while doing so.
package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Module is a temporary module.
type Module struct{ Dir string }

// New makes a module of the given name that holds files, by slash-separated path.
func New(name string, files map[string][]byte) (*Module, error) {
	dir, err := os.MkdirTemp("", "nngen-")
	if err != nil {
		return nil, err
	}
	m := &Module{Dir: dir}
	all := map[string][]byte{"go.mod": []byte("module " + name + "\n\ngo 1.24\n")}
	for path, b := range files {
		all[path] = b
	}
	for path, b := range all {
		p := filepath.Join(dir, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			m.Close()
			return nil, err
		}
		if err := os.WriteFile(p, b, 0o644); err != nil {
			m.Close()
			return nil, err
		}
	}
	return m, nil
}

// Close removes the module.
func (m *Module) Close() { os.RemoveAll(m.Dir) }

// Path returns the path of a file of the module.
func (m *Module) Path(name string) string { return filepath.Join(m.Dir, filepath.FromSlash(name)) }

// Build builds the package in a folder of the module and returns the path of the program.
func (m *Module) Build(ctx context.Context, folder string, flags ...string) (string, error) {
	exe := m.Path("bin-" + strings.ReplaceAll(folder, "/", "-"))
	if _, err := m.Go(ctx, append(append([]string{"build", "-o", exe}, flags...), "./"+folder)...); err != nil {
		return "", err
	}
	return exe, nil
}

// Go runs the go command in the module, for this machine, and returns what it prints.
func (m *Module) Go(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = m.Dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CGO_ENABLED=0", "GO111MODULE=on", "GOPROXY=off", "GOOS=", "GOARCH=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("go %s: %w\n%s", args[0], err, bytes.TrimSpace(out))
	}
	return out, nil
}
