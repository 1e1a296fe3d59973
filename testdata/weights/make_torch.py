"""Writes weights of small PyTorch modules and what the modules give, for codegen/weights.

NAME.safetensors or NAME.npz is the state_dict, NAME.x.npy the input as nngen takes it (channels last), NAME.y.npy the
output, computed in float64. NAME.yaml, the network, is written by hand. Run with Debian's python3-torch.
"""
import json, struct
import numpy as np, torch
from torch import nn

def save_safetensors(path, tensors):
    header, body = {}, b""
    for name in sorted(tensors):  # as safetensors.torch.save_file does
        a = tensors[name]
        kind = {"float32": "F32", "int64": "I64", "float16": "F16"}[str(a.dtype)]
        header[name] = {"dtype": kind, "shape": list(a.shape), "data_offsets": [len(body), len(body) + a.nbytes]}
        body += a.tobytes()
    h = json.dumps(header).encode()
    h += b" " * (-len(h) % 8)
    open(path, "wb").write(struct.pack("<Q", len(h)) + h + body)

def make(name, module, x, channels_first=(), npz=False):
    for m in module.modules():  # statistics that are not 0 and 1
        if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)):
            m.running_mean.normal_(0, 0.3)
            m.running_var.uniform_(0.5, 2)
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.normal_(m.bias, 0, 0.3)
        if isinstance(m, nn.LayerNorm):
            nn.init.uniform_(m.weight, 0.5, 1.5)
            nn.init.normal_(m.bias, 0, 0.3)
        if isinstance(m, nn.MultiheadAttention) and m.in_proj_bias is not None:
            nn.init.normal_(m.in_proj_bias, 0, 0.3)
            nn.init.normal_(m.out_proj.bias, 0, 0.3)
    module.eval()
    state = {k: v.numpy().copy() for k, v in module.state_dict().items()}
    if npz:
        np.savez(name + ".npz", **state)
    else:
        save_safetensors(name + ".safetensors", state)
    with torch.no_grad():
        y = module.double()(x.double() if x.is_floating_point() else x).numpy()
    x = x.numpy()
    if x.ndim in channels_first:
        x = np.moveaxis(x, 1, -1)
    if y.ndim in channels_first:
        y = np.moveaxis(y, 1, -1)
    np.save(name + ".x.npy", np.ascontiguousarray(x))
    np.save(name + ".y.npy", np.ascontiguousarray(y))

class MLP(nn.Module):  # names of its own
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2, self.out = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(8, 3)
    def forward(self, x):
        return torch.softmax(self.out(torch.tanh(self.fc2(torch.relu(self.fc1(x))))), -1)

class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, groups=2), nn.PReLU(6), nn.Conv2d(6, 6, (1, 3), padding=(0, 1), groups=6, bias=False))
        self.norm = nn.BatchNorm1d(6 * 2 * 1)
        self.head = nn.Linear(6 * 2 * 1, 3)
    def forward(self, x):
        return self.head(self.norm(torch.flatten(self.features(x), 1)))

class Recurrent(nn.Module):
    def __init__(self, cell, **more):
        super().__init__()
        self.rnn = cell(3, 4, batch_first=True, **more)
        self.out = nn.Linear(8 if more.get("bidirectional") else 4, 2)
    def forward(self, x):
        y, _ = self.rnn(x)
        if self.rnn.bidirectional:
            y = torch.cat([y[:, -1, :4], y[:, 0, 4:]], -1)
        else:
            y = y[:, -1]
        return self.out(y)

class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.position = nn.Parameter(torch.randn(1, 9, 8) * 0.3)  # of up to 9 steps
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True)
        self.head = nn.Linear(8, 3)
    def forward(self, x):
        e = self.embed(x)
        a = self.layer
        h = e + self.position[:, : x.shape[1]]
        h = a.norm1(h + a.self_attn(h, h, h, need_weights=False)[0])
        h = a.norm2(h + a.linear2(torch.nn.functional.gelu(a.linear1(h))))
        return self.head(h.mean(1))

class Separate(nn.Module):  # an attention of four linear layers, as many write it
    def __init__(self):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(6, 6) for _ in range(4))
    def forward(self, x):
        b, t, f = x.shape
        q, k, v = (p(x).view(b, t, 3, 2).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        p = torch.softmax(q @ k.transpose(-1, -2) / 2 ** 0.5, -1)
        return self.out_proj((p @ v).transpose(1, 2).reshape(b, t, f))

class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(7, 5)
        self.out = nn.Linear(20, 2)
    def forward(self, x):
        return self.out(torch.flatten(self.table(x), 1))

class Decoder(nn.Module):  # features become an image
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(5, 3 * 2 * 4)
        self.norm = nn.BatchNorm1d(3 * 2 * 4)
        self.up = nn.ConvTranspose2d(3, 2, 2, stride=2)
    def forward(self, x):
        return self.up(torch.relu(self.norm(self.fc(x))).view(-1, 3, 2, 4))

if __name__ == "__main__":
    torch.manual_seed(5)
    make("mlp", MLP(), torch.randn(5, 6))
    make("cnn", CNN(), torch.randn(5, 2, 8, 6), channels_first=(4,))
    make("gru", Recurrent(nn.GRU), torch.randn(5, 6, 3))
    make("rnn", Recurrent(nn.RNN), torch.randn(5, 6, 3), npz=True)
    make("lstm_two", Recurrent(nn.LSTM, num_layers=2), torch.randn(5, 6, 3))
    make("lstm_bidirectional", Recurrent(nn.LSTM, bidirectional=True), torch.randn(5, 6, 3))
    make("encoder", Encoder(), torch.randint(0, 11, (5, 7)))
    make("separate", nn.Sequential(Separate()), torch.randn(5, 4, 6))
    make("text", Text(), torch.randint(0, 7, (5, 4)), npz=True)
    make("decoder", Decoder(), torch.randn(5, 5), channels_first=(4,))
