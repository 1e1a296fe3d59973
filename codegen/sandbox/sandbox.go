// Package sandbox builds and runs Go programs in a temporary module of their own, without network and
// without cgo.
//
// It exists because training and verification run generated code with the user's own toolchain, and
// must not touch the user's module while doing so. Programs are built for the machine that nngen runs on, whatever the
// environment or go env -w say about other targets, flags, workspaces or modules; NNGENTARGET alone names another
// architecture, and what runs its programs here: "arm64 qemu-aarch64" shows that another machine gives the same bits. A
// program ends with nngen, however that ends, and no folder stays behind, see package scratch.
package sandbox

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/nngen/nngen/codegen/scratch"
)

// prefix begins the names of the folders of modules.
const prefix = "nngen-"

// Target returns the architecture that programs are built for, and the words that run them: none on a machine of its
// own.
func Target() (arch string, run []string) {
	words := strings.Fields(os.Getenv("NNGENTARGET"))
	if len(words) == 0 {
		return runtime.GOARCH, nil
	}
	return words[0], words[1:]
}

// Module is a temporary module.
type Module struct {
	Dir    string
	folder *scratch.Folder
	env    []string // of the go command; found at its first call
}

// Watch is the folder, below that of a module, of the package that a program imports in order to end with nngen.
const Watch = "nngenwatch"

// parentVar is set in the environment of a program whose standard input nngen holds open while it lives.
const parentVar = "NNGEN_PARENT"

var watchSource = []byte(`// Package ` + Watch + ` ends a program when the process that started it is gone: the standard input, which that
// process never writes to, then ends.
package ` + Watch + `

import (
	"io"
	"os"
)

func init() {
	if os.Getenv("` + parentVar + `") == "" {
		return
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
}
`)

// goTemp is where the go command puts its own temporary files.
const goTemp = ".go"

