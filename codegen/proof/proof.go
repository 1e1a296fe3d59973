// Package proof is the record of whence a trained package comes: PROOF.json, a statement in the form of in-toto.
//
// It exists so that a stranger can check the claims of a package: that these files came of that spec, that data and
// that seed by a training that gives the same bits again, with these metrics, and within the bounds of the reference.
// The statement is a function of its inputs: it holds no time, no path of the machine and nothing of its processor.
//
// The form is the in-toto Statement, version 1 (https://github.com/in-toto/attestation, spec/v1/statement.md): the
// subject lists the files of the package with their SHA-256, the predicate says what is claimed of them.
package proof

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/nngen/nngen/spec"
)

// File is the name of the statement in the folder of a package.
const File = "PROOF.json"

// MaxFile is how many bytes of a statement are read.
const MaxFile = 16 << 20

// The types of the statement and of its predicate.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	PredicateType = "https://github.com/nngen/nngen/proof/v1"
)

// Statement is the whole of PROOF.json.
type Statement struct {
	Type          string     `json:"_type"`
	Subject       []Resource `json:"subject"` // the files of the package, sorted by name
	PredicateType string     `json:"predicateType"`
	Predicate     Predicate  `json:"predicate"`
}

// Resource is a file, or what stands for a folder, with its checksum.
type Resource struct {
	Name   string `json:"name"` // slash-separated, from the folder of the package or of the spec
	Digest Digest `json:"digest"`
}

// Digest holds the checksums of a resource.
type Digest struct {
	SHA256 string `json:"sha256"`
}

// Predicate is what is claimed of the files.
type Predicate struct {
	Spec Resource `json:"spec"`
	// SpecMeaning is a checksum that comments, layout and the order of keys of the spec leave alone.
	SpecMeaning string `json:"spec_meaning"`
	// Materials are the files that the spec names: data, masks and vocabularies, by their path from the spec.
	Materials []Resource `json:"materials"`
	// Compiler is the version of nngen that wrote the generated files.
	Compiler string   `json:"compiler"`
	Training Training `json:"training"`
	// Evaluation is what was measured on examples that were held out; nil if there are none.
	Evaluation *Evaluation `json:"evaluation,omitempty"`
	// Verification is the comparison of the generated code with the reference; nil if it was not made for this code.
	Verification *Verification `json:"verification,omitempty"`
}

// Training is how the weights came to be.
type Training struct {
	Nngen   string   `json:"nngen"` // version
	Go      string   `json:"go"`    // version of the toolchain that built the training program
	Command []string `json:"command"`
	Seed    uint64   `json:"seed"`
	Limit   int      `json:"epoch_limit"`
	// SkipBadRows is the share of rows that were allowed to be left out.
	SkipBadRows float64 `json:"skip_bad_rows,omitempty"`
	// From is the file of weights that it began with, by its base name.
	From        *Resource          `json:"from,omitempty"`
	Resumed     bool               `json:"resumed,omitempty"`
	Interrupted bool               `json:"interrupted,omitempty"` // and kept: how far it came is not to be repeated
	Train       int                `json:"train_examples"`
	Validation  int                `json:"validation_examples"`
	Test        int                `json:"test_examples"`
	Params      int                `json:"params"`
	Epochs      int                `json:"epochs"`
	Best        int                `json:"best,omitempty"` // epoch whose weights were kept; 0 for the last
	Stopped     bool               `json:"stopped_early,omitempty"`
	Metrics     map[string]float64 `json:"metrics"` // of the epoch that was kept
	// Numbers is the checksum of the numbers of the weights alone, without the metadata of their file.
	Numbers string `json:"numbers"`
}

// Evaluation is what the trained network was measured to be worth.
type Evaluation struct {
	On       string   `json:"on"` // test or validation: the set
	Examples int      `json:"examples"`
	Loss     *float64 `json:"loss"`
	Outputs  []Output `json:"outputs"`
	// Remark says that the network may have learned from the set, by weights that it began with.
	Remark string `json:"remark,omitempty"`
}

// Output holds the metrics of an output.
type Output struct {
	Name    string   `json:"name"`
	Metrics []Metric `json:"metrics"`
}

// Metric is a measured number with its 95 % confidence interval; nil for what is not finite or not known.
type Metric struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"`
	Low   *float64 `json:"low,omitempty"`
	High  *float64 `json:"high,omitempty"`
}

// Verification is the outcome of nngen verify.
type Verification struct {
	Seed     uint64 `json:"seed"`
	Steps    int    `json:"steps"`
	Tensors  int    `json:"tensors"`
	Elements int    `json:"elements"`
	// Worst is the largest difference from the reference as a share of its bound, to three digits; below 1 all is
	// within.
	Worst float64 `json:"worst_of_bound"`
}

