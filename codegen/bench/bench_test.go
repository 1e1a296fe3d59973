package bench

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/spec"
)

// TestModelHasItsRows measures a small network and looks for each row; times are not looked at.
func TestModelHasItsRows(t *testing.T) {
	src := []byte("version: 1\nname: m\ninput: {shape: [4]}\ntask: multiclass\nclasses: 3\nlayers:\n" +
		"  - dense: {units: 8, activation: relu}\n  - output\ntraining: {batch_size: 16}\n")
	s, problems := spec.Parse("m.yaml", src, op.Schema())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	var rows []Row
	if err := Model(context.Background(), Subject{Spec: s}, func(r Row) { rows = append(rows, r) }); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		got = append(got, r.Work)
		if !(r.Value > 0) || r.Allocs != 0 {
			t.Errorf("%s: value %g, %g allocations", r.Work, r.Value, r.Allocs)
		}
	}
	want := []string{"predict 4-8-3", "predict 4-8-3, each from the last", "predict 4-8-3, batch 256",
		"train 4-8-3, adam, batch 16",
		"gemm NN 256×8×4", "gemm NN 256×3×8", "gemm NN 16×8×4", "gemm NN 16×3×8", "gemm TN 8×3×16",
		"gemm NT 16×8×3", "gemm TN 4×8×16"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got rows %q\nwant %q", got, want)
	}
	var b strings.Builder
	if err := Print(&b, rows); err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if !strings.Contains(b.String(), w) {
			t.Errorf("the table lacks %s:\n%s", w, &b)
		}
	}
}

// TestStreamsAreMeasuredInBlocks measures networks that run step by step: one without an end, and one that has room for
// so many steps.
func TestStreamsAreMeasuredInBlocks(t *testing.T) {
	var subjects []Subject
	for _, layers := range []string{"conv1d: {filters: 4, kernel_size: 3, padding: causal}",
		"multi_head_attention: {num_heads: 1, causal: true}"} {
		s, problems := spec.Parse("m.yaml",
			[]byte("version: 1\nname: m\ninput: {shape: [6, 2]}\ntask: regression\nlayers:\n  - "+
				layers+"\n  - output: {units: 1}\n"), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, Subject{Spec: s})
	}
	rows, err := Networks(context.Background(), subjects)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		if strings.HasPrefix(r.Work, "step of m") {
			got = append(got, r.Work)
			if !(r.Value > 0) || r.Unit != "ns" || r.Allocs != 0 || !(r.FLOPs > 0) {
				t.Errorf("%+v", r)
			}
		}
	}
	want := []string{"step of m", "step of m, in blocks of 256", "step of m", "step of m, in blocks of 6"}
	if !slices.Equal(got, want) {
		t.Errorf("got rows %q\nwant %q", got, want)
	}
}

