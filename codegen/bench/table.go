package bench

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

//go:embed specs/*.yaml
var specs embed.FS

// Tables measures kernels and networks of the sizes of the example models, and the start of a program, beside the aims
// of aims.
func Tables(ctx context.Context, done func(Row)) error {
	best := 0.0 // of the peaks so far
	tell := func(r Row) {
		best = math.Max(best, r.Rates.Best)
		done(r.beside(best))
	}
	rows, err := Functions()
	if err != nil {
		return err
	}
	adam, err := optimizer(2410)
	if err != nil {
		return err
	}
	for _, r := range append(rows, adam) {
		tell(r)
	}
	for _, p := range products {
		r, err := p.Measure()
		if err != nil {
			return err
		}
		tell(r)
	}
	for _, c := range convolutions {
		rows, err := c.Measure()
		if err != nil {
			return err
		}
		for _, r := range rows {
			tell(r)
		}
	}
	var subjects []Subject
	for _, n := range networks {
		subjects = append(subjects, n.subject())
	}
	rows, err = Networks(ctx, subjects)
	if err != nil {
		return err
	}
	starts, err := Starts(ctx, []Subject{{Spec: network{spec: "mnist"}.read()}})
	if err != nil {
		return err
	}
	for _, r := range append(rows, starts[0].row()) {
		tell(r)
	}
	return nil
}

// beside returns the row with its aim, judged by the best of the rates so far.
func (r Row) beside(best float64) Row {
	r.Busy = !r.Rates.Steady(best)
	r.aim()
	return r
}

// comparison is a network whose trainings several workers share, with the batch of a step, and how many times as fast
// two are to be as one: at a step, and at predictions of 4,096 rows, which are not measured if that is 0. A network
// with too little to share out, as digits, must not lose.
type comparison struct {
	spec          string
	batch         int
	step, batches float64
}

var compared = []comparison{
	{"bigsoft", 128, 1.85, 0}, {"mnist", 128, 1.7, 1.9}, {"lenet", 128, 1.8, 0}, {"gru64", 64, 1.6, 0},
	{"transformer", 32, 1.7, 0}, {"digits", 32, 0.98, 0},
}

// choose returns the compared networks of some names, or all if there is none.
func choose(names []string) ([]comparison, error) {
	if len(names) == 0 {
		return compared, nil
	}
	var list []comparison
	for _, name := range names {
		i := slices.IndexFunc(compared, func(c comparison) bool { return c.spec == name })
		if i < 0 {
			var all []string
			for _, c := range compared {
				all = append(all, c.spec)
			}
			return nil, fmt.Errorf("%q is none of the networks that are compared, which are %s; "+
				"a spec of your own has its rows with workers in nngen bench SPEC", name, strings.Join(all, ", "))
		}
		list = append(list, compared[i])
	}
	return list, nil
}

// Workers compares all processors with one at the training steps and predictions of those networks of the table that
// are named, or of all, beside aims that are for two processors.
func Workers(ctx context.Context, names []string, done func(Row)) error {
	list, err := choose(names)
	if err != nil {
		return err
	}
	var subjects []Subject
	for _, c := range list {
		s := Subject{Spec: network{spec: c.spec}.read(), Train: []int{c.batch}, Compared: true}
		if c.batches > 0 {
			s.Rows = codegen.SharedBatch
		}
		subjects = append(subjects, s)
	}
	rows, err := Networks(ctx, subjects)
	if err != nil {
		return err
	}
	if len(rows) == 0 {
		return errors.New("this machine has one processor: there is nothing to compare")
	}
	at := 0
	for _, r := range rows { // of each network that of predictions, if it has one, then that of a step
		aim := list[at].batches
		if strings.HasPrefix(r.Work, "train") {
			aim = list[at].step
			at++
		}
		if r.Workers == 2 {
			r.Aim = &Aim{Value: aim, Least: true}
		}
		done(r)
	}
	return nil
}

