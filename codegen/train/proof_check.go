package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/codegen/verify"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// CheckProof recomputes all that the statement of a project claims: files, weights, metrics, and the comparison with
// the reference. With renew, metrics and verification are recorded anew if everything else holds.
func CheckProof(ctx context.Context, p *project.Project, renew bool, log io.Writer) (proof.Checks, error) {
	s, err := openProof(p)
	if err != nil {
		return nil, err
	}
	var f proof.Checks
	if err := checkInputs(p, s, &f); err != nil {
		return nil, err
	}
	checkFiles(p, s, &f)
	checkWeights(p, s, &f)
	checkHistory(p, s, &f)
	fine := f.OK()
	var evaluated *proof.Evaluation
	if f.Fails("spec", "data", "weights") {
		f.Add(proof.Follows, "metrics", "not measured before the spec, the data and the weights are those of the training")
	} else {
		fmt.Fprintln(log, "measuring again")
		if evaluated, err = checkEvaluation(ctx, p, s, &f, renew && fine); err != nil {
			f.Add(proof.Fails, "metrics", "%v", err)
		}
	}
	if f.Fails("spec") {
		f.Add(proof.Follows, "verification", "not looked at before the spec is that of the training")
		return f, nil
	}
	fmt.Fprintln(log, "verifying against the reference again")
	verified, err := checkVerification(ctx, p, s, &f, renew && fine)
	if err != nil {
		return nil, err
	}
	if !renew || !fine || verified == nil {
		return f, nil
	}
	s.Predicate.Evaluation, s.Predicate.Verification = evaluated, verified
	b, err := s.Encode()
	if err != nil {
		return nil, err
	}
	return f, output.Replace(filepath.Join(p.Dir, proof.File), b)
}

// checkInputs compares the spec and the files that it names.
func checkInputs(p *project.Project, s *proof.Statement, f *proof.Checks) error {
	spec, _, err := p.SpecResource()
	if err != nil {
		return err
	}
	same, err := p.Spec.HasSourceSum(s.Predicate.SpecMeaning)
	if err != nil {
		return err
	}
	switch {
	case !same:
		f.Add(proof.Fails, "spec", "%s is not the spec of the training: SHA-256 %s, but the training had %s", spec.Name,
			spec.Digest.SHA256, s.Predicate.Spec.Digest.SHA256)
	case spec != s.Predicate.Spec:
		f.Add(proof.Fails, "spec", "%s says the same, but its text is another than that of %s: run %s compile %s", spec.Name,
			s.Predicate.Spec.Name, project.Command(), p.Spec.File)
	default:
		f.Add(proof.Holds, "spec", "%s", spec.Name)
	}
	network, err := p.Network()
	if err != nil {
		return err
	}
	sums, err := p.DataSums()
	if err != nil {
		f.Add(proof.Fails, "data", "%v", err)
		return nil
	}
	materials, err := p.Materials(network.Contents, sums)
	if err != nil {
		f.Add(proof.Fails, "data", "%v", err)
		return nil
	}
	for _, m := range materials {
		i := slices.IndexFunc(s.Predicate.Materials, func(r proof.Resource) bool { return r.Name == m.Name })
		switch {
		case i < 0:
			f.Add(proof.Fails, "data", "%s is named by the spec, but not by the statement", m.Name)
		case s.Predicate.Materials[i] != m:
			f.Add(proof.Fails, "data", "%s has SHA-256 %s, but the training had %s%s", m.Name, m.Digest.SHA256,
				s.Predicate.Materials[i].Digest.SHA256, otherEnds(p, sums, m, s.Predicate.Materials[i].Digest.SHA256))
		default:
			f.Add(proof.Holds, "data", "%s", m.Name)
		}
	}
	for _, r := range s.Predicate.Materials {
		if !slices.ContainsFunc(materials, func(m proof.Resource) bool { return m.Name == r.Name }) {
			f.Add(proof.Fails, "data", "%s is named by the statement, but not by the spec", r.Name)
		}
	}
	return nil
}

// otherEnds adds to what is said of a data file that has another checksum than that of the training, if it is that file
// but for the ends of its lines, that it is; "" if it is not.
func otherEnds(p *project.Project, sums map[string]string, m proof.Resource, was string) string {
	for name, sum := range sums {
		if sum != m.Digest.SHA256 {
			continue
		}
		all, err := project.SumsByEnds(p.At(name))
		if err != nil || all.Is != sum { // it has changed meanwhile
			continue
		}
		is, had := "LF", "CR LF"
		switch was {
		case all.LF:
			is, had = had, is
		case all.CRLF:
		default:
			continue
		}
		return fmt.Sprintf(": the ends of its lines alone differ, which are %s now and were %s, as git changes them where "+
			"core.autocrlf is set; write «%s -text» in .gitattributes, and check it out again", is, had, path.Base(m.Name))
	}
	return ""
}

