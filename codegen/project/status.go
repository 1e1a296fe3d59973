package project

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/mod/semver"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/abi"
)

// Status tells whether the packages of the spec are up to date: the difference as a text, and one sentence that says
// what happened and what to run. Both are "" if they are; the text alone is where the sentence says all.
func (p *Project) Status() (diff, sentence string, err error) {
	compiled, err := p.Generate(nil, "")
	if err != nil {
		return "", "", err
	}
	s, err := p.Package(compiled.Files, nil).Status()
	if err != nil {
		return "", "", err
	}
	if !s.Stale() {
		if sentence = p.unbuildable(); sentence != "" {
			return "", sentence, nil
		}
		if sentence, err = p.staleProof(compiled); sentence == "" && err == nil {
			sentence = cmp.Or(p.agedInt8(), p.unmadeInt8())
		}
		return "", sentence, err
	}
	run := fmt.Sprintf("run: %s compile %s", Command(), p.Spec.File)
	if p.absent != nil { // the sentence says that too
		p.Notes = slices.DeleteFunc(p.Notes, func(note string) bool { return note == p.absent.note })
		run = p.absent.bring + fmt.Sprintf("%s compile %s", Command(), p.Spec.File)
	}
	where := fmt.Sprintf("%s: the packages in %s", p.Spec.File, p.Dir)
	switch {
	case s.None:
		if other := p.elsewhere(); other != "" {
			return "",
				fmt.Sprintf("%s are not there, but %s holds some of a spec %s; if the folder was moved, or the network renamed: "+
					"mv %[2]s %[4]s, and %[5]s",
					where, other, filepath.Base(p.Spec.File), p.Dir, run), nil
		}
		return "", fmt.Sprintf("%s are not compiled yet; %s", where, run), nil
	case semver.Compare(s.Version, Version()) > 0 && s.SameSpec:
		return "", fmt.Sprintf("%s are of nngen %s, and this is the older %s; use %[2]s, or %[4]s", where, s.Version,
			Version(), run), nil
	case s.Version != "" && s.Version != Version() && s.SameSpec:
		return "", fmt.Sprintf("%s are of nngen %s, and this is %s; %s", where, s.Version, Version(), run), nil
	case s.Runtime != "" && s.Runtime != Version():
		return "", fmt.Sprintf("%s are of this nngen, %s, but the runtime that they share in %s is of %s; %s",
			where, Version(), output.SharedFolder, s.Runtime, run), nil
	case s.Renamed != "":
		return "",
			fmt.Sprintf("%s were compiled from %s, which is not there any more; if %s is the same under another name, %s%s",
				where, s.Renamed, p.Spec.File, run, alsoGenerate(p.Base, s.Renamed, p.Spec.File)), nil
	case s.Moved != "":
		return s.Diff, fmt.Sprintf("%s were compiled as %s, which is now %s; %s", where, s.Moved, p.ImportPath, run), nil
	}
	if a := p.absent; a != nil && p.embeds() { // what else is stale, only a compilation with the weights shows
		return "", fmt.Sprintf("%s; %s%s check %s (or, to have none embedded: %[3]s compile %[4]s)",
			a.what, a.bring, Command(), p.Spec.File), nil
	}
	if st, err := p.Proof(); err == nil && st != nil && p.kept != "" && st.Digest(output.Weights) != p.kept {
		return s.Diff,
			fmt.Sprintf("%s are stale: %s is of other weights than %s; put those back, or, if these are to stay, %s",
				where, proof.File, filepath.Join(p.Dir, output.Weights), run), nil
	}
	return s.Diff, fmt.Sprintf("%s are stale; %s", where, run), nil
}

// agedInt8 says that the package of 8-bit integers, which a training leaves as it is, was made from other weights than
// those of the package in float32, in place of the note; "" if it was not, or there is none.
func (p *Project) agedInt8() string {
	if p.aged == "" {
		return ""
	}
	p.Notes = slices.DeleteFunc(p.Notes, func(note string) bool { return note == p.aged })
	return fmt.Sprintf("%s: the package of 8-bit integers in %s is stale: it was made from other weights than those "+
		"of the package in float32; run: %s quantize %[1]s", p.Spec.File,
		filepath.Join(p.Dir, codegen.Int8Package(p.Spec.Name)), Command())
}

// unmadeInt8 says that there is no package of 8-bit integers though there is to be one, in place of the note; "" if
// there is, or is to be none, or there are no weights to make it from.
func (p *Project) unmadeInt8() string {
	if p.unmadeWhy != "" {
		p.Notes = slices.DeleteFunc(p.Notes, func(note string) bool { return note == p.unmade })
	}
	return p.unmadeWhy
}

