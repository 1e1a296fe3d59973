package bundle

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	rt "github.com/nngen/nngen/runtime"
)

func TestCompactFillsLines(t *testing.T) {
	const src = `#include "textflag.h"

DATA c<>+0(SB)/4, $1
DATA c<>+4(SB)/4, $2
GLOBL c<>(SB), RODATA|NOPTR, $8

DATA d<>+0(SB)/4, $1
GLOBL d<>(SB), RODATA|NOPTR, $4

TEXT ·f(SB), NOSPLIT, $0-24
	MOVQ    x+0(FP), AX
	MOVQ    y+8(FP), CX
	MOVL    n+16(FP), DX
	VXORPS  Y0, Y0, Y0

	// the sum

loop:
	VADDPS  (AX), Y0, Y0
	VADDPS  32(AX), Y0, Y0
	DECL    DX
	JNZ     loop
	JMP     end
	INT     $0x03
end:
	WORD $1; WORD $2 // two
	RET
`
	const want = `#include "textflag.h"
DATA c<>(SB)/4, $1; DATA c<>+4(SB)/4, $2; GLOBL c<>(SB), RODATA|NOPTR, $8; DATA d<>(SB)/4, $1
GLOBL d<>(SB), RODATA|NOPTR, $4

TEXT ·f(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), AX; MOVQ y+8(FP), CX
	MOVL n+16(FP), DX
	VXORPS Y0, Y0, Y0

	// the sum
loop: VADDPS (AX), Y0, Y0; VADDPS 32(AX), Y0, Y0; DECL DX; JNZ loop; JMP end
end: WORD $1; WORD $2; RET // two
`
	if got := Compact(src); got != want {
		t.Errorf("Compact gives\n%s\nwant\n%s", got, want)
	}
}

// TestCompactHasConstantsAsWords shortens constants of eight equal numbers, and no others.
func TestCompactHasConstantsAsWords(t *testing.T) {
	constant := func(name, bits, last string) string {
		return strings.Join([]string{"DATA " + name + "<>+0(SB)/8, $0x" + bits + bits,
			"DATA " + name + "<>+8(SB)/8, $0x" + bits + bits, "DATA " + name + "<>+16(SB)/8, $0x" + bits + bits,
			"DATA " + name + "<>+24(SB)/8, $0x" + bits + last, "GLOBL " + name + "<>(SB), RODATA|NOPTR, $32"}, "\n") + "\n"
	}
	one, other := constant("c1", "80000001", "80000001"), constant("c2", "0000abcd", "0000abcd")
	odd, halves := constant("c3", "00000001", "00000002"), "DATA d<>+0(SB)/8, $0x0000000100000002\n"+
		"DATA d<>+8(SB)/8, $0x0000000000000000\nGLOBL d<>(SB), RODATA|NOPTR, $16\n"
	const instruction = "TEXT ·f(SB), NOSPLIT, $0-24\n\tADDQ $0x00000010, AX; SHLQ $0x01, c1<>+0(SB)\n"
	const short = "TEXT ·f(SB), NOSPLIT, $0-24\n\tADDQ $0x10, AX; SHLQ $1, c1<>(SB)\n"
	const oddly = "PAIR(c3, 0, 0x00000001); PAIR(c3, 8, 0x00000001); PAIR(c3, 16, 0x00000001); " +
		"DATA c3<>+24(SB)/8, $0x100000002\nGLOBL c3<>(SB), RODATA|NOPTR, $32\n"
	const kept = "DATA d<>(SB)/8, $0x100000002; DATA d<>+8(SB)/8, $0; GLOBL d<>(SB), RODATA|NOPTR, $16\n"
	for _, c := range []struct{ src, want string }{
		{one + other + instruction, pairMacro + "\n" + copiesMacro + "\n" +
			"COPIES(c1, 0x80000001); COPIES(c2, 0x0000abcd)\n" + short},
		{odd + instruction, pairMacro + "\n" + oddly + short},
		{halves + instruction, kept + short},
	} {
		if got := Compact(c.src); got != c.want {
			t.Errorf("Compact gives\n%s\nwant\n%s", got, c.want)
		}
		header := "#include \"textflag.h\"\n"
		if !bytes.Equal(assembled(t, "amd64", header+Compact(c.src)), assembled(t, "amd64", header+c.src)) {
			t.Errorf("other object code of\n%s", c.src)
		}
	}
}

// assembled returns the object file that the toolchain makes of assembly for a machine. All lines are line 1 of one
// file, so that the tables of lines, which differ with the form of the text, do not.
func assembled(t *testing.T, machine, src string) []byte {
	t.Helper()
	var text strings.Builder
	for line := range strings.Lines(src) {
		if !strings.HasPrefix(line, "//go:build ") { // which must come first
			text.WriteString("#line 1 \"x.s\"\n" + line)
		}
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "x.s"), filepath.Join(dir, "x.o")
	if err := os.WriteFile(in, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	include := filepath.Join(strings.TrimSpace(string(root)), "pkg", "include")
	cmd := exec.Command("go", "tool", "asm", "-p", "p", "-I", include, "-trimpath", dir, "-o", out, in)
	cmd.Env = append(os.Environ(), "GOARCH="+machine)
	if message, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, message)
	}
	object, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

// TestCompactKeepsTheObjectCode assembles each file of the runtime as it is and compacted: the object files, with
// instructions, data and relocations, have the same bytes. It holds the lines to their width, too.
func TestCompactKeepsTheObjectCode(t *testing.T) {
	files := 0
	err := fs.WalkDir(rt.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".s") {
			return err
		}
		src, err := fs.ReadFile(rt.Source, name)
		if err != nil {
			return err
		}
		got := Compact(string(src))
		for line := range strings.Lines(got) {
			if reads := strings.Count(line, "(FP)"); width(line) > columns+1 && strings.Contains(line, "; ") &&
				!strings.Contains(line, "//") || reads > 0 && reads != strings.Count(line, ";")+1 {
				t.Errorf("%s: %s", name, line)
			}
		}
		if files++; testing.Short() && files%10 != 0 {
			return nil
		}
		machine := strings.TrimSuffix(name[strings.LastIndex(name, "_")+1:], ".s")
		if !bytes.Equal(assembled(t, machine, got), assembled(t, machine, string(src))) {
			t.Errorf("%s: other object code", name)
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files: %v", files, err)
	}
}

// TestCompactChangesShow has a file that loses an instruction, a datum or the order of two instructions: the comparison
// of object code sees each.
func TestCompactChangesShow(t *testing.T) {
	const src = `#include "textflag.h"
DATA c<>+0(SB)/4, $1
GLOBL c<>(SB), RODATA|NOPTR, $4
TEXT ·f(SB), NOSPLIT, $0
	MOVL c<>(SB), AX
	ADDL $1, AX
	SHLL $2, AX
	RET
`
	whole := assembled(t, "amd64", src)
	if !bytes.Equal(whole, assembled(t, "amd64", Compact(src))) {
		t.Error("other object code")
	}
	for _, change := range [][2]string{
		{"	ADDL $1, AX\n", ""}, {"/4, $1", "/4, $2"}, {"	ADDL $1, AX\n	SHLL $2, AX\n", "	SHLL $2, AX\n	ADDL $1, AX\n"},
	} {
		if bytes.Equal(whole, assembled(t, "amd64", strings.Replace(src, change[0], change[1], 1))) {
			t.Errorf("%q in place of %q does not show", change[1], change[0])
		}
	}
}
