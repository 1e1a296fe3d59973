package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// readmeLimit is the largest README in bytes: what is longer belongs to nngen ops, to the examples or to package docs.
const readmeLimit = 12 << 10

// blocks returns the fenced blocks of a language in a text of Markdown, and the lines of indented ones for "".
func blocks(text, language string) (list []string) {
	if language == "" {
		for _, line := range strings.Split(text, "\n") {
			if code, ok := strings.CutPrefix(line, "    "); ok {
				list = append(list, code)
			}
		}
		return list
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// TestTheREADMEHolds checks what the README says by what can be checked of it alone: its size, its links, each command
// line, its specs and its Go. TestRoadsInTheREADMELeadToONNXRuntime and testdata/downstream run what it says.
func TestTheREADMEHolds(t *testing.T) {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if len(b) > readmeLimit {
		t.Errorf("the README has %d bytes, want at most %d", len(b), readmeLimit)
	}
	text := string(b)
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("a link leads nowhere: %v", err)
		}
	}
	specs := blocks(text, "yaml")
	for _, src := range specs {
		dir := t.TempDir()
		for name, content := range map[string]string{"go.mod": "module example.com/readme\n\ngo 1.22\n", "net.yaml": src} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if code := run([]string{"compile", filepath.Join(dir, "net.yaml")}, nil, &out, &out); code != 0 {
			t.Errorf("a spec of the README does not compile:\n%s", &out)
		}
	}
	snippets := blocks(text, "go")
	for _, src := range snippets {
		body := regexp.MustCompile(`(?m)^import .*\n`).ReplaceAllString(src, "")
		head := strings.Join(regexp.MustCompile(`(?m)^import .*$`).FindAllString(src, -1), "\n")
		if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+head+"\nfunc _() {\n"+
			body+"\n}\n", 0); err != nil {
			t.Errorf("a snippet is not Go: %v\n%s", err, src)
		}
	}
	commands := 0
	words := regexp.MustCompile(`^(?:\$ )?(?:go tool nngen|nngen|go run \./cmd/nngen) (.*)$`)
	for _, line := range blocks(text, "") {
		line, _, _ = strings.Cut(line, "  #")
		if m := words.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			commands++
			checkCommandLine(t, strings.Fields(m[1]))
		}
	}
	for _, m := range regexp.MustCompile("`nngen ([a-z][^`]*)`").FindAllStringSubmatch(text, -1) {
		commands++
		checkCommandLine(t, strings.Fields(m[1]))
	}
	if len(specs) == 0 || len(snippets) < 2 || commands < 15 {
		t.Errorf("found %d specs, %d snippets, %d commands", len(specs), len(snippets), commands)
	}
}

// snippet puts the one Go block that has a word in it, of the README or of that of a folder, where a file says // README,
// without its imports.
func snippet(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: snippet file word [folder]")
	}
	readme, err := os.ReadFile(filepath.Join("../..", strings.Join(args[2:], ""), "README.md"))
	ts.Check(err)
	found := slices.DeleteFunc(blocks(string(readme), "go"), func(b string) bool {
		return !strings.Contains(strings.ToLower(b), strings.ToLower(args[1]))
	})
	if len(found) != 1 {
		ts.Fatalf("the README has %d blocks of Go with %s", len(found), args[1])
	}
	body := regexp.MustCompile(`(?m)^import .*\n`).ReplaceAllString(found[0], "")
	frame := ts.ReadFile(args[0])
	if strings.Count(frame, "// README\n") != 1 {
		ts.Fatalf("%s has no line // README", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Replace(frame, "// README\n", body, 1)), 0o644))
}

// heads are what stands before the parts of a spec that READMEs of folders show, block by block; "" before a whole one.
var heads = map[string][]string{
	"codegen/op/README.md": {"version: 1\nname: net\n"},
	"generated/names/README.md": {"", "version: 1\nname: net\n" +
		"input: {name: text, shape: [3], tokens: {characters: ab}}\ntask: multiclass\nclasses: 2\n"},
	"generated/sunspots/README.md": {
		"version: 1\nname: net\ninput: {name: x, shape: [8, 1]}\ntask: regression\nlayers: [flatten, output]\n",
		"version: 1\nname: net\ninputs:\n  - {name: source, shape: [4, 1]}\n  - {name: target, shape: [4, 1]}\n" +
			"task: regression\n"},
}

