package audit

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// updater reads the function that updates the parameters.
type updater struct {
	*env
	names map[string]ast.Expr // what variables stand for
	next  int                 // the element from which on no step has been read yet
	steps int
}

// trained returns the parameters that are trained, in the order in which they lie, and the number of their elements.
func (a *auditor) trained() (all []*ir.Param, size int) {
	for _, q := range a.net.Params {
		if q.Role == ir.Trained {
			all, size = append(all, q), size+q.Size()
		}
	}
	return all, size
}

// readUpdate reads Apply, or update, which workers share, and the penalties.
func (a *auditor) readUpdate() {
	params, size := a.trained()
	a.readPenalties(params)
	f := a.train.funcs["Apply"]
	if f == nil || f.Body == nil {
		a.add(a.train.files[0].Pos(), "package %s has no function Apply", a.train.name)
		return
	}
	name := a.train.name + ".Apply"
	body := f.Body.List
	a.seen[f] = true
	a.report.Functions = append(a.report.Functions, name)
	if shared := a.train.funcs["update"]; shared != nil && shared.Body != nil {
		a.report.Functions = append(a.report.Functions, a.train.name+".update")
		a.seen[shared] = true
		body = slices.Concat(body, shared.Body.List)
	}
	u := &updater{env: &env{auditor: a, pkg: a.train, ints: map[string]int{}}, names: map[string]ast.Expr{}}
	maxNorms, clips, counted := 0, 0, 0
	for _, s := range body {
		switch s := s.(type) {
		case *ast.IncDecStmt:
			if text(s.X) == "t.step" && s.Tok == token.INC {
				counted++
			}
		case *ast.AssignStmt:
			if len(s.Lhs) == len(s.Rhs) {
				for i, x := range s.Lhs {
					u.names[text(x)] = s.Rhs[i]
				}
			}
		case *ast.ExprStmt:
			c, ok := s.X.(*ast.CallExpr)
			if !ok {
				continue
			}
			a.report.Statements++
			switch sel, _ := c.Fun.(*ast.SelectorExpr); {
			case sel != nil && sel.Sel.Name == "Step":
				u.step(sel.X, c, params, size)
			case text(c.Fun) == "vec.ClipValue":
				clips++
				u.clipValue(c)
			case text(c.Fun) == "optim.MaxNorm":
				maxNorms++
				u.maxNorm(c, params)
			}
		}
	}
	if counted != 1 {
		a.add(f.Pos(), "%s counts its steps %d times, want once", name, counted)
	}
	switch {
	case size > 0 && u.steps == 0:
		a.add(f.Pos(), "%s makes no step of an optimizer", name)
	case u.next != size:
		a.add(f.Pos(), "%s updates %d of the %d numbers of the parameters", name, u.next, size)
	}
	if v := a.net.Spec.Training.ClipValue; v > 0 && clips == 0 {
		a.add(f.Pos(), "%s does not clip gradients to %v", name, v)
	}
	wanted := 0
	for _, q := range params {
		if q.MaxNorm > 0 {
			wanted++
		}
	}
	if maxNorms != wanted {
		a.add(f.Pos(), "%s limits the norms of %d parameters, want %d", name, maxNorms, wanted)
	}
}

// flat returns which array of the trainer an argument is, and how it is cut: "t.grads" and "lo:hi".
func (u *updater) flat(x ast.Expr) (array, cut string) {
	if s, ok := x.(*ast.SliceExpr); ok {
		for i, at := range []ast.Expr{s.Low, s.High} {
			if i > 0 {
				cut += ":"
			}
			if at != nil {
				cut += text(at)
			}
		}
		x = s.X
	}
	if known := u.names[text(x)]; known != nil {
		x = known
	}
	if c, ok := x.(*ast.CallExpr); ok && text(c.Fun) == "mem.Flat" && len(c.Args) == 1 {
		return strings.TrimPrefix(text(c.Args[0]), "&"), cut
	}
	return strings.Replace(text(x), "t.Gradients()", "t.grads", 1), cut
}

