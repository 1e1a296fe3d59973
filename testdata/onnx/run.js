// Runs models in ONNX Runtime: node run.js NODE_MODULES JOB.json, which lists files with their inputs and the names of the
// outputs that are wanted, of numbers or of text that is one. It prints a list of {Outputs} or {Error}. Inputs have Data,
// or Text in place of it; Byte is bool or uint8 where they are that; Texts are the names of outputs that are wanted as text.
const path = require('path');
const ort = require(path.resolve(process.argv[2], 'onnxruntime-node'));
// Sums of 8-bit products saturate in ONNX Runtime on x86 processors without VNNI unless it is asked for exact ones.
const options = (run) => ({
  logSeverityLevel: 3,
  extra: { session: { x64quantprecision: '1' } },
  graphOptimizationLevel: run.Plain ? 'disabled' : 'all',
});
const job = JSON.parse(require('fs').readFileSync(process.argv[3]));
(async () => {
  const results = [];
  for (const run of job) {
    try {
      const s = await ort.InferenceSession.create(run.File, options(run));
      const feeds = {};
      for (const x of run.Inputs) {
        feeds[x.Name] = x.Text ? new ort.Tensor('string', x.Text, x.Dims)
          : x.Double ? new ort.Tensor('float64', Float64Array.from(x.Data, (v) => v === null ? NaN : v), x.Dims)
          : x.Byte ? new ort.Tensor(x.Byte, Uint8Array.from(x.Data), x.Dims)
          : x.Whole ? new ort.Tensor('int64', BigInt64Array.from(x.Data.map(BigInt)), x.Dims)
          : new ort.Tensor('float32', Float32Array.from(x.Data, (v) => v === null ? NaN : v), x.Dims);
      }
      const y = await s.run(feeds);
      results.push({
        Outputs: run.Names.map((n) => Array.from(y[n].data, Number)),
        Texts: (run.Texts || []).map((n) => Array.from(y[n].data)),
      });
    } catch (e) {
      results.push({ Error: String(e) });
    }
  }
  console.log(JSON.stringify(results));
})();
