package output

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCreateWritesAllOrNone lets the name of each file be taken in turn.
func TestCreateWritesAllOrNone(t *testing.T) {
	names := []string{"a.yaml", "weights.safetensors", "generate.go"}
	contents := [][]byte{[]byte("spec"), []byte("weights"), []byte("package a")}
	parent := t.TempDir()
	dir := filepath.Join(parent, "deep", "a")
	if err := Create(dir, names, contents); err != nil {
		t.Fatal(err)
	}
	if files := snapshot(t, dir); len(files) != 3 || files["a.yaml"] != "spec" || files["generate.go"] != "package a" {
		t.Errorf("files are %v", files)
	}
	for _, taken := range names {
		dir := t.TempDir()
		put(t, dir, taken, "mine")
		if err := Create(dir, names, contents); err == nil ||
			!strings.Contains(err.Error(), taken+": there is such a file already") {
			t.Errorf("%s taken: error %v", taken, err)
		}
		if files := snapshot(t, dir); len(files) != 1 || files[taken] != "mine" {
			t.Errorf("%s taken: files are %v", taken, files)
		}
	}
	blocked := filepath.Join(parent, "file")
	put(t, parent, "file", "")
	if err := Create(filepath.Join(blocked, "x"), names, contents); err == nil ||
		!strings.Contains(err.Error(), "in the way") {
		t.Errorf("a file in the way of the folder: error %v", err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 2 {
		t.Errorf("left are %v", left)
	}
}

// TestReplaceOwnLeavesOthersAlone wants neither of two files written where one is someone else's, or no file.
func TestReplaceOwnLeavesOthersAlone(t *testing.T) {
	const mark = "/* ours "
	write := func(dir, text string) error {
		return ReplaceOwn([]string{filepath.Join(dir, "a.c"), filepath.Join(dir, "a.h")},
			[][]byte{[]byte(mark + text), []byte(mark)}, mark)
	}
	dir := filepath.Join(t.TempDir(), "deep")
	for _, text := range []string{"1", "2"} {
		if err := write(dir, text); err != nil || snapshot(t, dir)["a.c"] != mark+text {
			t.Errorf("%v: %v", err, snapshot(t, dir))
		}
	}
	for name, make := range map[string]func(name string) error{
		"another's": func(name string) error { return os.WriteFile(name, []byte("mine"), 0o644) },
		"a folder":  func(name string) error { return os.Mkdir(name, 0o755) },
		"a link":    func(name string) error { return os.Symlink("nowhere", name) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, "a.h")); err != nil {
			t.Fatal(err)
		}
		if err := write(dir, "1"); err == nil || !strings.Contains(err.Error(), "a.h") {
			t.Errorf("%s: error %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "a.c")); err == nil {
			t.Errorf("%s: the other file was written", name)
		}
	}
}

// TestReplaceKeepsNamesLinksAndModes writes files that have another name, a link, or a mode of their own.
func TestReplaceKeepsNamesLinksAndModes(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "file", "a longer old text")
	file, other, link := filepath.Join(dir, "file"), filepath.Join(dir, "other"), filepath.Join(dir, "link")
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(file, other); err != nil {
		t.Skipf("no hard links here: %v", err)
	}
	if err := os.Symlink("other", link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for _, written := range []string{file, other, link} {
		if err := Replace(written, []byte("of "+filepath.Base(written))); err != nil {
			t.Fatal(err)
		}
		for _, read := range []string{file, other, link} {
			b, err := os.ReadFile(read)
			if err != nil || string(b) != "of "+filepath.Base(written) {
				t.Errorf("%s written: %s is %q, %v", written, read, b, err)
			}
		}
	}
	a, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.Stat(other)
	if err != nil {
		t.Fatal(err)
	}
	target, err := os.Readlink(link)
	if !os.SameFile(a, b) || err != nil || target != "other" || a.Mode().Perm() != 0o600 {
		t.Errorf("names of one file: %v, the link leads to %q (%v), the mode is %v", os.SameFile(a, b), target, err, a.Mode())
	}
	if left, _ := os.ReadDir(dir); len(left) != 3 {
		t.Errorf("left are %v", left)
	}
}

// TestReplaceDoesNotReadWhatHasNoEnd writes to a pipe, which is waited for if it is read, and to a device that goes on for
// ever.
func TestReplaceDoesNotReadWhatHasNoEnd(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	name := fmt.Sprintf("/proc/self/fd/%d", w.Fd())
	if _, err := os.Stat(name); err != nil {
		t.Skip("no files of that kind here")
	}
	done := make(chan error, 2)
	go func() {
		done <- Replace(name, []byte("new"))
		done <- Replace("/dev/zero", []byte("new"))
	}()
	for range 2 {
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(time.Minute):
			w.Write([]byte("x")) // what is read ends
			w.Close()
			t.Fatal("still waiting after a minute")
		}
	}
	w.Close()
	if b, err := io.ReadAll(r); err != nil || string(b) != "new" {
		t.Errorf("the pipe has %q, %v", b, err)
	}
}

// TestAFileOfADefaultNameIsReplacedIfItIsOurs has one that is, and files of others, a link among them.
func TestAFileOfADefaultNameIsReplacedIfItIsOurs(t *testing.T) {
	made := func(b []byte) bool { return strings.HasPrefix(string(b), "ours") }
	dir := t.TempDir()
	name := filepath.Join(dir, "a.onnx")
	for _, text := range []string{"ours 1", "ours 2"} {
		if err := ReplaceMade(name, []byte(text), made, "--onnx"); err != nil || snapshot(t, dir)["a.onnx"] != text {
			t.Errorf("%v: %v", err, snapshot(t, dir))
		}
	}
	put(t, dir, "a.onnx", "mine")
	if err := ReplaceMade(name, []byte("ours"), made, "--onnx"); err == nil ||
		!strings.Contains(err.Error(), "by --onnx") ||
		snapshot(t, dir)["a.onnx"] != "mine" {
		t.Errorf("%v: %v", err, snapshot(t, dir))
	}
	if err := ReplaceMade(name, []byte("mine"), made, "--onnx"); err != nil {
		t.Errorf("the same content: %v", err)
	}
	put(t, dir, "b", "ours")
	link := filepath.Join(dir, "link.onnx")
	if err := os.Symlink("b", link); err != nil {
		t.Skip(err)
	}
	if err := ReplaceMade(link, []byte("ours 2"), made, "--onnx"); err != nil || snapshot(t, dir)["b"] != "ours 2" {
		t.Errorf("through a link: %v: %v", err, snapshot(t, dir))
	}
	put(t, dir, "b", "mine")
	for _, name := range []string{link, dir} {
		if err := ReplaceMade(name, []byte("ours 3"), made, "--onnx"); err == nil ||
			!strings.Contains(err.Error(), "by --onnx") || snapshot(t, dir)["b"] != "mine" {
			t.Errorf("%s: %v: %v", name, err, snapshot(t, dir))
		}
	}
}

// TestPicturesAndPagesAreToldByTheirFirstElement: what holds one somewhere is none.
func TestPicturesAndPagesAreToldByTheirFirstElement(t *testing.T) {
	const mark = "\ufeff"
	for text, want := range map[string][2]bool{ // an SVG, a page
		`<svg xmlns="http://www.w3.org/2000/svg">`:                                           {true, false},
		mark + "<?xml version=\"1.0\"?>\n<!-- a > b -->\n<svg>":                              {true, false},
		"<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"svg11.dtd\">\n<!-- c --> <svg/>": {true, false},
		"<!DOCTYPE svg [\n<!ENTITY a \"b\">\n]><svg>":                                        {true, false},
		"<?xml-stylesheet href='a.css'?><svg:svg xmlns:svg='…'>":                             {true, false},
		"<!DOCTYPE html>\n<html><svg></svg>":                                                 {false, true},
		mark + "<!-- <svg> -->\n<!doctype HTML>":                                             {false, true},
		"<html><body><svg></svg>":                                                            {},
		"<!-- a --><html><!-- b --><svg>":                                                    {},
		"<?a?><html><?b?><svg>":                                                              {},
		"<!-- <svg> -->":                                                                     {},
		"<!-- <svg>":                                                                         {},
		"<?php echo '<svg>'":                                                                 {},
		"<svgs>":                                                                             {},
		"a note on <svg>":                                                                    {},
		"<!DOCTYPE htmlx>":                                                                   {},
		"<a><!DOCTYPE html>":                                                                 {},
		"version: 1 # <svg>":                                                                 {},
		"<!DOCTYPE html [<!ENTITY a \"b\">]>\n<svg>":                                         {false, true},
	} {
		if got := [2]bool{SVG.Is([]byte(text)), HTML.Is([]byte(text))}; got != want {
			t.Errorf("%q: an SVG and a page: %v, want %v", text, got, want)
		}
	}
}
