// Package describe tells what a network is: its layers, sizes and cost, and how it will be trained.
//
// It exists so that people see what the compiler made of their spec, defaults included, before any
// time goes into training it.
package describe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/footprint"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Summary is what there is to say about a network. Sizes are in bytes.
type Summary struct {
	Name      string   `json:"name"`
	Layers    []Layer  `json:"layers"`
	Outputs   []Output `json:"outputs"`
	Params    int64    `json:"params"`
	Frozen    int64    `json:"frozen,omitempty"` // of the parameters: those of layers that are not trained
	Constants int64    `json:"constants"`        // running statistics and preprocessing
	MACs      int64    `json:"macs"`             // of one example
	Memory
	Made      []string `json:"made_kernels,omitempty"` // what has kernels made for the network: see plan.Plan.MadeFor
	Int8      *Int8    `json:"int8,omitempty"`         // the package of 8-bit integers; nil for none
	Storage   []Stored `json:"storage,omitempty"`      // how arrays are stored, where some have 16 bits
	Optimizer string   `json:"optimizer"`
	Schedule  string   `json:"schedule"`
	Epochs    int      `json:"epochs"`
	BatchSize int      `json:"batch_size"` // 0 for all examples
	Examples  int      `json:"examples,omitempty"`
	Note      string   `json:"note,omitempty"` // about parameters and examples, or why those are not known
}

// Memory is what a package takes in a program.
type Memory struct {
	Code    int64 `json:"code_bytes"`   // by which a program grows that predicts one by one
	Weights int64 `json:"weight_bytes"` // of the weight file
	Model   int64 `json:"model_bytes"`  // in memory
	// What of Model the first batch takes, and not the start of a program, where embedded weights stay in place.
	InPlace    int64 `json:"in_place_bytes,omitempty"`
	Activation int64 `json:"activation_bytes"`      // of one prediction, after buffers are reused
	Batch      int64 `json:"batch_bytes"`           // the same of a batch, for each goroutine
	Scratch    int64 `json:"scratch_bytes"`         // of kernels that predictions come to
	State      int64 `json:"state_bytes,omitempty"` // what a network that runs step by step carries on
	Steps      int64 `json:"step_bytes,omitempty"`  // activations of a step, and of a block of steps
	// What kernels keep on the heap, for each goroutine that is in Predict, PredictBatch, and Step or StepBlock.
	Rooms      int64 `json:"heap_scratch_bytes,omitempty"`
	BatchRooms int64 `json:"batch_heap_scratch_bytes,omitempty"`
	StepRooms  int64 `json:"step_heap_scratch_bytes,omitempty"`
	// Parameters, gradients, optimizer state and activations of a training step.
	Training int64 `json:"training_bytes,omitempty"`
	// What a Trainer keeps on the heap beside: the steps that count, where a training leaves out others.
	Counted int64 `json:"counted_step_bytes,omitempty"`
}

// Int8 is the package of 8-bit integers.
type Int8 struct {
	Package string `json:"package"`
	Memory
}

// memory gives a footprint in the terms of a description.
func memory(f footprint.Footprint) Memory {
	return Memory{Code: f.Code, Weights: f.Weights, Model: f.Model, InPlace: f.InPlace, Activation: f.Example,
		Batch:   f.Batch,
		Scratch: f.Pools, State: f.State, Steps: f.Steps, Rooms: f.Rooms.Example, BatchRooms: f.Rooms.Batch,
		StepRooms: f.Rooms.Steps, Training: f.Trainer, Counted: f.Counted}
}

// Layer is one layer.
type Layer struct {
	Name        string   `json:"name"`
	Kind        string   `json:"kind"`
	From        []string `json:"from,omitempty"`
	Shape       []int    `json:"shape"`
	Params      int64    `json:"params"`
	MACs        int64    `json:"macs"`
	Initializer string   `json:"initializer,omitempty"`
	Frozen      bool     `json:"frozen,omitempty"`
	Connections string   `json:"connections,omitempty"` // of a sparse layer: how many there are, of how many
}

