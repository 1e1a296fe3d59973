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

// Tables measures kernels and networks of the sizes of the example models, beside aims that were set on a
// Zen 4 with a peak of 117 GFLOP/s: shares of a limit carry over to other machines, times do not.
func Tables(ctx context.Context, done func(Row)) error {
	rows, err := Functions()
	if err != nil {
		return err
	}
	for i, aim := range []float64{0.30, 0.35, 0.35} {
		rows[i].Aim = &Aim{Value: aim}
		done(rows[i])
	}
	for _, p := range products {
		r, err := p.Measure()
		if err != nil {
			return err
		}
		switch {
		case p.share > 0:
			r.Aim = &Aim{Value: p.share, Share: true, Least: true}
		case p.gflops > 0:
			r.Aim = &Aim{Value: 2 * float64(p.M*p.N*p.K) / p.gflops}
		}
		done(r)
	}
	for _, c := range convolutions {
		rows, err := c.Measure()
		if err != nil {
			return err
		}
		for _, r := range rows {
			if c.Channels >= 32 {
				r.Aim = &Aim{Value: 0.6, Share: true, Least: true}
			}
			done(r)
		}
	}
	var subjects []Subject
	for _, n := range networks {
		subjects = append(subjects, Subject{Spec: n.read(), Train: n.train})
	}
	rows, err = Networks(ctx, subjects)
	if err != nil {
		return err
	}
	for _, n := range networks {
		for _, aim := range n.aims {
			r := rows[0]
			rows = rows[1:]
			switch {
			case aim < 0:
				continue
			case aim > 0 && aim < 1:
				r.Aim = &Aim{Value: aim, Share: true, Least: true}
			case aim > 0 && r.Unit == "ns":
				r.Aim = &Aim{Value: aim}
			case aim > 0:
				r.Aim = &Aim{Value: aim, Least: true}
			}
			done(r)
		}
		for len(rows) > 0 && rows[0].Workers > 0 {
			done(rows[0])
			rows = rows[1:]
		}
	}
	return nil
}

// comparison is a network whose trainings several workers share, with the batch of a step, and how many times as fast
// two are to be as one: at a step, and at predictions of 4,096 rows, which are not measured if that is 0. A network with
// too little to share out, as digits, must not lose.
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

// products are the shapes of the table, with the share of the peak or the GFLOP/s that is aimed at.
var products = []struct {
	Product
	share, gflops float64
}{
	{Product{"NN", 128, 128, 784}, 0.97, 0}, {Product{"NN", 256, 256, 256}, 0.97, 0},
	{Product{"NN", 512, 512, 512}, 0.97, 0}, {Product{"NN", 1024, 1024, 1024}, 0.95, 0},
	{Product{"NT", 128, 784, 128}, 0.95, 0}, {Product{"TN", 784, 128, 128}, 0.95, 0},
	{Product{"NT", 128, 512, 512}, 0.95, 0}, {Product{"TN", 512, 512, 128}, 0.95, 0},
	{Product{"TN", 512, 512, 512}, 0.95, 0},
	{Product{"NN", 64, 64, 64}, 0.97, 0}, {Product{"NN", 32, 32, 32}, 0.95, 0}, {Product{"NN", 16, 16, 16}, 0.85, 0},
	{Product{"NN", 8, 8, 8}, 0, 45}, {Product{"NN", 4, 4, 4}, 0, 0}, {Product{"NN", 128, 10, 128}, 0, 70},
}

// shapes returns the products of form NN of the table.
func shapes() []Product {
	var list []Product
	for _, p := range products {
		if p.Form == "NN" {
			list = append(list, p.Product)
		}
	}
	return list
}

// convolutions are those of the table: 3×3, of 64 images.
var convolutions = []Convolution{{28, 16}, {14, 16}, {28, 32}, {14, 32}, {8, 32}, {14, 64}, {8, 64}}

// network is a network of the table.
type network struct {
	spec  string
	train []int
	// aims are for one prediction, one that waits for the last, a batch, one step and a step in a block where the network
	// runs step by step, and training steps: in the row's unit, below 1 as a share of the limit; 0 for a row without, −1
	// for none at all.
	aims []float64
	// infer and data name the peers' files: for predictions, and for training.
	infer, data string
}

var networks = []network{
	{"iris", nil, []float64{27, 40, 142e6}, "iris", ""},
	{"digits", []int{128}, []float64{105, 0, 19.6e6, 7e6}, "digits", "digits"},
	{"mnist", []int{128, 32}, []float64{3700, 0, 555e3, 255e3, 208e3}, "mnist", "mnist"},
	{"big", nil, []float64{29e3, 0, 84e3}, "big", ""},
	{"bigsoft", []int{128, 32}, []float64{-1, -1, -1, 32.5e3, 26.5e3}, "", "big"},
	{"lenet", []int{128, 64}, []float64{0, 0, 0, 0.4, 0.4}, "", ""},
	{"lstm16", nil, []float64{0, -1, -1, 0, 0}, "", ""},
	{"gru24", nil, []float64{0, -1, -1, 0, 0}, "", ""},
	{"transformer", []int{32}, []float64{0, 0, 0, 0, 0, 0}, "", ""},
	{"curve", []int{10000}, []float64{-1, -1, -1, 50e9 / 8448}, "", ""}, // 50 GFLOP/s at 8448 FLOP for an example
}

// read reads the spec of a network, which is one of ours.
func (n network) read() *spec.Spec {
	src, err := specs.ReadFile("specs/" + n.spec + ".yaml")
	if err != nil {
		panic("BUG: " + err.Error())
	}
	s, problems := spec.Parse(n.spec+".yaml", src, op.Schema())
	if err := problems.Err(); err != nil {
		panic("BUG: " + err.Error())
	}
	return s
}

// Print writes rows as a table.
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
			aim = number(r.Aim.Value)
			if r.Aim.Share {
				aim = fmt.Sprintf("%.0f %%", 100*r.Aim.Value)
			}
			sign := "≤ "
			if r.Aim.Least {
				sign = "≥ "
			}
			aim, met = sign+aim, r.Verdict()
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%g\t%s\t%s\t\n", r.Work, number(r.Value), r.Unit, flops, share,
			r.Limit, r.Allocs, aim, met)
	}
	return t.Flush()
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