// TestSpecsOfTheDocsAreSpecs builds the networks of all YAML that a README of a folder shows: each block has a head above.
func TestSpecsOfTheDocsAreSpecs(t *testing.T) {
	t.Chdir("../..")
	list, err := exec.Command("git", "ls-files", "*/README.md").Output()
	if err != nil {
		t.Skipf("no repository: %v", err)
	}
	for _, file := range strings.Fields(string(list)) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		shown := blocks(string(b), "yaml")
		if len(shown) != len(heads[file]) {
			t.Errorf("%s has %d blocks of YAML, and %d heads here", file, len(shown), len(heads[file]))
			continue
		}
		for i, text := range shown {
			s, problems := spec.Parse(file, []byte(heads[file][i]+text), op.Schema())
			if problems.Err() == nil {
				_, problems = net.Build(s, os.DirFS(filepath.Dir(file)))
			}
			if problems.Err() != nil {
				t.Errorf("%s, block %d: %v", file, i+1, problems)
			}
		}
	}
}

// executed returns what scripts, tests and the gate run, a line each; that of a Go test without quotes and commas, in which
// arguments of commands lie.
func executed(t *testing.T) (run []string) {
	t.Helper()
	for _, pattern := range []string{"../../testdata/script/*.txtar", "../../testdata/downstream/*/*.txtar",
		"../../cmd/nngen/*_test.go", "../../codegen/*/*_test.go", "../../.ci/run"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range strings.Split(string(b), "\n") {
				if strings.HasSuffix(file, ".go") {
					if !strings.Contains(l, "run([]string{") && !strings.Contains(l, "exec.Command") &&
						!strings.Contains(l, "runVerb(") {
						continue
					}
					l = strings.NewReplacer(`"`, "", ",", "", "run([]string{", "nngen ", "runVerb(t ", "nngen ").Replace(l)
				}
				run = append(run, l)
			}
		}
	}
	return run
}

// isRun tells whether a line has all words.
func isRun(run, words []string) bool {
	return slices.ContainsFunc(run, func(l string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(l, w) })
	})
}

// programs are what commands of docs begin with, beside nngen; TestCommandsOfTheDocsRun looks at go test and .ci/run.
var programs = regexp.MustCompile(`^(curl|mpirun|parallel|GOOS=\S+ GOARCH=\S+|go get|go mod \w+|go work \w+)\b`)

// elsewhere are the READMEs whose commands a test of their own runs.
var elsewhere = []string{"generated/theory/README.md"} // TestTheTheoryHolds

// TestEachCommandOfTheDocsIsRun looks, for each command of the READMEs and of package docs, for scripts or tests that run
// the same verb, or program, with each of the flags that it has.
func TestEachCommandOfTheDocsIsRun(t *testing.T) {
	run := executed(t)
	t.Chdir("../..")
	list, err := exec.Command("git", "ls-files", "*/doc.go", "*README.md", "codegen/*.go").Output()
	if err != nil {
		t.Skipf("no repository: %v", err)
	}
	commands := 0
	want := func(file, command string, first []string, rest []string) {
		commands++
		if first[0] == "nngen bench" { // which wants a quiet machine: package bench tests it
			return
		}
		ok := isRun(run, first)
		for _, w := range rest {
			if name, _, _ := strings.Cut(w, "="); strings.HasPrefix(name, "-") && len(name) > 1 {
				ok = ok && isRun(run, append(slices.Clone(first), " "+name))
			}
		}
		if !ok {
			t.Errorf("%s: no script or test runs %s", file, command)
		}
	}
	nngen := regexp.MustCompile(`^(?:\$ )?(?:go tool nngen|nngen|go run \./cmd/nngen) ([a-z].*)$`)
	for _, file := range strings.Fields(string(list)) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(elsewhere, file) {
			continue
		}
		for _, line := range shown(file, string(b)) {
			if m := nngen.FindStringSubmatch(line); m != nil {
				words := strings.Fields(m[1])
				want(file, line, []string{"nngen " + words[0]}, words[1:])
			} else if m := programs.FindString(line); m != "" {
				if strings.HasPrefix(m, "GOOS=") {
					for _, v := range strings.Fields(m) { // scripts set each by itself
						if v != "GOOS=linux" && v != "GOARCH=amd64" {
							want(file, line, []string{v}, nil)
						}
					}
					continue
				}
				words := strings.Fields(line)
				want(file, line, []string{m}, words[len(strings.Fields(m)):])
			}
		}
		if file != "README.md" {
			continue
		}
		for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllStringSubmatch(verbs(string(b)), -1) {
			for _, m := range regexp.MustCompile("`([^`]*)`").FindAllStringSubmatch(row[1], -1) {
				words := strings.Fields(m[1])
				want(file, m[1], []string{"nngen " + words[0]}, words[1:])
			}
		}
	}
	if commands < 70 {
		t.Errorf("found %d commands", commands)
	}
}

