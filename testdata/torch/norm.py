"""Vectors from PyTorch for layers that normalise, forward and gradients: python3 norm.py > norm.json.

The form is that of conv.py. Images are channels last.
"""
import json
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(9)
cases = []


def case(kind, attrs, f, shape, *params):
    """f works on a tensor n x c x ... and on parameters of the given shapes; all is written channels last."""
    draw = lambda s: (torch.randint(-16, 17, s, generator=gen) / 8.0).requires_grad_()
    x = draw(shape)
    ps = [draw(p) for p in params]
    y = f(x, *ps)
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    last = lambda t: t.detach().movedim(1, -1).contiguous()
    flat = lambda t: [float(v) for v in last(t).flatten()]
    text = ", ".join(f"{k}: {str(v).lower()}" for k, v in attrs.items())
    cases.append({"kind": kind, "attrs": text, "in": list(last(x).shape[1:]), "out": list(last(y).shape[1:]), "n": shape[0],
                  "x": flat(x), "params": [p.tolist() for p in ps], "shapes": [list(p) for p in params], "y": flat(y), "dy": flat(dy),
                  "dx": flat(x.grad), "dparams": [p.grad.tolist() for p in ps]})


case("group_norm", {"groups": 2}, lambda x, w, b: F.group_norm(x, 2, w, b, 1e-5), (2, 6, 3, 2), (6,), (6,))
case("group_norm", {"groups": 3, "epsilon": 0.1, "scale": False}, lambda x, b: F.group_norm(x, 3, torch.ones(6), b, 0.1), (3, 6, 4), (6,))
case("group_norm", {"groups": 1, "center": False}, lambda x, w: F.group_norm(x, 1, w, torch.zeros(4), 1e-5), (2, 4, 2, 3), (4,))
case("group_norm", {"groups": 4, "epsilon": 0.5, "scale": False, "center": False}, lambda x: F.group_norm(x, 4, torch.ones(4), torch.zeros(4), 0.5), (2, 4, 5))
case("group_norm", {"groups": 2}, lambda x, w, b: F.group_norm(x, 2, w, b, 1e-5), (3, 8), (8,), (8,))

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
