"""Vectors from PyTorch for networks: recurrent layers in both directions of time, a decoder that begins with the state of an
encoder, layers of a transformer, and a convolution on each step of a sequence. Loss and gradients: python3 networks.py > networks.json.

Weights are named and written as nngen has them: inputs x gates, in Keras' order of the gates.
"""
import json
import re
import torch

torch.set_default_dtype(torch.float64)
gen = torch.Generator().manual_seed(17)
flat = lambda a: [float(z) for z in a.detach().contiguous().flatten()]
orders = {"lstm": [0, 1, 2, 3], "gru": [1, 0, 2]}
cases = []


def draw(*shape):
    return (torch.randint(-6, 7, shape, generator=gen) / 8).requires_grad_()


def fill(net, lstm):
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(draw(*p.shape))
            if lstm and "bias_hh" in name:  # nngen has one bias
                p.zero_()
    return net


def recurrent(kind, net, name, suffix=""):
    """The parameters of one direction by nngen's names, and how to take their gradients."""
    order, p, u = orders[kind], dict(net.named_parameters()), net.hidden_size
    gates = lambda w: torch.cat([w.reshape(len(order), u, -1)[g] for g in order])
    matrix, vector = lambda w: gates(w).T, lambda b: gates(b.reshape(-1, 1)).flatten()
    w, v, b, c = (p[s + "_l0" + suffix] for s in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"))
    bias = (lambda f: vector(f(b))) if kind == "lstm" else (lambda f: torch.stack([vector(f(b)), vector(f(c))]))
    return {name + ".kernel": lambda f: matrix(f(w)), name + ".recurrent_kernel": lambda f: matrix(f(v)), name + ".bias": bias}


def case(layers, inputs, params, y, target):
    loss = torch.nn.functional.mse_loss(y, target)
    loss.backward()
    cases.append({
        "layers": layers, "n": y.shape[0], "target": flat(target), "loss": float(loss),
        "inputs": [{"name": k, "shape": list(x.shape[1:]), "x": flat(x), "dx": flat(x.grad)} for k, x in inputs.items()],
        "params": {k: {"x": flat(p(lambda a: a)), "dx": flat(p(lambda a: a.grad))} for k, p in params.items()}})


def dense(net, name):
    return {name + ".kernel": lambda f: f(net.weight).T, name + ".bias": lambda f: f(net.bias)}


make = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
for kind in make:
    for mode in ("concat", "sum"):
        for sequences in (False, True):
            n, t, f, u = 2, 5, 3, 4
            net = fill(make[kind](f, u, batch_first=True, bidirectional=True), kind == "lstm")
            x = draw(n, t, f)
            out = net(x)[0]
            both = [out[:, :, :u], out[:, :, u:]] if sequences else [out[:, -1, :u], out[:, 0, u:]]
            y = torch.cat(both, -1) if mode == "concat" else both[0] + both[1]
            last = fill(torch.nn.Linear(y[0].numel(), 2), False)
            layers = [f"bidirectional: {{name: b, merge_mode: {mode}, layer: {{{kind}: {{units: {u}, return_sequences: {str(sequences).lower()}}}}}}}",
                      "flatten", "output: {name: y, units: 2}"]
            params = {**recurrent(kind, net, "b.forward"), **recurrent(kind, net, "b.backward", "_reverse"), **dense(last, "y")}
            case(layers, {"s": x}, params, last(y.flatten(1)), draw(n, 2).detach())
    n, t, u = 3, 4, 5
    encoder, decoder = (fill(make[kind](f, u, batch_first=True), kind == "lstm") for f in (3, 2))
    x, z = draw(n, t, 3), draw(n, t + 2, 2)
    state = encoder(x)[1]
    y = decoder(z, state)[0]
    last = fill(torch.nn.Linear(u * (t + 3), 2), False)
    names = "[enc.h, enc.c]" if kind == "lstm" else "enc.h"
    cell = state[1][0] if kind == "lstm" else state[0]
    layers = [f"{kind}: {{name: enc, from: s, units: {u}, return_state: true}}",
              f"{kind}: {{name: dec, from: z, units: {u}, return_sequences: true, initial_state: {names}}}", "flatten",
              f"concatenate: {{from: [flatten1, {'enc.c' if kind == 'lstm' else 'enc.h'}]}}", "output: {name: y, units: 2}"]
    params = {**recurrent(kind, encoder, "enc"), **recurrent(kind, decoder, "dec"), **dense(last, "y")}
    case(layers, {"s": x, "z": z}, params, last(torch.cat([y.flatten(1), cell], 1)), draw(n, 2).detach())

# A layer of an encoder, norm behind the sums and before them, over places that are learned.
for first in (False, True):
    n, t, f, heads, inner = 2, 4, 6, 2, 5
    net = fill(torch.nn.TransformerEncoderLayer(f, heads, inner, dropout=0.0, batch_first=True, norm_first=first), False).train()
    x, places = draw(n, t, f), draw(t, f)
    last = fill(torch.nn.Linear(t * f, 2), False)
    y = last(net(x + places).flatten(1))
    a = net.self_attn
    params = {"p.embeddings": lambda g: g(places), **dense(a.out_proj, "a"), **dense(last, "y")}
    params = {**{k.replace("a.", "a.output_"): v for k, v in params.items() if k.startswith("a.")}, **{k: v for k, v in params.items() if not k.startswith("a.")}}
    for i, role in enumerate(("query", "key", "value")):
        params[f"a.{role}_kernel"] = lambda g, i=i: g(a.in_proj_weight)[i * f:(i + 1) * f].T
        params[f"a.{role}_bias"] = lambda g, i=i: g(a.in_proj_bias)[i * f:(i + 1) * f]
    for name, norm in (("n1", net.norm1), ("n2", net.norm2)):
        params[name + ".gamma"], params[name + ".beta"] = (lambda g, m=norm: g(m.weight)), (lambda g, m=norm: g(m.bias))
    params.update({**dense(net.linear1, "d1"), **dense(net.linear2, "d2")})
    attention = "multi_head_attention: {name: a, num_heads: 2}"
    wide = ["dense: {name: d1, units: 5, activation: relu}", "dense: {name: d2, units: 6}"]
    if first:
        layers = ["layer_norm: n1", attention, "add: {name: s1, from: [p, a]}", "layer_norm: n2"] + wide + ["add: {from: [s1, d2]}"]
    else:
        layers = [attention, "add: {from: [p, a]}", "layer_norm: n1"] + wide + ["add: {from: [n1, d2]}", "layer_norm: n2"]
    layers = ["positional_encoding: {name: p, encoding: learned}"] + [re.sub(r"layer_norm: (\w+)", r"layer_norm: {name: \1}", l) for l in layers]
    case(layers + ["flatten", "output: {name: y, units: 2}"], {"s": x}, params, y, draw(n, 2).detach())

# A convolution on each step, and a norm by the root of the mean of squares, which this PyTorch leaves to be written out.
n, t, w, c, filters = 2, 3, 5, 2, 4
conv, gamma, last = fill(torch.nn.Conv1d(c, filters, 3), False), draw(filters), fill(torch.nn.Linear(t * 3 * filters, 2), False)
x = draw(n, t, w, c)
y = conv(x.reshape(n * t, w, c).transpose(1, 2)).transpose(1, 2)
y = y / torch.sqrt((y * y).mean(-1, keepdim=True) + 1e-6) * gamma
params = {"c.kernel": lambda g: g(conv.weight).permute(2, 1, 0), "c.bias": lambda g: g(conv.bias), "r.gamma": lambda g: g(gamma), **dense(last, "y")}
case(["time_distributed: {name: c, layer: {conv1d: {filters: 4, kernel_size: 3}}}", "rms_norm: {name: r}", "flatten", "output: {name: y, units: 2}"],
     {"s": x}, params, last(y.reshape(n, -1)), draw(n, 2).detach())

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
