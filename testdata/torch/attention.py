"""Vectors from PyTorch for multi_head_attention, forward and gradients: python3 attention.py > attention.json.

The form is that of conv.py.
"""
import json
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(8)
cases = []


def case(n, t, heads, f, causal, bias):
    net = torch.nn.MultiheadAttention(f, heads, bias=bias, batch_first=True)
    draw = lambda *shape: torch.randint(-6, 7, shape, generator=gen) / 8
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(draw(*p.shape))
    x = draw(n, t, f).requires_grad_()
    mask = torch.triu(torch.ones(t, t, dtype=torch.bool), 1) if causal else None
    y = net(x, x, x, attn_mask=mask, need_weights=False)[0]
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
    ps, dps = [], []
    for i in range(3):
        ps.append(net.in_proj_weight[i * f:(i + 1) * f].T)
        dps.append(net.in_proj_weight.grad[i * f:(i + 1) * f].T)
        if bias:
            ps.append(net.in_proj_bias[i * f:(i + 1) * f])
            dps.append(net.in_proj_bias.grad[i * f:(i + 1) * f])
    ps.append(net.out_proj.weight.T)
    dps.append(net.out_proj.weight.grad.T)
    if bias:
        ps.append(net.out_proj.bias)
        dps.append(net.out_proj.bias.grad)
    attrs = f"num_heads: {heads}, causal: {str(causal).lower()}, use_bias: {str(bias).lower()}"
    cases.append({"kind": "multi_head_attention", "attrs": attrs, "in": [t, f], "out": [t, f], "n": n, "x": flat(x), "params": [flat(p) for p in ps],
                  "shapes": [list(p.shape) for p in ps], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad), "dparams": [flat(p) for p in dps]})


for causal in (True, False):
    for bias in (True, False):
        case(2, 4, 2, 6, causal, bias)

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