// unrun are the programs of commands in docs that no test runs as they stand, with the reason, and what is looked at in
// their place. Each command that begins with one matches form.
var unrun = []struct {
	program, reason string
	form            *regexp.Regexp
	check           func(t *testing.T, line string)
}{
	{"apt-get", "it changes the machine", regexp.MustCompile(`^apt-get install( [a-z0-9][a-z0-9+.-]+)+( +#.*)?$`), nil},
	{"srun", "it takes a cluster with Slurm",
		regexp.MustCompile(`^srun --mpi=pmi(x|2) \./train( -\w+( \w+)?)*( [\w.]+)?$`), isShell},
	{"sbatch", "it takes a cluster with Slurm",
		regexp.MustCompile(`^(first=\$\()?sbatch( --[a-z]+(=\S+)?)* --wrap 'nngen [^']+'\)?$`), wrapsVerb},
	{"benchstat", "it is of golang.org/x/perf, and its numbers want a quiet machine",
		regexp.MustCompile(`^benchstat( \w+\.txt)+$`), nil},
	{"python3", "it times other programs, of npm, for minutes",
		regexp.MustCompile(`^python3 [\w/]+\.py( \w+)*$`), isPython},
	// TestDownstream/mpi builds with it where there is one.
	{"CC=mpicc", "it takes MPI", regexp.MustCompile(`^CC=mpicc go build -o train \.$`), isShell},
}

// isShell has a shell read a line, without running it.
func isShell(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("bash", "-n", "-c", line).CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", line, err, out)
	}
}

// wrapsVerb looks at what a job of Slurm runs: a verb of nngen with flags that it has.
func wrapsVerb(t *testing.T, line string) {
	t.Helper()
	isShell(t, line)
	m := regexp.MustCompile(`--wrap 'nngen ([^']+)'`).FindStringSubmatch(line)
	if m == nil {
		t.Errorf("%s wraps no verb", line)
		return
	}
	c, rest, err := newRoot(new(ending)).Find(strings.Fields(m[1]))
	if err != nil || c.Name() == "nngen" {
		t.Errorf("%s: no verb %s: %v", line, m[1], err)
		return
	}
	for _, w := range rest {
		if name, ok := strings.CutPrefix(w, "--"); ok {
			if name, _, _ = strings.Cut(name, "="); c.Flag(name) == nil {
				t.Errorf("%s: %s has no flag --%s", line, c.Name(), name)
			}
		}
	}
}

// isPython has Python compile the program of a line, where there is one, and looks for it.
func isPython(t *testing.T, line string) {
	t.Helper()
	file := strings.Fields(line)[1]
	if _, err := os.Stat(file); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Logf("no python3: %s is not compiled", file)
		return
	}
	if out, err := exec.Command(python, "-c", "import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])", file).
		CombinedOutput(); err != nil {
		t.Errorf("%s: %v: %s", line, err, out)
	}
}

// TestCommandsThatNoTestRunsHaveTheirForm looks at each command of unrun in the docs, of which each row has one at least.
func TestCommandsThatNoTestRunsHaveTheirForm(t *testing.T) {
	t.Chdir("../..")
	list, err := exec.Command("git", "ls-files", "*/doc.go", "*README.md", "codegen/*.go").Output()
	if err != nil {
		t.Skipf("no repository: %v", err)
	}
	found := map[string]int{}
	for _, file := range strings.Fields(string(list)) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range shown(file, string(b)) {
			for _, row := range unrun {
				if !strings.HasPrefix(strings.TrimPrefix(line, "first=$("), row.program+" ") {
					continue
				}
				found[row.program]++
				if !row.form.MatchString(line) {
					t.Errorf("%s: %s is not of the form %s", file, line, row.form)
				} else if row.check != nil {
					row.check(t, line)
				}
			}
		}
	}
	for _, row := range unrun {
		if found[row.program] == 0 {
			t.Errorf("no docs name %s, which no test runs as %s", row.program, row.reason)
		}
	}
}

