"""Packs ONNX's own node tests of the operators that nngen reads into nodes.tar.gz.

    python3 make_nodes.py ONNX [nodes.tar.gz]

ONNX is a checkout of github.com/onnx/onnx at a commit that holds onnx/backend/test/data/node; what is kept is that of
6be0677f (1.23.0), the last one. Python's onnx must be there to read the models. Tests that only write an operator out as
a function (…_expanded) are kept for the first of each operator. Tests with an array that takes more than 64 KiB
compressed, those of pools over 32×32×32 random numbers, are left out.

The tests are part of ONNX and licensed under the Apache License, Version 2.0 (see NODES_LICENSE).
"""
import gzip
import io
import os
import sys
import tarfile
import zlib

import onnx

OPERATORS = """
Abs Add And ArgMax Attention AveragePool BatchNormalization Cast Ceil Celu Clip Concat Constant ConstantOfShape Conv
ConvTranspose DepthToSpace DequantizeLinear Div Dropout Elu Equal Erf Exp Expand Flatten Floor GRU Gather Gelu Gemm
GlobalAveragePool GlobalMaxPool Greater GreaterOrEqual GroupNormalization HardSigmoid HardSwish Identity If
InstanceNormalization LSTM LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization MatMul Max MaxPool
Mean Min Mish Mod Mul Neg Not Or PRelu Pad Pow QuantizeLinear RMSNormalization RNN Range Reciprocal ReduceL1 ReduceL2
ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Selu Shape
Sigmoid Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tanh ThresholdedRelu Tile
Transpose Trilu Unsqueeze Upsample Where Xor Loop Scan ArrayFeatureExtractor LabelEncoder CumSum Einsum TopK LRN LpPool
ScatterND Sin Cos Round Sign ArgMin GatherElements Binarizer Tan Acos Asin Atan Sinh Cosh Asinh Atanh
""".split()
LIMIT = 64 << 10
# Casts between types that no activation has say nothing of an import.
SMALL = {"FLOAT", "FLOAT16", "DOUBLE", "BFLOAT16"}


def kept(name, model):
    nodes = model.graph.node
    if len(nodes) != 1 or nodes[0].op_type not in OPERATORS:
        return False
    if "expanded" in name:
        return False
    if nodes[0].op_type == "Cast":
        return set(name.replace("test_cast_", "").split("_to_")) <= SMALL
    return True


def main(source, target):
    base = os.path.join(source, "onnx/backend/test/data/node")
    raw = io.BytesIO()
    count = 0
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(os.listdir(base)):
            model = onnx.load(os.path.join(base, name, "model.onnx"))
            if not kept(name, model):
                continue
            files = ["model.onnx"]
            data = os.path.join(base, name, "test_data_set_0")
            if os.path.isdir(data):
                files += ["test_data_set_0/" + f for f in sorted(os.listdir(data))]
            contents = []
            for f in files:
                with open(os.path.join(base, name, f), "rb") as h:
                    contents.append(h.read())
            if max(len(zlib.compress(c)) for c in contents) > LIMIT:
                continue
            count += 1
            for f, content in zip(files, contents):
                info = tarfile.TarInfo(name.removeprefix("test_") + "/" + os.path.basename(f))
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    with open(target, "wb") as f:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=f, mtime=0) as z:
            z.write(raw.getvalue())
    print(count, "tests,", os.path.getsize(target), "bytes")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "nodes.tar.gz"))