// checkFiles compares the files of the package with the statement, and with what the compiler writes.
func checkFiles(p *project.Project, s *proof.Statement, f *proof.Checks) {
	generated := map[string]string{}
	out, err := p.Generate(nil, "")
	if err == nil {
		for _, r := range p.GeneratedResources(out.Files) {
			generated[r.Name] = r.Digest.SHA256
		}
	}
	checkSubject(p, s, generated, f)
	cause := f.Fails("spec", "weights")
	if err != nil {
		verdict := proof.Fails
		if cause {
			verdict = proof.Follows
		}
		f.Add(verdict, "compile", "%v", err)
		return
	}
	differ := 0
	for _, name := range slices.Sorted(maps.Keys(generated)) {
		switch claimed := s.Digest(name); {
		case claimed == "":
			f.Add(proof.Fails, "compile", "%s is generated, but the statement does not name it", name)
		case claimed != generated[name]:
			differ++
		}
	}
	switch {
	case differ > 0 && cause:
		f.Add(proof.Follows, "compile",
			"%d files of the statement are not what the spec and the weights as they are compile to", differ)
	case differ > 0 && s.Predicate.Compiler != project.Version():
		f.Add(proof.Fails, "compile",
			"%d files of the statement are not what this nngen writes; they are of %s, and this is %s: run %s compile %s",
			differ, s.Predicate.Compiler, project.Version(), project.Command(), p.Spec.File)
	case differ > 0:
		f.Add(proof.Fails, "compile", "%d files of the statement are not what the spec compiles to: run %s compile %s",
			differ, project.Command(), p.Spec.File)
	default:
		f.Add(proof.Holds, "compile", "%d files are what nngen %s writes", len(generated), project.Version())
	}
}

// checkSubject compares the files in the folder with the statement. The weights come first: of other weights, or of
// another spec, packages that were compiled anew have other files too.
func checkSubject(p *project.Project, s *proof.Statement, generated map[string]string, f *proof.Checks) {
	fine, follow := 0, 0
	subject := slices.Clone(s.Subject)
	slices.SortStableFunc(subject, func(a, b proof.Resource) int {
		return cmp.Compare(laterThanWeights(a), laterThanWeights(b))
	})
	for _, r := range subject {
		part := "file"
		if r.Name == output.Weights {
			part = "weights"
		}
		if !filepath.IsLocal(filepath.FromSlash(r.Name)) && generated[r.Name] == "" {
			f.Add(proof.Fails, part, "%s is outside the package", r.Name)
			continue
		}
		b, err := regular.Read(filepath.Join(p.Dir, filepath.FromSlash(r.Name)), project.MaxWeights)
		switch {
		case err != nil:
			f.Add(proof.Fails, part, "%s: %v", r.Name, bare(err))
		case output.Pointer(b) == r.Digest.SHA256:
			f.Add(proof.Fails, part, "%s: a pointer of Git LFS stands in its place; run: git lfs pull", r.Name)
		case proof.Sum(r.Name, b) == r.Digest.SHA256:
			fine++
		case part == "file" && generated[r.Name] == proof.Sum(r.Name, b) && f.Fails("spec", "weights"):
			follow++
		default:
			f.Add(proof.Fails, part, "%s has SHA-256 %s, but the statement says %s%s", r.Name,
				proof.Sum(r.Name, b), r.Digest.SHA256, unreadable(r.Name, b))
		}
	}
	switch {
	case follow > 0:
		f.Add(proof.Follows, "files",
			"%d of %d have the checksums of the statement; %d more are of the spec and the weights as they are",
			fine, len(subject), follow)
	case fine < len(subject):
		f.Add(proof.Follows, "files", "%d of %d have the checksums of the statement", fine, len(subject))
	default:
		f.Add(proof.Holds, "files", "%d of %d have the checksums of the statement", fine, len(subject))
	}
}

// laterThanWeights is 0 for the weights, 1 for any other file.
func laterThanWeights(r proof.Resource) int {
	if r.Name == output.Weights {
		return 0
	}
	return 1
}

