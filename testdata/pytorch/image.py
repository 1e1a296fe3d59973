"""The network image of nngen as a module of PyTorch.

Arrays have channels last: picture is n×8×6×2. With the package's weights:

    model = Image().load("weights.safetensors").eval()
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


class Image(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("picture_standardize_center", torch.zeros(96))
        self.register_buffer("picture_standardize_scale", torch.zeros(96))
        self.a = nn.Conv2d(2, 4, 3, padding=1)
        self.n = nn.BatchNorm2d(4, eps=1e-05, momentum=0.1)
        self.b = nn.Conv2d(4, 4, 3, padding=1)
        self.class_ = nn.Linear(48, 5, bias=True)
        self.dropout1 = nn.Dropout(0.3)
        self.output1 = nn.Linear(5, 4, bias=True)

    def forward(self, picture):
        picture_standardize = (picture - self.picture_standardize_center.reshape(8, 6, 2)) * self.picture_standardize_scale.reshape(8, 6, 2)
        a = self.a(picture_standardize.permute(0, 3, 1, 2))
        n = self.n(a)
        r = torch.relu(n)
        b = self.b(r)
        b_silu = F.silu(b)
        s = r.permute(0, 2, 3, 1) + b_silu.permute(0, 2, 3, 1)
        max_pool2d1 = F.max_pool2d(s.permute(0, 3, 1, 2), 2)
        flatten1 = max_pool2d1.permute(0, 2, 3, 1).flatten(1)
        class_ = self.class_(flatten1)
        class_mish = F.mish(class_)
        dropout1 = self.dropout1(class_mish)
        output1 = self.output1(dropout1)
        output1_softmax = torch.softmax(output1, -1)
        return output1_softmax

    @torch.no_grad()
    def load(self, path):
        """Reads weights.safetensors of the package."""
        w = read_safetensors(path)
        self.picture_standardize_center.copy_(w["picture.standardize.center"])
        self.picture_standardize_scale.copy_(w["picture.standardize.scale"])
        self.a.weight.copy_(w["a.kernel"].permute(3, 2, 0, 1))
        self.a.bias.copy_(w["a.bias"])
        self.n.weight.copy_(w["n.gamma"])
        self.n.bias.copy_(w["n.beta"])
        self.n.running_mean.copy_(w["n.mean"])
        self.n.running_var.copy_(w["n.var"])
        self.b.weight.copy_(w["b.kernel"].permute(3, 2, 0, 1))
        self.b.bias.copy_(w["b.bias"])
        self.class_.weight.copy_(w["class.kernel"].T)
        self.class_.bias.copy_(w["class.bias"])
        self.output1.weight.copy_(w["output1.kernel"].T)
        self.output1.bias.copy_(w["output1.bias"])
        return self
