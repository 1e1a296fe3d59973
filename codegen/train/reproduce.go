package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
)

// Reproduce trains the network of a project again, in a temporary folder, as its statement says that it was trained,
// and compares the weights. Nothing of the project is written. from is the file of weights that the training began
// with, if it did.
func Reproduce(ctx context.Context, p *project.Project, from string, o Options) (proof.Checks, error) {
	s, err := openProof(p)
	if err != nil {
		return nil, err
	}
	t := s.Predicate.Training
	var f proof.Checks
	if err := checkInputs(p, s, &f); err != nil {
		return nil, err
	}
	checkStart(p, t, from, &f)
	if !f.OK() {
		return f, nil
	}
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	o.Seed, o.SkipBadRows, o.From = &t.Seed, t.SkipBadRows, from
	sets, initial, _, err := load(p, network, o, before(p, o, ""))
	if err != nil {
		return nil, err
	}
	plan := planOf(p.Spec, sets, t.Limit)
	if o.OnStart != nil {
		o.OnStart(plan)
	}
	g, err := build(ctx, p)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	g.Workers = o.Workers
	sums, err := p.DataSums()
	if err != nil {
		return nil, err
	}
	n := noteOf(g.net, sums)
	if n.Seen, err = o.mayBeSeen(p, sets.Test, nil); err != nil {
		return nil, err
	}
	if err := n.learn(p, o); err != nil {
		return nil, err
	}
	if _, err := g.train(ctx, p, sets, initial, plan, &output.Progress{File: g.Path(output.ProgressFile)}, n,
		o); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(g.Path(output.Weights))
	if err != nil {
		return nil, g.Explain(err)
	}
	return f, compareWeights(s, b, &f)
}

// checkStart compares what a training begins with.
func checkStart(p *project.Project, t proof.Training, from string, f *proof.Checks) {
	switch {
	case t.Interrupted:
		f.Add(proof.Fails, "training", "it was interrupted, and where cannot be repeated")
	case t.From == nil && from != "":
		f.Add(proof.Fails, "training", "it began with drawn weights, not with those of a file")
	case t.From != nil && from == "":
		text := "name that file by --from"
		for _, name := range []string{output.Weights, output.Backup} {
			file := filepath.Join(p.Dir, name)
			if b, err := regular.Read(file, project.MaxWeights); err == nil && proof.Sum(name, b) == t.From.Digest.SHA256 {
				text = "they lie in " + file + ": name that by --from"
			}
		}
		f.Add(proof.Fails, "training", "it began with %s, SHA-256 %s: %s", t.From.Name, t.From.Digest.SHA256, text)
	case t.From != nil:
		b, err := regular.Read(from, project.MaxWeights)
		if err != nil {
			f.Add(proof.Fails, "training", "%v", err)
		} else if got := proof.Sum(t.From.Name, b); got != t.From.Digest.SHA256 {
			f.Add(proof.Fails, "training", "it began with SHA-256 %s, but %s has %s", t.From.Digest.SHA256, from, got)
		}
	}
}

// compareWeights compares weights that were trained again with those of the statement.
func compareWeights(s *proof.Statement, b []byte, f *proof.Checks) error {
	sum, err := project.NumbersSum(b)
	if err != nil {
		return err
	}
	t := s.Predicate.Training
	switch got, want := output.Sum(b), s.Digest(output.Weights); {
	case got == want:
		f.Add(proof.Holds, "weights", "trained again to the same bits: SHA-256 %s", got)
	case sum == t.Numbers:
		versions := ""
		if t.Nngen != project.Version() {
			versions = fmt.Sprintf(": nngen %s, here %s", t.Nngen, project.Version())
		}
		f.Add(proof.Holds, "weights",
			"trained again to the same numbers, SHA-256 %s; what the file says of its origin differs%s", sum, versions)
	default:
		text := ""
		if t.Resumed {
			text = "; the training was resumed, and may have begun otherwise"
		}
		f.Add(proof.Fails, "weights", "trained again to other numbers: SHA-256 %s, but the statement says %s%s", sum,
			t.Numbers, text)
	}
	return nil
}
