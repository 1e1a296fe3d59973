"""The network two of nngen as a module of PyTorch.

Arrays have channels last: p is n×3, q is n×4×2. With the package's weights:

    model = Two().load("weights.safetensors").eval()
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


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(3, 4, bias=True)
        self.b = nn.LSTM(2, 4, batch_first=True, bias=True)
        self.d = nn.GRU(2, 4, batch_first=True, bias=True)
        self.kind = nn.Linear(28, 3, bias=True)
        self.size = nn.Linear(4, 2, bias=True)

    def forward(self, p, q):
        a = self.a(p)
        a_tanh = torch.tanh(a)
        b_steps, b_state = self.b(q)
        b = b_steps[:, -1]
        b_c = b_state[1][0]
        d_steps, d_state = self.d(q, b[None].contiguous())
        d = d_steps
        flatten1 = d.flatten(1)
        c = torch.cat([a_tanh, b, b_c, flatten1], -1)
        kind = self.kind(c)
        kind_softmax = torch.softmax(kind, -1)
        size = self.size(a_tanh)
        return {"kind": kind_softmax, "size": size}

    @torch.no_grad()
    def load(self, path):
        """Reads weights.safetensors of the package."""
        w = read_safetensors(path)
        self.a.weight.copy_(w["a.kernel"].T)
        self.a.bias.copy_(w["a.bias"])
        self.b.weight_ih_l0.copy_(w["b.kernel"].T)
        self.b.weight_hh_l0.copy_(w["b.recurrent_kernel"].T)
        self.b.bias_ih_l0.copy_(w["b.bias"])
        self.b.bias_hh_l0.zero_()
        self.d.weight_ih_l0.copy_(w["d.kernel"].T.reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1))
        self.d.weight_hh_l0.copy_(w["d.recurrent_kernel"].T.reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1))
        self.d.bias_ih_l0.copy_(w["d.bias"][0].reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1).flatten())
        self.d.bias_hh_l0.copy_(w["d.bias"][1].reshape(3, 4, -1)[[1, 0, 2]].reshape(12, -1).flatten())
        self.kind.weight.copy_(w["kind.kernel"].T)
        self.kind.bias.copy_(w["kind.bias"])
        self.size.weight.copy_(w["size.kernel"].T)
        self.size.bias.copy_(w["size.bias"])
        return self