// step checks one step of the optimizer: its constants, that it takes the parameters, their gradients and arrays of the
// state, each of its own and all cut alike, the counted step, the learning rate and the factor of the gradients.
func (u *updater) step(rule ast.Expr, c *ast.CallExpr, params []*ir.Param, size int) {
	u.steps++
	if known := u.names[text(rule)]; known != nil {
		rule = known
	}
	if lit, ok := rule.(*ast.CompositeLit); ok {
		u.rule(lit)
	} else {
		u.add(c.Pos(), "%s is no optimizer", text(rule))
	}
	if len(c.Args) < 5 {
		u.add(c.Pos(), "a step has %d arguments, want 5 and more", len(c.Args))
		return
	}
	arrays, last := c.Args[:len(c.Args)-3], c.Args[len(c.Args)-3:]
	states := fieldsOf(u.train.structs["Trainer"])
	seen := map[string]bool{}
	_, part := u.flat(arrays[0])
	for i, x := range arrays {
		array, cut := u.flat(x)
		name := strings.TrimPrefix(array, "t.")
		switch {
		case i > 1 && array == "nil":
			continue
		case i == 0 && array != "t.Weights.Params", i == 1 && array != "t.grads",
			i > 1 &&
				(states[name] == nil || name == "grads" || name == "part" || !strings.HasSuffix(text(states[name]), "Params")):
			u.add(x.Pos(), "argument %d of a step is %s, want %s", i+1, array,
				[]string{"t.Weights.Params", "t.grads", "a state of the optimizer"}[min(i, 2)])
		case seen[array]:
			u.add(x.Pos(), "a step takes %s twice", array)
		case cut != part:
			u.add(x.Pos(), "a step takes %s of %s, and %s of the parameters", cut, array, part)
		}
		if i > 1 {
			u.states[array] = true
		}
		seen[array] = true
	}
	if text(last[0]) != "t.step" {
		u.add(last[0].Pos(), "a step is number %s, want t.step", text(last[0]))
	}
	u.rate(last[1], part, params, size)
	u.factor(last[2])
}

// rule compares the constants of an optimizer with those of the spec.
func (u *updater) rule(lit *ast.CompositeLit) {
	o := u.net.Spec.Optimizer
	if kind := strings.ToLower(strings.TrimPrefix(text(lit.Type), "optim.")); kind != o.Kind {
		u.add(lit.Pos(), "the optimizer is %s, want %s", kind, o.Kind)
		return
	}
	there := map[string]bool{}
	for _, x := range lit.Elts {
		kv, ok := x.(*ast.KeyValueExpr)
		if !ok {
			u.add(x.Pos(), "a constant of %s has no name", o.Kind)
			continue
		}
		name := snake(text(kv.Key))
		there[name] = true
		if want, ok := attributeOf(o, name); ok && text(kv.Value) != want {
			got, err := u.float(kv.Value)
			v, _ := strconv.ParseFloat(want, 64)
			if err != nil || !near(got, v) {
				u.add(kv.Pos(), "%s of %s is %s, want %s", name, o.Kind, text(kv.Value), want)
			}
		}
	}
	for _, name := range constantsOf(o) {
		if want, _ := attributeOf(o, name); !there[name] && want != "0" && want != "false" {
			u.add(lit.Pos(), "%s of %s is not there, want %s", name, o.Kind, want)
		}
	}
}

// constantsOf returns the names of the constants of an optimizer: its attributes but the learning rate, which is an
// argument of its steps, and what its state begins with.
func constantsOf(o spec.Node) (names []string) {
	for _, a := range o.Attrs {
		switch v := a.V.(type) {
		case float64, bool:
			if a.Name != "lr" && !strings.HasPrefix(a.Name, "initial") {
				names = append(names, a.Name)
			}
		case []float64:
			for i := range v {
				names = append(names, strings.TrimSuffix(a.Name, "s")+strconv.Itoa(i+1))
			}
		}
	}
	return names
}

// hasArguments tells whether a call has a number of arguments, and adds a finding if not.
func (a *auditor) hasArguments(c *ast.CallExpr, n int) bool {
	if len(c.Args) != n {
		a.add(c.Pos(), "%s has %d arguments, want %d", text(c.Fun), len(c.Args), n)
	}
	return len(c.Args) == n
}

// attributeOf returns an attribute of an optimizer as text, beta1 and beta2 being elements of betas.
func attributeOf(o spec.Node, name string) (string, bool) {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, a := range o.Attrs {
		switch v := a.V.(type) {
		case float64:
			if a.Name == name {
				return number(v), true
			}
		case bool:
			if a.Name == name {
				return strconv.FormatBool(v), true
			}
		case []float64:
			for i, b := range v {
				if strings.TrimSuffix(a.Name, "s")+strconv.Itoa(i+1) == name {
					return number(b), true
				}
			}
		}
	}
	return "", false
}

// snake turns WeightDecay into weight_decay, and LRDecay into lr_decay.
func snake(s string) string {
	s = regexp.MustCompile(`([A-Z]+)([A-Z][a-z])`).ReplaceAllString(s, "${1}_$2")
	return strings.ToLower(regexp.MustCompile(`([a-z])([A-Z])`).ReplaceAllString(s, "${1}_$2"))
}

// rate checks the learning rate of a stretch of the parameters, and that stretches follow one another.
func (u *updater) rate(x ast.Expr, part string, params []*ir.Param, size int) {
	from, to := u.next, size
	if lo, hi, cut := strings.Cut(part, ":"); cut && lo != "lo" {
		if v, err := strconv.Atoi(lo); err == nil && v != from {
			u.add(x.Pos(), "a step begins at element %d, want %d", v, from)
		} else if err != nil && lo == "" && from != 0 {
			u.add(x.Pos(), "a step begins at element 0, want %d", from)
		}
		if v, err := strconv.Atoi(hi); err == nil {
			to = v
		}
	}
	u.next = to
	factor := 1.0
	if b, ok := x.(*ast.BinaryExpr); ok && text(b.Y) == "t.LR" {
		factor, _ = u.float(b.X)
	} else if text(x) != "t.LR" {
		u.add(x.Pos(), "the learning rate of a step is %s, want t.LR", text(x))
	}
	at := 0
	for _, q := range params {
		if at < to && at+q.Size() > from && !near(factor, q.Rate()) {
			u.add(x.Pos(), "%q has %v times the learning rate, want %v", q.Name, factor, q.Rate())
		}
		at += q.Size()
	}
}

