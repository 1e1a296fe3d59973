package project

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

// Proof reads the statement in the folder of the packages; nil if there is none.
func (p *Project) Proof() (*proof.Statement, error) {
	name := filepath.Join(p.Dir, proof.File)
	b, err := regular.Read(name, proof.MaxFile)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s, err := proof.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

// alteredWeights says that weights in the folder of the package are not those that the statement of their training is
// about; "" if they are, or there is no statement, or a pointer of Git LFS stands there, which is no damage. A flipped bit
// makes of a number another, which the file itself does not show.
func (p *Project) alteredWeights(weights []byte) string {
	if output.Pointer(weights) != "" {
		return ""
	}
	s, err := p.Proof()
	if err != nil || s == nil || s.Digest(output.Weights) == "" || s.Digest(output.Weights) == output.Sum(weights) {
		return "" // verify says what is wrong with a statement
	}
	return fmt.Sprintf("%s is not the file that %s is about: its SHA-256 is %.8s…, there %.8s…; if it was not put there "+
		"on purpose it is damaged, and %s train %s makes it anew", filepath.Join(p.Dir, output.Weights), proof.File,
		output.Sum(weights), s.Digest(output.Weights), Command(), p.Spec.File)
}

// Doubts are what alteredWeights and UncheckedColumns say of weights in the folder of the package.
func (p *Project) Doubts(weights []byte) (list []string) {
	for _, text := range []string{p.alteredWeights(weights),
		p.UncheckedColumns(filepath.Join(p.Dir, output.Weights), weights)} {
		if text != "" {
			list = append(list, text)
		}
	}
	return list
}

// UncheckedColumns says that weights of a training do not tell which columns it read, as those of an older nngen, so
// that it cannot be checked whether the spec still says the same of them; "" if they tell, or nothing hints at a change: the
// statement of the training is of the spec as it is, or there is none and the spec leaves all columns as they come.
func (p *Project) UncheckedColumns(name string, weights []byte) string {
	f, err := safetensors.Open(weights)
	if err != nil || f.Meta[net.ReadingKey] != "" || f.Meta[net.TrainedKey] == "" || !net.StatesTable(p.Spec) {
		return ""
	}
	s, err := p.Proof()
	why := "and the spec has changed since"
	if err != nil || s == nil || s.Digest(output.Weights) != output.Sum(weights) {
		if !net.StatesColumns(p.Spec) {
			return ""
		}
		why = fmt.Sprintf("and no %s is there of them that says whether the spec has changed since", proof.File)
	} else if same, err := p.Spec.HasSourceSum(s.Predicate.SpecMeaning); same || err != nil {
		return ""
	}
	return fmt.Sprintf("%s does not say which columns its training read, as files of an older nngen do not, %s: whether "+
		"they are those that data names now cannot be checked; %s train %s has it checked from then on", name, why, Command(),
		p.Spec.File)
}

// SpecResource returns the spec as a statement names it, and the checksum of its meaning.
func (p *Project) SpecResource() (spec proof.Resource, meaning string, err error) {
	meaning, err = p.Spec.SourceSum()
	return proof.Of(filepath.Base(p.Spec.File), p.Spec.Source), meaning, err
}

// GeneratedResources returns the files of a compilation as a statement names them: those of a runtime that is shared
// with other packages too.
func (p *Project) GeneratedResources(files map[string][]byte) []proof.Resource {
	all := maps.Clone(files)
	delete(all, proof.File)
	if p.runtime != nil {
		for name, b := range p.runtime.Files {
			all[path.Join(p.sharedPath(), name)] = b
		}
	}
	return proof.Files(all)
}

// sharedPath is the path from the folder of the packages to that of the shared runtime.
func (p *Project) sharedPath() string {
	abs, err := filepath.Abs(p.Dir)
	if err != nil {
		return output.SharedFolder
	}
	rel, err := filepath.Rel(abs, p.runtime.Dir)
	if err != nil {
		return output.SharedFolder
	}
	return filepath.ToSlash(rel)
}

// leftRuntime returns the folder of the runtime that packages shared by their statement, and share no longer; "" for
// none.
func (p *Project) leftRuntime(s *proof.Statement) string {
	if p.runtime != nil {
		return ""
	}
	for _, r := range s.Subject {
		if at := strings.Index("/"+r.Name, "/"+output.SharedFolder+"/"); at >= 0 {
			return r.Name[:at+len(output.SharedFolder)]
		}
	}
	return ""
}

// Materials returns the files that the spec names, as a statement names them: data, masks, vocabularies. A path from
// the root, which is one of this machine, stands there by its base.
func (p *Project) Materials(contents map[string]string, data map[string]string) ([]proof.Resource, error) {
	list := []proof.Resource{}
	add := func(name, sum string) {
		if filepath.IsAbs(filepath.FromSlash(name)) {
			name = path.Base(name)
		}
		list = append(list, proof.Resource{Name: name, Digest: proof.Digest{SHA256: sum}})
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		add(name, data[name])
	}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		if _, ok := data[name]; ok {
			continue
		}
		at := filepath.FromSlash(name)
		if !filepath.IsAbs(at) {
			at = filepath.Join(p.Base, at)
		}
		b, err := regular.Read(at, MaxWeights)
		if err != nil {
			return nil, err
		}
		add(name, proof.Sum(name, b))
	}
	return list, nil
}

