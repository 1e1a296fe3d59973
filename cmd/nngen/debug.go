package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/train"
)

// debugTable holds the keys of NNGENDEBUG.
var debugTable = []struct{ key, doc string }{
	{"dump", "dump=PASS prints the graphs after a pass while compiling; dump=all after each"},
	{"time", "time=1 prints how long each part of a compilation takes"},
	{"trace", "trace=1 prints the stack of a panic instead of a request to report it"},
}

// debugKeys parses NNGENDEBUG.
func debugKeys() (map[string]string, error) {
	keys := map[string]string{}
	for _, field := range strings.Split(os.Getenv("NNGENDEBUG"), ",") {
		if field == "" {
			continue
		}
		key, value, _ := strings.Cut(field, "=")
		known := false
		for _, row := range debugTable {
			known = known || row.key == key
		}
		if !known {
			return nil, fmt.Errorf("NNGENDEBUG: unknown key %q; nngen help debug lists them", key)
		}
		keys[key] = value
	}
	if d, ok := keys["dump"]; ok {
		if err := checkPass(d); err != nil {
			return nil, fmt.Errorf("NNGENDEBUG: %w", err)
		}
	}
	return keys, nil
}

// checkKernels checks NNRT, which programs take for none where they do not know its value.
func checkKernels() error {
	switch v := os.Getenv("NNRT"); v {
	case "", "generic", "avx2", "avx512":
		return nil
	default:
		return fmt.Errorf("NNRT: unknown value %q: want generic (no assembly), avx2 or avx512, "+
			"or nothing for the fastest kernels that the machine has", v)
	}
}

func checkPass(name string) error {
	names := []string{"all"}
	for _, p := range codegen.Passes() {
		names = append(names, p.Name)
	}
	if !slices.Contains(names, name) {
		return fmt.Errorf("no pass %q; there are %s", name, strings.Join(names, ", "))
	}
	return nil
}

// debug returns the value of a key, "" if it is not set.
func debug(key string) string {
	keys, err := debugKeys()
	if err != nil {
		return ""
	}
	return keys[key]
}

func debugDump() string { return debug("dump") }

func dumpTo(c *cobra.Command) io.Writer {
	if debugDump() == "" {
		return nil
	}
	return c.ErrOrStderr()
}

// watch prints the time between its laps, if NNGENDEBUG asks for it.
type watch struct {
	w    io.Writer
	last time.Time
}

func stopwatch(c *cobra.Command) *watch {
	w := &watch{last: time.Now()}
	if debug("time") == "1" {
		w.w = c.ErrOrStderr()
	}
	return w
}

func (w *watch) lap(what string) {
	now := time.Now()
	if w.w != nil {
		fmt.Fprintf(w.w, "%10s  %s\n", now.Sub(w.last).Round(time.Microsecond), what)
	}
	w.last = now
}

func debugTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("NNGENDEBUG=key=value,… in the environment changes what nngen prints while it works:\n\n")
	for _, row := range debugTable {
		fmt.Fprintf(&b, "  %-8s%s\n", row.key, row.doc)
	}
	b.WriteString("\nNNRT=generic makes generated code use no assembly, NNRT=avx2 none for AVX-512, and NNRT=avx512 all of\n" +
		"that on each processor that has it. By themselves, programs take for each kind of kernels what is faster on the\n" +
		"processor: AVX-512 for all where it has the full width; for functions, rows, norms, losses, pools, dropout, optimizers,\n" +
		"steps of recurrent cells and some products also where 512 bits are two halves; and else AVX2.\n\nPasses:\n\n")
	for _, p := range codegen.Passes() {
		fmt.Fprintf(&b, "  %-14s%s\n", p.Name, train.Wrap(p.Doc, 104, "\n"+strings.Repeat(" ", 16)))
	}
	return &cobra.Command{Use: "debug", Short: "What NNGENDEBUG can do", Long: strings.TrimRight(b.String(), "\n")}
}
