package bundle

import (
	"io/fs"
	"slices"
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
DATA c<>+0(SB)/4, $1; DATA c<>+4(SB)/4, $2; GLOBL c<>(SB), RODATA|NOPTR, $8; DATA d<>+0(SB)/4, $1
GLOBL d<>(SB), RODATA|NOPTR, $4

TEXT ·f(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), AX; MOVQ y+8(FP), CX
	MOVL n+16(FP), DX
	VXORPS Y0, Y0, Y0

	// the sum
loop: VADDPS (AX), Y0, Y0; VADDPS 32(AX), Y0, Y0; DECL DX; JNZ loop; JMP end
end: WORD $1; WORD $2 // two
	RET
`
	if got := Compact(src); got != want {
		t.Errorf("Compact gives\n%s\nwant\n%s", got, want)
	}
}

// statements returns those of assembly in order, labels too, without what stands between a jump and a label.
func statements(src string) (all []string) {
	dead := false
	for line := range strings.Lines(src) {
		code, _, _ := strings.Cut(line, "//")
		if label, rest, ok := strings.Cut(code, ":"); ok && !strings.Contains(label, " ") {
			all = append(all, strings.TrimSpace(label)+":")
			code, dead = rest, false
		}
		for s := range strings.SplitSeq(code, ";") {
			s = strings.Join(strings.Fields(s), " ")
			if strings.HasPrefix(s, "TEXT ") {
				dead = false
			}
			if s != "" && !dead {
				all = append(all, s)
			}
			dead = dead || strings.HasPrefix(s, "JMP ") || strings.HasPrefix(s, "B ")
		}
	}
	return all
}

// TestCompactKeepsEachStatement compares the statements of the whole runtime, and holds the lines to their width.
func TestCompactKeepsEachStatement(t *testing.T) {
	files := 0
	err := fs.WalkDir(rt.Source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".s") {
			return err
		}
		files++
		src, err := fs.ReadFile(rt.Source, name)
		if err != nil {
			return err
		}
		got := Compact(string(src))
		if a, b := statements(got), statements(string(src)); !slices.Equal(a, b) {
			t.Errorf("%s: other statements", name)
		}
		for line := range strings.Lines(got) {
			if reads := strings.Count(line, "(FP)"); width(line) > columns+1 && strings.Contains(line, "; ") &&
				!strings.Contains(line, "//") || reads > 0 && reads != strings.Count(line, ";")+1 {
				t.Errorf("%s: %s", name, line)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files: %v", files, err)
	}
}