// Stored are arrays that are stored alike.
type Stored struct {
	File   string   `json:"file"`   // type of their numbers in weights.safetensors
	Memory string   `json:"memory"` // in a model
	Arrays []string `json:"arrays"`
}

// storage returns how the arrays of a network are stored; nil if all are float32.
func storage(out *codegen.Output) []Stored {
	memory, halves := map[*ir.Param]ir.DType{}, false
	for _, p := range out.Plan.Params {
		memory[p.Param] = p.Storage
	}
	var all []Stored
	for _, p := range out.Net.Params {
		halves = halves || p.DType != ir.Float32
		s := Stored{File: p.DType.String(), Memory: memory[p].String()}
		i := slices.IndexFunc(all, func(o Stored) bool { return o.File == s.File && o.Memory == s.Memory })
		if i < 0 {
			i, all = len(all), append(all, s)
		}
		all[i].Arrays = append(all[i].Arrays, p.Name)
	}
	if !halves {
		return nil
	}
	if i := slices.IndexFunc(all, func(s Stored) bool { return s.File == ir.Float32.String() }); i >= 0 {
		all = append(slices.Delete(slices.Clone(all), i, i+1), all[i]) // at last
	}
	return all
}

// String says how arrays are stored.
func (s Stored) String() string {
	const most = 6
	names := s.Arrays
	if len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	how := s.File
	switch {
	case s.File != s.Memory:
		how += " in files, " + s.Memory + " in memory"
	case s.File != ir.Float32.String():
		how += " in files and memory"
	}
	return how + ": " + strings.Join(names, ", ")
}

// Output is one output with its loss.
type Output struct {
	Name    string   `json:"name"`
	Task    string   `json:"task"`
	Loss    string   `json:"loss"`
	Classes []string `json:"classes,omitempty"`
}

// New describes a compiled network.
func New(out *codegen.Output) *Summary {
	net := out.Net
	s := &Summary{Name: net.Spec.Name, Optimizer: text(net.Spec.Optimizer), Schedule: "constant",
		Epochs: net.Spec.Training.Epochs, BatchSize: net.Spec.Training.BatchSize}
	if net.Spec.Schedule != nil {
		s.Schedule = text(*net.Spec.Schedule)
	}
	rows := codegen.Table(net)
	for _, l := range net.Layers {
		d := Layer{Name: l.Name, Kind: l.Def.Kind.Name, Shape: l.Shape}
		for _, in := range l.In {
			d.From = append(d.From, in.Name)
		}
		if len(l.In) > 0 {
			d.Params, d.MACs = rows[0].Params, rows[0].MACs
			rows = rows[1:]
		}
		for _, p := range l.Params {
			d.Frozen = d.Frozen || p.Role == ir.Frozen
			if (p.Role == ir.Trained || p.Role == ir.Frozen) && p.FanIn > 0 && d.Initializer == "" && l.StateOf == nil {
				d.Initializer = text(p.Init)
			}
			if p.Pattern != nil {
				d.Connections = fmt.Sprintf("%d of %d", len(p.Pattern), p.In*p.Out)
			}
		}
		s.Params += d.Params
		s.MACs += d.MACs
		s.Layers = append(s.Layers, d)
	}
	for _, p := range net.Params {
		switch p.Role {
		case ir.Trained:
		case ir.Frozen:
			s.Frozen += int64(p.Size())
		default:
			s.Constants += int64(p.Size())
		}
	}
	s.Memory = memory(out.Footprint())
	if out.Int8Infer != nil {
		s.Int8 = &Int8{codegen.Int8Package(s.Name), memory(out.Int8Footprint())}
	}
	s.Storage = storage(out)
	s.Made = out.Plan.MadeFor()
	for _, o := range net.Outputs {
		s.Outputs = append(s.Outputs, Output{o.Name, o.Task, o.Loss.Kind.Name, o.Classes})
	}
	return s
}

