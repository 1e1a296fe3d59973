package codegen

import (
	"errors"
	"fmt"

	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/spec"
)

// stream makes the graph of one step from that of a prediction. It is an error if the spec asks for it and it can't be.
func (out *Output) stream(passes pass.Options, problems *spec.ErrorList) {
	for _, in := range out.Net.Spec.Inputs {
		if in.Layout != spec.ChannelsFirst || len(in.Shape) != 2 {
			continue
		}
		if out.Net.Spec.Generate.Stream == "always" {
			problems.Add("stream", in.LayoutPos, fmt.Sprintf("input %q", in.Name),
				"leave out layout, and write shape: [steps, channels]; or leave out `stream: always`",
				"the network can't be run step by step: with layout: channels_first no step lies together")
		}
		return
	}
	step, err := pass.Stream(out.Infer)
	errors.As(err, &out.Whole)
	switch g := out.Net.Spec.Generate; {
	case step != nil:
		identify(step.Params)
		if g.Profile != spec.Tiny {
			out.Block = pass.Block(out.Infer, step)
		}
		pass.Run(step, pass.Forward, passes)
		out.Stream = step
		if out.Block != nil {
			pass.Run(out.Block, pass.Forward, passes)
		}
	case g.Stream == "always" && err != nil:
		problems.Add("stream", out.Whole.Node.Pos, "generate",
			"leave out `stream: always`, or use causal and forward layers alone",
			"the network can't be run step by step: %s", err)
	case g.Stream == "always":
		problems.Add("stream", g.Pos, "generate", "leave out `stream: always`",
			"no layer remembers anything from one step to the next")
	}
}
