// Writes what ONNX Runtime (npm: onnxruntime-node) gives for rows of iris: node skl_outputs.js > skl_outputs.json
const ort = require('onnxruntime-node');
const X = [[5.1, 3.5, 1.4, 0.2], [6.0, 2.7, 5.1, 1.6], [6.9, 3.1, 5.4, 2.1], [5.7, 2.8, 4.1, 1.3], [4.9, 2.5, 4.5, 1.7], [7.7, 2.6, 6.9, 2.3]];
(async () => {
  const out = {};
  for (const m of ['skl_logreg', 'skl_mlpc_nozip', 'skl_mlpc_bin', 'skl_mlpr']) {
    const s = await ort.InferenceSession.create(__dirname + '/' + m + '.onnx');
    const y = m === 'skl_mlpr' ? 'variable' : 'probabilities';
    const r = (await s.run({ X: new ort.Tensor('float32', Float32Array.from(X.flat()), [X.length, 4]) }, [y]))[y];
    const w = r.dims[1];
    out[m] = { X, Y: X.map((_, i) => Array.from(r.data.slice(i * w, (i + 1) * w))) };
  }
  console.log(JSON.stringify(out));
})();