// Count adds how the parameters compare with the training examples.
func (s *Summary) Count(examples int, err error) {
	if err != nil {
		s.Note = "training examples: unknown, " + strings.SplitN(err.Error(), "\n", 2)[0]
		return
	}
	s.Examples = examples
	s.Note = fmt.Sprintf("%.3g parameters for each of the %d training examples",
		float64(s.Params)/float64(max(examples, 1)), examples)
	if s.Params > int64(examples) {
		s.Note += ": more than one; watch the validation loss, and regularise"
	}
}

// text writes a node as a spec would: its kind and what it is set to.
func text(n spec.Node) string {
	var parts []string
	for _, v := range n.Attrs {
		if v.V != nil {
			parts = append(parts, fmt.Sprintf("%s: %v", v.Name, v.V))
		}
	}
	if parts == nil {
		return n.Kind
	}
	return n.Kind + " {" + strings.Join(parts, ", ") + "}"
}

// String writes the summary as a table.
func (s *Summary) String() string {
	rows := [][]string{{"layer", "kind", "from", "shape", "parameters", "MACs", "initializer"}}
	for _, l := range s.Layers {
		init := l.Initializer
		if l.Connections != "" {
			init = strings.TrimSpace(init + "; " + l.Connections + " connections")
		}
		if l.Frozen {
			init = strings.TrimPrefix(init+"; frozen", "; ")
		}
		rows = append(rows, []string{l.Name, l.Kind, names(l.From), ir.Shape(l.Shape).String(),
			fmt.Sprint(l.Params), fmt.Sprint(l.MACs), init})
	}
	rows = append(rows, []string{"", "", "", "total", fmt.Sprint(s.Params), fmt.Sprint(s.MACs), ""})
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", s.Name)
	writeTable(&b, rows, 4, 5)
	b.WriteString("\n")
	facts := [][]string{}
	for _, o := range s.Outputs {
		classes := ""
		if o.Classes != nil {
			classes = fmt.Sprintf(", %d classes", len(o.Classes))
		}
		facts = append(facts, []string{"output " + o.Name, o.Task + classes + ", loss " + o.Loss})
	}
	batch := fmt.Sprint(s.BatchSize, " examples")
	if s.BatchSize == 0 {
		batch = "all examples"
	}
	for i, a := range s.Storage {
		facts = append(facts, []string{[]string{"weights", ""}[min(i, 1)], a.String()})
	}
	facts = append(facts, s.Memory.facts()...)
	if s.State > 0 {
		facts = append(facts,
			[]string{"state", bytes(s.State) + " from one step of a sequence to the next: see State.Step"},
			[]string{"", whileRuns("Step or StepBlock", s.Steps, s.StepRooms)})
	}
	if s.Training > 0 {
		text := bytes(s.Training+s.Counted) + " for a Trainer: parameters, gradients, optimizer state, activations"
		if s.Counted > 0 {
			text += ", on the heap the steps that count " + bytes(s.Counted)
		}
		facts = append(facts, []string{"training memory", text})
	}
	if s.Made != nil {
		facts = append(facts, []string{"kernels", "made for the network: for " + strings.Join(s.Made, " and ")})
	}
	if s.Int8 != nil {
		facts = append(facts, []string{"8-bit integers", "package " + s.Int8.Package})
		facts = append(facts, s.Int8.facts()...)
	}
	facts = append(facts,
		[]string{"optimizer", s.Optimizer},
		[]string{"schedule", s.Schedule},
		[]string{"training", fmt.Sprintf("%s, batches of %s", spec.Count(s.Epochs, "epoch"), batch)})
	if s.Note != "" {
		facts = append(facts, []string{"data", s.Note})
	}
	writeTable(&b, facts)
	return b.String()
}

