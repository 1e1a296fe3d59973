#!/usr/bin/env python3
"""Times digits (64-64-32-10: relu, relu, softmax) in nngen and in other tools, and prints a table.

    python3 codegen/bench/beside.py [node_modules with onnxruntime-node]

Run it from the root of the repository, on a quiet machine: all run on one thread of one processor, in three rounds, one
after another, and the least median counts. The network is the trained one of generated/digits, exported as ONNX; what
ONNX Runtime and PyTorch give is compared with nngen's outputs. A training step is forward, cross-entropy, backward and
Adam on 32 examples, without dropout; scikit-learn's is partial_fit. What a tool lacks is left out.
"""
import json, os, re, statistics, subprocess, sys, tempfile, time

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", GOMAXPROCS="1")
import numpy as np

BATCH = 256
rows = {}  # tool: {work: seconds an example}


def timed(tool, work, call, examples):
    """Keeps the least median of samples of about 20 ms."""
    call()
    n, t = 1, 0
    while t < 0.02:
        start = time.perf_counter()
        for _ in range(n):
            call()
        t = time.perf_counter() - start
        n = max(n + 1, int(n * 0.025 / max(t, 1e-9))) if t < 0.02 else n
    samples = []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(n):
            call()
        samples.append((time.perf_counter() - start) / n / examples)
    keep(tool, work, statistics.median(samples))


def keep(tool, work, seconds):
    of = rows.setdefault(tool, {})
    of[work] = min(of.get(work, 1e9), seconds)


def nngen(exe):
    out = subprocess.run([exe, "bench", "generated/digits/digits.yaml"], capture_output=True, text=True).stdout
    for work, pattern, unit in (("one", r"predict \S+\s+([\d.]+)( k)?\s+ns ", 1e-9),
                                ("batch", r"predict \S+, batch 256\s+([\d.]+) (k|M)\s+samples/s", 0),
                                ("step", r"train \S+, adam, batch 32\s+([\d.]+) (k|M)\s+samples/s", 0)):
        m = re.search(pattern, out)
        v = float(m[1]) * {"k": 1e3, "M": 1e6}.get((m[2] or "").strip(), 1)
        keep("nngen", work, v * unit if unit else 1 / v)


def torch_and_onnx(x, want, weights):
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)
    layers = []
    for i, name in enumerate(("h1", "h2", "digit")):
        w, b = weights[name + ".kernel"], weights[name + ".bias"]
        layers.append(torch.nn.Linear(*w.shape))
        layers[-1].weight.data, layers[-1].bias.data = torch.tensor(w.T.copy()), torch.tensor(b)
        if i < 2:
            layers.append(torch.nn.ReLU())
    net = torch.nn.Sequential(*layers)
    all_x = torch.tensor(x / 16)
    with torch.inference_mode():
        got = torch.softmax(net(all_x), 1).numpy()
        print("PyTorch differs by", np.abs(got - want).max(), file=sys.stderr)
        for work, part in (("one", all_x[:1]), ("batch", all_x)):
            timed("PyTorch " + torch.__version__.split("+")[0], work, lambda: torch.softmax(net(part), 1), len(part))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
    target = torch.arange(32) % 10

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(all_x[:32]), target).backward()
        optimizer.step()
    timed("PyTorch " + torch.__version__.split("+")[0], "step", step, 32)


def sklearn(x):
    try:
        import sklearn
        from sklearn.neural_network import MLPClassifier
    except ImportError:
        return
    tool = "scikit-learn " + sklearn.__version__
    net, target = MLPClassifier((64, 32), batch_size=32), np.arange(32) % 10
    timed(tool, "step", lambda: net.partial_fit(x[:32], target, classes=range(10)), 32)
    timed(tool, "one", lambda: net.predict_proba(x[:1]), 1)
    timed(tool, "batch", lambda: net.predict_proba(x), len(x))


NODE = """
const ort = require(process.argv[2] + '/onnxruntime-node'), fs = require('fs');
(async () => {
  const s = await ort.InferenceSession.create(process.argv[3], {intraOpNumThreads: 1, interOpNumThreads: 1});
  const x = new Float32Array(fs.readFileSync(process.argv[4]).buffer.slice(0)), out = {};
  for (const [work, n] of [['one', 1], ['batch', x.length / 64]]) {
    const feeds = {[s.inputNames[0]]: new ort.Tensor('float32', x.slice(0, 64 * n), SHAPE(n))};
    let y = await s.run(feeds), samples = [];
    if (work === 'batch') out.y = Array.from(y[s.outputNames[0]].data);
    for (let k = 0; k < 9; k++) {
      const start = process.hrtime.bigint(), runs = 300;
      for (let i = 0; i < runs; i++) await s.run(feeds);
      samples.push(Number(process.hrtime.bigint() - start) / runs / n);
    }
    out[work] = samples.sort((a, b) => a - b)[4];
  }
  out.version = require(process.argv[2] + '/onnxruntime-node/package.json').version;
  console.log(JSON.stringify(out));
})();
"""


def ort(modules, model, file, want):
    out = subprocess.run(["node", "-e", NODE.replace("SHAPE(n)", "[n, 8, 8, 1]"), "x", modules, model, file],
                         capture_output=True, text=True)
    if out.returncode:
        print(out.stderr, file=sys.stderr)
        return
    got = json.loads(out.stdout.splitlines()[-1])
    print("ONNX Runtime differs by", np.abs(np.array(got["y"]).reshape(want.shape) - want).max(), file=sys.stderr)
    for work in ("one", "batch"):
        keep("ONNX Runtime %s in Node" % got["version"], work, got[work] * 1e-9)


def main():
    from numpy import frombuffer
    b = open("generated/digits/weights.safetensors", "rb").read()
    size = int.from_bytes(b[:8], "little")
    head = json.loads(b[8:8 + size])
    weights = {k: frombuffer(b[8 + size:], np.float32)[v["data_offsets"][0] // 4:v["data_offsets"][1] // 4].reshape(v["shape"])
               for k, v in head.items() if k != "__metadata__"}
    x = np.random.default_rng(1).integers(0, 17, (BATCH, 64)).astype(np.float32)
    h = x / 16
    for name in ("h1", "h2", "digit"):
        h = h @ weights[name + ".kernel"] + weights[name + ".bias"]
        h = np.maximum(h, 0) if name != "digit" else h
    want = np.exp(h - h.max(1, keepdims=True))
    want /= want.sum(1, keepdims=True)
    with tempfile.TemporaryDirectory() as folder:
        exe = os.path.join(folder, "nngen")
        if subprocess.run(["go", "build", "-o", exe, "./cmd/nngen"]).returncode:
            sys.exit(2)
        model, file = os.path.join(folder, "digits.onnx"), os.path.join(folder, "x.bin")
        x.tofile(file)
        if len(sys.argv) > 1:
            subprocess.run([exe, "export", "generated/digits/digits.yaml", "--onnx", model], check=True,
                           stdout=sys.stderr)
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        for _ in range(3):
            nngen(exe)
            torch_and_onnx(x, want, weights)
            sklearn(x)
            if len(sys.argv) > 1:
                ort(sys.argv[1], model, file, want)
    print("| | one row | batch of %d, a row | training step of 32, an example |\n|---|---|---|---|" % BATCH)
    best = rows["nngen"]
    for tool, of in rows.items():
        cells = []
        for work in ("one", "batch", "step"):
            cells.append("%.3g µs (%.3g×)" % (of[work] * 1e6, of[work] / best[work]) if work in of else "")
        print("| %s | %s |" % (tool, " | ".join(cells)))


main()
