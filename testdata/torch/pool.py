"""Vectors from PyTorch for pooling, borders and enlargement, forward and gradients: python3 pool.py > pool.json.

The form is that of conv.py. Images are channels last. Elements of an image differ, so that a maximum is one element.
"""
import json
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(6)
cases = []


def case(kind, attrs, f, *shape):
    """f works on a tensor n x c x ...; it and its gradient are written channels last."""
    x = (torch.randperm(torch.Size(shape).numel(), generator=gen).reshape(shape) / 4.0).requires_grad_()
    y = f(x)
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    last = lambda t: t.detach().movedim(1, -1).contiguous()
    flat = lambda t: [float(v) for v in last(t).flatten()]
    text = ", ".join(f"{k}: {v}" for k, v in attrs.items())
    cases.append({"kind": kind, "attrs": text, "in": list(last(x).shape[1:]), "out": list(last(y).shape[1:]), "n": shape[0],
                  "x": flat(x), "params": [], "shapes": [], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad), "dparams": []})


def same(size, k, s):
    total = max(0, (-(-size // s) - 1) * s + k - size)
    return [total // 2, total - total // 2]


case("max_pool2d", {}, lambda x: F.max_pool2d(x, 2), 2, 3, 4, 6)
case("max_pool2d", {"pool_size": [3, 2], "strides": [2, 1]}, lambda x: F.max_pool2d(x, (3, 2), (2, 1)), 1, 2, 7, 6)
case("max_pool2d", {"pool_size": 3, "strides": 2, "padding": "same"},
     lambda x: F.max_pool2d(F.pad(x, same(6, 3, 2) + same(5, 3, 2), value=float("-inf")), 3, 2), 2, 2, 5, 6)
case("max_pool1d", {"pool_size": 3, "strides": 2}, lambda x: F.max_pool1d(x, 3, 2), 2, 3, 8)
case("average_pool2d", {}, lambda x: F.avg_pool2d(x, 2), 2, 3, 4, 6)
case("average_pool2d", {"pool_size": [3, 2], "strides": [2, 1]}, lambda x: F.avg_pool2d(x, (3, 2), (2, 1)), 1, 2, 7, 6)
case("average_pool2d", {"pool_size": 3, "strides": 1, "padding": "same"},
     lambda x: F.avg_pool2d(x, 3, 1, padding=1, count_include_pad=False), 2, 2, 5, 6)
case("average_pool1d", {"pool_size": 3, "strides": 2}, lambda x: F.avg_pool1d(x, 3, 2), 2, 3, 8)
case("global_max_pool2d", {}, lambda x: x.amax((2, 3)), 2, 3, 4, 5)
case("global_max_pool1d", {}, lambda x: x.amax(2), 2, 3, 5)
case("global_average_pool2d", {}, lambda x: x.mean((2, 3)), 2, 3, 4, 5)
case("global_average_pool1d", {}, lambda x: x.mean(2), 2, 3, 5)
case("zero_padding2d", {"padding": [[1, 2], [0, 3]]}, lambda x: F.pad(x, (0, 3, 1, 2)), 2, 2, 2, 3)
case("zero_padding1d", {"padding": [1, 2]}, lambda x: F.pad(x, (1, 2)), 2, 2, 3)
case("cropping2d", {"cropping": [[1, 2], [0, 1]]}, lambda x: x[:, :, 1:-2, :-1], 2, 2, 5, 4)
case("cropping1d", {"cropping": [1, 2]}, lambda x: x[:, :, 1:-2], 2, 2, 6)
case("up_sampling2d", {"size": [2, 3]}, lambda x: F.interpolate(x, scale_factor=(2, 3)), 2, 2, 3, 4)
case("up_sampling2d", {"size": [2, 3], "interpolation": "bilinear"},
     lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bilinear", align_corners=False), 2, 2, 3, 4)
case("up_sampling1d", {"size": 3}, lambda x: F.interpolate(x, scale_factor=3), 2, 2, 4)
case("up_sampling1d", {"size": 3, "interpolation": "bilinear"}, lambda x: F.interpolate(x, scale_factor=3, mode="linear", align_corners=False), 2, 2, 4)

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
