package ref

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// States returns the names of the arrays that an optimizer keeps, each with an element for every
// parameter.
func States(n spec.Node) []string {
	switch n.Kind {
	case "momentum", "nesterov":
		return []string{"velocity"}
	case "adagrad":
		return []string{"sum"}
	case "adadelta":
		return []string{"square", "delta"}
	case "rmsprop":
		names := []string{"square"}
		if n.Bool("centered") {
			names = append(names, "mean")
		}
		if n.Float("momentum") > 0 {
			names = append(names, "velocity")
		}
		return names
	case "adam", "adamw", "nadam":
		return []string{"m", "v"}
	case "amsgrad":
		return []string{"m", "v", "vmax"}
	case "adamax":
		return []string{"m", "norm"}
	}
	return nil
}

// Update applies step k, counted from 1, of an optimizer with learning rate lr to parameters w with
// gradient g; clip multiplies g first. The definitions are those of torch.optim (PyTorch
// documentation), and of the classical momentum v ← μ·v + η·g, w ← w − v.
func Update(n spec.Node, w, g []float64, state map[string][]float64, k int, lr, clip float64) {
	wd := n.Float("weight_decay")
	var b1, b2, eps float64
	if b := n.Floats("betas"); b != nil {
		b1, b2 = b[0], b[1]
	}
	eps = n.Float("eps")
	c1, c2 := 1-math.Pow(b1, float64(k)), 1-math.Pow(b2, float64(k))
	for i := range w {
		d := g[i] * clip
		if n.Kind == "adamw" {
			w[i] -= lr * wd * w[i]
		} else {
			d += wd * w[i]
		}
		at := func(name string) *float64 { return &state[name][i] }
		switch n.Kind {
		case "sgd":
			w[i] -= lr * d
		case "momentum":
			mu, v := n.Float("momentum"), at("velocity")
			switch {
			case n.Bool("classical"):
				*v = mu**v + lr*d
				w[i] -= *v
				continue
			case k == 1:
				*v = d
			default:
				*v = mu**v + (1-n.Float("dampening"))*d
			}
			w[i] -= lr * *v
		case "nesterov":
			mu, v := n.Float("momentum"), at("velocity")
			if k == 1 {
				*v = d
			} else {
				*v = mu**v + d
			}
			w[i] -= lr * (d + mu**v)
		case "adagrad":
			s := at("sum")
			if k == 1 {
				*s = n.Float("initial_accumulator_value")
			}
			*s += d * d
			w[i] -= lr / (1 + float64(k-1)*n.Float("lr_decay")) * d / (math.Sqrt(*s) + eps)
		case "adadelta":
			rho, s, a := n.Float("rho"), at("square"), at("delta")
			*s = rho**s + (1-rho)*d*d
			delta := math.Sqrt(*a+eps) / math.Sqrt(*s+eps) * d
			*a = rho**a + (1-rho)*delta*delta
			w[i] -= lr * delta
		case "rmsprop":
			alpha, s := n.Float("alpha"), at("square")
			*s = alpha**s + (1-alpha)*d*d
			avg := *s
			if n.Bool("centered") {
				m := at("mean")
				*m += (1 - alpha) * (d - *m)
				avg -= *m * *m
			}
			step := d / (math.Sqrt(math.Max(avg, 0)) + eps)
			if mu := n.Float("momentum"); mu > 0 {
				v := at("velocity")
				*v = mu**v + step
				step = *v
			}
			w[i] -= lr * step
		case "adam", "adamw", "amsgrad":
			m, v := at("m"), at("v")
			*m = b1**m + (1-b1)*d
			*v = b2**v + (1-b2)*d*d
			top := *v
			if n.Kind == "amsgrad" {
				x := at("vmax")
				*x = math.Max(*x, *v)
				top = *x
			}
			w[i] -= lr / c1 * *m / (math.Sqrt(top)/math.Sqrt(c2) + eps)
		case "nadam":
			m, v := at("m"), at("v")
			psi := n.Float("momentum_decay")
			mu := func(t int) float64 { return b1 * (1 - 0.5*math.Pow(0.96, float64(t)*psi)) }
			product := 1.0
			for t := 1; t <= k; t++ {
				product *= mu(t)
			}
			*m = b1**m + (1-b1)*d
			*v = b2**v + (1-b2)*d*d
			den := math.Sqrt(*v/c2) + eps
			w[i] -= lr*(1-mu(k))/(1-product)*d/den + lr*mu(k+1)/(1-product*mu(k+1))**m/den
		case "adamax":
			m, s := at("m"), at("norm")
			*m = b1**m + (1-b1)*d
			*s = math.Max(b2**s, math.Abs(d)+eps)
			w[i] -= lr / c1 * *m / *s
		default:
			panic("BUG: no optimizer " + n.Kind)
		}
	}
}

// Clip returns the factor that keeps the global norm of a gradient below limit, as PyTorch's
// clip_grad_norm_ has it; 1 if there is no limit.
func Clip(g []float64, limit float64) float64 {
	if limit == 0 {
		return 1
	}
	sum := 0.0
	for _, v := range g {
		sum += v * v
	}
	return math.Min(1, limit/(math.Sqrt(sum)+1e-6))
}

// MaxNorm scales down each column of a matrix whose Euclidean norm is above limit.
func MaxNorm(rows, cols int, w []float64, limit float64) {
	for j := range cols {
		sum := 0.0
		for i := range rows {
			sum += w[i*cols+j] * w[i*cols+j]
		}
		if norm := math.Sqrt(sum); norm > limit {
			for i := range rows {
				w[i*cols+j] *= limit / norm
			}
		}
	}
}

// Trainer takes whole training steps.
type Trainer struct {
	*Network
	State map[string][]float64 // of the optimizer, over all trained parameters in order
	Steps int                  // taken
}

// NewTrainer returns a trainer with the initial parameters that seed gives.
func NewTrainer(n *Network) *Trainer {
	t := &Trainer{Network: n, State: map[string][]float64{}}
	for _, name := range States(n.Net.Spec.Optimizer) {
		t.State[name] = make([]float64, len(n.flat()))
	}
	return t
}

// trained returns the parameters that the optimizer changes, in order.
func (n *Network) trained() []*ir.Param {
	var out []*ir.Param
	for _, p := range n.Net.Params {
		if p.Role == ir.Trained {
			out = append(out, p)
		}
	}
	return out
}

func (n *Network) flat() []float64 {
	var x []float64
	for _, p := range n.trained() {
		x = append(x, n.Params[p]...)
	}
	return x
}

// Step takes one training step with learning rate lr and returns the objective before it.
func (t *Trainer) Step(b Batch, lr float64) float64 {
	s := t.Net.Spec
	pass := t.Forward(b, true, uint64(t.Steps))
	loss := t.Loss(b, pass)
	grads := t.Backward(b, pass)
	t.Steps++
	var g []float64
	for _, p := range t.trained() {
		g = append(g, grads.Params[p]...)
	}
	if limit := s.Training.ClipValue; limit > 0 {
		for i, v := range g {
			g[i] = math.Max(-limit, math.Min(limit, v))
		}
	}
	w := t.flat()
	Update(s.Optimizer, w, g, t.State, t.Steps, lr, Clip(g, s.Training.ClipNorm))
	at := 0
	for _, p := range t.trained() {
		copy(t.Params[p], w[at:])
		at += p.Size()
		if p.MaxNorm > 0 && p.Pattern == nil {
			MaxNorm(p.In, p.Out, t.Params[p], p.MaxNorm)
		}
	}
	return loss
}
