package train

import (
	"cmp"
	"fmt"

	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/spec"
)

// ends says how things stand from here on, if the process ends.
func (o Options) ends(say func() string) {
	if o.OnEnd != nil {
		o.OnEnd(say)
	}
}

// beforeTheFirstStep says how a training stands that an interrupt ends there.
func (o Options) beforeTheFirstStep(p *project.Project) string {
	more, next := "", ""
	switch {
	case o.Resume:
		more, next = "more ", o.goOn(p, "", true)
	case output.ProgressOf(p.Dir).Saved():
		next = "; the progress that is kept is that of an earlier training, with which --resume would go on"
	}
	return fmt.Sprintf("interrupted before the first step; nothing %swas trained, and the packages are as they were%s",
		more, next)
}

// goOn returns the command that goes on with a training, behind what for; "" if there is nothing to go on with.
func (o Options) goOn(p *project.Project, what string, there bool) string {
	if !there {
		return ""
	}
	return fmt.Sprintf("; %s: %s train --resume %s%s", cmp.Or(what, "to go on"), project.Command(), p.Spec.File, o.Flags)
}

// afterEnd says how a training goes on that was ended at once, behind what was said of that.
func (o Options) afterEnd(p *project.Project, place *output.Progress) string {
	switch {
	case place.SavedSince():
		return o.goOn(p, "to go on from the progress that was saved last", true)
	case o.Resume:
		return "; no more progress was saved" + o.goOn(p, "to go on from where it did", place.Saved())
	case place.Saved():
		return "; none of its progress was saved, and that which is kept is of an earlier training, with which --resume " +
			"would go on"
	}
	return ""
}

// interrupted returns the end of a training that can go on.
func (o Options) interrupted(p *project.Project, r *Result) *InterruptedError {
	return &InterruptedError{Spec: p.Spec.File, Epochs: r.Epochs.Len(), Flags: o.Flags}
}

// inPlace says where the weights of a training are.
func (r *Result) inPlace(p *project.Project) string {
	what, n := "the weights after "+spec.Count(numberOf(r.kept()), "epoch"), r.Epochs.Len()
	if r.Best > 0 && r.Best < n {
		what = fmt.Sprintf("the weights of epoch %d, the best of the %d that were run,", r.Best, n)
	}
	return what + " are in place, in " + p.Dir
}

// resumption says where a training goes on, or that there is nothing left of it.
func resumption(e Event, plan Plan) string {
	after := spec.Count(e.Epoch, "epoch")
	switch {
	case e.Stopped:
		return "the training was finished: early stopping ended it after " + after
	case e.Epoch == plan.Epochs:
		return "the training was finished: it had " + after
	}
	return fmt.Sprintf("going on after %s and %s", after, spec.Count(e.Seen, "example"))
}

// InterruptedError is the end of a training that can go on.
type InterruptedError struct {
	Spec   string
	Epochs int // that were over
	// Flags are those of the command that must be given again to go on, as a shell reads them; "" or each after a
	// space.
	Flags string
}

func (e *InterruptedError) Error() string {
	return fmt.Sprintf("interrupted after %s; the packages are as they were, and the progress is kept; to go on: "+
		"%s train --resume %s%s", spec.Count(e.Epochs, "epoch"), project.Command(), e.Spec, e.Flags)
}
