package fit

import "testing"

// TestPatienceFollowsATraining compares what follows an early stopping with what ends a training by it.
func TestPatienceFollowsATraining(t *testing.T) {
	losses := []float64{5, 4, 4.5, 3, 3.5, 3.4, 3.3, 3.2, 1}
	for _, e := range []EarlyStopping{{Monitor: "val_loss", Patience: 3}, {Monitor: "val_loss"},
		{Monitor: "val_loss", Patience: 2, MinEpochs: 7}, {Monitor: "val_loss", Patience: 2, Others: []string{"loss"}},
		{Monitor: "val_accuracy", Patience: 1}} {
		own, p := newStopper(e), Follow(e)
		before := 0
		for i, v := range losses {
			epoch := Epoch{Epoch: i + 1, Metrics: []Metric{{"val_loss", v, true}, {"loss", float64(-i / 4), true}}}
			stop := own.observe(Trainer{}, epoch)
			improved, left := p.Observe(epoch)
			if (left == 0) != stop {
				t.Errorf("%+v, epoch %d: %d epochs left, and the training ends: %t", e, i+1, left, stop)
			}
			if improved != (!stop && own.epoch == i+1) {
				t.Errorf("%+v, epoch %d: improved: %t", e, i+1, improved)
			}
			if !improved && before > 1 && left > before {
				t.Errorf("%+v, epoch %d: %d epochs left after %d", e, i+1, left, before)
			}
			if before = left; stop {
				break
			}
		}
	}
}
