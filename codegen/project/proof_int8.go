package project

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// sameVerified tells of files of a compilation that are new, have changed or are gone whether all that a verification
// looked at is as it was. It looks at the package in float32, and not at that of 8-bit integers, for which more of the
// runtime may be copied beside it: so they are the same if the compiler makes of the packages as they stood, with the
// int8 weights that are still there or none, the files of the statement.
func (p *Project) sameVerified(s *proof.Statement, weights []byte) func(name string) bool {
	var before map[string]string // checksums of that compilation
	return func(name string) bool {
		if strings.HasPrefix(name, codegen.Int8Package(p.Spec.Name)+"/") {
			return true
		}
		if weights == nil || !strings.HasPrefix(name, "internal/") {
			return false
		}
		if before == nil {
			before = p.asItStood(weights)
		}
		return before[name] == s.Digest(name)
	}
}

// asItStood returns the checksums of the files that the compiler makes of the packages with the int8 weights that the
// folder has, if any; none if it can't.
func (p *Project) asItStood(weights []byte) map[string]string {
	io, notes, warnings := p.Spec.Quantize.IO, slices.Clone(p.Notes), slices.Clone(p.Warnings)
	defer func() { p.Spec.Quantize.IO, p.Notes, p.Warnings = io, notes, warnings }()
	sums := map[string]string{}
	if p.Spec.Quantize.IOPos.Line == 0 {
		p.Spec.Quantize.IO = spec.FloatIO
		if b, err := regular.Read(filepath.Join(p.Dir, filepath.FromSlash(p.Int8Weights())), MaxWeights); err == nil {
			if f, err := safetensors.Open(b); err == nil && f.Meta[IOKey] != "" {
				p.Spec.Quantize.IO = f.Meta[IOKey]
			}
		}
	}
	int8s, err := p.int8(weights)
	if err != nil {
		return sums
	}
	out, err := p.generate(weights, int8s, nil, "")
	if err != nil {
		return sums
	}
	for _, r := range p.GeneratedResources(out.Files) {
		sums[r.Name] = r.Digest.SHA256
	}
	return sums
}