// New makes a module of the given name that holds files, by slash-separated path, and package Watch.
func New(name string, files map[string][]byte) (*Module, error) {
	folder, err := scratch.New("", prefix)
	if err != nil {
		return nil, fmt.Errorf("no folder for temporary files can be made; TMPDIR names another place for them: %w", err)
	}
	m := &Module{Dir: folder.Dir, folder: folder}
	all := map[string][]byte{"go.mod": []byte("module " + name + "\n\ngo 1.24\n"), Watch + "/watch.go": watchSource}
	for path, b := range files {
		all[path] = b
	}
	err = os.Mkdir(m.Path(goTemp), 0o755)
	for path, b := range all {
		if err == nil {
			err = os.MkdirAll(filepath.Dir(m.Path(path)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(m.Path(path), b, 0o644)
		}
	}
	if err != nil {
		defer m.Close()
		return nil, m.Explain(err)
	}
	return m, nil
}

// Close removes the module.
func (m *Module) Close() { m.folder.Close() }

// Path returns the path of a file of the module.
func (m *Module) Path(name string) string { return filepath.Join(m.Dir, filepath.FromSlash(name)) }

// Test runs the tests of packages of the module, with flags of go test.
func (m *Module) Test(ctx context.Context, args ...string) error {
	words := []string{"test"}
	if _, run := Target(); len(run) > 0 {
		words = append(words, "-exec", strings.Join(run, " "))
	}
	_, err := m.Go(ctx, append(words, args...)...)
	return err
}

// Build builds the package in a folder of the module and returns the path of the program.
func (m *Module) Build(ctx context.Context, folder string, flags ...string) (string, error) {
	exe := m.Path("bin-" + strings.ReplaceAll(folder, "/", "-"))
	if runtime.GOOS == "windows" {
		exe += ".exe"
	}
	if _, err := m.Go(ctx, append(append([]string{"build", "-o", exe}, flags...), "./"+folder)...); err != nil {
		return "", err
	}
	return exe, nil
}

// BuildFor is Build for another machine, on which the program cannot be run here.
func (m *Module) BuildFor(ctx context.Context, system, machine, folder string, flags ...string) (string, error) {
	env, err := m.hostEnv(ctx)
	if err != nil {
		return "", err
	}
	exe := m.Path(fmt.Sprintf("bin-%s-%s-%s", strings.ReplaceAll(folder, "/", "-"), system, machine))
	args := append(append([]string{"build", "-o", exe}, flags...), "./"+folder)
	_, err = m.command(ctx, append(env, "GOOS="+system, "GOARCH="+machine), args...)
	return exe, err
}

// Go runs the go command in the module, for this machine, and returns what it prints.
func (m *Module) Go(ctx context.Context, args ...string) ([]byte, error) {
	if m.env == nil {
		env, err := m.hostEnv(ctx)
		if err != nil {
			return nil, err
		}
		m.env = env
	}
	return m.command(ctx, m.env, args...)
}

// kept are the variables of the environment that begin as Go's do and say nothing about what is built.
var kept = []string{"GOROOT", "GOMAXPROCS", "GOGC", "GOMEMLIMIT", "GOTRACEBACK"}

// places are the settings of go env that say where its files are and which Go it is.
var places = []string{"GOCACHE", "GOPATH", "GOMODCACHE", "GOTOOLCHAIN"}

var errNoCache = errors.New("the go command has no place for its build cache, without which it builds nothing: " +
	"set GOCACHE to a folder, or HOME (XDG_CACHE_HOME on Linux, LocalAppData on Windows) as it is in a terminal")

// hostEnv returns the environment in which the go command builds for this machine: of Go's settings, in the
// environment or by go env -w, those that say where things are, and our own for the others.
func (m *Module) hostEnv(ctx context.Context) ([]string, error) {
	user := append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GO111MODULE=on", "GOOS="+runtime.GOOS,
		"GOARCH="+runtime.GOARCH)
	out, err := m.command(ctx, user, append([]string{"env", "-json"}, places...)...)
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("go env -json printed %q: %w", clean(out), err)
	}
	if settings["GOCACHE"] == "off" { // also what it is where nothing says where home is
		return nil, errNoCache
	}
	env := slices.DeleteFunc(os.Environ(), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return (strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_")) && !slices.Contains(kept, name)
	})
	for _, name := range places {
		if settings[name] != "" {
			env = append(env, name+"="+settings[name])
		}
	}
	arch, _ := Target()
	return append(env, "GOENV=off", "GOOS="+runtime.GOOS, "GOARCH="+arch, "CGO_ENABLED=0", "GOFLAGS=-mod=mod",
		"GOWORK=off", "GO111MODULE=on", "GOPROXY=off", "GOTMPDIR="+m.Path(goTemp)), nil
}

// command runs the go command and returns what it prints.
func (m *Module) command(ctx context.Context, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = m.Dir, env, time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	wait, err := scratch.Start(cmd)
	if err == nil {
		err = wait()
	}
	text := m.translate(out.Bytes())
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case m.gone():
		return nil, m.Explain(err)
	case errors.Is(err, exec.ErrNotFound):
		return nil, errors.New("there is no go command in PATH, and nngen builds generated code with it: install Go from " +
			"https://go.dev/dl, or add its folder bin to PATH")
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		return nil, fmt.Errorf("the go command was ended from outside in the midst of go %s (%s); if nobody did that, "+
			"memory may have run out", args[0], exit)
	case text == "":
		return nil, fmt.Errorf("the go command (%s) failed at go %s without saying why: %w; see whether it works elsewhere",
			cmd.Path, args[0], err)
	}
	return nil, fmt.Errorf("go %s failed:\n%s", args[0], text)
}

// Program is a run of a program of a module.
type Program struct {
	Exe  string
	Args []string
	Env  []string // beside the environment of nngen
	// Line is called for each line of the standard output; the first error ends the program. nil discards them.
	Line func(line []byte) error
	// Stop asks the program to stop, by an interrupt, when ctx ends; it has as long as it wants. Without Stop it is
	// killed. A program that the interrupt ends, such as one that does not listen yet, gives the error of ctx.
	Stop bool
}