// shown returns the lines of code of a README, or of the comments of a Go file, without comments of their own, prompts and
// variables before them.
func shown(file, text string) (list []string) {
	markdown, fenced := strings.HasSuffix(file, ".md"), false
	for _, line := range strings.Split(text, "\n") {
		code, ok := strings.CutPrefix(line, "//\t")
		if markdown {
			if strings.HasPrefix(line, "```") {
				fenced = !fenced
				continue
			}
			if code, ok = strings.CutPrefix(line, "    "); fenced {
				code, ok = line, true
			}
		}
		if !ok {
			continue
		}
		code = regexp.MustCompile(`^(NNGEN_\w+=\S+ +)+`).ReplaceAllString(strings.TrimSpace(code), "")
		code, _, _ = strings.Cut(strings.TrimPrefix(code, "$ "), "  ")
		list = append(list, strings.TrimSpace(code))
	}
	return list
}

// TestCommandsOfTheDocsRun takes the commands that docs of packages and READMEs of folders show: verbs that read a spec
// of this repository are run, of others the flags are there; tests, parts of .ci/run, packages and links are there too.
func TestCommandsOfTheDocsRun(t *testing.T) {
	t.Chdir("../..")
	gate, err := os.ReadFile(".ci/run")
	if err != nil {
		t.Fatal(err)
	}
	readers := []string{"describe", "dump", "check", "fmt", "ops"}
	counts := map[string]int{}
	list, err := exec.Command("git", "ls-files", "*/doc.go", "*README.md", "codegen/*.go").Output()
	if err != nil {
		t.Skipf("no repository: %v", err)
	}
	tests := testNames(t)
	for _, file := range strings.Fields(string(list)) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		markdown := strings.HasSuffix(file, ".md")
		if markdown {
			for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(b), -1) {
				counts["link"]++
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), m[1])); err != nil {
					t.Errorf("%s: a link leads nowhere: %v", file, err)
				}
			}
		}
		for _, line := range shown(file, string(b)) {
			words := strings.Fields(line)
			switch {
			case len(words) < 2:
			case words[0] == ".ci/run":
				counts["part"]++
				if !strings.Contains(string(gate), "\n  "+words[1]+") ") {
					t.Errorf("%s: .ci/run has no part %s", file, words[1])
				}
			case strings.HasPrefix(line, "go test "):
				for i, w := range words {
					if path, ok := strings.CutPrefix(w, "./"); ok && !strings.Contains(path, "...") && !strings.Contains(path, "<") &&
						!strings.HasPrefix(path, "iris") {
						counts["package"]++
						if _, err := os.Stat(path); err != nil {
							t.Errorf("%s: %s: %v", file, line, err)
						}
					}
					if w == "-run" && i+1 < len(words) && words[i+1] != "NONE" {
						pattern, _, _ := strings.Cut(strings.Trim(words[i+1], "'^$"), "/")
						counts["test"]++
						if r, err := regexp.Compile(pattern); err != nil || !slices.ContainsFunc(tests, r.MatchString) {
							t.Errorf("%s: %s: no test of that name: %v", file, line, err)
						}
					}
				}
			case strings.HasPrefix(line, "go run ./cmd/nngen ") || strings.HasPrefix(line, "go tool nngen ") ||
				words[0] == "nngen":
				args := words[slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "nngen") })+1:]
				counts["verb"]++
				checkCommandLine(t, args)
				if slices.Contains(readers, args[0]) && strings.HasPrefix(line, "go run ") {
					counts["run"]++
					var out bytes.Buffer
					if code := run(args, nil, &out, &out); code != 0 || args[0] != "check" && out.Len() == 0 {
						t.Errorf("%s: %s: exit %d\n%s", file, line, code, &out)
					}
				}
			}
		}
	}
	for what, least := range map[string]int{"link": 20, "part": 7, "package": 7, "test": 3, "verb": 20, "run": 7} {
		if counts[what] < least {
			t.Errorf("found %d of %s, want at least %d", counts[what], what, least)
		}
	}
}

// TestEachFuzzTargetIsInTheDocs compares the table of package codegen with the targets that there are.
func TestEachFuzzTargetIsInTheDocs(t *testing.T) {
	t.Chdir("../..")
	doc, err := os.ReadFile("codegen/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "grep", "-oE", "^func Fuzz[A-Za-z0-9]+", "--", "*_test.go", ":!codegen/fuzzing").Output()
	if err != nil {
		t.Skipf("no repository: %v", err)
	}
	targets := map[string]bool{}
	place := regexp.MustCompile(`(?m)(\w+)/\w+_test\.go:func (Fuzz\w+)$`)
	for _, m := range place.FindAllStringSubmatch(string(out), -1) {
		targets[m[1]+"."+m[2]] = true
	}
	listed := map[string]bool{}
	for _, name := range regexp.MustCompile(`\w+\.Fuzz\w+`).FindAllString(string(doc), -1) {
		listed[name] = true
		if !targets[name] {
			t.Errorf("codegen/doc.go names %s, which there is not", name)
		}
	}
	for name := range targets {
		if !listed[name] {
			t.Errorf("codegen/doc.go does not name %s", name)
		}
	}
	if len(targets) < 40 {
		t.Errorf("found %d targets", len(targets))
	}
}

// testNames returns the names of all tests of the repository.
func testNames(t *testing.T) (names []string) {
	t.Helper()
	out, err := exec.Command("git", "grep", "-hoE", "^func (Test|Fuzz)[A-Za-z0-9_]+", "--", "*_test.go").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		names = append(names, strings.TrimPrefix(line, "func "))
	}
	return names
}