// TestWorkersAreCompared measures a network that is worth several workers, on a machine that has them.
func TestWorkersAreCompared(t *testing.T) {
	src := []byte("version: 1\nname: m\ninput: {shape: [64]}\ntask: regression\nlayers:\n" +
		"  - dense: {units: 128, activation: relu}\n  - output\ntraining: {batch_size: 128}\n")
	s, problems := spec.Parse("m.yaml", src, op.Schema())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	rows, err := Networks(context.Background(), []Subject{{Spec: s, Train: []int{128}}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows {
		if r.Workers == 0 {
			continue
		}
		if got = append(got, r.Work); !(r.Value > 0) || r.Unit != "×" ||
			!strings.HasSuffix(r.Limit, "× of independent loops") && r.Share != 0 {
			t.Errorf("%s: %g %s, %g of %q", r.Work, r.Value, r.Unit, r.Share, r.Limit)
		}
	}
	var want []string
	if cpus := runtime.NumCPU(); cpus > 1 {
		want = []string{fmt.Sprintf("predict 64-128-1, batch 4096, %d workers", cpus),
			fmt.Sprintf("train 64-128-1, adam, batch 128, %d workers", cpus)}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got rows %q\nwant %q", got, want)
	}
}

// TestLoopsThatGainLessAreNoLimit has rows whose work gains less than independent loops, about as much, and more.
func TestLoopsThatGainLessAreNoLimit(t *testing.T) {
	s := &subject{net: &net.Net{}, plan: &plan.Plan{}}
	for _, c := range []struct {
		gain, most, share float64
		busy              bool
	}{{1.5, 2, 0.75, false}, {2.02, 2, 1.01, false}, {1.89, 0.7, 0, true}} {
		r := s.row(event{Kind: "batch", Rows: 4, Seconds: 1, Workers: 2, Gain: c.gain, Most: c.most})
		if math.Abs(r.Share-c.share) > 1e-9 || r.Busy != c.busy || (r.Limit == "") != c.busy {
			t.Errorf("%+v", r)
		}
		var b strings.Builder
		if err := Print(&b, []Row{r}); err != nil || strings.Contains(b.String(), "%") == c.busy {
			t.Errorf("%v\n%s", err, b.String())
		}
	}
}

// TestWorkersAreComparedBesideAims reads the specs of what is compared, and has one of them written that has too little
// to share out.
func TestWorkersAreComparedBesideAims(t *testing.T) {
	for _, c := range compared {
		if s := (network{spec: c.spec}).read(); s.Name != c.spec || c.batch == 0 || c.step < 0.98 {
			t.Errorf("%+v", c)
		}
	}
	if runtime.NumCPU() == 1 {
		t.Skip("NOT TESTED: one processor")
	}
	rows, err := Networks(context.Background(),
		[]Subject{{Spec: network{spec: "digits"}.read(), Train: []int{32}, Compared: true}})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || rows[0].Workers == 0 || !strings.HasPrefix(rows[0].Work, "train 64-32-10, adam, batch 32, ") {
		t.Errorf("got %+v, want a row of a step", rows)
	}
}

// TestComparedNetworksAreChosenByName wants an error that lists them for another name.
func TestComparedNetworksAreChosenByName(t *testing.T) {
	list, err := choose([]string{"gru64", "mnist"})
	if err != nil || len(list) != 2 || list[0].spec != "gru64" || list[1].spec != "mnist" {
		t.Errorf("got %+v, %v", list, err)
	}
	if list, err = choose(nil); err != nil || len(list) != len(compared) {
		t.Errorf("of no names: got %+v, %v", list, err)
	}
	if _, err = choose([]string{"gru64", "lenet.yaml"}); err == nil ||
		!strings.Contains(err.Error(), "bigsoft, mnist, lenet") {
		t.Errorf("of an unknown name: got %v", err)
	}
}

// TestBusyMachinesJudgeNothing has a row that is short where all processors were there, and where they were not.
func TestBusyMachinesJudgeNothing(t *testing.T) {
	row := Row{Value: 1.2, Workers: 2, Aim: &Aim{Value: 1.7, Least: true}}
	for _, c := range []struct {
		value, most float64
		want        string
	}{{1.8, 1.3, "met"}, {1.2, 1.97, "short"}, {1.2, 1.3, "busy"}, {1.2, 0, "short"}} {
		row.Value, row.Most = c.value, c.most
		if got := row.Verdict(); got != c.want {
			t.Errorf("a gain of %g beside %g of loops is %s, want %s", c.value, c.most, got, c.want)
		}
	}
}

// TestASlowStartIsShort has starts beside rates that were steady and that were not.
func TestASlowStartIsShort(t *testing.T) {
	s := Start{Name: "mnist", Hello: time.Millisecond, Whole: time.Millisecond, Rates: hw.Rates{Best: 100, Median: 99}}
	for best, want := range map[float64]string{100: "short", 200: "busy"} {
		if got := s.row().beside(best).Verdict(); got != want {
			t.Errorf("a start of twice the time, of a processor that gives 99 of %g, is %s, want %s", best, got, want)
		}
	}
}

// TestWrongResultsDoNotCount gives the check outputs and a loss that are off.
func TestWrongResultsDoNotCount(t *testing.T) {
	s := &subject{Subject: Subject{Spec: networks[0].read()}}
	m, err := module([]*subject{s}, driver)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	bad := event{Rows: 4, Outputs: make([]float64, 4*3)}
	if err := s.check(bad); err == nil || !strings.Contains(err.Error(), "from the reference") {
		t.Errorf("outputs of zero: got %v", err)
	}
	p := Product{"NN", 4, 4, 4}
	if err := p.check(numbers(16), numbers(16), make([]float32, 16)); err == nil {
		t.Error("a product of zero passed")
	}
	c := Convolution{4, 2}
	g := c.geometry()
	x, w, y := numbers(4*4*2), numbers(9*4), make([]float32, 4*4*2)
	for _, pass := range []string{"forward", "dx", "dw"} {
		if err := c.check(g, pass, x, w, y, numbers(4*4*2), make([]float32, 4*4*2), make([]float32, 9*4)); err == nil {
			t.Errorf("a convolution of zero passed: %s", pass)
		}
	}
}

// TestSpecsOfEachKindAreMeasured measures networks whose constants are fitted, of their inputs and of their targets,
// and one that reads tokens.
func TestSpecsOfEachKindAreMeasured(t *testing.T) {
	var subjects []Subject
	for _, text := range []string{
		"name: fitted\ninput: {name: x, shape: [3]}\ntask: regression\npreprocess: [standardize]\n" +
			"layers: [{dense: {units: 4}}, {output: {standardize: true}}]\n",
		"name: tokens\ninput: {name: x, shape: [5]}\ntask: multiclass\nclasses: 3\n" +
			"layers: [{embedding: {input_dim: 7, output_dim: 4}}, flatten, output]\n",
	} {
		s, problems := spec.Parse("a.yaml", []byte("version: 1\n"+text), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, Subject{Spec: s, Train: []int{8}})
	}
	rows, err := Networks(context.Background(), subjects)
	if err != nil || len(rows) != 2*4 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
}

// TestConvolutionsHaveTheirRows measures a small convolution.
func TestConvolutionsHaveTheirRows(t *testing.T) {
	rows, err := Convolution{6, 3}.Measure()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if !(r.Value > 0) || !(r.FLOPs > 0) {
			t.Errorf("%s: %+v", r.Work, r)
		}
	}
}

// TestAimsAreOfRows makes the names of all rows of the table, without their measurements, and wants each aim to be of
// one.
func TestAimsAreOfRows(t *testing.T) {
	works := []string{"exp, 4096 elements", "sigmoid, 4096 elements", "tanh, 4096 elements", "adam, 2410 parameters",
		(&Start{Name: "mnist"}).row().Work}
	for _, p := range products {
		works = append(works, p.String())
	}
	for _, c := range convolutions {
		for _, pass := range []string{"forward", "dx", "dw"} {
			works = append(works, c.title(pass))
		}
	}
	for _, n := range networks {
		s := &subject{Subject: n.subject()}
		if s.Spec.Name != n.spec {
			t.Errorf("specs/%s.yaml has the name %s", n.spec, s.Spec.Name)
		}
		out, problems := codegen.Compile(s.Spec, nil, codegen.Options{ImportPath: "example.com/m"})
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		s.Name, s.net, s.plan = s.Spec.Name, out.Net, out.Plan
		s.stream(out)
		for _, kind := range []string{"predict", "chain", "batch", "step", "block", "train"} {
			rows := []int{256}
			if kind == "train" {
				rows = n.train
			}
			if !s.Measures(kind) || out.Stream == nil && (kind == "step" || kind == "block") {
				continue
			}
			for _, r := range rows {
				works = append(works, s.row(event{Kind: kind, Rows: r, Seconds: 1}).Work)
			}
		}
	}
	slices.Sort(works)
	if got := slices.Compact(slices.Clone(works)); len(got) != len(works) {
		t.Error("two rows have one name")
	}
	for work, g := range goals {
		if _, ok := slices.BinarySearch(works, work); !ok {
			t.Errorf("%s: an aim without a row", work)
		}
		if (g.value > 0) == (g.share > 0) || g.share > 1 {
			t.Errorf("%s: %+v", work, g)
		}
	}
}

// TestAimsGoWithThePeak has rows on a machine of half the peak: times may be twice as long, rates half as high, and
// shares stay.
func TestAimsGoWithThePeak(t *testing.T) {
	half := hw.Rates{Best: aimedAt / 2, Median: aimedAt / 2}
	for _, c := range []struct {
		row  Row
		want string
		met  string
	}{
		{Row{Work: "tanh, 4096 elements", Unit: "ns/element", Value: 0.57, Rates: half}, "≤ 0.572", "met"},
		{Row{Work: "tanh, 4096 elements", Unit: "ns/element", Value: 0.57}, "≤ 0.286", "short"},
		{Row{Work: "predict lenet, batch 256", Unit: "samples/s", Value: 56e3, Rates: half}, "≥ 55.5 k", "met"},
		{Row{Work: "predict lenet, batch 256", Unit: "samples/s", Value: 55e3, Rates: half, Busy: true}, "≥ 55.5 k", "busy"},
		{Row{Work: "gemm NN 8×8×8", Unit: "ns", Share: 0.6, Rates: half}, "≥ 64 %", "short"},
	} {
		r := c.row
		if r.aim(); r.Aim == nil || r.Aim.String() != c.want || r.Verdict() != c.met {
			t.Errorf("%s: aim %v, %s; want %s, %s", r.Work, r.Aim, r.Verdict(), c.want, c.met)
		}
	}
	r := Row{Work: "something else"}
	if r.aim(); r.Aim != nil {
		t.Errorf("a row that has no aim got %v", r.Aim)
	}
}

// TestRowsThatFallShortSayWhatHoldsThem looks below the table.
func TestRowsThatFallShortSayWhatHoldsThem(t *testing.T) {
	rows := []Row{{Work: "step of lstm16", Unit: "ns", Value: 5},
		{Work: "step of gru24", Unit: "ns", Value: 900},
		{Work: "step of lstm16", Unit: "ns", Value: 900, Busy: true}}
	for i := range rows {
		rows[i].aim()
	}
	var b strings.Builder
	if err := Print(&b, rows); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasSuffix(got, "\nstep of gru24: "+steps+"\n") || strings.Count(got, steps) != 1 {
		t.Errorf("got\n%s", got)
	}
}

// TestRowsOfMadeKernelsSaySo looks below the table, and which rows kernels made for a network have: those of its gradients
// are rows of training alone.
func TestRowsOfMadeKernelsSaySo(t *testing.T) {
	var b strings.Builder
	if err := Print(&b, []Row{{Work: "predict m", Unit: "ns"}, {Work: "train m", Unit: "samples/s", Made: true}}); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.HasSuffix(got, "\ntrain m: by kernels made for the network\n") ||
		strings.Count(got, "made") != 1 {
		t.Errorf("got\n%s", got)
	}
	for _, c := range []struct {
		p    plan.Plan
		want string
	}{
		{plan.Plan{}, ""},
		{plan.Plan{Made: &plan.Made{}}, "predict chain batch "},
		{plan.Plan{MadeStep: &plan.MadeStep{}}, "step "},
		{plan.Plan{MadeGradient: &plan.MadeGradient{}}, "train "},
	} {
		got := ""
		for _, kind := range []string{"predict", "chain", "batch", "step", "block", "train"} {
			if made(&c.p, kind) {
				got += kind + " "
			}
		}
		if got != c.want {
			t.Errorf("kernels are made for %q, want %q", got, c.want)
		}
	}
}

// TestAdamIsChecked measures a step on few parameters.
func TestAdamIsChecked(t *testing.T) {
	r, err := optimizer(100)
	if err != nil || r.Work != "adam, 100 parameters" || !(r.Value > 0) {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestTheTableHasItsRows measures a part of the table, each kind of row once.
func TestTheTableHasItsRows(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some hundred programs")
	}
	defer func(p []Product, c []Convolution, n []network) { products, convolutions, networks = p, c, n }(
		products, convolutions, networks)
	products, convolutions = []Product{{"NN", 8, 8, 8}}, []Convolution{{8, 32}}
	networks = []network{{"iris", nil, "predict batch"}, {"lstm16", nil, "step"}, {"gru24", nil, "block"}}
	var got []string
	err := Tables(t.Context(), func(r Row) {
		if r.Workers > 0 {
			return
		}
		got = append(got, r.Work)
		if !(r.Value > 0) || r.Aim == nil && goals[r.Work] != (goal{}) || r.Rates.Best == 0 && cpu.HasAVX2FMA {
			t.Errorf("%+v", r)
		}
	})
	want := []string{"exp, 4096 elements", "sigmoid, 4096 elements", "tanh, 4096 elements", "adam, 2410 parameters",
		"gemm NN 8×8×8", "conv 3×3 forward, 64 images 8×8×32", "conv 3×3 dx, 64 images 8×8×32",
		"conv 3×3 dw, 64 images 8×8×32", "predict 4-16-3", "predict 4-16-3, batch 256", "step of lstm16",
		"step of gru24, in blocks of 256", "start of a program that predicts mnist"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, rows %q, want %q", err, got, want)
	}
}

// TestChoicesAreMeasured compares the kernels of small networks.
func TestChoicesAreMeasured(t *testing.T) {
	var all []Choice
	if err := Choices(t.Context(), []int{4, 17}, func(c Choice) { all = append(all, c) }); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all {
		got = append(got, fmt.Sprint(c.Activation, c.Width))
		if !(c.One.Library > 0 && c.One.Made > 0 && c.Batch.Library > c.One.Library && c.Batch.Made > c.One.Made &&
			c.One.Ratio > 0 && c.Batch.Ratio > 0) {
			t.Errorf("%+v", c)
		}
	}
	if want := []string{"relu4", "relu17", "tanh4", "tanh17"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	var b strings.Builder
	if err := PrintChoices(&b, all); err != nil || strings.Count(b.String(), "\n") != 5 {
		t.Errorf("%v\n%s", err, &b)
	}
	b.Reset()
	err := PrintChoiceTable(&b, all)
	if !cpu.HasAVX2FMA {
		if err == nil {
			t.Error("the library's kernels are measured in the place of made ones")
		}
		return
	}
	if err != nil || strings.Count(b.String(), "\n") != 7 || !strings.Contains(b.String(), "\nrelu 17 ") {
		t.Errorf("%v\n%s", err, &b)
	}
}

// TestTheStartOfAProgramIsMeasured holds what does not depend on the machine: few allocations, and one copy of the
// weights in memory, beside some pages of the heap; or none beside those of the file where they stay in place.
func TestTheStartOfAProgramIsMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("runs some hundred programs")
	}
	src, err := specs.ReadFile("specs/mnist.yaml")
	if err != nil {
		t.Fatal(err)
	}
	src = append(src, "preprocess: [{rescale: {scale: 0.5}}]\n"...) // whose constants a package does not take others for
	s, problems := spec.Parse("mnist.yaml", src, op.Schema())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	starts, err := Starts(context.Background(), []Subject{{Spec: s}})
	if err != nil {
		t.Fatal(err)
	}
	least, most := int64(400e3), int64(aimMemory)
	if cpu.HasSplitAVX512 { // the weights stay in the file of the program
		least, most = 1, 300e3
	}
	if s := starts[0]; s.Allocs > aimAllocs ||
		s.Default <= 0 || runtime.GOOS == "linux" && (s.Memory < least || s.Memory > most) {
		t.Errorf("%+v; want at most 5 allocations, and 407 KB of weights once in memory: %d to %d bytes beside the file", s,
			least, most)
	}
	large := starts[0]
	large.Weights = aimWeights + 1
	var text strings.Builder
	slow := Start{Name: "slow", Default: 1e9, Allocs: 6, Whole: 1e9, Memory: 1e9}
	if err := PrintStarts(&text, []Start{large, starts[0], slow}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text.String(), "\n")
	if strings.Contains(lines[1], "≤") || strings.Count(lines[2], "≤") != 4 || strings.Count(lines[3], " missed") != 4 {
		t.Errorf("aims are of weights of at most %d bytes, got\n%s", aimWeights, &text)
	}
}

// TestTheTinyProfileIsSmall measures both profiles for this machine: the tiny one has a tenth of the code, and no data
// that can be written to beyond a word of Go's own packages.
func TestTheTinyProfileIsSmall(t *testing.T) {
	s := networks[slices.IndexFunc(networks, func(n network) bool { return n.spec == "digits" })].read()
	sizes, err := Profiles(context.Background(), []Subject{{Spec: s}}, []string{"linux/amd64"})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := PrintProfiles(&b, sizes); err != nil || len(sizes) != 1 {
		t.Fatalf("%d rows: %v", len(sizes), err)
	}
	p := sizes[0]
	if p.Tiny <= 0 || p.Tiny > p.Full/10 || p.TinyStatic < 0 || p.TinyStatic > 64 ||
		p.TinyRAM <= 0 || p.TinyRAM > p.FullRAM/4 ||
		p.Weights < 4*int64(10*32+32*64) {
		t.Errorf("%+v", p)
	}
	if !strings.Contains(b.String(), s.Name) {
		t.Errorf("the table is\n%s", &b)
	}
}

// TestRowsOfTablesAreTimed reads small tables each way.
func TestRowsOfTablesAreTimed(t *testing.T) {
	if _, err := exec.LookPath("wc"); err != nil {
		t.Skip(err)
	}
	var out strings.Builder
	if err := Rows(t.Context(), 1200, 1, &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	row := regexp.MustCompile(`^numbers in quotes  +\d+(  +[1-9]\d*){4}  +[0-9.]+$`)
	if len(lines) != 4 || !row.MatchString(lines[2]) {
		t.Errorf("got\n%s", out.String())
	}
}

// TestSpecsNameAimsForWhatTheyCost reads the comments of a spec, and prints costs on both sides of the aims.
func TestSpecsNameAimsForWhatTheyCost(t *testing.T) {
	const src = "version: 1\nname: m\ninput: {shape: [999]}\ntask: binary\nlayers: [output]\n"
	const base = memoryBase + 1000*4*memoryPerByte
	for comments, want := range map[string]Compilation{
		"":                       {Cost: Cost{Most: base}},
		"# aim: 0.5 s\n":         {Cost: Cost{Most: base, Aim: time.Second / 2}},
		"# aim of verify: 2 s\n": {Cost: Cost{Most: base}, Verify: &Cost{Aim: 2 * time.Second}},
		"# aim: 3 s\n# aim of verify: 8 s, 300 MB\n": {Cost: Cost{Most: base, Aim: 3 * time.Second},
			Verify: &Cost{Aim: 8 * time.Second, Most: 300e6}},
	} {
		if got, err := aims("m.yaml", []byte(comments+src)); err != nil || got.Spec != "m.yaml" || got.Cost != want.Cost ||
			(got.Verify == nil) != (want.Verify == nil) || got.Verify != nil && *got.Verify != *want.Verify {
			t.Errorf("%q: %+v, %+v, %v; want %+v, %+v", comments, got, got.Verify, err, want, want.Verify)
		}
	}
	if _, err := aims("m.yaml", []byte("# aim: 1.2.3 s\n"+src)); err == nil {
		t.Error("no error for an aim that is no number")
	}
	within, beyond := Cost{CPU: 1e9, Aim: 1e9, Peak: 2e6, Most: 2e6}, Cost{CPU: 2e9, Aim: 1e9, Peak: 3e6, Most: 2e6}
	all := []Compilation{{Spec: "a", Cost: within}, {Spec: "b", Cost: within, Verify: &within},
		{Spec: "c", Cost: within, Verify: &beyond}, {Spec: "d", Cost: beyond, Verify: &Cost{CPU: 9e9, Peak: 9e6}}}
	var missed []bool
	for _, c := range all {
		missed = append(missed, c.Missed())
	}
	if want := []bool{false, false, true, true}; !slices.Equal(missed, want) {
		t.Errorf("aims are missed by %v, want %v", missed, want)
	}
	var out strings.Builder
	if err := PrintCompilations(&out, all); err != nil {
		t.Fatal(err)
	}
	const want = "spec CPU s aim peak MB aim go build s verify CPU s aim peak MB aim\n" +
		"a 1.00 ≤ 1.0 2 ≤ 2 0.0\n" +
		"b 1.00 ≤ 1.0 2 ≤ 2 0.0 1.00 ≤ 1.0 2 ≤ 2\n" +
		"c 1.00 ≤ 1.0 2 ≤ 2 0.0 2.00 ≤ 1.0 missed 3 ≤ 2 missed\n" +
		"d 2.00 ≤ 1.0 missed 3 ≤ 2 missed 0.0 9.00 9\n"
	got := regexp.MustCompile(` +`).ReplaceAllString(out.String(), " ")
	got = regexp.MustCompile(`(?m)^ | $`).ReplaceAllString(got, "")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}
