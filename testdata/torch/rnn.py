"""Vectors from PyTorch for recurrent kinds and embeddings, forward and gradients: python3 rnn.py > rnn.json.

The form is that of conv.py. Weights are written as nngen has them: inputs x gates, in Keras' order of the gates.
"""
import json
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(7)
cases = []


def draw(*shape):
    return (torch.randint(-6, 7, shape, generator=gen) / 8).requires_grad_()


def case(kind, net, order, n, t, f, u, sequences, backwards=False):
    """order lists the gates of PyTorch in the order of nngen."""
    k = len(order)
    params = dict(net.named_parameters())
    with torch.no_grad():
        for name, p in params.items():
            p.copy_(draw(*p.shape))
            if kind != "gru" and name == "bias_hh_l0":  # the kind has one bias
                p.zero_()
    x = draw(n, t, f)
    y = net(x.flip(1) if backwards else x)[0]
    y = y.flip(1) if backwards else y
    if not sequences:
        y = y[:, 0 if backwards else -1]
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    gates = lambda w: torch.cat([w.reshape(k, u, -1)[g] for g in order])  # rows of gates, in nngen's order
    matrix = lambda w: gates(w).T.contiguous()
    vector = lambda b: gates(b.reshape(-1, 1)).flatten()
    w, v, b, c = (params[p + "_l0"] for p in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    if kind != "gru":
        bias, dbias = vector(b), vector(b.grad)
    else:
        bias, dbias = torch.stack([vector(b), vector(c)]), torch.stack([vector(b.grad), vector(c.grad)])
    ps, dps = [matrix(w), matrix(v), bias], [matrix(w.grad), matrix(v.grad), dbias]
    flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
    attrs = f"units: {u}, return_sequences: {str(sequences).lower()}, go_backwards: {str(backwards).lower()}"
    cases.append({"kind": kind, "attrs": attrs, "in": [t, f], "out": list(y.shape[1:]), "n": n, "x": flat(x),
                  "params": [flat(p) for p in ps], "shapes": [list(p.shape) for p in ps], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad),
                  "dparams": [flat(p) for p in dps]})


for sequences in (True, False):
    for backwards in (True, False):
        case("lstm", torch.nn.LSTM(3, 4, batch_first=True), [0, 1, 2, 3], 2, 5, 3, 4, sequences, backwards)
        case("simple_rnn", torch.nn.RNN(3, 4, batch_first=True), [0], 2, 5, 3, 4, sequences, backwards)
        case("gru", torch.nn.GRU(3, 4, batch_first=True), [1, 0, 2], 2, 5, 3, 4, sequences, backwards)

def gates_of(x, h, w, v, b, u, names):
    """The products of the gates, by name."""
    return {g: x @ w[:, i * u:(i + 1) * u] + h @ v[:, i * u:(i + 1) * u] + b[i * u:(i + 1) * u] for i, g in enumerate(names)}


def lstm(x, h, c, w, v, b, u):
    g = gates_of(x, h, w, v, b, u, "ifgo")
    c = torch.sigmoid(g["f"]) * c + torch.sigmoid(g["i"]) * torch.tanh(g["g"])
    return torch.sigmoid(g["o"]) * torch.tanh(c), c


def gru_before(x, h, c, w, v, b, u):
    z, r = (torch.sigmoid(a) for a in gates_of(x, h, w[:, :2 * u], v[:, :2 * u], b[:2 * u], u, "zr").values())
    return z * h + (1 - z) * torch.tanh(x @ w[:, 2 * u:] + (r * h) @ v[:, 2 * u:] + b[2 * u:]), c


def gru_after(x, h, c, w, v, b, u):
    p, q = x @ w + b[0], h @ v + b[1]
    z, r = torch.sigmoid(p[:, :u] + q[:, :u]), torch.sigmoid(p[:, u:2 * u] + q[:, u:2 * u])
    return z * h + (1 - z) * torch.tanh(p[:, 2 * u:] + r * q[:, 2 * u:]), c


def simple(x, h, c, w, v, b, u):
    return torch.tanh(x @ w + h @ v + b), c


# What PyTorch does not have is written out, and it differentiates it: units whose reset gate acts before the product,
# steps that any mask leaves out, and truncation in time.
def written(kind, cell, k, rows, sequences, attrs="", masked=False, truncate=0, backwards=False):
    n, t, f, u = 2, 6, 3, 4
    x, w, v, b = draw(n, t, f), draw(f, k * u), draw(u, k * u), draw(*([rows] if rows > 1 else []), k * u)
    keep = torch.randint(0, 2, (n, t), generator=gen) / 1.0 if masked else torch.ones(n, t)
    h, c, hs = torch.zeros(n, u), torch.zeros(n, u), [None] * t
    for i, step in enumerate(reversed(range(t)) if backwards else range(t)):
        if truncate and i % truncate == 0:
            h, c = h.detach(), c.detach()
        a, d = cell(x[:, step], h, c, w, v, b, u)
        on = keep[:, step:step + 1]
        h, c = on * a + (1 - on) * h, on * d + (1 - on) * c
        hs[step] = h
    y = torch.stack(hs, 1) if sequences else h
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    ps = [w, v, b]
    flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
    attrs = f"units: {u}, return_sequences: {str(sequences).lower()}, go_backwards: {str(backwards).lower()}" + attrs
    if truncate:
        attrs += f", truncate: {truncate}"
    more = [{"in": [t], "x": flat(keep), "dx": [0.0] * (n * t)}] if masked else []
    cases.append({"kind": kind, "attrs": attrs, "in": [t, f], "out": list(y.shape[1:]), "n": n, "x": flat(x), "params": [flat(p) for p in ps],
                  "shapes": [list(p.shape) for p in ps], "y": flat(y), "dy": flat(dy), "dx": flat(x.grad), "dparams": [flat(p.grad) for p in ps], "more": more})


for kind, cell, k, rows, attrs in (("lstm", lstm, 4, 1, ""), ("gru", gru_after, 3, 2, ""), ("gru", gru_before, 3, 1, ", reset_after: false"),
                                   ("simple_rnn", simple, 1, 1, "")):
    for sequences in (True, False):
        written(kind, cell, k, rows, sequences, attrs)
        written(kind, cell, k, rows, sequences, attrs, masked=True)
        written(kind, cell, k, rows, sequences, attrs, masked=True, backwards=True)
        written(kind, cell, k, rows, sequences, attrs, truncate=2)
        written(kind, cell, k, rows, sequences, attrs, masked=True, truncate=4)

# A table of tokens: it has no gradient of the input.
for padding in (None, 2):
    net = torch.nn.Embedding(5, 3, padding_idx=padding)
    with torch.no_grad():
        net.weight.copy_(draw(5, 3))
        if padding is not None:
            net.weight[padding] = 0
    x = torch.tensor([[0, 2, 4, 2], [1, 1, 3, 0]])
    y = net(x)
    dy = torch.randint(-6, 7, y.shape, generator=gen) / 4
    y.backward(dy)
    flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
    attrs = "input_dim: 5, output_dim: 3" + ("" if padding is None else f", padding_idx: {padding}")
    cases.append({"kind": "embedding", "attrs": attrs, "in": [4], "out": [4, 3], "n": 2, "x": flat(x), "params": [flat(net.weight)], "shapes": [[5, 3]],
                  "y": flat(y), "dy": flat(dy), "dx": [0.0] * 8, "dparams": [flat(net.weight.grad)]})

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
