package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/sweep"
)

// again are the trials of generated/theory that a plain test runs once more; with NNGEN_THEORY=1 it runs all, and draws
// all pictures.
var again = map[string][]int{"double_descent": {0}, "overfitting": {4}}

// TestTheTheoryHolds compares the plans in generated/theory with the commands of its README, and the numbers with those
// of trials that are run again.
func TestTheTheoryHolds(t *testing.T) {
	all := os.Getenv("NNGEN_THEORY") != ""
	theory := copyTheory(t)
	t.Chdir(theory)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^    nngen sweep (.*)$`).FindAllStringSubmatch(string(readme), -1)
	if len(commands) != 7 {
		t.Errorf("the README has %d commands, want one for each of 7 pictures", len(commands))
	}
	for _, command := range commands {
		args := append([]string{"sweep", "plan"}, words(command[1])...)
		name := filepath.Dir(args[2])
		if code, out := nngen(args...); code != exitFine || !strings.HasPrefix(out, name+": trials 0 to ") {
			t.Errorf("%s: the plan is not that of the README's command: exit %d: %s", name, code, out)
			continue
		}
		want := results(t, name)
		var trials []int
		for i := range want {
			if all || slices.Contains(again[name], i) && !testing.Short() {
				trials = append(trials, i)
			}
		}
		for _, i := range trials {
			if code, out := nngen("sweep", "run", name, "--trial", fmt.Sprint(i)); code != exitFine {
				t.Fatalf("%s, trial %d: exit %d: %s", name, i, code, out)
			}
			b, err := os.ReadFile(filepath.Join(name, "trials", fmt.Sprintf("%06d.json", i)))
			if err != nil {
				t.Fatal(err)
			}
			if got := result(t, b); !reflect.DeepEqual(got, want[i]) {
				t.Errorf("%s, trial %d: got %+v, want %+v", name, i, got, want[i])
			}
		}
		if all {
			samePictures(t, name)
		}
	}
}

// TestTheTablesAreThoseOfTheResults draws the table of each picture again from the results that are kept: the words and
// figures of a table are those that this version prints.
func TestTheTablesAreThoseOfTheResults(t *testing.T) {
	t.Chdir(copyTheory(t))
	files, err := filepath.Glob("*/results.jsonl")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d results: %v", len(files), err)
	}
	for _, f := range files {
		name := filepath.Dir(f)
		list, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(name, "trials"), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, line := range bytes.Split(bytes.TrimSpace(list), []byte("\n")) {
			if err := os.WriteFile(filepath.Join(name, "trials", fmt.Sprintf("%06d.json", i)), line, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		table := filepath.Join(name, "table.txt")
		want, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(table); err != nil {
			t.Fatal(err)
		}
		if code, out := nngen("sweep", "collect", name); code != exitFine {
			t.Fatalf("%s: exit %d: %s", name, code, out)
		}
		if got, err := os.ReadFile(table); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is %q, %v; the results give %q", table, want, err, got)
		}
	}
}

// TestTheErrorDescendsTwice looks at the means of double_descent: down, up to where the parameters are as many as the
// numbers to learn, and down again.
func TestTheErrorDescendsTwice(t *testing.T) {
	t.Chdir(copyTheory(t))
	mean := map[string]float64{}
	for _, r := range results(t, "double_descent") {
		mean[r.Values["layers.h.units"]] += r.Metrics["loss"] / 3
	}
	if !(mean["8"] < 0.75*mean["1"] && mean["20"] > 1.5*mean["8"] && mean["26"] > 1.5*mean["8"] &&
		mean["640"] < 0.7*mean["20"]) {
		t.Errorf("mean losses by units: %v", mean)
	}
}

// TestTheNumbersOfTheTheoryAreThoseOfItsResults looks up each number with three decimals that stands in the text of the
// README, beside commands: it is the mean loss of a setting.
func TestTheNumbersOfTheTheoryAreThoseOfItsResults(t *testing.T) {
	readme, err := os.ReadFile("../../generated/theory/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^    .*$`).ReplaceAllString(string(readme), "")
	numbers := regexp.MustCompile(`\b[0-9]\.[0-9]{3}\b`).FindAllString(text, -1)
	known := map[string]bool{}
	files, err := filepath.Glob("../../generated/theory/*/results.jsonl")
	if err != nil || len(files) != 7 || len(numbers) < 20 {
		t.Fatalf("%d results, %d numbers in the README: %v", len(files), len(numbers), err)
	}
	for _, f := range files {
		sum, n := map[int]float64{}, map[int]float64{}
		for _, r := range results(t, filepath.Dir(f)) {
			sum[r.Setting] += r.Metrics["loss"]
			n[r.Setting]++
		}
		for s, v := range sum {
			known[fmt.Sprintf("%.3f", v/n[s])] = true
		}
	}
	for _, v := range numbers {
		if !known[v] {
			t.Errorf("the README says %s, which is the mean loss of no setting", v)
		}
	}
}

// copyTheory copies generated/theory, and the digits, to a module of their own, and returns the folder.
func copyTheory(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{"generated/theory", "testdata/data/digits.csv.gz", "go.mod"} {
		err := filepath.WalkDir(filepath.Join("../..", name), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			to := filepath.Join(root, strings.TrimPrefix(path, filepath.Join("..", "..")))
			if d.IsDir() {
				if d.Name() == "trials" {
					return filepath.SkipDir
				}
				return os.MkdirAll(to, 0o755)
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				return err
			}
			return os.WriteFile(to, b, 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(root, "generated", "theory")
}

// nngen runs a command line, and returns its exit code and all that it wrote.
func nngen(args ...string) (int, string) {
	var out bytes.Buffer
	code := run(args, strings.NewReader(""), &out, &out)
	at := strings.Index(out.String(), "\n") // behind the line that says what is planned
	if args[1] == "plan" && code == exitFine {
		return code, out.String()[at+1:]
	}
	return code, out.String()
}

// words splits a command line at spaces, but those between quotes.
func words(line string) (list []string) {
	for _, w := range regexp.MustCompile(`"[^"]*"|[^ "]+`).FindAllString(line, -1) {
		list = append(list, strings.Trim(w, `"`))
	}
	return list
}

// results reads the results of a sweep.
func results(t *testing.T, name string) (list []sweep.Result) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(name, "results.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(b), []byte("\n")) {
		list = append(list, result(t, line))
	}
	return list
}

// result reads a result, but for the plan's key, which a new version of nngen changes, and curves.
func result(t *testing.T, line []byte) (r sweep.Result) {
	t.Helper()
	if err := json.Unmarshal(line, &r); err != nil {
		t.Fatal(err)
	}
	r.Plan, r.Curve, r.Path = "", nil, nil
	return r
}

// samePictures collects a sweep whose trials were run, and compares the table and the pictures.
func samePictures(t *testing.T, name string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(name, "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	before := map[string][]byte{}
	for _, f := range append(files, filepath.Join(name, "table.txt")) {
		if before[f], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if code, out := nngen("sweep", "collect", name); code != exitFine {
		t.Fatalf("%s: exit %d: %s", name, code, out)
	}
	for f, want := range before {
		if got, err := os.ReadFile(f); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what the trials give: %v", f, err)
		}
	}
}
