"""The network shared of nngen as a module of PyTorch.

Arrays have channels last: x is n×5. With the package's weights:

    model = Shared().load("weights.safetensors").eval()
"""
import json

import torch
from torch import nn
from torch.nn import functional as F


def read_safetensors(path):
    """The arrays of a safetensors file, by name, in float32."""
    kinds = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}
    with open(path, "rb") as f:
        header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        body = bytearray(f.read())
    arrays = {}
    for name, a in header.items():
        if name != "__metadata__":
            begin, end = a["data_offsets"]
            numbers = torch.frombuffer(body[begin:end], dtype=kinds[a["dtype"]]).float() if end > begin else torch.zeros(0)
            arrays[name] = numbers.reshape(a["shape"])
    return arrays


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(7, 4)
        self.t = nn.Linear(4, 4, bias=True)
        self.u = nn.Linear(4, 4, bias=True)
        self.o_bias = nn.Parameter(torch.zeros(7))

    def forward(self, x):
        e = self.e(x.long())
        t = self.t(e.flatten(0, 1)).reshape(-1, 5, 4)
        t_relu = torch.relu(t)
        u = self.u(t_relu)
        v = self.u(u)
        global_average_pool1d1 = v.mean((1,))
        o = F.linear(global_average_pool1d1, self.e.weight, self.o_bias)
        o_softmax = torch.softmax(o, -1)
        return o_softmax

    @torch.no_grad()
    def load(self, path):
        """Reads weights.safetensors of the package."""
        w = read_safetensors(path)
        self.e.weight.copy_(w["e.embeddings"])
        self.t.weight.copy_(w["t.kernel"].T)
        self.t.bias.copy_(w["t.bias"])
        self.u.weight.copy_(w["u.kernel"].T)
        self.u.bias.copy_(w["u.bias"])
        self.o_bias.copy_(w["o.bias"])
        return self
