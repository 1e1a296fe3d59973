package neon

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// TestWordsAreWhatTheySay disassembles the words of all kernels, and compares them with the comments beside.
func TestWordsAreWhatTheySay(t *testing.T) {
	files, err := filepath.Glob("../../../runtime/*/*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	line := regexp.MustCompile(`(?m)^\t(.*WORD.*) // (.*)$`)
	wordOf := regexp.MustCompile(`WORD \$(0x[0-9a-f]{8})`)
	known := map[string]string{}
	words := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var says []string
		for _, m := range line.FindAllStringSubmatch(string(text), -1) {
			says = append(says, strings.Split(m[2], "; ")...)
		}
		all := wordOf.FindAllStringSubmatch(string(text), -1)
		if len(all) != len(says) || len(all) != strings.Count(string(text), "WORD") {
			t.Fatalf("%s: %d words, %d comments on some", name, len(all), len(says))
		}
		words += len(all)
		for i, m := range all {
			got, ok := known[m[1]]
			if !ok {
				got = disassemble(t, m[1])
				known[m[1]] = got
			}
			if got != says[i] {
				t.Fatalf("%s: %s is %s, but the comment says %s", name, m[1], got, says[i])
			}
		}
	}
	if words == 0 {
		t.Fatal("no words")
	}
	t.Logf("%d words in %d files, %d different ones", words, len(files), len(known))
}

// TestCopiedWordsAreWhatTheySay does so for copies and for kernels made for a network, where words that are there several
// times are macros: the name and the arguments of a call are what the word comes to.
func TestCopiedWordsAreWhatTheySay(t *testing.T) {
	var files []string
	for _, pattern := range []string{"*/kernels_arm64.s", "*/*train/kernels_arm64.s", "*/internal/*/*_arm64.s"} {
		more, err := filepath.Glob("../../../generated/" + pattern)
		if err != nil || len(more) == 0 {
			t.Fatalf("%s: %d files: %v", pattern, len(more), err)
		}
		files = append(files, more...)
	}
	line := regexp.MustCompile(`(?m)^(.*WORD \$0x.*) // (.*)$`)
	wordOf := regexp.MustCompile(`WORD \$(0x[0-9a-f]+)`)
	define := regexp.MustCompile(`(?m)^#define (\w+)\([dnm, ]+\) WORD \$\((0x[0-9a-f]+)[|<dnm0-9]*\)$`)
	operands := regexp.MustCompile(`^(\w+) V(\d+)\.\w+(?:, V(\d+)\.\w+)?(?:, V(\d+)\.\w+(?:\[(\d)\])?)?(?:, #(\d+))?$`)
	known, words := map[string]bool{}, 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range line.FindAllStringSubmatch(string(text), -1) {
			all, says := wordOf.FindAllStringSubmatch(m[1], -1), strings.Split(m[2], "; ")
			if len(all) != len(says) {
				t.Fatalf("%s: %d words: %s", name, len(all), m[0])
			}
			for i, w := range all {
				if got := disassemble(t, w[1]); got != says[i] {
					t.Fatalf("%s: %s is %s, but the comment says %s", name, w[1], got, says[i])
				}
				words++
			}
		}
		for _, d := range define.FindAllStringSubmatch(string(text), -1) {
			base, err := strconv.ParseUint(d[2], 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			calls := regexp.MustCompile(`\b`+d[1]+`\((\d+(?:, \d+)*)\)`).FindAllStringSubmatch(string(text), -1)
			if len(calls) == 0 {
				t.Errorf("%s: nothing calls %s", name, d[1])
			}
			for _, c := range calls {
				words++
				if known[d[2]+c[0]] {
					continue
				}
				known[d[2]+c[0]] = true
				w := base
				for i, r := range strings.Split(c[1], ", ") {
					n, _ := strconv.Atoi(r)
					w |= uint64(n) << [...]int{0, 5, 16}[i]
				}
				got := operands.FindStringSubmatch(disassemble(t, fmt.Sprint(w)))
				if got == nil {
					t.Fatalf("%s: %s is %s", name, c[0], disassemble(t, fmt.Sprint(w)))
				}
				call := strings.ToLower(got[1])
				for _, more := range got[5:] {
					if more != "" {
						call += "_" + more
					}
				}
				call += "(" + strings.Trim(strings.Join(got[2:5], ", "), ", ") + ")"
				if call != c[0] {
					t.Fatalf("%s: %s is %s", name, c[0], call)
				}
			}
		}
	}
	t.Logf("%d words in %d files", words, len(files))
}

func disassemble(t *testing.T, word string) string {
	w, err := strconv.ParseUint(word, 0, 32)
	if err != nil {
		t.Fatal(err)
	}
	// The disassembler knows nothing of ARMv8.2: SDOT of vectors (Arm Architecture Reference Manual, C7.2, SDOT
	// (vector)).
	if w>>21 == 0b01001110100 && w>>10&63 == 0b100101 {
		return fmt.Sprintf("SDOT V%d.4S, V%d.16B, V%d.16B", w&31, w>>5&31, w>>16&31)
	}
	i, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, uint32(w)))
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return i.String()
}