// Run runs a program to its end. What it writes to its standard error before it fails is the text of the error.
func (m *Module) Run(ctx context.Context, p Program) error {
	_, words := Target()
	words = append(append(words, p.Exe), p.Args...)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(append(os.Environ(), parentVar+"=1"), p.Env...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	open, err := cmd.StdinPipe() // see Watch
	if err != nil {
		return err
	}
	lines, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	start := scratch.Start
	if p.Stop {
		start = scratch.StartGently
	}
	wait, err := start(cmd)
	if err != nil {
		return m.Explain(err)
	}
	defer open.Close()
	lineErr := eachLine(lines, p.Line)
	if lineErr != nil {
		cmd.Process.Kill()
	}
	err = wait()
	if lineErr != nil {
		return lineErr
	}
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if ctx.Err() != nil && (!p.Stop || !errors.As(err, &exit) || exit.ExitCode() < 0) {
		return ctx.Err()
	}
	text := m.translate(problem.Bytes())
	switch {
	case m.gone():
		return m.Explain(err)
	case errors.As(err, &exit) && exit.ExitCode() < 0:
		return fmt.Errorf("the generated program was ended from outside (%s); if nobody did that, memory may have run out",
			exit)
	case errors.As(err, &exit) && exit.ExitCode() == 1 && text != "":
		return errors.New(text)
	}
	return fmt.Errorf("the generated program failed (%w), which is a bug in nngen; please report it with your spec:\n%s",
		err, text)
}

// eachLine calls f for each line, of any length.
func eachLine(r io.Reader, f func([]byte) error) error {
	for in := bufio.NewReader(r); ; {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 && f != nil {
			if err := f(bytes.TrimSuffix(line, []byte("\n"))); err != nil {
				return err
			}
		}
		if err != nil { // the end, or the program's death, which its exit code tells
			return nil
		}
	}
}

// gone tells whether someone removed the module.
func (m *Module) gone() bool {
	_, err := os.Stat(m.Path("go.mod"))
	return errors.Is(err, fs.ErrNotExist)
}

// Explain words an error of working in the module for users, who do not know its folder.
func (m *Module) Explain(err error) error {
	if err != nil && m.gone() {
		return fmt.Errorf("the folder for temporary files (%s) was removed while nngen was at work in it; run it again, or "+
			"name another place by TMPDIR", filepath.Dir(m.Dir))
	}
	var p *fs.PathError
	if errors.As(err, &p) && strings.HasPrefix(p.Path, m.Dir) {
		return fmt.Errorf("the folder for temporary files (%s): %s: %w", filepath.Dir(m.Dir), p.Op, p.Err)
	}
	return err
}

// translate makes text of a program fit for a terminal, with paths as the user knows them.
func (m *Module) translate(b []byte) string {
	text := strings.ReplaceAll(clean(b), m.Dir+string(filepath.Separator), "")
	return strings.TrimSpace(strings.ReplaceAll(text, m.Dir, "."))
}

// clean returns the text of another program without escape sequences and other control characters.
func clean(b []byte) string {
	var out strings.Builder
	text := []rune(strings.ToValidUTF8(string(b), "\uFFFD"))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case r == '\x1b' || r == '\u009b':
			i = skipEscape(text, i)
		case r == '\n' || r == '\t' || !unicode.IsControl(r) && !unicode.Is(unicode.Cf, r):
			out.WriteRune(r)
		}
	}
	return out.String()
}

// skipEscape returns the place of the last character of an escape sequence that begins at i (ECMA-48, sections 5.3,
// 5.4 and 5.6).
func skipEscape(text []rune, i int) int {
	kind := '['
	if text[i] == '\x1b' {
		if i++; i == len(text) {
			return i
		}
		kind = text[i]
	}
	switch kind {
	case '[': // parameters, then a final character
		for i++; i < len(text) && (text[i] < '@' || text[i] > '~'); i++ {
			if text[i] == '\n' {
				return i - 1
			}
		}
	case ']', 'P', 'X', '^', '_': // a string, ended by BEL or ESC \
		for i++; i < len(text) && text[i] != '\a' && text[i] != '\n'; i++ {
			if text[i] == '\x1b' {
				return i + 1
			}
		}
		if i < len(text) && text[i] == '\n' {
			return i - 1
		}
	}
	return i
}