// names lists layers: of more than some the first alone, since the column is as wide in each row as in the longest.
func names(layers []string) string {
	const most, first = 6, 3
	if len(layers) <= most {
		return strings.Join(layers, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(layers[:first], ", "), len(layers)-first)
}

// facts says what a package that predicts takes.
func (m Memory) facts() [][]string {
	memory := bytes(m.Model+m.Activation+m.Scratch+m.Rooms) + " for predictions one by one: model " + bytes(m.Model)
	if m.InPlace > 0 {
		memory += " (" + bytes(m.InPlace) + " of it from the first batch on, where embedded weights stay in place)"
	}
	memory += ", activations " + bytes(m.Activation)
	if m.Scratch >= 1<<10 {
		memory += ", scratch memory " + bytes(m.Scratch)
	}
	return [][]string{
		{"flash", bytes(m.Code+m.Weights) + ": code " + bytes(m.Code) + " on amd64, weights " + bytes(m.Weights)},
		{"memory", memory + onHeap(m.Rooms)},
		{"", whileRuns("PredictBatch", m.Batch, m.BatchRooms)},
	}
}

// whileRuns says what each call of a function takes while it runs.
func whileRuns(function string, activations, rooms int64) string {
	text := bytes(activations+rooms) + " for each " + function + " that runs"
	if rooms > 0 {
		text += ": activations " + bytes(activations) + onHeap(rooms)
	}
	return text
}

// onHeap adds to a list what kernels keep on the heap, if that is something.
func onHeap(n int64) string {
	if n == 0 {
		return ""
	}
	return ", scratch memory on the heap " + bytes(n)
}

// bytes writes a size.
func bytes(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", float64(n)/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
}

// writeTable writes rows with aligned columns; those named are flush right.
func writeTable(b *strings.Builder, rows [][]string, right ...int) {
	width := map[int]int{}
	for _, r := range rows {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	for _, r := range rows {
		var line strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			flush := false
			for _, k := range right {
				flush = flush || k == i
			}
			if i > 0 {
				line.WriteString("  ")
			}
			if flush {
				line.WriteString(pad + c)
			} else {
				line.WriteString(c + pad)
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}

// Kinds writes the tables of the sections of a spec and of all kinds as Markdown, for the README.
func Kinds() string {
	var b strings.Builder
	table := func(title, head string, kinds []spec.Kind) {
		fmt.Fprintf(&b, "### %s\n\n| %s | |\n|---|---|---|\n", title, head)
		for _, k := range kinds {
			var attrs []string
			for _, a := range k.Attrs {
				if a.Required {
					attrs = append(attrs, "**`"+a.Name+"`**")
				} else {
					attrs = append(attrs, "`"+a.Name+"`")
				}
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Name, strings.Join(attrs, " "), strings.ReplaceAll(k.Doc, "|", "\\|"))
		}
		b.WriteString("\n")
	}
	table("Sections", "section | keys", op.Sections())
	for _, f := range Families {
		table(f.Title, "kind | attributes", op.Schema()[f.Family])
	}
	return b.String()
}

// Families are the families of kinds with their titles, in the order of a spec.
var Families = []struct {
	Title  string
	Family spec.Family
}{
	{"Layers", spec.LayerFamily}, {"Activations", spec.ActivationFamily}, {"Losses", spec.LossFamily},
	{"Metrics", spec.MetricFamily}, {"Preprocessing", spec.PreprocessFamily},
	{"Initializers", spec.InitializerFamily}, {"Regularizers", spec.RegularizerFamily}, {"Sparsity", spec.SparsityFamily},
	{"Optimizers", spec.OptimizerFamily}, {"Schedules", spec.ScheduleFamily},
}

// The marks around the tables in a README.
const (
	begin = "<!-- begin nngen docs -->\n"
	end   = "<!-- end nngen docs -->\n"
)

// Insert puts the tables of all kinds between their marks in a Markdown file.
func Insert(markdown string) (string, error) {
	i, j := strings.Index(markdown, begin), strings.Index(markdown, end)
	if i < 0 || j < i {
		return "", fmt.Errorf("no lines %q and %q", strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return markdown[:i+len(begin)] + "\n" + Kinds() + markdown[j:], nil
}
