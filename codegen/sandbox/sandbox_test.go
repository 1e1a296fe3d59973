package sandbox

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// fakeGo puts a go command that is a shell script before the real one.
func fakeGo(t *testing.T, script string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake go command is a shell script")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":/bin:/usr/bin")
}

func module(t *testing.T) *Module {
	t.Helper()
	m, err := New("example.invalid/m", map[string][]byte{"main.go": []byte("package main\n\nfunc main() {}\n")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

func TestFailuresOfTheGoCommandAreToldInWords(t *testing.T) {
	for _, c := range []struct{ script, want string }{
		{"exit 3", "without saying why: exit status 3"},
		{`printf '\033[31mred\033[0m \033]0;title\007bell\007\n' >&2; exit 1`, "go env failed:\nred bell"},
		{"kill -9 $$", "ended from outside"},
		{`echo "$PWD/main.go:1:1: no"; exit 1`, "go env failed:\nmain.go:1:1: no"},
	} {
		fakeGo(t, c.script)
		_, err := module(t).Build(context.Background(), "")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %q, want one with %q", c.script, err, c.want)
		}
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := module(t).Build(context.Background(), ""); err == nil ||
		!strings.Contains(err.Error(), "no go command in PATH") {
		t.Errorf("without go: %v", err)
	}
}

// TestTheUsersTargetsAndFlagsDoNotMatter builds and runs a program under settings that are for other builds, in the
// environment and in the file of go env -w.
func TestTheUsersTargetsAndFlagsDoNotMatter(t *testing.T) {
	settings := []string{"GOOS=plan9", "GOARCH=arm", "GOFLAGS=-mod=vendor -tags=purego", "GOWORK=/nowhere/go.work",
		"GO111MODULE=off", "CGO_ENABLED=1", "GOEXPERIMENT=nosuch"}
	check := func(t *testing.T) {
		m := module(t)
		exe, err := m.Build(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Run(context.Background(), Program{Exe: exe}); err != nil {
			t.Error(err)
		}
	}
	t.Run("environment", func(t *testing.T) {
		for _, s := range settings {
			name, value, _ := strings.Cut(s, "=")
			if name != "GOEXPERIMENT" { // which go env does not survive
				t.Setenv(name, value)
			}
		}
		check(t)
	})
	t.Run("go env -w", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "env")
		if err := os.WriteFile(file, []byte(strings.Join(settings[:len(settings)-1], "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv("GOENV", file)
		t.Setenv("GOFLAGS", "")
		check(t)
	})
}

func TestAModuleThatIsRemovedUnderARunIsToldSo(t *testing.T) {
	m := module(t)
	os.RemoveAll(m.Dir)
	if _, err := m.Build(context.Background(), ""); err == nil ||
		!strings.Contains(err.Error(), "was removed while nngen was at work") {
		t.Errorf("error %v", err)
	}
}

func TestTextOfOtherProgramsIsCleaned(t *testing.T) {
	for text, want := range map[string]string{
		"a\x1b[31mb\x1b[0mc": "abc", "a\x1b]0;title\ab": "ab", "a\x1b]8;;x\x1b\\b": "ab", "\x1b": "", "a\x1b[": "a",
		"a\x1b[31\nb":          "a\nb",
		"a\rb\x00\u202ec\tx\n": "abc\tx\n", "\xff": "\uFFFD", "a\u009b1mb": "ab", "a\x1bcb": "ab",
	} {
		if got := clean([]byte(text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// TestAProgramThatAnInterruptEndsIsNoFailure asks a program to stop that does not listen.
func TestAProgramThatAnInterruptEndsIsNoFailure(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no interrupts")
	}
	m := module(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stop := func([]byte) error { cancel(); return nil }
	err := m.Run(ctx, Program{Exe: "/bin/sh", Args: []string{"-c", "echo begun; exec sleep 30"}, Line: stop, Stop: true})
	if err != context.Canceled {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
}