// factor checks what gradients are multiplied by.
func (u *updater) factor(x ast.Expr) {
	if known := u.names[text(x)]; known != nil {
		x = known
	}
	limit := u.net.Spec.Training.ClipNorm
	c, ok := x.(*ast.CallExpr)
	switch {
	case limit == 0:
		if text(x) != "1" {
			u.add(x.Pos(), "gradients are multiplied by %s, want 1", text(x))
		}
	case !ok || len(c.Args) != 2:
		u.add(x.Pos(), "gradients are multiplied by %s, want optim.ClipScale to the norm %v", text(x), limit)
	default:
		if v, err := u.float(c.Args[1]); err != nil || !near(v, limit) {
			u.add(x.Pos(), "gradients are clipped to the norm %s, want %v", text(c.Args[1]), limit)
		}
	}
}

// clipValue checks the limits of gradients.
func (u *updater) clipValue(c *ast.CallExpr) {
	if !u.hasArguments(c, 3) {
		return
	}
	limit := u.net.Spec.Training.ClipValue
	for i, want := range []float64{-limit, limit} {
		if v, err := u.float(c.Args[1+i]); err != nil || !near(v, want) {
			u.add(c.Pos(), "gradients are clipped to %s, want %v", text(c.Args[1+i]), want)
		}
	}
	if array, _ := u.flat(c.Args[0]); array != "t.grads" {
		u.add(c.Pos(), "%s is clipped, want t.grads", array)
	}
}

// maxNorm checks the limit of the norms of a parameter.
func (u *updater) maxNorm(c *ast.CallExpr, params []*ir.Param) {
	if !u.hasArguments(c, 4) {
		return
	}
	field := strings.TrimSuffix(strings.TrimPrefix(text(c.Args[2]), "t.Weights."), "[:]")
	at := slices.IndexFunc(params, func(q *ir.Param) bool { return q.Name == u.tensors[field].name })
	if at < 0 || params[at].MaxNorm == 0 {
		u.add(c.Pos(), "%s has no max_norm", text(c.Args[2]))
		return
	}
	for i, want := range []float64{float64(params[at].In), float64(params[at].Out), 0, params[at].MaxNorm} {
		if v, err := u.float(c.Args[i]); i != 2 && (err != nil || !near(v, want)) {
			u.add(c.Args[i].Pos(), "max_norm of %q has %s, want %v", params[at].Name, text(c.Args[i]), want)
		}
	}
}

// readPenalties checks that the penalty of each parameter is added to the loss, and its derivative to the gradient,
// once each and with the numbers of the spec.
func (a *auditor) readPenalties(params []*ir.Param) {
	e := &env{auditor: a, pkg: a.train, ints: map[string]int{}}
	found := map[string]int{}
	for _, f := range a.train.files {
		ast.Inspect(f, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			weights := 0 // the place of the parameter among the arguments
			switch text(c.Fun) {
			case "vec.PenaltyLoss":
			case "vec.Penalty":
				weights = 2
			default:
				return true
			}
			if !a.hasArguments(c, weights+3) {
				return true
			}
			array := text(c.Args[weights])
			field, _, _ := strings.Cut(strings.TrimPrefix(array, "t.Weights."), "[")
			at := slices.IndexFunc(params, func(q *ir.Param) bool { return q.Name == a.tensors[field].name })
			if at < 0 {
				a.add(c.Pos(), "%s penalizes %s, which is no parameter", text(c.Fun), array)
				return true
			}
			q := params[at]
			found[text(c.Fun)+" "+q.Name]++
			for i, want := range []float64{q.L1, q.L2} {
				if v, err := e.float(c.Args[weights+1+i]); err != nil || v != want && !near(v, want) {
					a.add(c.Pos(), "the penalty of %q has l%d %s, want %v", q.Name, i+1, text(c.Args[weights+1+i]), want)
				}
			}
			for _, x := range c.Args[:weights] {
				if g := strings.TrimPrefix(text(x), "t.grads."); g != strings.TrimPrefix(array, "t.Weights.") {
					a.add(x.Pos(), "the derivative of the penalty of %q goes to %s", q.Name, text(x))
				}
			}
			return true
		})
	}
	for _, q := range params {
		for _, fn := range []string{"vec.PenaltyLoss", "vec.Penalty"} {
			want := 0
			if q.L1 != 0 || q.L2 != 0 {
				want = 1
			}
			if got := found[fn+" "+q.Name]; got != want {
				a.add(a.train.files[0].Pos(), "%s is called %d times for %q, want %d", fn, got, q.Name, want)
			}
		}
	}
}
