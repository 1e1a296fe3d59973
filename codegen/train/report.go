package train

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// Report writes the outcome of a training.
func (r *Result) Report(w io.Writer, dir string) error {
	var b strings.Builder
	last := numberOf(r.Epochs.last())
	fmt.Fprintf(&b, "trained %s in %s", spec.Count(last, "epoch"), r.Took.Round(10*time.Millisecond))
	switch {
	case r.Interrupted:
		b.WriteString(", until interrupted")
	case r.Stopped:
		b.WriteString(", until early stopping")
	}
	if r.Best > 0 {
		fmt.Fprintf(&b, "; the weights are those of epoch %d", r.Best)
	}
	b.WriteString("\n")
	for _, text := range r.Remarks {
		fmt.Fprintf(&b, "remark: %s\n", text)
	}
	for _, text := range r.Decisions {
		fmt.Fprintf(&b, "%s\n", text)
	}
	switch {
	case r.Test != nil:
		fmt.Fprintf(&b, "test set: %s", r.Test)
	case r.Validation != nil:
		fmt.Fprintf(&b, "validation set, since there is no test set: %s", r.Validation)
	}
	fmt.Fprintf(&b, "parameters              %d", r.Params)
	if r.Frozen > 0 {
		fmt.Fprintf(&b, ", and %d that are not trained", r.Frozen)
	}
	b.WriteString("\n")
	fmt.Fprintf(&b, "stripped binary         %.2f MiB\n", float64(r.BinaryBytes)/(1<<20))
	fmt.Fprintf(&b, "one prediction          %.0f ns, %.0f ns in a batch of 256\n", r.Nanoseconds, r.BatchNanoseconds)
	if v := r.Verified; v != nil {
		if v.OK() {
			fmt.Fprintf(&b, "against the reference   %s\n", v.Summary())
		} else {
			for _, t := range v.Tensors {
				if t.Failure != "" {
					fmt.Fprintf(&b, "FAIL %s %s: %s\n", t.Kind, t.Name, t.Failure)
				}
			}
		}
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "wrote %s\n", filepath.Join(dir, f))
	}
	if r.Record != "" {
		fmt.Fprintf(&b, "kept %s\n", r.Record)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remarks says what the course of a training suggests: more epochs where the metric that early stopping follows, or
// else the loss, was still getting better, or a validation set that the network has unlearned.
func remarks(r *Result, plan Plan, stopping bool) []string {
	const name = "val_loss"
	last, end := numberOf(r.Epochs.last()), r.Epochs.last().Get(name)
	if plan.Validation == 0 || math.IsNaN(end) || r.Interrupted || r.Epochs.Len() < 2 {
		return nil
	}
	best, at := r.Epochs.best(name)
	followed := plan.follow().Monitor
	_, newest := r.Epochs.best(followed)
	// More than the noise of a validation set of some dozens of rows; losses of counts, as poisson, are below 0 too.
	risen := best + 0.2*math.Abs(best)
	switch {
	case newest == last && !r.Stopped:
		return []string{fmt.Sprintf("the last of %s is the best by %s: more may do better",
			spec.Count(last, "epoch"), followed)}
	case end > risen && !stopping:
		return []string{fmt.Sprintf("%s rose from %.4g in epoch %d to %.4g: the network overfits; early_stopping: "+
			"{restore_best: true} would keep the weights of that epoch", name, best, at, end)}
	}
	return nil
}

// gap says that a network does much better on what it was trained on than on the validation set; "" if it does not.
// Losses are not compared where that of the training is of weighted classes, nor where both are small beside what they
// began with.
func gap(r *Result, network *net.Net, said []string) string {
	const far, small = 2, 0.05
	weighted := slices.ContainsFunc(network.Outputs, func(o *net.Output) bool { return o.ClassWeights != nil })
	kept := r.kept()
	loss, val, first := kept.Get("loss"), kept.Get("val_loss"), r.Epochs.At(0).Get("val_loss")
	if weighted || len(said) > 0 || !(loss >= 0) || !(val > far*loss) || !(val >= small*first) {
		return ""
	}
	return fmt.Sprintf("val_loss is %.4g where loss is %.4g: the network overfits; more examples, fewer units, "+
		"dropout or a kernel_regularizer may help", val, loss)
}

// numberOrNull returns a number as JSON can hold it: nil, which becomes null, for what is none or infinite.
func numberOrNull[F float32 | float64](v F) any {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return nil
	}
	return v
}