// unreadable adds to what is wrong with a file why it can't be read; "" if it can, or is no file of numbers.
func unreadable(name string, b []byte) string {
	if path.Ext(name) != ".safetensors" {
		return ""
	}
	if _, err := safetensors.Open(b); err != nil {
		return ": " + err.Error()
	}
	return ""
}

// bare returns what is wrong with a file, without its path.
func bare(err error) error {
	var e *os.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// checkWeights compares what the weights say of themselves with the statement.
func checkWeights(p *project.Project, s *proof.Statement, f *proof.Checks) {
	if f.Fails("weights") {
		return
	}
	t := s.Predicate.Training
	b, err := regular.Read(filepath.Join(p.Dir, output.Weights), project.MaxWeights)
	if err != nil {
		f.Add(proof.Fails, "weights", "%v", err)
		return
	}
	file, err := safetensors.Open(b)
	if err != nil {
		f.Add(proof.Fails, "weights", "%s: %v", output.Weights, err)
		return
	}
	sum, err := project.NumbersSum(b)
	if err != nil {
		f.Add(proof.Fails, "weights", "%s: %v", output.Weights, err)
		return
	}
	was := len(*f)
	compare := func(what, got, want string) {
		if got != want {
			f.Add(proof.Fails, "weights", "their %s is %s, but the statement says %s", what, got, want)
		}
	}
	compare("checksum of numbers", sum, t.Numbers)
	compare("seed", file.Meta["seed"], fmt.Sprint(t.Seed))
	compare("nngen", file.Meta["nngen"], t.Nngen)
	compare("metrics", file.Meta["metrics"], pairs(t.Metrics))
	if len(*f) == was {
		f.Add(proof.Holds, "weights", "trained with seed %d by nngen %s and %s, %s", t.Seed, t.Nngen, t.Go,
			spec.Count(t.Epochs, "epoch"))
	}
}

// checkHistory compares the history of the training with the statement.
func checkHistory(p *project.Project, s *proof.Statement, f *proof.Checks) {
	t := s.Predicate.Training
	h, err := runs.ReadHistory(filepath.Join(p.Dir, output.History))
	if err != nil {
		f.Add(proof.Fails, "history", "%v", err)
		return
	}
	best := cmp.Or(t.Best, t.Epochs)
	if h.Len() != t.Epochs || best <= 0 || best > h.Len() {
		f.Add(proof.Fails, "history", "%s has %s, but the statement says %d", output.History,
			spec.Count(h.Len(), "epoch"), t.Epochs)
		return
	}
	for name, want := range t.Metrics {
		if got := h.At(best - 1).Get(name); got != want {
			f.Add(proof.Fails, "history", "%s of epoch %d is %s, but the statement says %v", name, best,
				text(finiteOrNil(got)), want)
			return
		}
	}
	f.Add(proof.Holds, "history", "%s, the weights of epoch %d", spec.Count(t.Epochs, "epoch"), best)
}

// text writes a number that may not be there.
func text(v *float64) string {
	if v == nil {
		return "none"
	}
	return fmt.Sprint(*v)
}

// sameNumber is the relative difference up to which two computations of a metric in float64 are the same: processors
// differ in whether they fuse a product with a sum, some 10⁻¹⁶ for each of at most 10⁶ terms.
const sameNumber = 1e-9

// same tells whether a recomputed number is that of the statement.
func same(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b || math.Abs(*a-*b) <= sameNumber*max(math.Abs(*a), math.Abs(*b))
}

// checkEvaluation measures the weights again, and compares; with renew it only measures. It returns what was measured.
func checkEvaluation(ctx context.Context, p *project.Project, s *proof.Statement, f *proof.Checks,
	renew bool) (*proof.Evaluation, error) {
	want := s.Predicate.Evaluation
	got, err := measureAgain(ctx, p, s)
	if err != nil {
		return nil, err
	}
	if renew {
		want = got
	}
	switch {
	case got == nil && want == nil:
		f.Add(proof.Unclaimed, "metrics", "no examples were held out")
		return nil, nil
	case got == nil || want == nil || got.On != want.On || len(got.Outputs) != len(want.Outputs):
		return nil, errors.New("the statement speaks of other examples or outputs than the spec")
	}
	n, differ := 0, 0
	compare := func(name string, got, want *float64) {
		n++
		if !same(got, want) {
			differ++
			f.Add(proof.Fails, "metrics", "%s is %s, but the statement says %s", name, text(got), text(want))
		}
	}
	if got.Examples != want.Examples {
		differ++
		f.Add(proof.Fails, "metrics", "%d examples, but the statement says %d", got.Examples, want.Examples)
	}
	compare("loss", got.Loss, want.Loss)
	for i, o := range got.Outputs {
		w := want.Outputs[i]
		if len(o.Metrics) != len(w.Metrics) || o.Name != w.Name {
			return nil, fmt.Errorf("output %q has %d metrics, but the statement says %d of output %q", o.Name,
				len(o.Metrics), len(w.Metrics), w.Name)
		}
		for j, m := range o.Metrics {
			if m.Name != w.Metrics[j].Name {
				return nil, fmt.Errorf("metric %d of output %q is %s, but the statement says %s", j+1,
					o.Name, m.Name, w.Metrics[j].Name)
			}
			compare(o.Name+" "+m.Name, m.Value, w.Metrics[j].Value)
			compare(o.Name+" "+m.Name+", low", m.Low, w.Metrics[j].Low)
			compare(o.Name+" "+m.Name+", high", m.High, w.Metrics[j].High)
		}
	}
	if got.Remark != want.Remark {
		differ++
		f.Add(proof.Fails, "metrics", "the remark of them is %q, but the statement says %q", got.Remark, want.Remark)
	}
	if differ == 0 {
		remark := ""
		if got.Remark != "" {
			remark = "; but " + got.Remark
		}
		f.Add(proof.Holds, "metrics", "%d numbers of the %s set, %d examples, are the same when measured again%s", n, got.On,
			got.Examples, remark)
	}
	return got, nil
}

// measureAgain evaluates the weights in the folder as their training did.
func measureAgain(ctx context.Context, p *project.Project, s *proof.Statement) (*proof.Evaluation, error) {
	t, err := openTrained(p, "")
	if err != nil {
		return nil, err
	}
	sets, _, _, err := load(p, t.net, Options{SkipBadRows: s.Predicate.Training.SkipBadRows, Log: io.Discard},
		&t.fitted) // which are fixed again, and no more
	if err != nil {
		return nil, err
	}
	judged := judgedOn(sets)
	if judged.on == "training" {
		return nil, nil
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	if judged.Evaluation, _, err = g.judge(ctx, t.weights, judged.set, sets.Train); err != nil {
		return nil, err
	}
	if sets.Test.N == 0 {
		judged.withoutCoverage()
	} else {
		why, err := t.testSeen(p)
		if err != nil {
			return nil, err
		}
		judged.markSeen(why)
	}
	return judged.claims(judged.on), nil
}

// worstAgain is the relative difference up to which the largest share of a bound is the same when it is computed again:
// the statement has three digits of it.
const worstAgain = 0.01

// checkVerification compares the code with the reference again; with renew the statement's record of that does not
// matter.
func checkVerification(ctx context.Context, p *project.Project, s *proof.Statement, f *proof.Checks,
	renew bool) (*proof.Verification, error) {
	want := s.Predicate.Verification
	if want == nil && !renew {
		f.Add(proof.Unclaimed, "verification",
			"the statement has none for this code; to add it: %s verify --proof --write %s", project.Command(), p.Spec.File)
		return nil, nil
	}
	o := verify.Options{Seed: p.Spec.Training.Seed, Steps: verifySteps}
	if want != nil {
		o.Seed = want.Seed
		if want.Steps != verifySteps {
			f.Add(proof.Fails, "verification", "the statement speaks of %d steps, but a training takes %d", want.Steps,
				verifySteps)
			return nil, nil
		}
	}
	r, err := Verify(ctx, p, o)
	if err != nil {
		return nil, err
	}
	if !r.OK() {
		for _, t := range r.Tensors {
			if t.Failure != "" {
				f.Add(proof.Fails, "verification", "%s %s: %s", t.Kind, t.Name, t.Failure)
			}
		}
		return nil, nil
	}
	got := verification(r, o.Seed)
	if renew {
		want = got
	}
	compareVerification(got, want, f)
	return got, nil
}

// compareVerification compares a comparison with the reference with that of the statement.
func compareVerification(got, want *proof.Verification, f *proof.Checks) {
	if got.Tensors != want.Tensors || got.Elements != want.Elements ||
		math.Abs(got.Worst-want.Worst) > worstAgain*got.Worst {
		f.Add(proof.Fails, "verification",
			"%d tensors of %d elements, worst at %.3g of its bound; the statement says %d of %d, %.3g",
			got.Tensors, got.Elements, got.Worst, want.Tensors, want.Elements, want.Worst)
		return
	}
	f.Add(proof.Holds, "verification", "%d tensors of %d elements within their bounds, worst at %.3g of its bound",
		got.Tensors, got.Elements, got.Worst)
}
