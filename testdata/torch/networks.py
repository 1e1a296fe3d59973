"""Vectors from PyTorch for networks of several recurrent layers: both directions of time, and a decoder that begins with
the state of an encoder. Loss and gradients: python3 networks.py > networks.json.

Weights are named and written as nngen has them: inputs x gates, in Keras' order of the gates.
"""
import json
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

print("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]")
