package spec

import (
	"fmt"
	"math/bits"
)

func (p *parser) training(n Node) Training {
	t := p.section(n, "training", &trainingKind)
	r := Training{
		Epochs: t.Int("epochs"), Shuffle: t.Bool("shuffle"), ValidationSplit: t.Float("validation_split"),
		Accumulate: t.Int("accumulate"), Chunks: t.Int("chunks"), ClipNorm: t.Float("clip_norm"),
		ClipValue: t.Float("clip_value"), Metrics: t.Strings("metrics"), MetricsPos: t.At("metrics"), Pos: t.Pos,
	}
	if t.Word("batch_size") != "full" {
		r.BatchSize = t.Int("batch_size")
	} else if r.Accumulate > 1 {
		p.errs.Add("conflict", t.At("accumulate"), "training", "leave out accumulate, or write batch_size: with a number",
			"batch_size: full is the whole training set: there are no %d batches of an update", r.Accumulate)
	}
	switch c := r.Chunks; {
	case bits.OnesCount(uint(c)) > 1:
		p.errs.Add("conflict", t.At("chunks"), "training", fmt.Sprintf("write %d or %d",
			1<<(bits.Len(uint(c))-1), 1<<bits.Len(uint(c))),
			"chunks: %d is no power of two: sums of chunks are added by twos", c)
	case r.BatchSize > 0 && c > r.Examples():
		p.errs.Add("conflict", t.At("chunks"), "training", "write fewer chunks, or a larger batch_size",
			"a batch of %d examples can't be cut into %d chunks", r.Examples(), c)
	}
	if v := t.Lookup("seed"); v != nil {
		r.Seed = v.V.(uint64)
	}
	if e, ok := t.Node("early_stopping"); ok {
		r.EarlyStopping = &EarlyStopping{
			Patience: e.Int("patience"), MinDelta: e.Float("min_delta"), RestoreBest: e.Bool("restore_best"),
			MinEpochs: e.Int("min_epochs"), Pos: e.At("monitor"),
		}
		if names := e.Strings("monitor"); len(names) > 0 { // else it was reported
			r.EarlyStopping.Monitor = names[0]
			r.EarlyStopping.Others = append(r.EarlyStopping.Others, names[1:]...)
		}
		if n := e.Int("min_epochs"); n > r.Epochs {
			p.errs.Add("conflict", e.At("min_epochs"), "early_stopping", "",
				"min_epochs is %d, but the training has %d epochs", n, r.Epochs)
		}
	}
	p.averaging(t, &r)
	if g, ok := t.Node("kernel_regularizer"); ok {
		r.Regularizer = &g
	}
	r.ClassWeights, r.Balanced, r.BalancedPos = t.Weights("class_weights"),
		t.Word("class_weights") == Balanced, t.At("class_weights")
	return r
}

// averaging reads the average of the weights that is kept.
func (p *parser) averaging(t Node, r *Training) {
	begins := func(n Node, kind string) int {
		start := n.Int("start_epoch")
		if start > r.Epochs {
			p.errs.Add("conflict", n.At("start_epoch"), kind, "", "it begins in epoch %d, but the training has %d", start,
				r.Epochs)
		}
		return start
	}
	ema, averaged := t.Node("ema")
	if averaged {
		r.EMA = &EMA{Decay: ema.Float("decay"), Start: begins(ema, "ema")}
	}
	if swa, ok := t.Node("swa"); ok {
		r.SWA = &SWA{Start: begins(swa, "swa"), LR: swa.Float("lr")}
		if averaged {
			p.errs.Add("conflict", swa.Pos, "training", "leave out one of them", "ema and swa each say which weights are kept")
		}
	}
}
