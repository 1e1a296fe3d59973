"""Vectors from PyTorch for optimizers, schedules, losses and activations: python3 vectors.py > vectors.json."""
import json
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
out = {}

# Optimizers: w after each of 8 steps with gradients g (drawn once), the rate falling after the fourth step.
gen = torch.Generator().manual_seed(1)
w0 = torch.randn(6, generator=gen)
gs = torch.randn(8, 6, generator=gen)
optimizers = {
    "sgd": [("SGD", {}, {}), ("SGD", {"weight_decay": 0.1}, {"weight_decay": 0.1})],
    "momentum": [("SGD", {"momentum": 0.9}, {}), ("SGD", {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05}, {"momentum": 0.8, "dampening": 0.3, "weight_decay": 0.05})],
    "nesterov": [("SGD", {"momentum": 0.9, "nesterov": True}, {}), ("SGD", {"momentum": 0.7, "nesterov": True, "weight_decay": 0.05}, {"momentum": 0.7, "weight_decay": 0.05})],
    "adagrad": [("Adagrad", {}, {}), ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.05}, {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "weight_decay": 0.05})],
    "adadelta": [("Adadelta", {}, {}), ("Adadelta", {"rho": 0.8, "weight_decay": 0.05}, {"rho": 0.8, "weight_decay": 0.05})],
    "rmsprop": [("RMSprop", {}, {}), ("RMSprop", {"momentum": 0.5, "centered": True, "weight_decay": 0.05}, {"momentum": 0.5, "centered": True, "weight_decay": 0.05})],
    "adam": [("Adam", {}, {}), ("Adam", {"betas": (0.8, 0.9), "weight_decay": 0.05}, {"betas": [0.8, 0.9], "weight_decay": 0.05})],
    "adamw": [("AdamW", {}, {}), ("AdamW", {"betas": (0.8, 0.9), "weight_decay": 0.2}, {"betas": [0.8, 0.9], "weight_decay": 0.2})],
    "amsgrad": [("Adam", {"amsgrad": True}, {}), ("Adam", {"amsgrad": True, "betas": (0.5, 0.1), "weight_decay": 0.05}, {"betas": [0.5, 0.1], "weight_decay": 0.05})],
    # The loop over single tensors of PyTorch 1.13 multiplies the product of the momenta by the last one twice; its
    # foreach implementation, the documentation and later versions do not.
    "nadam": [("NAdam", {"foreach": True}, {}), ("NAdam", {"foreach": True, "momentum_decay": 0.1, "weight_decay": 0.05}, {"momentum_decay": 0.1, "weight_decay": 0.05})],
    "adamax": [("Adamax", {}, {}), ("Adamax", {"betas": (0.8, 0.9), "weight_decay": 0.05}, {"betas": [0.8, 0.9], "weight_decay": 0.05})],
}


