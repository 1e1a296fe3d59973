package spec

import "testing"

// TestModelText: what is the owner's alone is left out, in comments too.
func TestModelText(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"# mine\nname: m # m\nversion: 1\nlayers:\n  # first\n  - flatten # x\ndata: {train: {csv: secret.csv}}\n" +
			"limits: {params: 3}\nquantize: {rows: 3}\n",
			"version: 1\nname: m\nlayers:\n  - flatten\n"},
		{"version: 1\nname: m\nlayers: [output]\ngenerate: {train: false, profile: tiny}\noptimizer: sgd\n",
			"version: 1\nname: m\nlayers: [output]\ngenerate: {train: false}\noptimizer: sgd\n"},
		{"version: 1\nname: m\nlayers: [output]\ngenerate: {profile: tiny}\n", "version: 1\nname: m\nlayers: [output]\n"},
	} {
		s := &Spec{File: "m.yaml", Source: []byte(c.src)}
		got, err := s.ModelText()
		if err != nil || string(got) != c.want {
			t.Errorf("%q gives %q, error %v", c.src, got, err)
		}
	}
}