// Stale says that the packages in the folder are not those that the spec compiles to, nor of another version of nngen;
// "" if they are, or there are none, or the spec compiles to nothing, which whoever compiles it is told.
func (p *Project) Stale() string {
	compiled, err := p.Generate(nil, "")
	if wrong := (*SpecError)(nil); errors.As(err, &wrong) {
		return ""
	}
	if err != nil {
		return fmt.Sprintf("%s: whether the packages in %s are those that it compiles to is not known: %v", p.Spec.File, p.Dir,
			err)
	}
	switch s, err := p.Package(compiled.Files, nil).Status(); {
	case err != nil:
		return fmt.Sprintf("%s: the packages in %s are not those that it compiles to: %v", p.Spec.File, p.Dir, err)
	case s.None || !s.Stale() || p.absent != nil && p.embeds():
		return ""
	}
	return fmt.Sprintf("%s: the packages in %s are not those that it compiles to: %s check %[1]s says how", p.Spec.File,
		p.Dir, Command())
}

// unbuildable says that packages of this nngen import the runtime of another, with which they do not build, or that no
// go.mod says where it is, and what to run; "" if all is well, or the runtime is not to be found.
func (p *Project) unbuildable() string {
	dir, err := filepath.Abs(p.Dir)
	if err != nil || p.Spec.Generate.Runtime != "import" {
		return ""
	}
	m, err := findModule(dir)
	if err != nil {
		return ""
	}
	if !m.finds() {
		where := filepath.Join(m.root, "go.mod")
		if work := m.workspace(); work != "" {
			where += ", nor another module of " + work + ","
		}
		return fmt.Sprintf("%s: the packages in %s import the runtime of nngen, which %s does not require: they do not build "+
			"yet; run: go get %s%s", p.Spec.File, p.Dir, where, modulePath, atVersion())
	}
	edition, of := m.edition()
	if edition == "" || edition == abi.Edition {
		return ""
	}
	return fmt.Sprintf("%s: the packages in %s are of this nngen, %s, but import the runtime of another: go.mod has %s, with "+
		"which they do not build; run: go run %s/cmd/nngen compile %[1]s", p.Spec.File, p.Dir, Version(), of, modulePath)
}

// absent says why a package embeds no weights although its folder is to hold some.
type absent struct {
	what  string
	bring string // them back: the words before a command
	note  string // that a compilation leaves
}

// lack notes that weights are absent.
func (p *Project) lack(what, bring string) {
	a := &absent{what, bring, fmt.Sprintf("%s; the package has none embedded until you %s%s compile %s", what, bring,
		Command(), p.Spec.File)}
	p.absent, p.Notes = a, append(p.Notes, a.note)
}

// broken is the error of weights that cannot be read, with what to do.
func (p *Project) broken(err error) error {
	file := filepath.Join(p.Dir, output.Weights)
	before := ""
	if backup := filepath.Join(p.Dir, output.Backup); exists(backup) {
		before = fmt.Sprintf(", or those of before the last training (cp %s %s)", backup, file)
	}
	return fmt.Errorf("%s: %w; put back the file that was trained%s, or run: %s train %s", file, err, before, Command(),
		p.Spec.File)
}

// exists tells whether there is a file of that name.
func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// embeds tells whether the package in the folder was compiled with weights.
func (p *Project) embeds() bool {
	src, err := regular.Read(filepath.Join(p.Dir, "weights.go"), maxSource)
	return err == nil && bytes.Contains(src, []byte("//go:embed "+output.Weights))
}

// elsewhere finds the folder of packages, in the module, that seem to be those of the spec: their manifest names this
// spec, or one with its file name that is not there any more. It returns "" if there is none, or several.
func (p *Project) elsewhere() string {
	abs, err := filepath.Abs(p.Dir)
	if err != nil {
		return ""
	}
	m, err := findModule(abs)
	if err != nil {
		return ""
	}
	mine, err := os.Stat(p.Spec.File)
	if err != nil {
		return ""
	}
	var found []string
	output.Walk(m.root, func(at, spec string) {
		if at == abs {
			return
		}
		info, err := os.Stat(filepath.Join(at, filepath.FromSlash(spec)))
		if err == nil && os.SameFile(info, mine) || err != nil && filepath.Base(spec) == filepath.Base(p.Spec.File) {
			found = append(found, at)
		}
	})
	if len(found) != 1 {
		return ""
	}
	if wd, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(wd, found[0]); err == nil {
			return rel
		}
	}
	return found[0]
}
