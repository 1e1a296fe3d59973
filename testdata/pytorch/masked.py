"""The network masked of nngen as a module of PyTorch.

Arrays have channels last: x is n×6. With the package's weights:

    model = Masked().load("weights.safetensors").eval()
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


class Attention(nn.Module):
    """Each step of x reads those of z, in heads of dim columns each."""

    def __init__(self, width, read, heads, dim, bias=True, causal=False):
        super().__init__()
        self.heads, self.dim, self.causal = heads, dim, causal
        self.query, self.output = nn.Linear(width, heads * dim, bias), nn.Linear(heads * dim, width, bias)
        self.key, self.value = nn.Linear(read, heads * dim, bias), nn.Linear(read, heads * dim, bias)

    def forward(self, x, z, mask=None):
        def split(a):
            return a.reshape(a.shape[0], a.shape[1], self.heads, self.dim).transpose(1, 2)

        q, k, v = split(self.query(x)), split(self.key(z)), split(self.value(z))
        keep = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=x.device)
        if self.causal:
            keep = keep.tril()
        if mask is not None:
            keep = keep & (mask > 0.5)[:, None, None, :]
        scores = (q @ k.transpose(2, 3) / self.dim ** 0.5).masked_fill(~keep, float("-inf"))
        # A step that may read none reads nothing.
        p = torch.nan_to_num(torch.softmax(scores, -1), nan=0.0) if mask is not None else torch.softmax(scores, -1)
        return self.output((p @ v).transpose(1, 2).flatten(2))


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.e = nn.Embedding(5, 4)
        self.m = Attention(4, 4, 2, 2)
        self.output1 = nn.Linear(4, 2, bias=True)

    def forward(self, x):
        keep = (x >= 0.5).float()
        e = self.e(x.long())
        m = self.m(e, e, keep)
        global_average_pool1d1 = (m * (keep > 0.5).unsqueeze(-1)).sum(1) / (keep > 0.5).unsqueeze(-1).sum(1).clamp(min=1)
        output1 = self.output1(global_average_pool1d1)
        return output1

    @torch.no_grad()
    def load(self, path):
        """Reads weights.safetensors of the package."""
        w = read_safetensors(path)
        self.e.weight.copy_(w["e.embeddings"])
        self.m.query.weight.copy_(w["m.query_kernel"].T)
        self.m.query.bias.copy_(w["m.query_bias"])
        self.m.key.weight.copy_(w["m.key_kernel"].T)
        self.m.key.bias.copy_(w["m.key_bias"])
        self.m.value.weight.copy_(w["m.value_kernel"].T)
        self.m.value.bias.copy_(w["m.value_bias"])
        self.m.output.weight.copy_(w["m.output_kernel"].T)
        self.m.output.bias.copy_(w["m.output_bias"])
        self.output1.weight.copy_(w["output1.kernel"].T)
        self.output1.bias.copy_(w["output1.bias"])
        return self
