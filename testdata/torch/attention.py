"""Vectors from PyTorch for multi_head_attention, forward and gradients: python3 attention.py > attention.json.

The form is that of conv.py.
"""
import json
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(8)
cases = []


def case(n, t, heads, f, causal, bias, read=None, masked=False):
    """read is steps and columns of a second sequence, masked tells whether some of the steps that are read are taken out."""
    steps, cols = read or (t, f)
    net = torch.nn.MultiheadAttention(f, heads, bias=bias, batch_first=True, kdim=cols, vdim=cols)
    draw = lambda *shape: torch.randint(-6, 7, shape, generator=gen) / 8
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(draw(*p.shape))
    x = draw(n, t, f).requires_grad_()
    z = draw(n, steps, cols).requires_grad_() if read else x
    keep = torch.ones(n, steps)
    if masked:
        keep = torch.randint(0, 2, (n, steps), generator=gen) / 1.0
        keep[:, 0] = 1
    ahead = torch.triu(torch.ones(t, t, dtype=torch.bool), 1) if causal else None
    y = net(x, z, z, attn_mask=ahead, key_padding_mask=keep == 0 if masked else None, need_weights=False)[0]
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    flat = lambda a: [float(v) for v in a.detach().contiguous().flatten()]
    ps, dps = [], []
    for i, name in enumerate(("q_proj_weight", "k_proj_weight", "v_proj_weight")):
        whole = net.in_proj_weight
        w, dw = (whole[i * f:(i + 1) * f], whole.grad[i * f:(i + 1) * f]) if whole is not None else (getattr(net, name), getattr(net, name).grad)
        ps.append(w.T)
        dps.append(dw.T)
        if bias:
            ps.append(net.in_proj_bias[i * f:(i + 1) * f])
            dps.append(net.in_proj_bias.grad[i * f:(i + 1) * f])
    ps.append(net.out_proj.weight.T)
    dps.append(net.out_proj.weight.grad.T)
    if bias:
        ps.append(net.out_proj.bias)
        dps.append(net.out_proj.bias.grad)
    more = []
    if read:
        more.append({"in": [steps, cols], "x": flat(z), "dx": flat(z.grad)})
    if masked:
        more.append({"in": [steps], "x": flat(keep), "dx": [0.0] * (n * steps)})
    attrs = f"num_heads: {heads}, causal: {str(causal).lower()}, use_bias: {str(bias).lower()}"
    cases.append({"kind": "multi_head_attention", "attrs": attrs, "in": [t, f], "out": [t, f], "n": n, "x": flat(x), "params": [flat(p) for p in ps],
                  "shapes": [list(p.shape) for p in ps], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad), "dparams": [flat(p) for p in dps], "more": more})


for causal in (True, False):
    for bias in (True, False):
        case(2, 4, 2, 6, causal, bias)
case(2, 3, 2, 4, False, True, read=(5, 6))
case(2, 3, 2, 4, False, True, read=(5, 4), masked=True)
case(2, 5, 2, 4, True, False, masked=True)

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
