"""Vectors from PyTorch for kinds without a file of their own, forward and gradients: python3 kinds.py > kinds.json.

The form is that of conv.py. Numbers of all inputs differ, so that a largest or smallest element is one.
"""
import json
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(11)
cases = []
flat = lambda t: [float(v) for v in t.detach().contiguous().flatten()]


def distinct(shapes):
    """Inputs without two equal numbers among all of them, around 0."""
    sizes = [torch.Size(s).numel() for s in shapes]
    all = (torch.randperm(sum(sizes), generator=gen) - sum(sizes) // 2) / 4.0 + 0.1
    return [x.reshape(s).clone().requires_grad_() for x, s in zip(all.split(sizes), shapes)]


def case(kind, attrs, f, *shapes, params=(), order=(), masks=()):
    """f works on the inputs, then the parameters, which order turns into nngen's. Inputs in masks have no gradient."""
    xs = distinct(shapes)
    for i in masks:
        xs[i] = torch.randint(0, 2, shapes[i], generator=gen).double().requires_grad_()
    ps = [(torch.randint(-6, 7, s, generator=gen) / 4).requires_grad_() for s in params]
    y = f(*xs, *ps)
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    grad = lambda x: torch.zeros_like(x) if x.grad is None else x.grad
    turned = [g(p) for p, g in zip(ps, order)]
    text = ", ".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in attrs.items())
    cases.append({"kind": kind, "attrs": text, "in": list(xs[0].shape[1:]), "out": list(y.shape[1:]), "n": shapes[0][0],
                  "x": flat(xs[0]), "y": flat(y), "dy": flat(dy), "dx": flat(grad(xs[0])),
                  "params": [flat(p) for p in turned], "shapes": [list(p.shape) for p in turned],
                  "dparams": [flat(g(p.grad)) for p, g in zip(ps, order)],
                  "more": [{"in": list(x.shape[1:]), "x": flat(x), "dx": flat(grad(x))} for x in xs[1:]]})


case("subtract", {}, lambda a, b: a - b, (2, 5), (2, 5))
case("maximum", {}, torch.maximum, (3, 7), (3, 7))
case("maximum", {}, lambda a, b, c: torch.stack([a, b, c]).amax(0), (2, 3, 2), (2, 3, 2), (2, 3, 2))
case("minimum", {}, torch.minimum, (3, 7), (3, 7))
case("dot", {}, lambda a, b: (a * b).sum(1, keepdim=True), (3, 5), (3, 5))
case("dot", {}, lambda a, b: a @ b.transpose(1, 2), (2, 3, 4), (2, 5, 4))
case("dot", {"axes": [2, 1]}, lambda a, b: a @ b, (2, 3, 4), (2, 4, 5))
case("dot", {"axes": [1, 2]}, lambda a, b: a.transpose(1, 2) @ b.transpose(1, 2), (2, 4, 3), (2, 5, 4))
case("dot", {"axes": 1, "normalize": True}, lambda a, b: F.normalize(a, dim=1).transpose(1, 2) @ F.normalize(b, dim=1), (2, 4, 3), (2, 4, 5))
case("dot", {"normalize": True}, lambda a, b: F.cosine_similarity(a, b)[:, None], (3, 6), (3, 6))
case("permute", {"dims": [3, 1, 2]}, lambda x: x.permute(0, 3, 1, 2), (2, 3, 4, 5))
case("permute", {"dims": [2, 1]}, lambda x: x.transpose(1, 2), (2, 3, 4))
case("repeat_vector", {"n": 3}, lambda x: x[:, None].repeat(1, 3, 1), (2, 5))
# PyTorch's pixel_shuffle puts the blocks of a channel together (CRD); depth_to_space has the channels of a block together.
blocks = lambda x, b: F.pixel_shuffle(x.reshape(*x.shape[:3], b * b, -1).transpose(3, 4).flatten(3).permute(0, 3, 1, 2), b).permute(0, 2, 3, 1)
unblocks = lambda x, b: F.pixel_unshuffle(x.permute(0, 3, 1, 2), b).unflatten(1, (-1, b * b)).transpose(1, 2).flatten(1, 2).permute(0, 2, 3, 1)
case("depth_to_space", {"block_size": 2}, lambda x: blocks(x, 2), (2, 2, 3, 12))
case("space_to_depth", {"block_size": 2}, lambda x: unblocks(x, 2), (2, 4, 6, 3))
case("unit_norm", {}, lambda x: F.normalize(x, dim=-1), (3, 7))
case("unit_norm", {"epsilon": 3.0}, lambda x: F.normalize(x, dim=-1, eps=3.0), (2, 3, 2))
case("clip", {}, F.hardtanh, (2, 9))
case("clip", {"min": -0.5, "max": 1.75}, lambda x: F.hardtanh(x, -0.5, 1.75), (2, 9))
case("relu6", {}, F.relu6, (3, 20))
case("quick_gelu", {}, lambda x: x * torch.sigmoid(torch.tensor(1.702, dtype=torch.float32).double() * x), (2, 9))

filters = lambda w: w.permute(2, 1, 0)  # oc x 1 x k
grouped = lambda w, c: w.permute(2, 0, 1).reshape(w.shape[2], c, -1)


def depthwise(x, w, s=1, pad=(0, 0), d=1):
    return F.conv1d(F.pad(x.transpose(1, 2), pad), w, None, s, 0, d, groups=x.shape[2]).transpose(1, 2)


case("depthwise_conv1d", {"kernel_size": 3}, lambda x, w, b: depthwise(x, w) + b, (2, 7, 3), params=[(3, 1, 3), (3,)],
     order=[lambda w: grouped(w, 3), lambda b: b])
case("depthwise_conv1d", {"kernel_size": 3, "depth_multiplier": 2, "dilation_rate": 2, "padding": "causal", "use_bias": False},
     lambda x, w: depthwise(x, w, pad=(4, 0), d=2), (2, 8, 2), params=[(4, 1, 3)], order=[lambda w: grouped(w, 2)])
case("separable_conv1d", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "strides": 2, "padding": "same"},
     lambda x, w, p, b: depthwise(x, w, 2, (0, 1)) @ p.t() + b, (2, 8, 3), params=[(6, 1, 3), (4, 6), (4,)],
     order=[lambda w: grouped(w, 3), lambda p: p.t(), lambda b: b])

keep = lambda m: (m > 0.5)[:, :, None]
case("global_max_pool1d", {}, lambda x, m: x.masked_fill(~keep(m), float("-inf")).amax(1), (3, 5, 4), (3, 5), masks=[1])
case("global_average_pool1d", {}, lambda x, m: (x * keep(m)).sum(1) / keep(m).sum(1), (3, 5, 4), (3, 5), masks=[1])

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
