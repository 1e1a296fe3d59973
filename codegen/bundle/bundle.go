// Package bundle picks from the runtime the declarations that generated code needs, and moves them to where
// that code imports them.
//
// It exists so that a generated package depends on nothing and still carries no more of the runtime than it uses.
// Starting from the names that generated code uses, each declaration that one stands for is taken, with all that it
// names in turn: functions, types, variables and constants of Go, and in assembly functions with the data that they
// read. What is taken of a package becomes one Go file, one more for each build constraint, and one of assembly.
//
// Names are resolved by go/ast: an identifier that no local declaration hides stands for all declarations of that name
// in the package, those of other builds too, so that each combination of GOARCH and tags gets a whole package. go/types
// would resolve each build by itself and ask for the sources of the standard library on the user's machine. What
// it would know in addition is the type before a dot: here a method is taken, once its type is, if its name stands
// after a dot somewhere in what is taken, or a user may call it, or an interface of the standard library has it.
//
// A kernel of products has tiles for all numbers of rows and columns, and each of them all epilogues: most of its text
// is for calls that a network does not make. The emitters in asm/ mark these sections in the library's text, and of
// those that the plan's calls do not come to, copies have none: see package abi of the runtime. Cutting text has the
// bits of the tested library by construction, costs no more than reading it, and needs no assembler in the compiler;
// emitting each network's kernels anew would have other registers and labels to test, for the same instructions. What
// was cut is a trap, never another result.
//
// Docs stand in full on what users of a package get to see; of others there is the first sentence, and the runtime of
// nngen has the rest, and what a function in assembly does its twin says. Assembly fills its lines: see Compact.
//
// What is asked for by code of all networks but needed by few, such as the metrics of one task, is a part of a package:
// a constant behind which stand the names that bring it in, and what hangs on it is left out elsewhere; see part.
//
// A package that one other package alone uses is none in a copy: what is taken of it stands there, unless it has other
// declarations for other builds, or a name would get another meaning.
//
// How many lines copies have, nngen bench --size prints; README has those of three networks, and a test holds them.
// What is left out of them next: what the made kernels could do for the last rows of a batch.
package bundle

import (
	"bytes"
	"fmt"
	"go/format"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync"
)

// Config says what is moved, and where.
type Config struct {
	Source fs.FS  // the runtime: one folder for each package
	From   string // import path of the runtime
	To     string // import path of the copies
	Header string // first lines of each copy, comments
	// Plain leaves out the assembly that conditions on the processor choose: see without. A kernel that is
	// named elsewhere, as an argument, stays.
	Plain bool
	// Narrow leaves out the products in float32 for AVX-512, and the parts of other kernels for it, but for those that
	// also gain where 512 bits are two halves.
	Narrow bool
	// Variants, if not nil, gives what tells which kernels, for section "", and which of their sections the calls come
	// to on a machine; elsewhere tells whether a package of the runtime, other than its own, names a function: the
	// calls of the sources are not all then.
	Variants func(elsewhere func(pkg, name string) bool) func(machine, kernel, section string) bool
}

// Files returns what the given Go sources need of the runtime as files, by path below Config.To.
// The sources import the runtime as Config.To.
func Files(c Config, sources map[string][]byte) (map[string][]byte, error) {
	b := newBundler(c)
	b.brief = true
	if err := b.readRoots(sources); err != nil {
		return nil, err
	}
	for { // each round with more parts of packages, or without those that the plan does not come to
		if err := b.reach(); err != nil {
			return nil, err
		}
		if b.missing() {
			continue
		}
		if c.Variants == nil {
			break
		}
		elsewhere := b.elsewhere
		b.wanted = c.Variants(func(pkg, name string) bool { return elsewhere[pkg+"."+name] })
		if b.decided || !b.decidePlan() {
			break
		}
	}
	b.join()
	return b.files()
}

// reach takes what the generated files come to, with the parts of packages that are on.
func (b *bundler) reach() error {
	b.packages, b.decls, b.blocks, b.exposed = map[string]*pkg{}, map[*decl]bool{}, map[*block]bool{}, nil
	b.selected, b.elsewhere, b.words = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for name := range interfaceMethods {
		b.selected[name] = true
	}
	for _, r := range b.roots {
		if err := b.root(r); err != nil {
			return err
		}
	}
	return b.methods()
}

// Whole returns all of the runtime that generated packages may import, for several that share it. A package is one Go
// file, one more for each build constraint, and one of assembly for each machine here too.
func Whole(c Config) (map[string][]byte, error) {
	b := newBundler(c)
	b.all = true
	err := fs.WalkDir(c.Source, ".", func(dir string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || !d.IsDir() || dir == ".":
			return err
		case dir == "internal" || dir == "hw": // for the runtime's own tests and benchmarks
			return fs.SkipDir
		}
		p, err := b.load(dir)
		if err != nil {
			return err
		}
		for _, d := range p.decls {
			b.decls[d] = true
		}
		for _, block := range p.blocks {
			b.blocks[block] = true
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return b.files()
}

// files writes what was taken.
func (b *bundler) files() (map[string][]byte, error) {
	if b.wanted == nil {
		b.wanted = func(_, _, _ string) bool { return true }
	}
	out := map[string][]byte{}
	for _, dir := range slices.Sorted(maps.Keys(b.packages)) {
		if b.given[dir] != nil {
			continue
		}
		if err := b.write(b.packages[dir], out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// rename makes Go text import the copies.
func rename(src []byte, c Config) []byte {
	return bytes.ReplaceAll(src, []byte(`"`+c.From+`/`), []byte(`"`+c.To+`/`))
}

// texts keep for each file of the copies the text that was last formatted, and what came of it: a training compiles one
// network five times.
var texts sync.Map

// formatted returns the text of a file, by its name below Config.To, as gofmt has it.
func formatted(name string, src []byte) ([]byte, error) {
	type text struct{ src, formatted []byte }
	if last, ok := texts.Load(name); ok && bytes.Equal(last.(text).src, src) {
		return last.(text).formatted, nil
	}
	out, err := format.Source(src)
	if err == nil {
		texts.Store(name, text{src, out})
	}
	return out, err
}

// Forget gives up what is kept for other networks: packages of the runtime, as they were read, take 25 MB.
func Forget() {
	read.Clear()
	settlements.Clear()
	texts.Clear()
}

// write adds the files of a package to out.
func (b *bundler) write(p *pkg, out map[string][]byte) error {
	base := path.Join(p.dir, path.Base(p.dir))
	for i, build := range builds {
		w := writer{bundler: b}
		for _, from := range append(b.givers(p), p) {
			for _, d := range from.decls {
				if b.decls[d] && d.file.build == build.constraint {
					if err := w.add(d, b.documented(d)); err != nil {
						return fmt.Errorf("bundle: %s: %w", d.file.name, err)
					}
				}
			}
		}
		if w.empty() {
			continue
		}
		src, err := w.file(p, build.constraint, i == 0, b.brief)
		if err == nil {
			src, err = formatted(base+build.suffix, src) // imports of the runtime stay in order, whatever their paths begin with
		}
		if err != nil {
			return fmt.Errorf("bundle: %s: %w", p.dir, err)
		}
		out[base+build.suffix] = slices.Concat([]byte(b.Header+"\n\n"), rename(src, b.Config))
	}
	for _, machine := range machines {
		if src := b.assembly(p, machine); src != nil {
			out[base+"_"+machine+".s"] = slices.Concat([]byte(b.Header+"\n\n"), src)
		}
	}
	return nil
}
