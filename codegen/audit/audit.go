package audit

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// Finding is something in generated code that is not as the spec has it.
type Finding struct {
	File string // slash-separated path below the folder of the inference package
	Line int
	Text string
}

func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Text) }

// Report is the outcome of an audit.
type Report struct {
	Findings   []Finding // sorted by place
	Functions  []string  // that were read
	Statements int       // of them
	Unread     []Unread  // the other functions, files and folders, sorted
}

// auditor reads the packages of one network.
type auditor struct {
	net      *net.Net
	set      *token.FileSet
	model    *pkg
	train    *pkg // nil without one
	whole    *pkg // that of 8-bit integers, once it was read; nil without one
	ints     bool // whether model is that one
	tensors  map[string]tensor
	fields   map[string]*field // of Model
	findings map[Finding]bool
	seen     map[*ast.FuncDecl]bool // functions that were read
	open     map[ast.Expr]bool      // constants that are being evaluated
	states   map[string]bool        // arrays of the state that steps of the optimizer take, as t.m
	report   Report
}

// mostFindings bounds how many findings are kept: one wrong buffer may spoil all that follows.
const mostFindings = 200

// add notes a finding, once.
func (a *auditor) add(at token.Pos, format string, args ...any) {
	p := a.set.Position(at)
	if len(a.findings) < mostFindings {
		a.findings[Finding{p.Filename, p.Line, fmt.Sprintf(format, args...)}] = true
	}
}

// readable says in one line why a network is none that the audit can read.
func readable(n *net.Net) error {
	if n.Spec.Generate.Profile == spec.Tiny {
		return fmt.Errorf("%s is of the profile tiny, whose packages are not audited: nngen verify runs them", n.Spec.Name)
	}
	for _, l := range graphOf(n).layers {
		if _, ok := kinds[l.kind]; !ok {
			return fmt.Errorf("%s is not audited: its layer %s is of kind %s, which the audit does not know", n.Spec.Name,
				l.name, l.kind)
		}
	}
	return nil
}

// Run reads the generated Go files of a network, by slash-separated path below the folder of the inference package. Its
// error says what cannot be read: files that are no Go, packages of the profile tiny, a kind of layer that has no
// row here.
func Run(n *net.Net, files map[string][]byte) (*Report, error) {
	a := &auditor{net: n, set: token.NewFileSet(), tensors: map[string]tensor{}, fields: map[string]*field{},
		findings: map[Finding]bool{}, seen: map[*ast.FuncDecl]bool{}, open: map[ast.Expr]bool{},
		states: map[string]bool{}}
	if err := readable(n); err != nil {
		return nil, err
	}
	var err error
	if a.model, err = a.parse(files, "."); err != nil {
		return nil, err
	}
	if a.model == nil {
		return nil, fmt.Errorf("there is no Go package")
	}
	if a.train, err = a.parse(files, n.Spec.Name+"train"); err != nil {
		return nil, err
	}
	if err := a.readTensors(); err != nil {
		return nil, err
	}
	a.readBuild()
	a.readKernels()
	if a.train != nil {
		a.readUpdate()
		a.readFit()
		a.readProgress()
		a.readTrainer()
	}
	for _, examples := range []int{1, 3} {
		if examples == 1 {
			a.pass(a.model, "forward1", inference, 1)
		}
		a.pass(a.model, "forward", inference, examples)
		if a.train != nil {
			n := examples
			batch := a.train.consts["Batch"]
			if most, err := (&env{auditor: a, pkg: a.train}).int(batch); err == nil && most < 1 {
				a.add(batch.Pos(), "Batch is %d, want 1 or more", most)
			} else if err == nil {
				n = min(n, most)
			}
			a.pass(a.train, "evaluate", evaluation, n)
			a.pass(a.train, "gradient", training, n)
		}
	}
	a.readStep()
	a.readGuard()
	if err := a.runInts(files); err != nil {
		return nil, err
	}
	a.report.Unread = a.unread(files)
	for f := range a.findings {
		a.report.Findings = append(a.report.Findings, f)
	}
	slices.SortFunc(a.report.Findings, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Text, y.Text))
	})
	return &a.report, nil
}
