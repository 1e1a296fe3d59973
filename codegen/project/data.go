package project

import (
	"path/filepath"
	"slices"

	"github.com/nngen/nngen/spec"
)

// Of returns the project of a spec that is not read from its file, for reading its data and building its programs: it
// has no folder for packages.
func Of(s *spec.Spec) *Project { return &Project{Spec: s, Base: filepath.Dir(s.File)} }

// DataFiles returns the paths that the data section of the spec names, each once, sorted.
func (p *Project) DataFiles() []string {
	var names []string
	if d := p.Spec.Data; d != nil {
		for _, s := range []*spec.Source{d.Train, d.Validation, d.Test} {
			if s == nil {
				continue
			}
			for _, name := range []string{s.Path, s.Labels} {
				if name != "" {
					names = append(names, name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