// Sum returns the SHA-256 of a file of the package as nngen writes it: a checkout may end the lines of texts by CR and
// LF.
func Sum(name string, b []byte) string {
	if !strings.HasSuffix(name, ".safetensors") {
		b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Of returns the resource of a file.
func Of(name string, b []byte) Resource { return Resource{name, Digest{Sum(name, b)}} }

// Files returns the resources of files, sorted.
func Files(files map[string][]byte) []Resource {
	list := []Resource{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		list = append(list, Of(name, files[name]))
	}
	return list
}

// Encode returns the contents of PROOF.json.
func (s *Statement) Encode() ([]byte, error) {
	s.Type, s.PredicateType = StatementType, PredicateType
	b, err := json.MarshalIndent(s, "", "  ")
	return append(b, '\n'), err
}

// Ours tells whether a file is a statement of this kind, damaged or not.
func Ours(b []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(b, "{ \r\n"), []byte(`"_type": "`+StatementType+`"`)) &&
		bytes.Contains(b, []byte(`"predicateType": "`+PredicateType+`"`))
}

// Parse reads a statement. Unknown keys are errors: a claim that nobody checks is none. So is another form than that of
// Encode, line ends aside: of a key that is there twice, or in other case, another reader may take another value.
func Parse(b []byte) (*Statement, error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	s := &Statement{}
	if err := d.Decode(s); err != nil {
		return nil, fmt.Errorf("not a statement that this nngen can read: %w", err)
	}
	if d.More() {
		return nil, errors.New("there is something behind the statement")
	}
	if s.Type != StatementType {
		return nil, fmt.Errorf("_type is %q, want %q", s.Type, StatementType)
	}
	if s.PredicateType != PredicateType {
		return nil, fmt.Errorf("predicateType is %q, want %q", s.PredicateType, PredicateType)
	}
	for _, r := range s.Subject {
		if _, err := hex.DecodeString(r.Digest.SHA256); err != nil || len(r.Digest.SHA256) != 2*sha256.Size {
			return nil, fmt.Errorf("the subject %q has no SHA-256, but %q", r.Name, r.Digest.SHA256)
		}
	}
	again, err := s.Encode()
	if err != nil {
		return nil, err
	}
	if text := bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")); !bytes.Equal(again, text) {
		line := 1
		for i := range min(len(again), len(text)) {
			if again[i] != text[i] {
				break
			}
			if text[i] == '\n' {
				line++
			}
		}
		return nil,
			fmt.Errorf("line %d is not as nngen writes it: a key that is there twice or in other case, or another layout", line)
	}
	return s, nil
}

// Digest returns the checksum of a file of the subject; "" if it is not there.
func (s *Statement) Digest(name string) string {
	for _, r := range s.Subject {
		if r.Name == name {
			return r.Digest.SHA256
		}
	}
	return ""
}

// code tells whether a file is compiled into programs.
func code(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".s") ||
		strings.HasSuffix(name, ".h")
}

// trained tells whether a file of the subject is one that a training leaves, and not generated.
func trained(name string) bool {
	return path.Dir(name) == "." && !code(name) && !strings.HasSuffix(name, "_test.go")
}

// Compiled sets what another compilation of the same spec and weights changes: the checksums of the files generated.
// The verification is dropped if it was of other code; then it returns in which file that differs, and how: "m.go has
// changed", "more.go is new", "step.go is gone". Copies of the runtime come last, and of several files the number. same
// tells of a file that differs so whether all that was verified is in it as it was, or was elsewhere: it does not
// count. left is the folder of a runtime that the packages shared and share no longer, whose files are still there;
// "" for none.
func (s *Statement) Compiled(files []Resource, of Resource, version, left string,
	same func(name string) bool) (why string) {
	old := map[string]string{}
	var subject []Resource
	for _, r := range s.Subject {
		switch {
		case trained(r.Name):
			subject = append(subject, r)
		case code(r.Name):
			old[r.Name] = r.Digest.SHA256
		}
	}
	var differ []string
	for _, r := range files {
		if !code(r.Name) {
			continue
		}
		switch sum, ok := old[r.Name]; {
		case sum != r.Digest.SHA256 && same(r.Name):
		case !ok:
			differ = append(differ, r.Name+" is new")
		case sum != r.Digest.SHA256:
			differ = append(differ, r.Name+" has changed")
		}
		delete(old, r.Name)
	}
	shared := 0 // files of left
	for name := range old {
		switch {
		case left != "" && strings.HasPrefix(name, left+"/"):
			shared++
		case !same(name):
			differ = append(differ, spec.FileName(name)+" is gone")
		}
	}
	s.Subject = append(subject, files...)
	slices.SortFunc(s.Subject, func(a, b Resource) int { return strings.Compare(a.Name, b.Name) })
	s.Predicate.Spec, s.Predicate.Compiler = of, version
	if len(differ) == 0 && shared == 0 || s.Predicate.Verification == nil {
		return ""
	}
	s.Predicate.Verification = nil
	copied := func(name string) int {
		if strings.HasPrefix(name, "internal/") {
			return 1
		}
		return 0
	}
	slices.SortFunc(differ, func(a, b string) int {
		return cmp.Or(copied(a)-copied(b), strings.Compare(a, b))
	})
	if shared > 0 {
		differ = slices.Insert(differ, 0, "the packages no longer share the runtime in "+left)
	}
	if n := len(differ) - 1; n > 0 {
		return fmt.Sprintf("%s, and %d more files differ", differ[0], n)
	}
	return differ[0]
}
