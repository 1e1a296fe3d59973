"""Trains small models of the digits with PyTorch, for two epochs, and exports them: models that training goes on from.

cnn.onnx (images n×1×8×8), gru.onnx (their rows as 8 steps), transformer.onnx (their pixels as 64 tokens) by PyTorch's
exporter, and keras.onnx, the CNN with its arrays n×8×8×1 and the transpositions that tf2onnx writes around it. Debian's
python3-torch and python3-onnx suffice.
"""
import gzip, os, warnings
import numpy as np, onnx, torch
from onnx import helper, numpy_helper
from torch import nn
warnings.filterwarnings("ignore")
os.chdir(os.path.dirname(os.path.abspath(__file__)))
rows = np.loadtxt(gzip.open("../data/digits.csv.gz", "rt"), delimiter=",", dtype=np.float32)
x, y = torch.tensor(rows[:600, :-1]), torch.tensor(rows[:600, -1]).long()

class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.norm1, self.conv2 = nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3)
        self.fc = nn.Linear(8 * 3 * 3, 10)
    def forward(self, x):
        x = torch.relu(self.norm1(self.conv1(x / 16)))
        x = torch.max_pool2d(torch.relu(self.conv2(x)), 2)
        return torch.softmax(self.fc(torch.flatten(x, 1)), 1)

class GRU(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.fc = nn.GRU(8, 24, batch_first=True), nn.Linear(24, 10)
    def forward(self, x):
        h, _ = self.gru(x / 16)
        return torch.softmax(self.fc(h[:, -1]), 1)

class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.place = nn.Embedding(17, 16), nn.Parameter(torch.randn(1, 64, 16) * 0.5)
        self.attend, self.norm1 = nn.MultiheadAttention(16, 2, batch_first=True), nn.LayerNorm(16)
        self.wide, self.think, self.norm2, self.head = nn.Linear(16, 32), nn.Linear(32, 16), nn.LayerNorm(16), nn.Linear(16, 10)
    def forward(self, x):
        h = self.embed(x) + self.place
        h = self.norm1(h + self.attend(h, h, h, need_weights=False)[0])
        h = self.norm2(h + self.think(torch.relu(self.wide(h))))
        return torch.softmax(self.head(h.mean(1)), 1)

def fit(model, x, epochs=2):
    o = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(epochs):
        for i in torch.randperm(len(x)).split(32):
            o.zero_grad()
            nn.functional.nll_loss(torch.log(model(x[i]) + 1e-9), y[i]).backward()
            o.step()
    return model.eval()

def export(name, model, x):
    torch.onnx.export(model, x[:2], name + ".onnx", opset_version=15, input_names=["x"], output_names=["probabilities"],
        dynamic_axes={"x": {0: "batch"}, "probabilities": {0: "batch"}})

def keras(model):
    """The CNN as tf2onnx writes one of Keras: arrays channels last, convolutions between transpositions."""
    w = {k: v.numpy() for k, v in model.state_dict().items()}
    s = w["norm1.weight"] / np.sqrt(w["norm1.running_var"] + 1e-5)
    rows = w["fc.weight"].reshape(10, 8, 9).transpose(2, 1, 0).reshape(72, 10)  # to the order h, w, c
    init = {"conv/kernel": w["conv1.weight"] * s[:, None, None, None] / 16, "conv/bias": (w["conv1.bias"] - w["norm1.running_mean"]) * s + w["norm1.bias"],
        "conv_1/kernel": w["conv2.weight"], "conv_1/bias": w["conv2.bias"], "dense/kernel": rows, "dense/bias": w["fc.bias"],
        "shape": np.array([-1, 72], np.int64)}
    n = helper.make_node
    nodes = [n("Transpose", ["image"], ["t0"], "model/conv/transpose", perm=[0, 3, 1, 2]),
        n("Conv", ["t0", "conv/kernel", "conv/bias"], ["t1"], "model/conv/Conv2D", auto_pad="SAME_UPPER", kernel_shape=[3, 3], strides=[1, 1]),
        n("Relu", ["t1"], ["t2"], "model/conv/Relu"),
        n("Conv", ["t2", "conv_1/kernel", "conv_1/bias"], ["t3"], "model/conv_1/Conv2D", auto_pad="VALID", kernel_shape=[3, 3], strides=[1, 1]),
        n("Relu", ["t3"], ["t4"], "model/conv_1/Relu"),
        n("MaxPool", ["t4"], ["t5"], "model/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
        n("Transpose", ["t5"], ["t6"], "model/pool/transpose", perm=[0, 2, 3, 1]),
        n("Reshape", ["t6", "shape"], ["t7"], "model/flatten/Reshape"),
        n("MatMul", ["t7", "dense/kernel"], ["t8"], "model/dense/MatMul"),
        n("Add", ["t8", "dense/bias"], ["t9"], "model/dense/BiasAdd"),
        n("Softmax", ["t9"], ["dense"], "model/dense/Softmax", axis=1)]
    f = onnx.TensorProto.FLOAT
    g = helper.make_graph(nodes, "keras", [helper.make_tensor_value_info("image", f, ["n", 8, 8, 1])],
        [helper.make_tensor_value_info("dense", f, ["n", 10])], [numpy_helper.from_array(np.ascontiguousarray(a), k) for k, a in init.items()])
    onnx.save(helper.make_model(g, producer_name="tf2onnx", opset_imports=[helper.make_opsetid("", 13)], ir_version=7), "keras.onnx")

torch.manual_seed(3)
image = x.reshape(-1, 1, 8, 8)
cnn = fit(CNN(), image)
export("cnn", cnn, image)
keras(cnn)
export("gru", fit(GRU(), x.reshape(-1, 8, 8)), x.reshape(-1, 8, 8))
export("transformer", fit(Transformer(), x.long()), x.long())