// products are the shapes of the table.
var products = []Product{
	{"NN", 128, 128, 784}, {"NN", 256, 256, 256}, {"NN", 512, 512, 512}, {"NN", 1024, 1024, 1024},
	{"NT", 128, 784, 128}, {"TN", 784, 128, 128}, {"NT", 128, 512, 512}, {"TN", 512, 512, 128}, {"TN", 512, 512, 512},
	{"NN", 64, 64, 64}, {"NN", 32, 32, 32}, {"NN", 16, 16, 16}, {"NN", 8, 8, 8}, {"NN", 4, 4, 4}, {"NN", 128, 10, 128},
}

// convolutions are those of the table: 3×3, of 64 images.
var convolutions = []Convolution{{28, 16}, {14, 16}, {28, 32}, {14, 32}, {8, 32}, {14, 64}, {8, 64}}

// network is a network of the table.
type network struct {
	spec  string
	train []int
	// kinds are those of its rows, as events have them, by blanks; "" for all.
	kinds string
}

var networks = []network{
	{"iris", nil, ""},
	{"digits", []int{128}, ""},
	{"mnist", []int{128, 32}, ""},
	{"big", nil, ""},
	{"bigsoft", []int{128, 32}, "train"},
	{"lenet", []int{128, 32}, ""},
	{"wide", nil, "predict batch"},
	{"lstm16", nil, "predict step block"},
	{"gru24", nil, "predict step block"},
	{"transformer", []int{32}, ""},
	{"curve", []int{10000}, "train"},
}

// subject is what is measured of a network.
func (n network) subject() Subject {
	return Subject{Spec: n.read(), Train: n.train, Kinds: strings.Fields(n.kinds)}
}

// read reads the spec of a network, which is one of ours.
func (n network) read() *spec.Spec { return n.with("") }

// with is read with further lines of the spec.
func (n network) with(lines string) *spec.Spec {
	src, err := specs.ReadFile("specs/" + n.spec + ".yaml")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	s, problems := spec.Parse(n.spec+".yaml", append(src, lines...), op.Schema())
	if err := problems.Err(); err != nil {
		panic("BUG: " + err.Error())
	}
	return s
}

// Print writes rows as a table, and below it what holds those back that fall short of their aims.
func Print(w io.Writer, rows []Row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "work\tmeasured\t\tGFLOP/s\tof the limit\t\tallocations\taim\t\t")
	for _, r := range rows {
		flops, share, aim, met := "", "", "", ""
		if r.FLOPs > 0 {
			flops = fmt.Sprintf("%.1f", r.FLOPs/1e9)
		}
		if r.Limit != "" {
			share = fmt.Sprintf("%.1f %%", 100*r.Share)
		}
		if r.Aim != nil {
			aim, met = r.Aim.String(), r.Verdict()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%g\t%s\t%s\t\n", r.Work, number(r.Value), r.Unit, flops, share,
			r.Limit, r.Allocs, aim, met)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, r := range rows {
		if !r.Made {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: by kernels made for the network\n", r.Work); err != nil {
			return err
		}
	}
	for _, r := range rows {
		if r.Aim == nil || r.Verdict() != "short" || r.Aim.Holds == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "%s: %s\n", r.Work, r.Aim.Holds); err != nil {
			return err
		}
	}
	return nil
}

// String writes the bound.
func (a *Aim) String() string {
	sign, bound := "≤ ", number(a.Value)
	if a.Least {
		sign = "≥ "
	}
	if a.Share {
		bound = fmt.Sprintf("%.0f %%", 100*a.Value)
	}
	return sign + bound
}

// number writes three digits, and thousands as k or M.
func number(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, " M"}, {1e3, " k"}, {1, ""}} {
		if math.Abs(v) >= unit.size {
			return strings.TrimSuffix(fmt.Sprintf("%.*f", max(0, 2-int(math.Log10(v/unit.size))), v/unit.size), ".") + unit.name
		}
	}
	return fmt.Sprintf("%.3g", v)
}
