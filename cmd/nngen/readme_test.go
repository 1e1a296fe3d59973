package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
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
