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
