package train

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/verify"
)

// verifySteps is the number of training steps that a training's verification takes.
const verifySteps = 3

// prove writes the statement of a training, whose files are in place; from is the file of weights that it began with,
// nil if it drew them. It has none if the code is beyond its bounds.
func (r *Result) prove(ctx context.Context, p *project.Project, g *program, plan Plan, from *proof.Resource, o Options,
	sums map[string]string) error {
	if r.Verified != nil && !r.Verified.OK() {
		return nil
	}
	s, err := r.statement(ctx, p, g, plan, from, o, sums)
	if err != nil {
		return err
	}
	b, err := s.Encode()
	if err != nil {
		return err
	}
	trained := maps.Clone(r.trained)
	trained[proof.File] = b
	pkg := p.Package(r.generated, trained)
	if err := pkg.Write(); err != nil {
		return err
	}
	r.Files = append(r.Files, proof.File)
	return nil
}

// statement gathers what a training was and came to.
func (r *Result) statement(ctx context.Context, p *project.Project, g *program, plan Plan, from *proof.Resource,
	o Options, sums map[string]string) (*proof.Statement, error) {
	spec, meaning, err := p.SpecResource()
	if err != nil {
		return nil, err
	}
	s := &proof.Statement{Subject: append(proof.Files(r.trained), p.GeneratedResources(r.generated)...),
		Predicate: proof.Predicate{Spec: spec, SpecMeaning: meaning, Compiler: project.Version()}}
	slices.SortFunc(s.Subject, func(a, b proof.Resource) int { return cmp.Compare(a.Name, b.Name) })
	if s.Predicate.Materials, err = p.Materials(g.net.Contents, sums); err != nil {
		return nil, err
	}
	version, err := g.Go(ctx, "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	t := &s.Predicate.Training
	*t = proof.Training{Nngen: project.Version(), Go: strings.TrimSpace(string(version)), Command: command(p, o),
		Seed: seedOf(p, o), Limit: plan.Epochs,
		SkipBadRows: o.SkipBadRows, From: from, Resumed: o.Resume, Interrupted: r.Interrupted, Train: plan.Train,
		Validation: plan.Validation, Test: plan.Test, Params: r.Params,
		Epochs: numberOf(r.Epochs.last()), Best: r.Best, Stopped: r.Stopped, Metrics: numbers(r.metrics())}
	if t.Numbers, err = project.NumbersSum(r.trained[output.Weights]); err != nil {
		return nil, err
	}
	switch {
	case r.Test != nil:
		s.Predicate.Evaluation = r.Test.claims("test")
	case r.Validation != nil:
		s.Predicate.Evaluation = r.Validation.claims("validation")
	}
	if r.Verified != nil {
		s.Predicate.Verification = verification(r.Verified, p.Spec.Training.Seed)
	}
	return s, nil
}

// seedOf returns the seed of a training.
func seedOf(p *project.Project, o Options) uint64 {
	if o.Seed != nil {
		return *o.Seed
	}
	return p.Spec.Training.Seed
}

// command returns the words of a training, but for what its bits do not depend on.
func command(p *project.Project, o Options) []string {
	words := []string{"nngen", "train"}
	add := func(on bool, flag string, v any) {
		if on {
			words = append(words, flag, fmt.Sprint(v))
		}
	}
	add(o.Seed != nil, "--seed", seedOf(p, o))
	add(o.Epochs > 0, "--epochs", o.Epochs)
	add(o.From != "", "--from", filepath.Base(o.From))
	if o.SkipBadRows > 0 {
		words = append(words, fmt.Sprintf("--skip-bad-rows=%v", o.SkipBadRows))
	}
	if o.Resume {
		words = append(words, "--resume")
	}
	return append(words, filepath.Base(p.Spec.File))
}

// claims returns an evaluation as a statement has it.
func (e *Evaluation) claims(on string) *proof.Evaluation {
	finite := func(v number) *float64 {
		if x := float64(v); x-x == 0 {
			return &x
		}
		return nil
	}
	c := &proof.Evaluation{On: on, Examples: e.Examples, Loss: finite(e.Loss), Remark: e.Seen}
	for _, o := range e.Outputs {
		out := proof.Output{Name: o.Name, Metrics: []proof.Metric{}}
		for _, m := range o.Metrics {
			claim := proof.Metric{Name: m.Name, Value: finite(m.Value)}
			if m.Low != nil && m.High != nil {
				claim.Low, claim.High = finite(*m.Low), finite(*m.High)
			}
			out.Metrics = append(out.Metrics, claim)
		}
		c.Outputs = append(c.Outputs, out)
	}
	return c
}

// verification returns a report as a statement has it.
func verification(r *verify.Report, seed uint64) *proof.Verification {
	v := &proof.Verification{Seed: seed, Steps: verifySteps, Tensors: len(r.Tensors)}
	worst := 0.0
	for _, t := range r.Tensors {
		v.Elements += t.Elements
		worst = max(worst, t.Worst)
	}
	v.Worst, _ = strconv.ParseFloat(strconv.FormatFloat(worst, 'g', 3, 64), 64)
	return v
}

// openProof reads the statement of a project, which must be there.
func openProof(p *project.Project) (*proof.Statement, error) {
	s, err := p.Proof()
	if s == nil && err == nil {
		return nil, fmt.Errorf("%s: there is no such file; a training writes it: %s train %s",
			filepath.Join(p.Dir, proof.File), project.Command(), p.Spec.File)
	}
	return s, err
}
