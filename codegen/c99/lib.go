package c99

import (
	"embed"
	"regexp"
	"slices"
	"strings"
	"sync"
)

//go:embed lib/*.c
var lib embed.FS

// files of the library, in the order in which they build on each other.
var files = []string{"f32", "scalar", "vec", "gemm", "conv", "pool", "norm", "rnn", "attention", "other", "quant"}

// A piece is a function, type or constant of the library, with the comment above it.
type piece struct {
	name, text string
	names      []string // identifiers in it
}

// pieces returns those of the library, in order: it is cut at its empty lines, once in a process and only for an
// export.
var pieces = sync.OnceValue(func() (all []piece) {
	defines := regexp.MustCompile(`(?m)^(?:static [\w \*]*?\b(\w+)[(\[]|#define (\w+)|} (\w+);$)`)
	comments := regexp.MustCompile(`(?s)/\*.*?\*/`)
	identifier := regexp.MustCompile(`[A-Za-z_]\w*`)
	for _, file := range files {
		src, err := lib.ReadFile("lib/" + file + ".c")
		if err != nil {
			panic("BUG: " + err.Error())
		}
		for text := range strings.SplitSeq(strings.TrimSpace(string(src)), "\n\n") {
			for _, m := range defines.FindAllStringSubmatch(text, -1) {
				code := comments.ReplaceAllString(text, "")
				all = append(all, piece{m[1] + m[2] + m[3], text, identifier.FindAllString(code, -1)})
			}
		}
	}
	return all
})

// has tells whether the library has something of a name.
func has(name string) bool {
	return slices.ContainsFunc(pieces(), func(p piece) bool { return p.name == name })
}

// needed returns the text of all that some names stand for, and that they come to in turn, in order.
func needed(names map[string]bool) string {
	pieces, taken := pieces(), map[string]bool{}
	for name := range names {
		taken[name] = true
	}
	for i := len(pieces) - 1; i >= 0; i-- { // what a piece names lies before it
		if taken[pieces[i].name] {
			for _, name := range pieces[i].names {
				taken[name] = true
			}
		}
	}
	var text []string
	for _, p := range pieces {
		if taken[p.name] && !slices.Contains(text, p.text) {
			text = append(text, p.text)
		}
	}
	return strings.Join(text, "\n\n")
}
