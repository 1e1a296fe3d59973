package op

import (
	"cmp"
	"slices"

	"github.com/nngen/nngen/spec"
)

// Schedule is a kind of schedule: how the learning rate moves. All are of one file each, schedule_<kind>.go, and have
// PyTorch's definitions where it has them; the rate that they start from is the optimizer's. Each takes warm-up steps
// before its own time begins.
type Schedule struct {
	Kind spec.Kind
	// Runtime returns the value that gives the rate in generated code, without warm-up.
	Runtime func(n spec.Node) Literal
	// Rate returns the rate of a step in float64, without warm-up, base being the optimizer's.
	Rate func(n spec.Node, base float64, t Time) float64
	// Check returns the attribute that does not fit the others, and why; "" if all do. It may be nil.
	Check func(n spec.Node) (attr, problem string)
}

// Time is where a training stands.
type Time struct {
	Step                  int // from 0
	StepsPerEpoch, Epochs int
	Warmup                int       // steps of the training before Step 0
	Seen                  []float64 // the monitored metric after each epoch so far
}

// of returns the time in steps or epochs, as the schedule counts.
func (t Time) of(n spec.Node) int {
	if n.Word("per") == "step" {
		return t.Step
	}
	return t.Step / t.StepsPerEpoch
}

// Value returns the value that gives the rate in generated code, with its warm-up.
func (s *Schedule) Value(n spec.Node) Literal {
	v := s.Runtime(n)
	if steps := n.Int("warmup_steps"); steps > 0 {
		return Literal{"fit", "Warmup", []Field{{"Steps", steps}, {"Then", v}}, false}
	}
	return v
}

// defineSchedule checks a row and adds it to the table.
func defineSchedule(s Schedule) *Schedule {
	if s.Kind.Name == "" || s.Kind.Doc == "" || s.Runtime == nil || s.Rate == nil {
		panic("BUG: schedule " + s.Kind.Name + " has an empty cell")
	}
	s.Kind.Attrs = append(s.Kind.Attrs, spec.Attr{Name: "warmup_steps", Type: spec.Int, Default: 0, Min: nonNegative,
		Doc: "Steps in which the rate first grows linearly from 0; the schedule starts after them."})
	schedules = append(schedules, &s)
	return &s
}

var schedules []*Schedule

// Schedules returns the kinds of schedules, sorted by name.
func Schedules() []*Schedule {
	return slices.SortedFunc(slices.Values(schedules),
		func(a, b *Schedule) int { return cmp.Compare(a.Kind.Name, b.Kind.Name) })
}

// ScheduleByName returns a row of the table; it panics if there is none.
func ScheduleByName(name string) *Schedule {
	for _, s := range schedules {
		if s.Kind.Name == name {
			return s
		}
	}
	panic("BUG: no schedule " + name)
}

// Attributes that several schedules share.
var (
	bySteps  = per("step")
	byEpochs = per("epoch")
	lowest   = spec.Attr{Name: "min_lr", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "The lowest rate."}
	fall     = positive("gamma", 0.1, "γ: factor of a fall.")
)

// per says whether a schedule moves with each step or each epoch.
func per(def string) spec.Attr {
	return spec.Attr{Name: "per", Type: spec.Enum, Enum: []string{"step", "epoch"}, Default: def,
		Doc: "Whether the schedule's time counts steps or epochs."}
}

func count(name, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: doc}
}

func positive(name string, def any, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Float, Default: def, Required: def == nil,
		Min: nonNegative, OpenMin: true, Doc: doc}
}

// intField returns the field of the runtime that an attribute fills.
func intField(n spec.Node, field, attr string) Field { return Field{field, n.Int(attr)} }

// perStepField returns the field that says what the time counts.
func perStepField(n spec.Node) Field { return Field{"PerStep", n.Word("per") == "step"} }