class Lion(torch.optim.Optimizer):
    """Program 1 of Chen et al., Symbolic discovery of optimization algorithms, 2023, which PyTorch has not."""

    def __init__(self, params, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for w in group["params"]:
                m = self.state[w].setdefault("m", torch.zeros_like(w))
                b1, b2 = group["betas"]
                w.mul_(1 - group["lr"] * group["weight_decay"])
                w.add_(torch.sign(b1 * m + (1 - b1) * w.grad), alpha=-group["lr"])
                m.mul_(b2).add_(w.grad, alpha=1 - b2)


torch.optim.Lion = Lion
optimizers["lion"] = [("Lion", {}, {}), ("Lion", {"betas": (0.8, 0.9), "weight_decay": 0.2}, {"betas": [0.8, 0.9], "weight_decay": 0.2})]
out["optimizers"] = {"w": w0.tolist(), "g": gs.tolist(), "cases": []}
for kind, cases in optimizers.items():
    for cls, kw, attrs in cases:
        w = w0.clone().requires_grad_()
        opt = getattr(torch.optim, cls)([w], lr=0.05, **kw)
        trace = []
        for i, g in enumerate(gs):
            for group in opt.param_groups:
                group["lr"] = 0.05 if i < 4 else 0.02
            w.grad = g.clone()
            opt.step()
            trace.append(w.detach().tolist())
        out["optimizers"]["cases"].append({"kind": kind, "attrs": attrs, "w": trace})

# Schedules: the rate at each of 40 times, from a base of 0.1.
S = torch.optim.lr_scheduler
schedules = {
    "StepDecay": lambda o: S.StepLR(o, step_size=7, gamma=0.3),
    "MultiStep": lambda o: S.MultiStepLR(o, milestones=[5, 11, 30], gamma=0.5),
    "Exponential": lambda o: S.ExponentialLR(o, gamma=0.9),
    "Polynomial": lambda o: S.PolynomialLR(o, total_iters=25, power=1.7),
    "Cosine": lambda o: S.CosineAnnealingLR(o, T_max=39, eta_min=0.001),
    "WarmRestarts": lambda o: S.CosineAnnealingWarmRestarts(o, T_0=5, T_mult=2, eta_min=0.001),
    "Cyclical/triangular": lambda o: S.CyclicLR(o, 0.01, 0.2, step_size_up=6, mode="triangular", cycle_momentum=False),
    "Cyclical/triangular2": lambda o: S.CyclicLR(o, 0.01, 0.2, step_size_up=6, mode="triangular2", cycle_momentum=False),
    "Cyclical/exp_range": lambda o: S.CyclicLR(o, 0.01, 0.2, step_size_up=6, mode="exp_range", gamma=0.95, cycle_momentum=False),
    # As transformers' get_inverse_sqrt_schedule, behind its warm-up.
    "InverseSqrt": lambda o: S.LambdaLR(o, lambda t: (9 / (t + 9)) ** 0.5),
    # As InverseTimeDecay of Keras.
    "InverseTime": lambda o: S.LambdaLR(o, lambda t: 1 / (1 + 0.5 * t / 4)),
    "InverseTime/stairs": lambda o: S.LambdaLR(o, lambda t: 1 / (1 + 0.5 * (t // 4))),
    "OneCycle/cos": lambda o: S.OneCycleLR(o, max_lr=0.3, total_steps=40, cycle_momentum=False),
    "OneCycle/linear": lambda o: S.OneCycleLR(o, max_lr=0.3, total_steps=40, pct_start=0.4, anneal_strategy="linear", cycle_momentum=False),
}
out["schedules"] = {}
for name, make in schedules.items():
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    sched = make(opt)
    rates = []
    for i in range(40):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        if i < 39:
            sched.step()
    out["schedules"][name] = rates
opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
sched = S.ReduceLROnPlateau(opt, factor=0.5, patience=2, threshold=0.01, cooldown=1, min_lr=0.02)
metric = [1, 0.9, 0.895, 0.893, 0.892, 0.891, 0.89, 0.89, 0.889, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
rates = []
for m in metric:
    rates.append(opt.param_groups[0]["lr"])
    sched.step(m)
out["plateau"] = {"metric": metric, "rates": rates}

# Activations: values and derivatives.
x = torch.tensor([-20.0, -6.5, -3.5, -2.0, -1.0, -0.3, -1e-3, 1e-3, 0.2, 0.9, 2.5, 3.5, 8.0, 30.0])
activations = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": F.relu, "leaky_relu": F.leaky_relu, "elu": F.elu, "selu": F.selu,
    "gelu": F.gelu, "gelu_tanh": lambda v: F.gelu(v, approximate="tanh"), "silu": F.silu, "softplus": F.softplus, "softsign": F.softsign,
    "hard_sigmoid": F.hardsigmoid, "hard_swish": F.hardswish, "mish": F.mish,
    "sin": torch.sin, "cos": torch.cos, "erf": torch.erf, "floor": torch.floor, "ceil": torch.ceil, "round": torch.round,
    "softmax": lambda v: F.softmax(v, 0), "log_softmax": lambda v: F.log_softmax(v, 0),
}
up = torch.linspace(0.5, 1.5, len(x))
out["activations"] = {"x": x.tolist(), "dy": up.tolist(), "cases": {}}
for name, f in activations.items():
    v = x.clone().requires_grad_()
    y = f(v)
    y.backward(up)
    out["activations"]["cases"][name] = {"y": y.detach().tolist(), "dx": v.grad.tolist()}

# Losses of one example, and their gradients.
y = torch.tensor([0.3, -1.2, 2.5, 0.01])
t = torch.tensor([0.5, -1.0, 0.0, 3.0])
b = torch.tensor([1.0, 0.0, 0.0, 1.0])
p = torch.tensor([0.1, 0.2, 0.3, 0.4])
rate = torch.tensor([0.3, 1.2, 2.5, 0.01])
count = torch.tensor([0.0, 1.0, 4.0, 2.0])
taus = torch.tensor([0.1, 0.1, 0.9, 0.9])
losses = [
    ("mse", {}, y, t, lambda v: F.mse_loss(v, t)),
    ("mae", {}, y, t, lambda v: F.l1_loss(v, t)),
    ("huber", {"delta": 0.7}, y, t, lambda v: F.huber_loss(v, t, delta=0.7)),
    ("pinball", {"quantiles": [0.1, 0.9]}, y, t, lambda v: torch.maximum(taus * (t - v), (taus - 1) * (t - v)).mean()),
    ("log_cosh", {}, y, t, lambda v: torch.log(torch.cosh(v - t)).mean()),
    ("binary_crossentropy", {}, y, b, lambda v: F.binary_cross_entropy_with_logits(v, b)),
    ("categorical_crossentropy", {"label_smoothing": 0.1}, y, torch.tensor([0.0, 0.0, 1.0, 0.0]), lambda v: F.cross_entropy(v[None], torch.tensor([2]), label_smoothing=0.1)),
    ("categorical_crossentropy", {}, y, p, lambda v: F.cross_entropy(v[None], p[None])),
    ("kl_divergence", {}, y, p, lambda v: F.kl_div(F.log_softmax(v, 0)[None], p[None], reduction="batchmean")),
    ("poisson", {}, rate, count, lambda v: F.poisson_nll_loss(v, count, log_input=False, eps=1e-7)),
    ("hinge", {}, y, b, lambda v: torch.clamp(1 - (2 * b - 1) * v, min=0).mean()),
]


def binary_focal(v, gamma, alpha):
    """torchvision.ops.sigmoid_focal_loss, whose targets may be shares."""
    p, ce = torch.sigmoid(v), F.binary_cross_entropy_with_logits(v, b, reduction="none")
    loss = ce * (1 - (p * b + (1 - p) * (1 - b))) ** gamma
    return (loss if alpha < 0 else (alpha * b + (1 - alpha) * (1 - b)) * loss).mean()


def categorical_focal(v, target, gamma, alpha):
    """keras.losses.CategoricalFocalCrossentropy."""
    logp = F.log_softmax(v, 0)
    return -(alpha * target * (1 - logp.exp()) ** gamma * logp).sum()


losses += [
    ("binary_focal_crossentropy", {}, y, b, lambda v: binary_focal(v, 2, 0.25)),
    ("binary_focal_crossentropy", {"gamma": 0.5, "alpha": -1.0}, y, b, lambda v: binary_focal(v, 0.5, -1)),
    ("categorical_focal_crossentropy", {}, y, torch.tensor([0.0, 0.0, 1.0, 0.0]), lambda v: categorical_focal(v, torch.tensor([0.0, 0.0, 1.0, 0.0]), 2, 0.25)),
    ("categorical_focal_crossentropy", {"gamma": 3.5, "alpha": 1.0}, y, p, lambda v: categorical_focal(v, p, 3.5, 1)),
]
out["losses"] = []
for kind, attrs, yv, tv, f in losses:
    v = yv.clone().requires_grad_()
    loss = f(v)
    loss.backward()
    out["losses"].append({"kind": kind, "attrs": attrs, "y": yv.tolist(), "t": tv.tolist(), "loss": loss.item(), "dy": v.grad.tolist()})

# Norms.
x = torch.randn(5, 4, generator=gen)
dy = torch.randn(5, 4, generator=gen)
gamma, beta = torch.tensor([0.5, 1.5, -1.0, 2.0]), torch.tensor([0.1, -0.2, 0.3, 0.0])
out["norms"] = {"x": x.tolist(), "dy": dy.tolist(), "gamma": gamma.tolist(), "beta": beta.tolist()}
for name in ("layer_norm", "batch_norm"):
    v, g, c = x.clone().requires_grad_(), gamma.clone().requires_grad_(), beta.clone().requires_grad_()
    mean, var = torch.zeros(4), torch.ones(4)
    z = F.layer_norm(v, (4,), g, c) if name == "layer_norm" else F.batch_norm(v, mean, var, g, c, training=True)
    z.backward(dy)
    out["norms"][name] = {"y": z.detach().tolist(), "dx": v.grad.tolist(), "dgamma": g.grad.tolist(), "dbeta": c.grad.tolist(), "mean": mean.tolist(), "var": var.tolist()}

# Bounds and deviations of initial values, by fan-in 30 and fan-out 20.
w = torch.empty(20, 30)
I = torch.nn.init
g = I.calculate_gain
std = lambda f: (f(w), w.std().item())[1]
out["initializers"] = {}
torch.manual_seed(0)
for name, f in {
    "glorot_uniform": lambda v: I.xavier_uniform_(v), "glorot_normal": lambda v: I.xavier_normal_(v),
    "he_uniform": lambda v: I.kaiming_uniform_(v, nonlinearity="relu"), "he_normal": lambda v: I.kaiming_normal_(v, nonlinearity="relu"),
    "lecun_uniform": lambda v: I.kaiming_uniform_(v, nonlinearity="linear"), "lecun_normal": lambda v: I.kaiming_normal_(v, nonlinearity="linear"),
}.items():
    stds, tops = [], []
    for _ in range(200):
        f(w)
        stds.append(w.std().item())
        tops.append(w.abs().max().item())
    out["initializers"][name] = {"std": sum(stds) / len(stds), "max": max(tops)}

print(json.dumps(out, indent=1))