// NumbersSum returns the checksum of the numbers of weights without their metadata, and whatever type they have there.
func NumbersSum(b []byte) (string, error) {
	f, err := safetensors.Open(b)
	if err != nil {
		return "", err
	}
	plain, err := golden.Plain(f)
	return output.Sum(plain), err
}

// refuted says why a statement is not of the weights that are embedded, or of the spec as it stands; "" if it is.
func (p *Project) refuted(s *proof.Statement) (string, error) {
	if s.Digest(output.Weights) != p.kept {
		return "it is of other weights", nil
	}
	same, err := p.Spec.HasSourceSum(s.Predicate.SpecMeaning)
	if same || err != nil {
		return "", err
	}
	for _, r := range s.Subject { // one of which is NAME.go
		name, isGo := strings.CutSuffix(r.Name, ".go")
		if !isGo {
			continue
		}
		if was, err := p.Spec.HadSourceSum(name, s.Predicate.SpecMeaning); was || err != nil {
			return fmt.Sprintf("the spec has changed since the training, but only in its name, which was %q and is %q", name,
				p.Spec.Name), err
		}
	}
	return "the spec has changed since the training", nil
}

// renewProof adds to the files of a compilation the statement of the last training with their checksums, if it is of
// the same weights and the same spec; else the statement is left as it is, which a note says. weights are those from
// which only the package of 8-bit integers is made anew; nil where all is.
func (p *Project) renewProof(out *codegen.Output, weights []byte) error {
	s, err := p.Proof()
	if s == nil && err == nil || p.kept == "" { // that weights are missing is said elsewhere
		return nil
	}
	name := filepath.Join(p.Dir, proof.File)
	if err != nil {
		p.Notes = append(p.Notes, fmt.Sprintf("%v; remove it, or run: %s train %s", err, Command(), p.Spec.File))
		return nil
	}
	spec, meaning, err := p.SpecResource()
	if err != nil {
		return err
	}
	why, err := p.refuted(s)
	if err != nil {
		return err
	}
	if why != "" {
		p.Notes = append(p.Notes, fmt.Sprintf("%s holds no longer: %s; remove it, or run: %s train %s", name,
			why, Command(), p.Spec.File))
		return nil
	}
	s.Predicate.SpecMeaning = meaning
	if why := s.Compiled(p.GeneratedResources(out.Files), spec, Version(), p.leftRuntime(s),
		p.sameVerified(s, weights)); why != "" {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: %s, so the record of its verification, which was of other code, is gone; "+
			"to renew it: %s verify --proof --write %s", name, why, Command(), p.Spec.File))
	}
	b, err := s.Encode()
	out.Files[proof.File] = b
	return err
}

// staleProof says what does not hold of the statement of packages that are up to date, as far as that costs little; ""
// for nothing, or without a statement.
func (p *Project) staleProof(out *codegen.Output) (string, error) {
	s, err := p.Proof()
	if s == nil && err == nil || p.kept == "" {
		return "", nil
	}
	name, anew := filepath.Join(p.Dir, proof.File), fmt.Sprintf("remove it, or run: %s train %s", Command(), p.Spec.File)
	if err != nil {
		return fmt.Sprintf("%v; %s", err, anew), nil
	}
	why, err := p.refuted(s)
	if err != nil {
		return "", err
	}
	if why != "" {
		return fmt.Sprintf("%s holds no longer: %s; %s", name, why, anew), nil
	}
	if s.Predicate.Compiler != Version() {
		return "", nil // what differs is the version in the headers
	}
	for _, r := range p.GeneratedResources(out.Files) {
		if s.Digest(r.Name) != r.Digest.SHA256 {
			return fmt.Sprintf("%s does not have the checksum of %s; run: %s compile %s", name, r.Name, Command(), p.Spec.File),
				nil
		}
	}
	return "", nil
}
