"""Vectors from PyTorch for tied_dense, forward and gradients: python3 tied.py > tied.json.

The form is that of conv.py.
"""
import json
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(9)
cases = []


def case(n, shape, units, bias):
    draw = lambda *s: (torch.randint(-6, 7, s, generator=gen) / 8).requires_grad_()
    x, w = draw(n, *shape), draw(units, shape[-1])
    ps = [w] + ([draw(units)] if bias else [])
    y = torch.nn.functional.linear(x, *ps)
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
    cases.append({"kind": "tied_dense", "attrs": f"units: {units}, use_bias: {str(bias).lower()}", "in": list(shape), "out": list(y.shape[1:]), "n": n, "x": flat(x),
                  "params": [flat(p) for p in ps], "shapes": [list(p.shape) for p in ps], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad),
                  "dparams": [flat(p.grad) for p in ps]})


case(3, (5,), 4, True)
case(2, (3, 6), 7, True)
case(2, (3, 2), 5, False)

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
