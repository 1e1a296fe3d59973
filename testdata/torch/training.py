"""Vectors from PyTorch for averages of weights and learning rates by layer: python3 training.py > training.json."""

import json

import torch
from torch.optim.swa_utils import AveragedModel, update_bn

torch.set_default_dtype(torch.float64)
torch.manual_seed(5)
out = {}

# The weights of a network after each step (three epochs of four), buffers behind them, and its averages: the exponential
# one after each step, and the mean over the ends of the last two epochs.
net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1))
x, y = torch.randn(16, 3), torch.randn(16, 1)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
ema = AveragedModel(net, avg_fn=lambda mean, w, n: 0.7 * mean + 0.3 * w, use_buffers=True)
swa = AveragedModel(net)


def numbers(model):
    model = getattr(model, "module", model)
    both = list(model.parameters()) + [b for b in model.buffers() if b.dtype == torch.float64]
    return torch.cat([v.detach().flatten() for v in both]).tolist()


out["steps"], out["ema"] = [], []
for epoch in range(3):
    for i in range(0, 16, 4):
        opt.zero_grad()
        ((net(x[i : i + 4]) - y[i : i + 4]) ** 2).mean().backward()
        opt.step()
        ema.update_parameters(net)
        out["steps"].append(numbers(net))
        out["ema"].append(numbers(ema))
    if epoch >= 1:
        swa.update_parameters(net)
params = sum(p.numel() for p in net.parameters())
out["swa"] = numbers(swa)[:params]

# Running statistics computed anew.
norm = torch.nn.BatchNorm1d(3)
norm(x[:8])
update_bn([x[i : i + 4] for i in range(0, 16, 4)], norm)
out["norm"] = {"x": x.flatten().tolist(), "mean": norm.running_mean.tolist(), "var": norm.running_var.tolist()}

# Two layers with a tenth of the learning rate for the first, and the norm of all gradients clipped.
net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 1, bias=False))
out["groups"] = {"w": numbers(net), "g": [], "steps": []}
opt = torch.optim.AdamW([{"params": net[0].parameters(), "lr": 0.005}, {"params": net[1].parameters()}], lr=0.05, weight_decay=0.1)
for _ in range(6):
    g = torch.randn(6) * 3
    net[0].weight.grad, net[1].weight.grad = g[:4].reshape(2, 2).clone(), g[4:].reshape(1, 2).clone()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.5)
    opt.step()
    out["groups"]["g"].append(g.tolist())
    out["groups"]["steps"].append(numbers(net))

print(json.dumps(out, indent=1))