// verbs returns the table of verbs in the README.
func verbs(readme string) string {
	_, rest, _ := strings.Cut(readme, "\n## Verbs\n")
	table, _, _ := strings.Cut(rest, "\nExit codes")
	return table
}

// checkCommandLine fails unless the verb is there, and has the flags.
func checkCommandLine(t *testing.T, args []string) {
	t.Helper()
	c, rest, err := newRoot(new(ending)).Find(args)
	if err != nil || !c.HasParent() && c.Name() != args[0] {
		if !slices.Contains([]string{"help", "completion"}, args[0]) {
			t.Errorf("nngen %s: no such verb", strings.Join(args, " "))
		}
		return
	}
	for _, word := range rest {
		name, isLong := strings.CutPrefix(word, "--")
		name, _, _ = strings.Cut(name, "=")
		found := true
		switch {
		case isLong:
			found = c.Flags().Lookup(name) != nil || c.InheritedFlags().Lookup(name) != nil
		case len(word) == 2 && word[0] == '-':
			found = c.Flags().ShorthandLookup(word[1:]) != nil
		}
		if !found {
			t.Errorf("nngen %s: %s has no flag %s", strings.Join(args, " "), c.Name(), word)
		}
	}
}

// TestTheSizesInTheREADMEHold runs what prints the rows of the table of sizes.
func TestTheSizesInTheREADMEHold(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := regexp.MustCompile(`(?m)^\| (\w+).*? \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) KB \|$`).
		FindAllStringSubmatch(string(b), -1)
	if len(rows) != 3 {
		t.Fatalf("the README has %d rows of sizes, want 3", len(rows))
	}
	for _, row := range rows {
		var out bytes.Buffer
		if code := run([]string{"bench", "--size", "../../generated/" + row[1] + "/" + row[1] + ".yaml"},
			nil, &out, &out); code != 0 {
			t.Fatalf("%s: %s", row[1], &out)
		}
		want := append(row[1:], "KB")
		if got := strings.Fields(out.String()); !slices.Equal(got[len(got)-len(want):], want) {
			t.Errorf("the README says %s of %s, but bench --size prints\n%s", strings.Join(want[1:], " "), row[1], &out)
		}
	}
}

// TestHelpHasShortLines measures the lines of help, which no terminal breaks at words.
func TestHelpHasShortLines(t *testing.T) {
	const most = 132 // columns of a wide terminal
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		for line := range strings.Lines(c.Long) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > most {
				t.Errorf("%s --help: a line of %d characters, want at most %d: %s", c.CommandPath(), n, most, line)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(new(ending)))
}

// TestExamplesOfHelpAreRun takes the command lines that help shows of each verb: the verb and its flags are there, and
// a script or test runs it with each of them.
func TestExamplesOfHelpAreRun(t *testing.T) {
	run := executed(t)
	line := regexp.MustCompile(`(?m)^(?:  |\t).*?\bnngen ([a-z][^|>#\n]*)`)
	examples := 0
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if c.Name() == "completion" || c.Name() == "help" { // whose text is cobra's
			return
		}
		for _, m := range line.FindAllStringSubmatch(c.Long+"\n"+c.Example, -1) {
			examples++
			words := strings.Fields(m[1])
			checkCommandLine(t, words)
			if words[0] == "bench" { // which wants a quiet machine: package bench tests it
				continue
			}
			first := []string{"nngen " + words[0]}
			ok := isRun(run, first)
			for _, w := range words[1:] {
				if name, _, _ := strings.Cut(w, "="); strings.HasPrefix(name, "-") && len(name) > 1 {
					ok = ok && isRun(run, append(slices.Clone(first), " "+name))
				}
			}
			if !ok {
				t.Errorf("help of %s: no script or test runs nngen %s", c.Name(), m[1])
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot(new(ending)))
	if examples < 15 {
		t.Errorf("found %d examples", examples)
	}
}
