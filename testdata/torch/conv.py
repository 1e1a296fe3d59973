"""Vectors from PyTorch for convolutions, forward and gradients: python3 conv.py > conv.json.

Tensors are written as nngen has them: channels last, filters fh x fw x c/groups x oc, those of a transposed convolution
fh x fw x oc/groups x c. All numbers are quarters, so that sums are exact.
"""
import json
import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(5)


def draw(*shape):
    return (torch.randint(-6, 7, shape, generator=gen) / 4).requires_grad_()


def pair(v):
    return list(v) if isinstance(v, (list, tuple)) else [v, v]


def pads(padding, size, k, s, d):
    """Zeros before and after along one axis. same is TensorFlow's: as many as ceil(size/s) places of the filter need, the odd one after."""
    span = (k - 1) * d + 1
    if padding == "valid":
        return [0, 0]
    if padding == "causal":
        return [span - 1, 0]
    if padding == "same":
        total = max(0, (-(-size // s) - 1) * s + span - size)
        return [total // 2, total - total // 2]
    return padding


def yaml(attrs):
    return ", ".join(f"{k}: {str(v).lower() if isinstance(v, bool) else v}" for k, v in attrs.items())


cases = []


def case(kind, attrs, x, params, y, layouts):
    """Runs backward from y and writes the case; layouts turn x, y and the parameters into nngen's."""
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    image, filters = layouts
    ps = [f(p) for f, p in zip(filters, params)]
    dps = [f(p.grad) for f, p in zip(filters, params)]
    flat = lambda t: [float(v) for v in t.detach().contiguous().flatten()]
    cases.append({
        "kind": kind, "attrs": yaml(attrs), "in": list(image(x).shape[1:]), "out": list(image(y).shape[1:]), "n": x.shape[0],
        "x": flat(image(x)), "params": [flat(p) for p in ps], "shapes": [list(p.shape) for p in ps],
        "y": flat(image(y)), "dy": flat(image(dy)), "dx": flat(image(x.grad)), "dparams": [flat(p) for p in dps],
    })


last2 = lambda t: t.permute(0, 2, 3, 1)
last1 = lambda t: t.permute(0, 2, 1)
filter2 = lambda w: w.permute(2, 3, 1, 0)
filter1 = lambda w: w.permute(2, 1, 0)
same = lambda b: b


def conv2d(n, h, w, c, oc, k, s=1, p="valid", d=1, g=1, bias=True):
    k, s, d = pair(k), pair(s), pair(d)
    x, f = draw(n, c, h, w), draw(oc, c // g, *k)
    b = draw(oc) if bias else None
    py = pads(p if isinstance(p, str) else p[0], h, k[0], s[0], d[0])
    px = pads(p if isinstance(p, str) else p[1], w, k[1], s[1], d[1])
    y = F.conv2d(F.pad(x, px + py), f, b, stride=s, dilation=d, groups=g)
    case("conv2d", {"filters": oc, "kernel_size": k, "strides": s, "padding": p, "dilation_rate": d, "groups": g, "use_bias": bias}, x,
         [f] + ([b] if bias else []), y, (last2, [filter2, same]))


conv2d(2, 5, 6, 3, 4, 3)
conv2d(2, 5, 6, 3, 4, 3, p="same")
conv2d(2, 6, 7, 2, 3, [3, 2], s=2, p="same")
conv2d(1, 7, 5, 2, 3, [2, 3], s=[3, 1], p="same", bias=False)
conv2d(1, 8, 8, 2, 2, 3, s=3, p="same")
conv2d(2, 6, 5, 2, 3, 3, p=[[1, 2], [0, 3]])
conv2d(1, 9, 8, 2, 3, 3, d=[2, 3])
conv2d(1, 7, 8, 2, 3, 3, s=2, d=2, p="same")
conv2d(2, 5, 5, 4, 6, 3, g=2, p="same")
conv2d(1, 6, 5, 6, 3, [3, 1], s=[1, 2], g=3, p=[[1, 1], [1, 0]], d=[2, 1])
conv2d(2, 4, 3, 5, 7, 1, bias=False)
conv2d(1, 7, 7, 1, 2, 2, s=3)


def conv1d(n, t, c, oc, k, s=1, p="valid", d=1, g=1, bias=True):
    x, f = draw(n, c, t), draw(oc, c // g, k)
    b = draw(oc) if bias else None
    y = F.conv1d(F.pad(x, pads(p, t, k, s, d)), f, b, stride=s, dilation=d, groups=g)
    case("conv1d", {"filters": oc, "kernel_size": k, "strides": s, "padding": p, "dilation_rate": d, "groups": g, "use_bias": bias}, x,
         [f] + ([b] if bias else []), y, (last1, [filter1, same]))


conv1d(2, 7, 3, 4, 3)
conv1d(2, 8, 2, 3, 3, p="causal", d=2)
conv1d(1, 9, 2, 3, 3, p="causal", s=2)
conv1d(2, 8, 4, 6, 4, s=3, p="same", g=2, bias=False)
conv1d(1, 6, 2, 2, 2, p=[0, 3])


def depthwise(n, h, w, c, m, k, s=1, p="valid", d=1, bias=True):
    k, s, d = pair(k), pair(s), pair(d)
    x, f = draw(n, c, h, w), draw(c * m, 1, *k)
    b = draw(c * m) if bias else None
    py, px = pads(p, h, k[0], s[0], d[0]), pads(p, w, k[1], s[1], d[1])
    y = F.conv2d(F.pad(x, px + py), f, b, stride=s, dilation=d, groups=c)
    case("depthwise_conv2d", {"kernel_size": k, "strides": s, "padding": p, "dilation_rate": d, "depth_multiplier": m, "use_bias": bias}, x,
         [f] + ([b] if bias else []), y, (last2, [lambda w: w.reshape(c, m, *k).permute(2, 3, 0, 1), same]))


depthwise(2, 5, 6, 3, 1, 3)
depthwise(1, 6, 5, 2, 3, [3, 2], s=2, p="same")
depthwise(1, 7, 7, 4, 2, 2, d=[2, 3], bias=False)


def separable(n, h, w, c, m, oc, k, s=1, p="valid", d=1, bias=True):
    k, s, d = pair(k), pair(s), pair(d)
    x, f, q = draw(n, c, h, w), draw(c * m, 1, *k), draw(oc, c * m, 1, 1)
    b = draw(oc) if bias else None
    py, px = pads(p, h, k[0], s[0], d[0]), pads(p, w, k[1], s[1], d[1])
    y = F.conv2d(F.conv2d(F.pad(x, px + py), f, None, stride=s, dilation=d, groups=c), q, b)
    case("separable_conv2d", {"filters": oc, "kernel_size": k, "strides": s, "padding": p, "dilation_rate": d, "depth_multiplier": m, "use_bias": bias}, x,
         [f, q] + ([b] if bias else []), y, (last2, [lambda w: w.reshape(c, m, *k).permute(2, 3, 0, 1), lambda w: w.reshape(oc, c * m).permute(1, 0), same]))


separable(2, 5, 6, 3, 1, 4, 3)
separable(1, 6, 5, 2, 3, 4, [3, 2], s=2, p="same", bias=False)
separable(1, 7, 7, 2, 2, 3, 2, d=[2, 3])


def transpose(n, h, w, c, oc, k, s=1, p="valid", d=1, g=1, more=0, bias=True):
    k, s, d, more = pair(k), pair(s), pair(d), pair(more)
    x, f = draw(n, c, h, w), draw(c, oc // g, *k)
    b = draw(oc) if bias else None
    # All of the output, then as much as the padding leaves; same is the gradient of a convolution with padding same.
    span = [(k[i] - 1) * d[i] + 1 for i in range(2)]
    full = F.conv_transpose2d(x, f, None, stride=s, dilation=d, groups=g)
    full = F.pad(full, [0, more[1] + s[1], 0, more[0] + s[0]])
    lo, size = [0, 0], [0, 0]
    for i, extent in enumerate([h, w]):
        if p == "same":
            size[i] = extent * s[i]
            lo[i] = pads("same", size[i], k[i], s[i], d[i])[0]
        elif p == "valid":
            size[i] = (extent - 1) * s[i] + max(span[i], s[i]) + more[i]
        else:
            lo[i] = p[i][0]
            size[i] = (extent - 1) * s[i] + span[i] - p[i][0] - p[i][1] + more[i]
    y = full[:, :, lo[0]:lo[0] + size[0], lo[1]:lo[1] + size[1]]
    assert list(y.shape[2:]) == size
    if p != "same" and not isinstance(p, str) and p[0][0] == p[0][1] and p[1][0] == p[1][1]:  # PyTorch's own words for it
        z = F.conv_transpose2d(x, f, None, stride=s, padding=(p[0][0], p[1][0]), output_padding=more, dilation=d, groups=g)
        assert torch.equal(y, z)
    if bias:
        y = y + b[None, :, None, None]
    case("conv2d_transpose", {"filters": oc, "kernel_size": k, "strides": s, "padding": p, "dilation_rate": d, "groups": g, "output_padding": more, "use_bias": bias}, x,
         [f] + ([b] if bias else []), y, (last2, [lambda w: w.permute(2, 3, 1, 0), same]))


transpose(2, 3, 4, 2, 3, 3)
transpose(1, 3, 4, 2, 3, 3, s=2, p="same")
transpose(1, 4, 3, 2, 3, [2, 5], s=[3, 2], p="same", bias=False)
transpose(1, 3, 3, 2, 2, [2, 1], s=[3, 2])
transpose(2, 3, 3, 4, 6, 3, s=2, g=2, p=[[1, 1], [1, 1]], more=1)
transpose(1, 4, 3, 2, 3, 3, s=[2, 3], d=[2, 1], p=[[1, 2], [0, 1]], more=[0, 2])

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
