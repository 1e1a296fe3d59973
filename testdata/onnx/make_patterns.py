"""Packs a model for each pattern of nodes that nngen reads into patterns.tar.gz, with inputs and what they give.

    /usr/bin/python3 make_patterns.py [patterns.tar.gz]

Modules of PyTorch are exported by torch.onnx.export, and their outputs are PyTorch's in float64. Graphs that no exporter at
hand writes are made by onnx.helper, and their outputs are computed by numpy in float64 by the formula beside them.
"""
import gzip
import io
import math
import os
import sys
import tarfile
import warnings

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

warnings.filterwarnings("ignore")
rng = np.random.default_rng(7)
models = {}  # name: (bytes, inputs, outputs)


def proto(a):
    return numpy_helper.from_array(np.ascontiguousarray(a))


# Modules of PyTorch.


def export(name, module, *shapes, opset=13, batch=0, inputs=None):
    torch.manual_seed(sum(map(ord, name)))
    module = module().eval()
    for p in list(module.parameters()) + [b for b in module.buffers() if b.is_floating_point()]:
        with torch.no_grad():
            p.add_(0.1 * torch.rand_like(p))  # norms do something
    xs = inputs or [torch.randn(*s) for s in shapes]
    f = io.BytesIO()
    names = [f"x{i}" for i in range(len(xs))]
    axes = {n: {batch: "n"} for n in names} if batch is not None else None
    torch.onnx.export(module, tuple(xs), f, opset_version=opset, input_names=names, output_names=["y"], dynamic_axes=axes)
    ys = module.double()(*[x.double() if x.is_floating_point() else x for x in xs])
    ys = ys if isinstance(ys, tuple) else (ys,)
    models[name] = (f.getvalue(), [x.numpy() for x in xs], [y.detach().numpy().astype(np.float32) for y in ys])


def lam(f, *parts):
    """A module that applies f(self, x…), with parts as self.p."""

    class Lambda(nn.Module):
        def __init__(self):
            super().__init__()
            self.p = nn.ModuleList([p() for p in parts])

        def forward(self, *x):
            return f(self.p, *x)

    return Lambda


def torch_models():
    lin = lambda a, b: (lambda: nn.Linear(a, b))
    act = lambda m: (lambda: nn.Sequential(nn.Linear(4, 6), m(), nn.Linear(6, 3)))
    export("gelu_erf", act(nn.GELU), (3, 4))
    export("gelu_tanh", lam(lambda p, x: p[1](F.gelu(p[0](x), approximate="tanh")), lin(4, 6), lin(6, 3)), (3, 4))
    export("gelu_quick", lam(lambda p, x: p[1](p[0](x) * torch.sigmoid(1.702 * p[0](x))), lin(4, 6), lin(6, 3)), (3, 4))
    export("silu", act(nn.SiLU), (3, 4))
    export("mish", act(nn.Mish), (3, 4))
    export("hard_swish", act(nn.Hardswish), (3, 4))
    export("hard_swish_14", act(nn.Hardswish), (3, 4), opset=14)
    export("hard_sigmoid", act(nn.Hardsigmoid), (3, 4))
    export("hard_tanh", act(nn.Hardtanh), (3, 4))
    export("relu6", act(nn.ReLU6), (3, 4))
    export("celu", act(lambda: nn.CELU(0.7)), (3, 4))
    export("softsign", act(nn.Softsign), (3, 4))
    export("prelu", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.PReLU(3), nn.Flatten(), nn.Linear(12, 2)), (3, 2, 4, 4))
    export("glu", lam(lambda p, x: F.glu(p[0](x), -1), lin(4, 6)), (3, 4))
    export("exp_log", lam(lambda p, x: torch.log(torch.exp(p[0](x)) + 1.5), lin(4, 6)), (3, 4))
    export("division", lam(lambda p, x: p[0](x) / (torch.abs(p[1](x)) + 1), lin(4, 6), lin(4, 6)), (3, 4))
    export("one_minus", lam(lambda p, x: (1 - torch.sigmoid(p[0](x))) * p[1](x), lin(4, 6), lin(4, 6)), (3, 4))
    export("where_positive", lam(lambda p, x: torch.where(p[0](x) > 0.1, p[1](x), 0.5 * p[0](x)), lin(4, 6), lin(4, 6)), (3, 4))
    export("cosine", lam(lambda p, x: F.normalize(p[0](x), dim=1), lin(4, 6)), (3, 4))
    export("min_max_mean", lam(lambda p, x: torch.cat([x.min(1)[0], x.max(1)[0], x.mean(1), x.sum(1)], 1), lin(1, 1)), (3, 5, 4))
    export("variance", lam(lambda p, x: (x - x.mean(2, keepdim=True)) / torch.sqrt(((x - x.mean(2, keepdim=True)) ** 2).mean(2, keepdim=True) + 0.3)), (3, 5, 4))

    export("linear_rows", lambda: nn.Sequential(nn.Linear(4, 6), nn.Linear(6, 2)), (3, 5, 4))
    export("batch_norm_alone", lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3)), (3, 4))
    export("batch_norm_conv", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2)), (3, 2, 4, 4))
    export("layer_norm_nine", lambda: nn.Sequential(nn.Linear(4, 6), nn.LayerNorm(6)), (3, 4))
    export("layer_norm_image", lambda: nn.LayerNorm([2, 4, 4]), (3, 2, 4, 4))
    export("group_norm", lambda: nn.Sequential(nn.Conv2d(2, 4, 3), nn.GroupNorm(2, 4)), (3, 2, 4, 4))
    export("instance_norm", lambda: nn.InstanceNorm2d(2, affine=True), (3, 2, 4, 4))
    export("rms_norm", lam(lambda p, x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * p[0].weight[0], lin(4, 1)), (3, 5, 4))
    export("view_by_shape", lam(lambda p, x: p[1](p[0](x).view(x.shape[0], -1)), lambda: nn.Conv2d(2, 3, 3), lin(12, 2)), (3, 2, 4, 4))
    export("flatten_all", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(12, 2)), (3, 2, 4, 4))

    export("lstm_steps_first", lam(lambda p, x: p[1](p[0](x)[0][-1]), lambda: nn.LSTM(3, 4), lin(4, 2)), (5, 3, 3), batch=1)
    export("gru_steps_first", lam(lambda p, x: p[1](p[0](x)[0]), lambda: nn.GRU(3, 4), lin(4, 2)), (5, 3, 3), batch=1)
    export("gru_bidirectional", lam(lambda p, x: p[1](p[0](x)[0][:, -1]), lambda: nn.GRU(3, 4, batch_first=True, bidirectional=True), lin(8, 2)), (3, 5, 3))
    export("rnn_bidirectional", lam(lambda p, x: p[1](p[0](x)[0]), lambda: nn.RNN(3, 4, batch_first=True, bidirectional=True), lin(8, 2)), (3, 5, 3))
    export("lstm_last_state", lam(lambda p, x: p[1](p[0](x)[1][0][0]), lambda: nn.LSTM(3, 4, batch_first=True), lin(4, 2)), (3, 5, 3))
    export("lstm_both_ends", lam(lambda p, x: (lambda h: p[1](torch.cat([h[-2], h[-1]], 1)))(p[0](x)[1][0]), lambda: nn.LSTM(3, 4, batch_first=True, bidirectional=True), lin(8, 2)), (3, 5, 3))
    export("lstm_zero_state", lam(lambda p, x: p[1](p[0](x, (torch.zeros(1, x.shape[0], 4, dtype=x.dtype), torch.zeros(1, x.shape[0], 4, dtype=x.dtype)))[0][:, -1]), lambda: nn.LSTM(3, 4, batch_first=True), lin(4, 2)), (3, 5, 3))
    export("gru_pooled", lam(lambda p, x: p[1](p[0](x)[0].mean(1)), lambda: nn.GRU(3, 4, batch_first=True), lin(4, 2)), (3, 5, 3))

    def heads(p, x, causal=False):
        n, t, c = x.shape
        q, k, v = [p[i](x).reshape(n, t, 2, c // 2).transpose(1, 2) for i in range(3)]
        s = q @ k.transpose(-2, -1) / math.sqrt(c // 2)
        if causal:
            s = s.masked_fill(torch.triu(torch.ones(t, t, dtype=torch.bool), 1), float("-inf"))
        return p[3]((s.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c))

    def fused(p, x):
        n, t, c = x.shape
        q, k, v = p[0](x).reshape(n, t, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
        s = (q * (c // 2) ** -0.5) @ k.transpose(-2, -1)
        return p[1]((s.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c))

    export("attention_products", lam(heads, *[lin(4, 4)] * 4), (3, 5, 4))
    export("attention_causal", lam(lambda p, x: heads(p, x, True), *[lin(4, 4)] * 4), (3, 5, 4), opset=14)
    export("attention_fused", lam(fused, lin(4, 12), lin(4, 4)), (3, 5, 4))
    def scaled(p, x, inside, outside):
        n, t, c = x.shape
        q, k, v = [p[i](x).reshape(n, t, 2, c // 2).transpose(1, 2) for i in range(3)]
        near = (torch.arange(t)[:, None] - torch.arange(t)[None]).abs().to(x.dtype) * -0.3
        s = ((q @ k.transpose(-2, -1) + near) * inside).softmax(-1)
        return p[3]((s @ v * outside).transpose(1, 2).reshape(n, t, c))

    export("attention_factor_behind", lam(lambda p, x: scaled(p, x, 0.5, 2.0), *[lin(4, 4)] * 4), (3, 5, 4))
    export("product_turned", lam(lambda p, x, y: torch.tanh((x @ y.transpose(1, 2)).transpose(1, 2)) @ p[0](x), lin(4, 2)), (3, 5, 4), (3, 6, 4))
    export("product_reshaped", lam(lambda p, x, y: p[0]((x @ y.transpose(1, 2)).reshape(x.shape[0], 5, 2, 3).transpose(2, 3).reshape(x.shape[0], 5, 6)), lin(6, 2)), (3, 5, 4), (3, 6, 4))
    export("attention_reshaped", lam(lambda p, x, y: ((x @ y.transpose(1, 2)).softmax(-1) @ y).reshape(x.shape[0], 5, 2, 2).transpose(2, 3).reshape(x.shape[0], 5, 4)), (3, 5, 4), (3, 6, 4))
    export("attention_module", lam(lambda p, x: p[0](x, x, x, need_weights=False)[0], lambda: nn.MultiheadAttention(4, 2, batch_first=True)), (3, 5, 4))
    export("attention_bare", lam(lambda p, x, y: (x @ y.transpose(1, 2) / 2).softmax(-1) @ y), (3, 5, 4), (3, 6, 4))
    padded = torch.tensor([[3, 1, 4, 1, 5], [9, 2, 6, 0, 0], [5, 3, 5, 8, 0]])

    def masked(p, x):  # with inputs of tokens, 0 where there is none
        h = p[0](x)
        return p[2](p[1](h, h, h, key_padding_mask=x == 0, need_weights=False)[0].mean(1))

    def pooled(p, x):
        h = p[0](x)[0]
        return p[2](torch.bmm(torch.softmax(p[1](h).squeeze(-1), 1).unsqueeze(1), h).squeeze(1))

    def penalty(p, x, keep):  # as BERT's mask: 0 or −10000, added to the scores
        n, t, c = x.shape
        q, k, v = [p[i](x).reshape(n, t, 2, c // 2).transpose(1, 2) for i in range(3)]
        s = q @ k.transpose(-2, -1) / math.sqrt(c // 2) + (1.0 - keep[:, None, None, :]) * -10000.0
        return p[3]((s.softmax(-1) @ v).transpose(1, 2).reshape(n, t, c))

    def einsums(p, x):
        n, t, c = x.shape
        q, k, v = [p[i](x).reshape(n, t, 2, c // 2) for i in range(3)]
        s = torch.softmax(torch.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(c // 2), -1)
        return p[3](torch.einsum("bhqk,bkhd->bqhd", s, v).reshape(n, t, c))

    def frames(p, x):  # a network of images on each step
        n, t = x.shape[:2]
        return p[2](p[1](p[0](x.reshape(n * t, 2, 6, 6)).reshape(n, t, -1))[1][0])

    images = lambda: nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2), nn.AdaptiveAvgPool2d(1))
    export("attention_key_padding", lam(masked, lambda: nn.Embedding(11, 4), lambda: nn.MultiheadAttention(4, 2, batch_first=True), lin(4, 2)), inputs=[padded])
    export("attention_penalty", lam(penalty, *[lin(4, 4)] * 4), inputs=[torch.randn(3, 5, 4), (padded > 0).float()])
    export("attention_einsum", lam(einsums, *[lin(4, 4)] * 4), (3, 5, 4))
    export("attention_pooling", lam(pooled, lambda: nn.LSTM(3, 4, batch_first=True, bidirectional=True), lin(8, 1), lin(8, 2)), (3, 5, 3))
    export("einsum_weights", lam(lambda p, x: torch.einsum("...i,ki->k...", x, p[0].weight).permute(1, 2, 0), lin(4, 6)), (3, 5, 4))
    export("einsum_sums", lam(lambda p, x, y: torch.einsum("bij,bkj->bi", p[0](x), y), lin(4, 4)), (3, 5, 4), (3, 6, 4))
    export("cumulative_sum", lam(lambda p, x: torch.cumsum(p[0](x), 1) + torch.cumsum(p[0](x), 2), lin(4, 6)), (3, 5, 4))
    export("steps_of_images", lam(frames, images, lambda: nn.LSTM(4, 5, batch_first=True), lin(5, 2)), (2, 3, 2, 6, 6))
    export("steps_of_sequences", lam(lambda p, x: p[1](p[0](x.flatten(0, 1))[1][0].reshape(x.shape[0], x.shape[1], 4))[0][:, -1],
                                     lambda: nn.LSTM(3, 4, batch_first=True), lambda: nn.GRU(4, 2, batch_first=True)), (2, 3, 5, 3))
    export("patches_mixed", lam(lambda p, x: p[2](p[1](p[0](x).flatten(2)).transpose(1, 2)).mean(1), lambda: nn.Conv2d(2, 6, 2, 2), lin(9, 9), lin(6, 3)), (2, 2, 6, 6))
    export("pixels_linear", lam(lambda p, x: (x + p[1](F.gelu(p[0](x.permute(0, 2, 3, 1)))).permute(0, 3, 1, 2)).mean([2, 3]), lin(2, 6), lin(6, 2)), (2, 2, 4, 4))
    export("one_token", lam(lambda p, x, y: (p[0](x) * p[1](y)).sum(-1) + p[2](x).squeeze(-1), lambda: nn.Embedding(7, 4), lambda: nn.Embedding(9, 4), lambda: nn.Embedding(7, 1)), inputs=[torch.tensor([1, 6, 0]), torch.tensor([8, 2, 3])])
    export("gru_given_state", lam(lambda p, x, h: p[1](p[0](x, h.transpose(0, 1))[0][:, -1]), lambda: nn.GRU(3, 4, batch_first=True), lin(4, 2)), (3, 5, 3), (3, 1, 4))
    export("embedding_pooled", lam(lambda p, x: p[1](p[0](x).mean(1)), lambda: nn.Embedding(11, 4), lin(4, 2)), inputs=[torch.randint(0, 11, (3, 6))])
    export("positions", lam(lambda p, x: p[2](p[0](x) + p[1](torch.arange(6))), lambda: nn.Embedding(11, 4), lambda: nn.Embedding(6, 4), lin(4, 2)), inputs=[torch.randint(0, 11, (3, 6))])

    class ClassToken(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.places = nn.Parameter(torch.rand(1, 1, 6)), nn.Parameter(torch.rand(1, 5, 6))
            self.patches, self.head = nn.Conv2d(2, 6, 2, 2), nn.Linear(6, 3)

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2)
            return self.head((torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places)[:, 0])

    export("class_token", ClassToken, (3, 2, 4, 4))
    export("squeeze_excite", lam(lambda p, x: (lambda y: y * torch.sigmoid(p[2](F.relu(p[1](F.adaptive_avg_pool2d(y, 1))))))(p[0](x)),
                                 lambda: nn.Conv2d(2, 4, 3), lambda: nn.Conv2d(4, 2, 1), lambda: nn.Conv2d(2, 4, 1)), (3, 2, 5, 5))
    export("layer_scale", lam(lambda p, x: x + p[1].weight[0] * F.gelu(p[0](x)), lin(4, 4), lin(4, 1)), (3, 5, 4))
    export("residual_projection", lam(lambda p, x: F.relu(p[0](x) + p[1](x)), lambda: nn.Conv2d(2, 4, 3, 2, 1), lambda: nn.Conv2d(2, 4, 1, 2)), (3, 2, 6, 6))
    export("dense_net", lam(lambda p, x: torch.cat([x, p[0](x)], 1), lambda: nn.Conv2d(2, 3, 3, padding=1)), (3, 2, 4, 4))
    export("channel_split", lam(lambda p, x: torch.cat([p[0](x[:, :2]), x[:, 2:]], 1), lambda: nn.Conv2d(2, 2, 3, padding=1)), (3, 4, 4, 4))
    export("channel_shuffle", lam(lambda p, x: p[0](x.view(x.shape[0], 2, 2, 4, 4).transpose(1, 2).reshape(x.shape[0], 4, 4, 4)), lambda: nn.Conv2d(4, 2, 3)), (3, 4, 4, 4))
    export("chunks", lam(lambda p, x: (lambda a, b: a * torch.sigmoid(b))(*p[0](x).chunk(2, 1)), lambda: nn.Conv2d(2, 6, 3)), (3, 2, 4, 4))
    export("pixel_shuffle", lambda: nn.Sequential(nn.Conv2d(2, 8, 3), nn.PixelShuffle(2)), (3, 2, 4, 4))
    export("depthwise_separable", lambda: nn.Sequential(nn.Conv2d(4, 8, 3, groups=4), nn.Conv2d(8, 3, 1)), (3, 4, 5, 5))
    export("grouped_dilated", lambda: nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2), (3, 4, 5, 5))

    export("max_pool_padded", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(3, 2, 1)), (3, 2, 9, 8))
    export("max_pool_ceil", lambda: nn.MaxPool2d(3, 2, ceil_mode=True), (3, 2, 8, 8))
    export("max_pool_ceil_padded", lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), (3, 2, 7, 8))
    export("average_pool_padded", lambda: nn.AvgPool2d(3, 2, 1), (3, 2, 8, 7))
    export("average_pool_excluded", lambda: nn.AvgPool2d(3, 2, 1, count_include_pad=False), (3, 2, 8, 7))
    export("average_pool_1d", lambda: nn.AvgPool1d(3, 2, 1), (3, 2, 8))
    export("adaptive_pool", lambda: nn.AdaptiveAvgPool2d(2), (3, 2, 6, 4))
    export("global_max", lam(lambda p, x: p[0](F.adaptive_max_pool2d(x, 1).flatten(1)), lin(2, 3)), (3, 2, 5, 4))
    export("resize_nearest", lambda: nn.Upsample(scale_factor=2), (3, 2, 3, 4))
    export("resize_nearest_11", lambda: nn.Upsample(scale_factor=2), (3, 2, 3, 4), opset=11)
    export("resize_nearest_9", lambda: nn.Upsample(scale_factor=2), (3, 2, 3, 4), opset=9)
    export("resize_linear", lambda: nn.Upsample(scale_factor=2, mode="bilinear"), (3, 2, 3, 4))
    export("conv_transpose", lambda: nn.ConvTranspose2d(2, 3, 3, 2, 1, 1), (3, 2, 4, 3))
    export("conv_transpose_1d", lambda: nn.ConvTranspose1d(2, 3, 4, 2, 1), (3, 2, 5))
    export("pad_zeros", lambda: nn.Sequential(nn.ZeroPad2d((1, 2, 0, 1)), nn.Conv2d(2, 3, 3)), (3, 2, 4, 4))
    export("pad_constant", lambda: nn.Sequential(nn.ConstantPad2d((1, 2, 0, 1), 0.7), nn.Conv2d(2, 3, 3)), (3, 2, 4, 4))
    export("crop", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.ZeroPad2d((-1, 0, 0, -1))), (3, 2, 6, 6))
    export("image_crop", lam(lambda p, x: p[0](x)[:, :, 1:3, 1:], lambda: nn.Conv2d(2, 3, 3)), (3, 2, 6, 6))
    export("strided_steps", lam(lambda p, x: p[0](x[:, ::2]), lin(3, 2)), (3, 6, 3))
    export("columns_gathered", lam(lambda p, x: p[0](x[:, torch.tensor([4, 0, 1])]), lin(3, 2)), (3, 5))
    export("outer_flip", lam(lambda p, x: p[0](torch.flip(x, [1])), lin(5, 2)), (3, 5))
    export("baked_batch", lam(lambda p, x: p[1](p[0](x).view(3, 12)), lambda: nn.Conv2d(2, 3, 3), lin(12, 2)), (3, 2, 4, 4), batch=None)

    # Channels weighed by what the image is on the whole, at a size at which many examples are more than a constant may be.
    class SqueezeExcite(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(40, 4, 1), nn.Conv2d(4, 40, 1)

        def forward(self, x):
            return x * torch.sigmoid(self.b(F.relu(self.a(F.adaptive_avg_pool2d(x, 1)))))

    export("squeeze_excite_wide", lambda: nn.Sequential(nn.Conv2d(1, 40, 3, padding=1), SqueezeExcite(), nn.Conv2d(40, 1, 1)), (1, 1, 24, 24))

    # An embedding for each of several codes that are one array, as nets for tables have.
    class Codes(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.c, self.y = nn.Embedding(5, 3), nn.Embedding(7, 4), nn.Embedding(2, 2), nn.Linear(13, 2)

        def forward(self, codes, numbers):
            last = self.c(codes[:, -1:]).squeeze(1)
            return self.y(torch.cat([self.a(codes[:, 0]), self.b(codes[:, 1]), last, numbers], 1))

    export("codes", Codes, inputs=[torch.tensor([[4, 0, 1], [0, 6, 0], [2, 3, 1]]), torch.randn(3, 4)])

    for mode in ("bilinear", "bicubic"):
        for corners in (False, True):
            export(f"resize_{mode}_{'corners' if corners else 'centres'}", lambda: nn.Sequential(nn.Conv2d(2, 3, 1), nn.Upsample(size=(7, 5), mode=mode, align_corners=corners)), (2, 2, 4, 6))
    for name, border in (("reflect", nn.ReflectionPad2d((1, 2, 3, 0))), ("edge", nn.ReplicationPad2d((2, 1, 0, 3)))):
        export(f"pad_{name}", lambda: nn.Sequential(border, nn.Conv2d(2, 3, 3)), (2, 2, 5, 4))

    # What is only at the end of a model: the class, or the largest scores.
    export("label_only", lam(lambda p, x: p[0](x).argmax(1), lin(4, 3)), (3, 4))
    export("label_of_nearest", lam(lambda p, x: p[0](x).argmin(1), lin(4, 3)), (3, 4))
    export("label_of_pixels", lam(lambda p, x: p[0](x).argmax(1), lambda: nn.Conv2d(2, 3, 3)), (2, 2, 5, 4))
    export("largest_scores", lam(lambda p, x: F.softmax(p[0](x), 1).topk(2, 1), lin(4, 3)), (3, 4))

    # Constants that are computed: a spectral norm, the zeros that a cell begins with.
    norm = nn.utils.spectral_norm
    export("spectral_norm", lambda: nn.Sequential(norm(nn.Conv2d(2, 3, 3)), nn.ReLU(), nn.Flatten(), norm(nn.Linear(27, 2))), (2, 2, 5, 5))

    def cells(p, x):
        h, c = x.new_zeros(x.size(0), 4), x.new_zeros(x.size(0), 4)
        for t in range(x.size(1)):
            h, c = p[0](x[:, t], (h, c))
        return p[1](h)

    export("cells_unrolled", lam(cells, lambda: nn.LSTMCell(3, 4), lin(4, 2)), (3, 4, 3))
    export("join_of_one", lam(lambda p, x: p[0](torch.cat([x], 1)), lin(4, 3)), (3, 4))
    export("distance", lam(lambda p, x, y: F.pairwise_distance(p[0](x), p[0](y)), lin(4, 3)), (3, 4), (3, 4))
    export("powers", lam(lambda p, x: torch.cat([torch.sigmoid(p[0](x)) ** e for e in (5, 6, 1.7, -0.3, -3)], 1), lin(4, 2)), (3, 4))
    tokens = torch.tensor([[3, 1, 4, 1], [5, 9, 2, 6]])
    for mode in ("mean", "sum"):
        export("bag_" + mode, lam(lambda p, x: p[1](p[0](x)), lambda: nn.EmbeddingBag(10, 3, mode=mode), lin(3, 2)), inputs=[tokens])
    export("bag_baked", lam(lambda p, x: p[1](p[0](x)), lambda: nn.EmbeddingBag(10, 3), lin(3, 2)), inputs=[tokens], batch=None)

    def pixels(p, x):  # an attention whose steps are the pixels of an image
        x = p[0](x).flatten(2).transpose(1, 2)
        return p[3](x + fused(p[1:], x))

    def grouped_heads(p, x):  # two heads of queries for each one of keys and values
        n, t, c = x.shape
        q, k, v = [p[i](x).view(n, t, -1, 2).transpose(1, 2) for i in range(3)]
        k, v = [y[:, :, None].expand(n, 2, 2, t, 2).reshape(n, 4, t, 2) for y in (k, v)]
        return p[3]((q @ k.transpose(-2, -1) / math.sqrt(2)).softmax(-1).matmul(v).transpose(1, 2).reshape(n, t, c))

    def standardized(p, x):  # weights that are computed from others
        w = p[0].weight
        w = (w - w.mean((1, 2, 3), keepdim=True)) / (w.std((1, 2, 3), keepdim=True) + 1e-5)
        return F.conv2d(x, w, p[0].bias)

    export("attention_of_pixels", lam(pixels, lambda: nn.Conv2d(2, 4, 2, 2), lin(4, 12), lin(4, 4), lin(4, 3)), (3, 2, 4, 6))
    export("attention_grouped", lam(grouped_heads, lin(8, 8), lin(8, 4), lin(8, 4), lin(8, 8)), (3, 5, 8))
    export("weights_standardized", lam(standardized, lambda: nn.Conv2d(2, 3, 3)), (2, 2, 5, 5))
    export("rnn_relu_both_ways", lam(lambda p, x: p[1](torch.cat([p[0](x)[0][:, -1], p[0](x)[1].transpose(0, 1).flatten(1)], 1)),
                                     lambda: nn.RNN(3, 4, batch_first=True, bidirectional=True, nonlinearity="relu"), lin(16, 2)), (3, 5, 3))
    # States that a network begins with and learned, in one direction and both.
    state = lambda *s: (lambda: nn.ParameterList([nn.Parameter(torch.randn(*s))]))
    begun = lambda p, i, x: p[i][0].expand(-1, x.shape[0], -1).contiguous()
    export("lstm_learned_state", lam(lambda p, x: p[1](p[0](x, (begun(p, 2, x), begun(p, 3, x)))[0][:, -1]), lambda: nn.LSTM(3, 4, batch_first=True), lin(4, 2), state(1, 1, 4), state(1, 1, 4)), (3, 5, 3))
    export("gru_learned_states", lam(lambda p, x: p[1](torch.cat([p[0](x, begun(p, 2, x))[0][:, 1], p[0](x, begun(p, 2, x))[1][1]], 1)),
                                     lambda: nn.GRU(3, 4, batch_first=True, bidirectional=True), lin(12, 2), state(2, 1, 4)), (3, 5, 3))
    export("gru_given_states", lam(lambda p, x: p[1](p[0](x, p[2](x.mean(1)).view(-1, 2, 4).transpose(0, 1).contiguous())[0]),
                                   lambda: nn.GRU(3, 4, batch_first=True, bidirectional=True), lin(8, 2), lin(3, 8)), (3, 5, 3))
    export("max_pool_gaps", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.MaxPool2d(3, 2, padding=1, dilation=2)), (3, 2, 9, 8))
    export("local_response_norm", lambda: nn.Sequential(nn.Conv2d(2, 6, 3), nn.LocalResponseNorm(3, alpha=0.3)), (3, 2, 5, 5))
    export("lp_pool", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.LPPool2d(2, 2)), (3, 2, 6, 6))
    export("product", lam(lambda p, x: p[0](x).prod(1), lin(4, 3)), (3, 5, 4))
    export("tokens_steps_first", lam(lambda p, x: p[1](p[0](x).mean(0)), lambda: nn.Embedding(11, 4), lin(4, 2)), inputs=[tokens.T.contiguous()], batch=1)

    # Attentions the other way round, over queries, with constants that attend, and with scores of each head.
    parts = lambda p, x: [f(x).view(x.shape[0], x.shape[1], 2, 2).transpose(1, 2) for f in p[:3]]
    product = lambda p, x: torch.bmm(p[0](x), p[1](x).transpose(1, 2))
    four = [lin(4, 4)] * 4
    for opset in (11, 13):
        export(f"softmax_of_queries_{opset}", lam(lambda p, x: torch.bmm(product(p, x).softmax(1), p[2](x)), *four), (2, 5, 4), opset=opset)
        export(f"softmax_both_ways_{opset}", lam(lambda p, x, y: (lambda s: torch.cat([s.softmax(-1) @ y, s.transpose(1, 2).softmax(-1) @ x], 1))(p[0](x) @ y.transpose(1, 2)), *four),
               (2, 5, 4), (2, 3, 4), opset=opset)
    export("weights_transposed", lam(lambda p, x: torch.bmm(product(p, x).softmax(-1).transpose(1, 2), p[2](x)), *four), (2, 5, 4))
    export("values_times_weights", lam(lambda p, x: torch.bmm(p[2](x).transpose(1, 2), product(p, x).softmax(-1).transpose(1, 2)), *four), (2, 5, 4))

    def heads_transposed(p, x):
        q, k, v = parts(p, x)
        return ((q @ k.transpose(-1, -2)).softmax(-1).transpose(-1, -2) @ v).transpose(1, 2).flatten(2)

    def linear_attention(p, x):
        q, k, v = F.elu(p[0](x)) + 1, F.elu(p[1](x)) + 1, p[2](x)
        return q @ (k.transpose(1, 2) @ v) / (q @ k.sum(1, keepdim=True).transpose(1, 2))

    def slopes(p, x):  # a bias of the scores for each head
        q, k, v = parts(p, x)
        far = (torch.arange(5)[None] - torch.arange(5)[:, None]).abs().to(x.dtype)
        s = q @ k.transpose(-1, -2) / 1.4 - torch.tensor([0.5, 0.25], dtype=x.dtype).view(2, 1, 1) * far
        return p[3]((s.softmax(-1) @ v).transpose(1, 2).flatten(2))

    export("heads_transposed", lam(heads_transposed, *four), (2, 5, 4))
    export("attention_linear", lam(linear_attention, *four), (2, 5, 4))
    export("attention_slopes", lam(slopes, *four), (2, 5, 4))
    queries = lambda p, x: p[0][0].expand(x.shape[0], -1, -1)
    export("attention_learned_queries", lam(lambda p, x: p[2](p[1](queries(p, x), x, x)[0].flatten(1)), state(1, 3, 8), lambda: nn.MultiheadAttention(8, 2, batch_first=True), lin(24, 2)), (2, 5, 8))
    export("attention_learned_queries_baked", lam(lambda p, x: p[2](p[1](queries(p, x), x, x)[0].flatten(1)), state(1, 3, 8), lambda: nn.MultiheadAttention(8, 2, batch_first=True), lin(24, 2)), (2, 5, 8), batch=None)
    export("decoder_learned_queries", lam(lambda p, x: p[1](queries(p, x), x), state(1, 3, 8), lambda: nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)), (2, 5, 8))
    export("attention_of_pixels_turned", lam(lambda p, x: x + (p[2](x).flatten(2) @ (p[0](x).flatten(2).transpose(1, 2) @ p[1](x).flatten(2)).softmax(-1).transpose(1, 2)).view(x.shape), *[lambda: nn.Conv2d(4, 4, 1)] * 3), (2, 4, 3, 5))

    # Norms over another axis than the last, and with factors that their layers do not hold.
    def normed(x, over, w, b):
        d = x - x.mean(over, keepdim=True)
        return d / torch.sqrt((d**2).mean(over, keepdim=True) + 1e-5) * w + b

    export("norm_of_channels", lam(lambda p, x: p[3](normed(p[0](x), 1, p[1][0], p[2][0])), lambda: nn.Conv2d(3, 6, 1), state(6, 1, 1), state(6, 1, 1), lambda: nn.Conv2d(6, 2, 1)), (2, 3, 4, 5))
    export("norm_of_pixels", lam(lambda p, x: normed(x, (1, 2, 3), p[0][0], p[1][0]), state(3, 1, 1), state(3, 1, 1)), (2, 3, 4, 5))
    export("norm_scaled_by_steps", lam(lambda p, x: normed(x, -1, p[0][0], p[1][0]), state(6, 1), state(6)), (2, 6, 6))
    export("norm_modulated", lam(lambda p, x, c: (lambda a, b: normed(x, -1, a.unsqueeze(1), b.unsqueeze(1)))(*p[0](c).chunk(2, 1)), lin(4, 12)), (2, 5, 6), (2, 4))
    export("rms_norm_modulated", lam(lambda p, x, c: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * p[0](c).unsqueeze(1), lin(4, 6)), (2, 5, 6), (2, 4))
    export("instance_norm_statistics", lambda: nn.Sequential(nn.Conv2d(2, 3, 3), nn.InstanceNorm2d(3, affine=True, track_running_stats=True)), (2, 2, 5, 5), batch=None)

    # Constants beside activations, and of functions.
    export("coordinates", lam(lambda p, x: p[0](torch.cat([x, p[1][0].expand(x.shape[0], -1, -1, -1)], 1)), lambda: nn.Conv2d(5, 4, 3), state(1, 2, 6, 6)), (2, 3, 6, 6))
    export("constant_feature", lam(lambda p, x: p[0](torch.cat([x, p[1][0].expand(x.shape[0], -1), torch.tanh(x)], 1)), lin(10, 2), state(1, 2)), (2, 4))
    export("limits_of_features", lam(lambda p, x: torch.minimum(torch.maximum(p[0](x), p[1][0]), p[2][0]), lin(5, 3), state(3), lambda: nn.ParameterList([nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))])), (3, 5))
    export("outer_product", lam(lambda p, x, y: p[0](torch.bmm(x.unsqueeze(2), y.unsqueeze(1)).flatten(1)), lin(12, 2)), (3, 3), (3, 4))
    export("scalar_mix", lam(lambda p, x: (lambda w: w[0] * p[0](x) + w[1] * x)(p[1][0].softmax(0)), lin(5, 5), state(2)), (3, 5))
    export("prototypes", lam(lambda p, x: F.linear(F.normalize(p[0](x)), F.normalize(p[1][0])) * 10, lin(5, 4), state(3, 4)), (3, 5))
    ones = torch.tensor([[1, 1, 1, 0, 0.0], [1, 1, 1, 1, 1]])
    export("masked_by_zeros", lam(lambda p, x, m: p[0](x).masked_fill(m.unsqueeze(-1) == 0, -1.0).max(1)[0], lin(4, 4)), inputs=[torch.randn(2, 5, 4), ones])
    export("truth_of_numbers", lam(lambda p, x, m: p[0](x) * m.bool().to(x.dtype), lin(4, 5)), inputs=[torch.randn(2, 4), ones - 0.5 * torch.tensor([0, 0, 1, 0, 2])])
    export("count_of_truths", lam(lambda p, x, m: (x * m.unsqueeze(-1).to(x.dtype)).sum(1) / m.sum(1, keepdim=True).to(x.dtype), lin(4, 4)), inputs=[torch.randn(2, 5, 4), ones.bool()])

    def steps(p, x):  # a cell that is written out, whose first step has no state
        h = x.new_zeros(x.size(0), 4)
        for t in range(x.size(1)):
            h = p[0](x[:, t], h)
        return p[1](h)

    export("rnn_cells_unrolled", lam(steps, lambda: nn.RNNCell(3, 4), lin(4, 2)), (3, 3, 3))
    export("fourier_features", lam(lambda p, x: p[1](torch.cat([torch.sin(6.2831853 * p[0](x)), torch.cos(6.2831853 * p[0](x))], -1)), lin(3, 8), lin(16, 2)), (4, 3))
    export("siren", lam(lambda p, x: p[2](torch.sin(30 * p[1](torch.sin(30 * p[0](x))))), lin(2, 8), lin(8, 8), lin(8, 3)), inputs=[0.3 * torch.randn(4, 2)])
    export("rounded", lam(lambda p, x: torch.cat([x - torch.floor(x), torch.ceil(x), torch.round(x)], 1)), (4, 3))
    export("tensor_split", lam(lambda p, x: (lambda a, b: p[1](a * F.relu(b)))(*p[0](x).tensor_split(2, -1)), lin(6, 8), lin(4, 2)), (3, 5, 6))
    codes = [torch.tensor([[0, 1, 2], [4, 6, 0], [2, 3, 1]])]
    export("codes_with_offsets", lam(lambda p, c: p[1](p[0](c + torch.tensor([0, 5, 12])).flatten(1)), lambda: nn.Embedding(15, 4), lin(12, 2)), inputs=codes)
    export("codes_from_one", lam(lambda p, c: p[1](p[0](c - 1).mean(1)), lambda: nn.Embedding(15, 4), lin(4, 2)), inputs=[codes[0] + 1])
    series = lambda dim: lam(lambda p, x: p[1](p[0](x.unsqueeze(dim))[0][:, -1]), lambda: nn.GRU(1 if dim == 2 else 5, 4, batch_first=True), lin(4, 2))
    export("gru_of_numbers", series(2), (3, 5))
    export("gru_of_one_step", series(1), (3, 5))

    def fewer_keys(p, x, how):  # heads of queries that share one of keys
        n, t, _ = x.shape
        q, k, v = [p[i](x).view(n, t, -1, 3).transpose(1, 2) for i in range(3)]
        if how == "expanded":
            k, v = [a[:, :, None].expand(n, 2, 2, t, 3).reshape(n, 4, t, 3) for a in (k, v)]
        if how == "repeated":
            k, v = k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)
        y = (q @ k.transpose(-2, -1) / math.sqrt(3)).softmax(-1) @ v
        return p[3](y.transpose(1, 2).reshape(n, t, 12))

    for how, keys in (("expanded", 6), ("repeated", 6), ("one", 3)):
        export(f"attention_keys_{how}", lam(lambda p, x, how=how: fewer_keys(p, x, how), lin(8, 12), lin(8, keys), lin(8, keys), lin(12, 8)), (2, 5, 8))
    export("largest_of_words", lam(lambda p, x: p[1](p[0](x).masked_fill((x == 0).unsqueeze(-1), float("-inf")).max(1)[0]), lambda: nn.Embedding(11, 4), lin(4, 2)), inputs=[padded])
    export("smallest_of_words", lam(lambda p, x: p[1](torch.where((x == 0).unsqueeze(-1), torch.tensor(float("inf"), dtype=p[1].weight.dtype), p[0](x)).min(1)[0]), lambda: nn.Embedding(11, 4), lin(4, 2)), inputs=[padded])
    export("weights_of_words", lam(lambda p, x: (lambda h: p[2]((p[1](h).masked_fill((x == 0).unsqueeze(-1), float("-inf")).softmax(1) * h).sum(1)))(p[0](x)), lambda: nn.Embedding(11, 4), lin(4, 1), lin(4, 2)), inputs=[padded])
    export("class_token_steps_first", lam(lambda p, x: p[1](torch.cat([p[0][0].expand(1, x.shape[1], 6), torch.tanh(x)], 0)[0]), state(1, 1, 6), lin(6, 2)), (5, 2, 6), batch=1)
    export("attention_bias_kv", lam(lambda p, x: p[0](x, x, x, need_weights=False)[0], lambda: nn.MultiheadAttention(8, 2, batch_first=True, add_bias_kv=True)), (2, 5, 8))

    export("one_hot", lam(lambda p, c, x: p[0](torch.cat([F.one_hot(c, 5).to(x.dtype), x], 1)), lin(8, 2)), inputs=[torch.tensor([4, 0]), torch.randn(2, 3)])
    export("one_hot_steps", lam(lambda p, c: p[1](p[0](F.one_hot(c, 5).to(p[1].weight.dtype))[0][:, -1]), lambda: nn.GRU(5, 4, batch_first=True), lin(4, 2)), inputs=[torch.tensor([[4, 0, 1], [2, 3, 3]])])

    def repeated(t, times):  # repeat_kv of Llama and others
        b, h, s, d = t.shape
        return t[:, :, None, :, :].expand(b, h, times, s, d).reshape(b, h * times, s, d)

    def grouped(p, x, times=2):
        q, k, v = [g(x).view(x.shape[0], 5, -1, 2).transpose(1, 2) for g in p[:3]]
        a = torch.softmax(q @ repeated(k, times).transpose(2, 3) / math.sqrt(2), -1) @ repeated(v, times)
        return p[3](a.transpose(1, 2).reshape(x.shape[0], 5, 8))

    export("grouped_queries", lam(grouped, lin(6, 8), lin(6, 4), lin(6, 4), lin(8, 6)), (2, 5, 6))
    export("grouped_queries_fixed", lam(grouped, lin(6, 8), lin(6, 4), lin(6, 4), lin(8, 6)), (1, 5, 6), batch=None)
    export("pooled_by_product", lam(lambda p, x: (lambda h: p[2](torch.bmm(torch.softmax(p[1](h), 1).transpose(1, 2), h).squeeze(1)))(torch.tanh(p[0](x))), lin(4, 6), lin(6, 1), lin(6, 3)), (2, 5, 4))
    export("one_query_squeezed", lam(lambda p, x: p[3]((torch.softmax(p[0](x[:, -1:]) @ p[1](x).transpose(1, 2) / 2, -1) @ p[2](x)).squeeze(1)), lin(4, 4), lin(4, 4), lin(4, 4), lin(4, 4)), (2, 5, 4))

    def packed(p, x, lengths, how):
        y, h = p[0](nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True))
        if how == "states":
            return p[1](torch.cat(list(h[0] if isinstance(h, tuple) else h), 1))
        return p[1](nn.utils.rnn.pad_packed_sequence(y, batch_first=True, total_length=5)[0])

    for how in ("states", "steps"):
        for kind, cell in (("lstm", nn.LSTM), ("gru", nn.GRU), ("rnn", nn.RNN)):
            export(f"packed_{kind}_{how}", lam(lambda p, x, l, how=how: packed(p, x, l, how), lambda cell=cell: cell(3, 4, batch_first=True, bidirectional=True), lin(8, 2)),
                   inputs=[torch.randn(3, 5, 3), torch.tensor([5, 3, 2])], batch=None)
    export("packed_layers", lam(lambda p, x, l: packed(p, x, l, "steps"), lambda: nn.LSTM(3, 4, 2, batch_first=True), lin(4, 2)), inputs=[torch.randn(3, 5, 3), torch.tensor([5, 3, 2])], batch=None)
    for kind, cell in (("lstm", nn.LSTM), ("gru", nn.GRU)):  # its zero states are those of the batch of the export
        export(f"packed_open_{kind}", lam(lambda p, x, l: packed(p, x, l, "last"), lambda cell=cell: cell(3, 4, batch_first=True, bidirectional=True), lin(8, 2)), inputs=[torch.randn(3, 5, 3), torch.tensor([5, 3, 2])], batch=0)
    export("features_whole_and_part", lam(lambda p, x: (lambda h: torch.cat([p[1](h), torch.tanh(h[:, :2])], 1))(p[0](x)), lin(4, 6), lin(6, 2)), (3, 4))
    rows = torch.tensor([[2, 0], [1, 1], [0, 3]])
    export("elements_of_columns", lam(lambda p, x: p[0](x.gather(1, torch.tensor([3, 0]).expand(x.shape[0], -1))), lin(2, 2)), (3, 4))
    export("elements_of_rows", lam(lambda p, x: p[0](x.gather(2, rows.expand(x.shape[0], -1, -1))), lin(2, 2)), (2, 3, 4))


# Graphs by hand.

FLOAT, INT64, STRING = TensorProto.FLOAT, TensorProto.INT64, TensorProto.STRING


def graph(name, nodes, inputs, outputs, constants, give, opset=13, ml=0, functions=(), raw=None):
    """inputs: {name: array}; outputs: {name: (type, shape)}; give: arrays or a function of the inputs."""
    kind = {np.dtype("float32"): FLOAT, np.dtype("int64"): INT64, np.dtype("uint8"): TensorProto.UINT8, np.dtype("bool"): TensorProto.BOOL}
    ins = [helper.make_tensor_value_info(k, STRING if v.dtype == object else kind[v.dtype], ["n", *v.shape[1:]]) for k, v in inputs.items()]
    outs = [helper.make_tensor_value_info(k, t, ["n", *s]) for k, (t, s) in outputs.items()]
    inits = [numpy_helper.from_array(v, k) if isinstance(v, np.ndarray) else v for k, v in constants.items()]
    g = helper.make_graph(nodes, name, ins, outs, inits)
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid("ai.onnx.ml", ml)] if ml else [])
    imports += [helper.make_opsetid(f.domain, 1) for f in functions]
    m = helper.make_model(g, opset_imports=imports, functions=list(functions), ir_version=8)
    ys = give(*[v.astype(np.float64) if v.dtype == np.float32 else v for v in inputs.values()]) if callable(give) else give
    ys = ys if isinstance(ys, tuple) else (ys,)
    models[name] = (m.SerializeToString(), list(inputs.values()), [y.astype(np.float32) for y in ys])


def node(op, ins, outs, **attrs):
    return helper.make_node(op, ins.split(), outs.split(), name=f"{op}_{outs.split()[0]}", **attrs)


def f32(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def hand_models():
    x, w, b = f32(3, 4), f32(4, 2), f32(2)
    y = {"y": (FLOAT, [2])}
    graph("gemm", [node("Gemm", "x w b", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: x @ w + b)
    graph("gemm_transposed", [node("Gemm", "x w b", "y", transB=1, alpha=0.5, beta=2.0)], {"x": x}, y, {"w": w.T.copy(), "b": b}, lambda x: 0.5 * x @ w + 2 * b)
    graph("matmul_add", [node("MatMul", "x w", "h"), node("Add", "b h", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: x @ w + b)
    graph("transposed_matmul_add", [node("Transpose", "w", "t", perm=[1, 0]), node("MatMul", "x t", "h"), node("Add", "h b", "y")],
          {"x": x}, y, {"w": w.T.copy(), "b": b}, lambda x: x @ w + b)
    gamma, beta, v = f32(4), f32(4), f32(3, 5, 4)
    rows = {"y": (FLOAT, [5, 4])}

    def ln(x):
        d = x - x.mean(-1, keepdims=True)
        return d / np.sqrt((d * d).mean(-1, keepdims=True) + 1e-3) * gamma + beta

    def rms(x):
        return x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-3) * gamma

    graph("layer_norm_one", [node("LayerNormalization", "x g b", "y", axis=-1, epsilon=1e-3)], {"x": v}, rows, {"g": gamma, "b": beta}, ln, opset=17)
    mean = [node("Mul", "x x", "s"), node("ReduceMean", "s", "m", axes=[-1]), node("Add", "m e", "v"), node("Sqrt", "v", "r")]
    eps = {"g": gamma, "e": np.array(1e-3, np.float32)}
    graph("rms_norm_division", mean + [node("Div", "x r", "d"), node("Mul", "d g", "y")], {"x": v}, rows, eps, rms)
    graph("rms_norm_reciprocal", mean + [node("Reciprocal", "r", "i"), node("Mul", "x i", "d"), node("Mul", "g d", "y")], {"x": v}, rows, eps, rms)
    q, k = f32(3, 5, 4), f32(3, 5, 4)
    p = {n: f32(4, 4) for n in ("wq", "wk", "wv", "wo")}

    def attention(x, mask=0.0):
        q, k, v = [(x @ p[n]).reshape(3, 5, 2, 2).transpose(0, 2, 1, 3) for n in ("wq", "wk", "wv")]
        a = softmax(q @ k.transpose(0, 1, 3, 2) / np.sqrt(2) + mask) @ v
        return a.transpose(0, 2, 1, 3).reshape(3, 5, 4) @ p["wo"]

    ops = [node("MatMul", "x wq", "q"), node("MatMul", "x wk", "k"), node("MatMul", "x wv", "v")]
    graph("attention_operator", ops + [node("Attention", "q k v", "a", q_num_heads=2, kv_num_heads=2), node("MatMul", "a wo", "y")], {"x": v}, rows, p, attention, opset=23)
    later = np.triu(np.full((5, 5), -np.inf), 1)
    graph("attention_operator_causal", ops + [node("Attention", "q k v", "a", q_num_heads=2, kv_num_heads=2, is_causal=1), node("MatMul", "a wo", "y")],
          {"x": v}, rows, p, lambda x: attention(x, later), opset=23)
    pg = {"wq": f32(4, 8), "wk": f32(4, 4), "wv": f32(4, 4), "wo": f32(8, 4)}

    def grouped_attention(x, mask):
        q, k, v = [(x @ pg[n]).reshape(3, 5, -1, 2).transpose(0, 2, 1, 3) for n in ("wq", "wk", "wv")]
        a = softmax(q @ k.repeat(2, 1).transpose(0, 1, 3, 2) / np.sqrt(2) + mask) @ v.repeat(2, 1)
        return a.transpose(0, 2, 1, 3).reshape(3, 5, 8) @ pg["wo"]

    graph("attention_operator_grouped", ops + [node("Attention", "q k v", "a", q_num_heads=4, kv_num_heads=2, is_causal=1), node("MatMul", "a wo", "y")],
          {"x": v}, rows, pg, lambda x: grouped_attention(x, later), opset=23)
    band = (np.abs(np.subtract.outer(np.arange(5), np.arange(5))) > 2) * -1e9
    graph("attention_masked", ops + [node("Attention", "q k v m", "a", q_num_heads=2, kv_num_heads=2), node("MatMul", "a wo", "y")],
          {"x": v}, rows, {**p, "m": band.astype(np.float32)}, lambda x: attention(x, band), opset=23)

    graph("threshold", [node("Gemm", "x w b", "h"), node("ThresholdedRelu", "h", "y", alpha=0.2)], {"x": x}, y, {"w": w, "b": b}, lambda x: np.where(x @ w + b > 0.2, x @ w + b, 0))

    # The error function, alone and as that of a normal distribution.
    erf = np.vectorize(math.erf)
    graph("erf", [node("Gemm", "x w b", "h"), node("Erf", "h", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: erf(x @ w + b))
    graph("erf_normal", [node("Gemm", "x w b", "h"), node("Div", "h s", "d"), node("Erf", "d", "e"), node("Add", "e i", "a"), node("Mul", "a o", "y")], {"x": x}, y,
          {"w": w, "b": b, "s": np.array(2**0.5, np.float32), "i": np.array(1, np.float32), "o": np.array(0.5, np.float32)}, lambda x: (1 + erf((x @ w + b) / 2**0.5)) / 2)

    # Weights that are computed from constants by each function and reduction.
    base = np.linspace(-0.9, 0.9, 8, dtype=np.float32).reshape(4, 2)
    functions = {"Sign": np.sign, "Round": lambda v: np.round(v), "Sin": np.sin, "Cos": np.cos, "Tan": np.tan, "Asin": np.arcsin, "Acos": np.arccos, "Atan": np.arctan,
                 "Sinh": np.sinh, "Cosh": np.cosh, "Asinh": np.arcsinh, "Atanh": np.arctanh, "Erf": np.vectorize(math.erf), "Tanh": np.tanh,
                 "Relu": lambda v: np.maximum(v, 0), "Sigmoid": lambda v: 1 / (1 + np.exp(-v)), "Softplus": lambda v: np.log1p(np.exp(v)), "Floor": np.floor, "Ceil": np.ceil}
    reductions = {"ReduceMean": np.mean, "ReduceL1": lambda v, **k: np.abs(v).sum(**k), "ReduceL2": lambda v, **k: np.sqrt((v * v).sum(**k)), "ReduceSumSquare": lambda v, **k: (v * v).sum(**k)}
    steps = [node(op, "w", op) for op in functions] + [node(op, "w", op, axes=[0]) for op in reductions]
    every = [*functions, *reductions]
    wide = base.astype(np.float64)
    total = sum(f(wide) for f in functions.values()) + sum(f(wide, axis=0, keepdims=True) for f in reductions.values())
    graph("constants_computed", steps + [node("Sum", " ".join(every), "total"), node("MatMul", "x total", "y")], {"x": x}, y, {"w": base}, lambda x: x @ total)

    # Operators that differ from opset to opset.
    graph("clip_10", [node("Gemm", "x w b", "h"), node("Clip", "h", "y", min=-0.5, max=0.7)], {"x": x}, y, {"w": w, "b": b}, lambda x: np.clip(x @ w + b, -0.5, 0.7), opset=10)
    lo = np.array(-0.5, np.float32)
    graph("clip_13", [node("Gemm", "x w b", "h"), node("Clip", "h lo", "y")], {"x": x}, y, {"w": w, "b": b, "lo": lo}, lambda x: np.maximum(x @ w + b, lo))
    graph("dropout_7", [node("Gemm", "x w b", "h"), node("Dropout", "h", "y", ratio=0.4)], {"x": x}, y, {"w": w, "b": b}, lambda x: x @ w + b, opset=7)
    graph("softmax_11", [node("Softmax", "x", "y", axis=1)], {"x": v}, rows, {}, lambda x: softmax(x.reshape(3, 20)).reshape(3, 5, 4), opset=11)
    graph("softmax_13", [node("Softmax", "x", "y", axis=1)], {"x": v}, rows, {}, lambda x: softmax(x.transpose(0, 2, 1)).transpose(0, 2, 1))
    graph("squeeze_11", [node("Unsqueeze", "x", "u", axes=[1]), node("Squeeze", "u", "h", axes=[1]), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: x @ w + b, opset=11)
    one = np.array([1], np.int64)
    graph("squeeze_13", [node("Unsqueeze", "x one", "u"), node("Squeeze", "u one", "h"), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b, "one": one}, lambda x: x @ w + b)
    graph("reduce_sum_11", [node("ReduceSum", "x", "y", axes=[1], keepdims=0)], {"x": v}, {"y": (FLOAT, [4])}, {}, lambda x: x.sum(1), opset=11)
    graph("reduce_sum_13", [node("ReduceSum", "x one", "y", keepdims=0)], {"x": v}, {"y": (FLOAT, [4])}, {"one": one}, lambda x: x.sum(1))
    graph("reduce_mean_18", [node("ReduceMean", "x one", "y", keepdims=0)], {"x": v}, {"y": (FLOAT, [4])}, {"one": one}, lambda x: x.mean(1), opset=18)
    parts = np.array([1, 3], np.int64)
    graph("split_11", [node("Split", "x", "a b", axis=1, split=[1, 3]), node("Mul", "a b", "y")], {"x": x}, {"y": (FLOAT, [3])}, {}, lambda x: x[:, :1] * x[:, 1:], opset=11)
    graph("split_13", [node("Split", "x parts", "a b", axis=1), node("Mul", "a b", "y")], {"x": x}, {"y": (FLOAT, [3])}, {"parts": parts}, lambda x: x[:, :1] * x[:, 1:])
    graph("split_18", [node("Split", "x", "a b", axis=1, num_outputs=2), node("Mul", "a b", "y")], {"x": x}, {"y": (FLOAT, [2])}, {}, lambda x: x[:, :2] * x[:, 2:], opset=18)
    graph("pad_2", [node("Pad", "x", "y", pads=[0, 1, 0, 0, 1, 0], value=0.0)], {"x": v}, {"y": (FLOAT, [7, 4])}, {}, lambda x: np.pad(x, ((0, 0), (1, 1), (0, 0))), opset=7)
    img, bn = f32(3, 2, 4, 4), {k: np.abs(f32(2)) + 0.5 for k in ("g", "b", "m", "v")}
    at = lambda k: bn[k][:, None, None]
    give = lambda x: (x - at("m")) / np.sqrt(at("v") + 1e-5) * at("g") + at("b")
    for opset in (7, 9, 14, 15):
        graph(f"batch_norm_{opset}", [node("BatchNormalization", "x g b m v", "y")], {"x": img}, {"y": (FLOAT, [2, 4, 4])}, bn, give, opset=opset)
    group, per = f32(3, 4, 3, 3), {"g": f32(2), "b": f32(2)}

    def grouped(x, g, b):
        h = x.reshape(3, 2, -1)
        h = (h - h.mean(-1, keepdims=True)) / np.sqrt(h.var(-1, keepdims=True) + 1e-5)
        return h.reshape(3, 4, 3, 3) * g[:, None, None] + b[:, None, None]

    graph("group_norm_18", [node("GroupNormalization", "x g b", "y", num_groups=2)], {"x": group}, {"y": (FLOAT, [4, 3, 3])}, per,
          lambda x: grouped(x, np.repeat(per["g"], 2), np.repeat(per["b"], 2)), opset=18)
    wide = {"g": f32(4), "b": f32(4)}
    graph("group_norm_21", [node("GroupNormalization", "x g b", "y", num_groups=2)], {"x": group}, {"y": (FLOAT, [4, 3, 3])}, wide, lambda x: grouped(x, wide["g"], wide["b"]), opset=21)
    graph("rms_norm_23", [node("RMSNormalization", "x g", "y", epsilon=1e-3)], {"x": v}, rows, {"g": gamma}, rms, opset=23)
    erf = np.vectorize(math.erf)
    graph("gelu_20", [node("Gelu", "x", "y")], {"x": x}, {"y": (FLOAT, [4])}, {}, lambda x: x / 2 * (1 + erf(x / np.sqrt(2))), opset=20)
    up = lambda x: x.repeat(2, 2).repeat(2, 3)
    scales = np.array([1, 1, 2, 2], np.float32)
    graph("resize_10", [node("Resize", "x s", "y", mode="nearest")], {"x": img}, {"y": (FLOAT, [2, 8, 8])}, {"s": scales}, up, opset=10)
    down = np.array([1, 1, 0.5, 0.7], np.float32)
    graph("resize_10_down", [node("Resize", "x s", "y", mode="nearest")], {"x": img}, {"y": (FLOAT, [2, 2, 2])}, {"s": down}, lambda x: x[:, :, [0, 2]][:, :, :, [0, 2]], opset=10)  # as ONNX Runtime does
    graph("top_k_9", [node("TopK", "x", "y i", k=2)], {"x": x}, {"y": (FLOAT, [2])}, {}, lambda x: -np.sort(-x, 1)[:, :2], opset=9)
    signed = np.array([[0, -1.5, 2, -0.0]], np.float32)
    graph("sign", [node("Sign", "x", "h"), node("Gemm", "h w b", "y")], {"x": signed}, y, {"w": w, "b": b}, lambda x: np.sign(x) @ w + b)
    graph("prelu_one_slope", [node("Conv", "x k", "c"), node("PRelu", "c s", "y")], {"x": img}, {"y": (FLOAT, [3, 2, 2])}, {"k": np.ones((3, 2, 3, 3), np.float32), "s": np.array([0.2], np.float32)},
          lambda x: (lambda c: np.where(c > 0, c, np.float64(np.float32(0.2)) * c))(np.stack([np.lib.stride_tricks.sliding_window_view(x, (3, 3), (2, 3)).sum((1, 4, 5))] * 3, 1)))
    graph("resize_19", [node("Resize", "x   s".replace("   ", " r "), "y", mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
          {"x": img}, {"y": (FLOAT, [2, 8, 8])}, {"s": scales, "r": np.zeros(0, np.float32)}, up, opset=19)

    # Types of weights.
    for kind, cast in (("float16", np.float16), ("double", np.float64)):
        h, c = w.astype(cast), b.astype(cast)
        graph(f"weights_{kind}", [node("Cast", "w", "wf", to=1), node("Cast", "b", "bf", to=1), node("Gemm", "x wf bf", "y")], {"x": x}, y, {"w": h, "b": c},
              lambda x: x @ h.astype(np.float64) + c.astype(np.float64))
    bits = (np.ascontiguousarray(w).view(np.uint32) >> 16).astype(np.int64)
    brain = (bits << 16).astype(np.uint32).view(np.float32)
    for raw in (False, True):
        data = bits.astype(np.uint16).tobytes() if raw else bits.ravel().tolist()
        t = TensorProto(name="w", data_type=TensorProto.BFLOAT16, dims=[4, 2])
        if raw:
            t.raw_data = data
        else:
            t.int32_data.extend(data)
        graph(f"weights_bfloat16_{'raw' if raw else 'typed'}", [node("Cast", "w", "wf", to=1), node("MatMul", "x wf", "y")], {"x": x}, y, {"w": t}, lambda x: x @ brain.astype(np.float64))
    t = TensorProto(name="w", data_type=TensorProto.FLOAT16, dims=[4, 2])
    t.int32_data.extend(w.astype(np.float16).view(np.uint16).ravel().tolist())
    graph("weights_float16_typed", [node("Cast", "w", "wf", to=1), node("MatMul", "x wf", "y")], {"x": x}, y, {"w": t}, lambda x: x @ w.astype(np.float16).astype(np.float64))
    t = helper.make_tensor("w", TensorProto.DOUBLE, [4, 2], w.astype(np.float64).ravel().tolist())
    graph("weights_double_typed", [node("Cast", "w", "wf", to=1), node("MatMul", "x wf", "y")], {"x": x}, y, {"w": t}, lambda x: x @ w.astype(np.float64))

    # Rounded weights and activations.
    s8, q8 = np.float32(0.02), np.clip(np.round(w / 0.02), -127, 127).astype(np.int8)
    graph("qdq_weights", [node("DequantizeLinear", "w s z", "wf"), node("MatMul", "x wf", "y")], {"x": x}, y, {"w": q8, "s": np.array(s8), "z": np.array(0, np.int8)},
          lambda x: x @ (q8.astype(np.float64) * float(s8)))
    cols = np.array([0.02, 0.03], np.float32)
    graph("qdq_weights_axis", [node("DequantizeLinear", "w s", "wf", axis=1), node("MatMul", "x wf", "y")], {"x": x}, y, {"w": q8, "s": cols},
          lambda x: x @ (q8.astype(np.float64) * cols.astype(np.float64)))
    graph("qdq_activations", [node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "d"), node("Gemm", "d w b", "y")],
          {"x": x}, y, {"w": w, "b": b, "s": np.array(0.1, np.float32), "z": np.array(3, np.uint8)}, lambda x: x @ w + b)  # not rounded here
    graph("qdq_relu", [node("Gemm", "x w b", "h"), node("QuantizeLinear", "h s z", "q"), node("DequantizeLinear", "q s z", "y")],
          {"x": x}, y, {"w": w, "b": b, "s": np.array(0.1, np.float32), "z": np.array(0, np.uint8)}, lambda x: np.maximum(x @ w + b, 0))
    bytes_in = rng.integers(0, 255, (3, 4)).astype(np.uint8)
    graph("bytes_in", [node("DequantizeLinear", "x s z", "d"), node("Gemm", "d w b", "y")], {"x": bytes_in}, y,
          {"w": w, "b": b, "s": np.array(0.01, np.float32), "z": np.array(7, np.uint8)}, lambda x: (x.astype(np.float64) - 7) * float(np.float32(0.01)) @ w + b)
    graph("cast_and_scale", [node("Cast", "x", "f", to=1), node("Div", "f s", "d"), node("Gemm", "d w b", "y")], {"x": bytes_in}, y,
          {"w": w, "b": b, "s": np.array(255, np.float32)}, lambda x: x / 255.0 @ w + b)

    # Functions of the model, and graphs inside.
    swish = helper.make_function("local", "ScaledSwish", ["a"], ["r"],
                                 [helper.make_node("Constant", [], ["one"], value_float=1.0), helper.make_node("Sigmoid", ["a"], ["s"]), helper.make_node("Mul", ["a", "s"], ["t"]),
                                  helper.make_node("Mul", ["t", "one"], ["r"])], [helper.make_opsetid("", 13)], ["alpha"])
    twice = helper.make_function("local", "Twice", ["a"], ["r"], [helper.make_node("ScaledSwish", ["a"], ["s"], domain="local"), helper.make_node("ScaledSwish", ["s"], ["r"], domain="local")],
                                 [helper.make_opsetid("", 13), helper.make_opsetid("local", 1)], [])
    silu = lambda x: x / (1 + np.exp(-x))
    n = node("Twice", "h", "t", domain="local")
    graph("functions", [node("Gemm", "x w b", "h"), n, node("Mul", "t t", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: silu(silu(x @ w + b)) ** 2, functions=[swish, twice])
    leaky = helper.make_function("local", "Leaky", ["a"], ["r"], [helper.make_node("LeakyRelu", ["a"], ["r"])], [helper.make_opsetid("", 13)], ["slope"])
    leaky.node[0].attribute.append(onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT))
    graph("function_attribute", [node("Gemm", "x w b", "h"), node("Leaky", "h", "y", domain="local", slope=0.3)], {"x": x}, y, {"w": w, "b": b},
          lambda x: np.where(x @ w + b > 0, x @ w + b, np.float64(np.float32(0.3)) * (x @ w + b)), functions=[leaky])
    then = helper.make_graph([helper.make_node("Squeeze", ["x", "one"], ["s1"])], "then", [], [helper.make_tensor_value_info("s1", FLOAT, None)])
    other = helper.make_graph([helper.make_node("Identity", ["x"], ["s2"])], "else", [], [helper.make_tensor_value_info("s2", FLOAT, None)])
    shape = [node("Shape", "x", "shape"), node("Gather", "shape one", "size"), node("Equal", "size one", "c")]
    graph("if_squeeze", shape + [helper.make_node("If", ["c"], ["h"], then_branch=then, else_branch=other), node("Gemm", "h w b", "y")],
          {"x": x}, y, {"w": w, "b": b, "one": one}, lambda x: x @ w + b)
    graph("if_true", [node("Equal", "one one", "c"), helper.make_node("If", ["c"], ["h"], then_branch=helper.make_graph([helper.make_node("Relu", ["x"], ["s1"])], "then", [],
          [helper.make_tensor_value_info("s1", FLOAT, None)]), else_branch=other), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b, "one": one}, lambda x: np.maximum(x, 0) @ w + b)
    inner = helper.make_function("local", "Gated", ["a"], ["r"], [helper.make_node("Sigmoid", ["a"], ["s"]), helper.make_node("Mul", ["a", "s"], ["r"])], [helper.make_opsetid("", 13)], [])
    graph("function_pattern", [node("Gated", "x", "h", domain="local"), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: silu(x) @ w + b, functions=[inner])

    # What scikit-learn's converter writes.
    front = {"offset": np.array([0.5, -1, 2, 0], np.float32), "scale": np.array([2, 0.5, 1, 3], np.float32)}
    graph("scaler", [helper.make_node("Scaler", ["x"], ["h"], domain="ai.onnx.ml", offset=front["offset"].tolist(), scale=front["scale"].tolist()), node("Gemm", "h w b", "y")],
          {"x": x}, y, {"w": w, "b": b}, lambda x: (x - front["offset"]) * front["scale"] @ w + b, ml=1)
    graph("min_max_scaler", [node("Mul", "x scale", "m"), node("Add", "m least", "h"), node("Gemm", "h w b", "y")], {"x": x}, y,
          {"w": w, "b": b, "scale": front["scale"], "least": front["offset"]}, lambda x: (x * front["scale"] + front["offset"]) @ w + b)
    a, c = f32(3, 1), f32(3, 3)
    graph("columns_concat_scaler", [node("Concat", "a c", "x", axis=1), helper.make_node("Scaler", ["x"], ["h"], domain="ai.onnx.ml", offset=front["offset"].tolist(), scale=front["scale"].tolist()),
          node("Gemm", "h w b", "y")], {"a": a, "c": c}, y, {"w": w, "b": b}, lambda a, c: (np.concatenate([a, c], 1) - front["offset"]) * front["scale"] @ w + b, ml=1)
    names = ["red", "green", "blue"]
    classes = f32(4, 3)
    tail = [node("MatMul", "h wc", "s"), node("Softmax", "s", "p", axis=1), node("ArgMax", "p", "i", axis=1),
            helper.make_node("ArrayFeatureExtractor", ["names", "i"], ["f"], domain="ai.onnx.ml"), node("Reshape", "f flat", "label"),
            helper.make_node("ZipMap", ["p"], ["z"], domain="ai.onnx.ml", classlabels_strings=names)]
    m = {"wc": classes, "flat": np.array([-1], np.int64), "names": helper.make_tensor("names", STRING, [3], [s.encode() for s in names])}
    graph("classifier_tail", [node("Identity", "x", "h")] + tail, {"x": x}, {"z": (FLOAT, [3])}, m, lambda x: softmax(x @ classes), ml=1)
    coef = f32(3, 4)
    graph("linear_classifier", [helper.make_node("LinearClassifier", ["x"], ["label", "s"], domain="ai.onnx.ml", classlabels_strings=names, coefficients=coef.ravel().tolist(),
          intercepts=[0.1, 0.2, 0.3], post_transform="SOFTMAX"), helper.make_node("Normalizer", ["s"], ["p"], domain="ai.onnx.ml", norm="L1"),
          helper.make_node("ZipMap", ["p"], ["z"], domain="ai.onnx.ml", classlabels_strings=names)], {"x": x}, {"z": (FLOAT, [3])}, {},
          lambda x: softmax(x @ coef.T + np.array([0.1, 0.2, 0.3])), ml=1)
    graph("linear_regressor", [helper.make_node("LinearRegressor", ["x"], ["y"], domain="ai.onnx.ml", coefficients=coef[:2].ravel().tolist(), intercepts=[0.5, -0.5], targets=2)],
          {"x": x}, y, {}, lambda x: x @ coef[:2].T + np.array([0.5, -0.5]), ml=1)
    graph("normalizer_l2", [helper.make_node("Normalizer", ["x"], ["h"], domain="ai.onnx.ml", norm="L2"), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b},
          lambda x: x / np.sqrt((x * x).sum(1, keepdims=True)) @ w + b, ml=1)
    # A pipeline of columns: the numbers with gaps filled and scaled, the words one-hot. The words are red, blue and red; the
    # network reads their numbers, so that the input is given so here.
    holes = np.array([[1, 2], [3, 4], [0.5, 6]], np.float32)
    hot = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    graph("columns_front", [helper.make_node("Imputer", ["num"], ["filled"], domain="ai.onnx.ml", imputed_value_floats=[2.5, 3.5], replaced_value_float=float("nan")),
          helper.make_node("Scaler", ["filled"], ["scaled"], domain="ai.onnx.ml", offset=[1.0, 2.0], scale=[0.5, 0.25]),
          helper.make_node("OneHotEncoder", ["word"], ["hot"], domain="ai.onnx.ml", cats_strings=["red", "blue"], zeros=1),
          node("Reshape", "hot wide", "flat"), node("Concat", "scaled flat", "h", axis=1), node("Gemm", "h w b", "y")],
          {"num": holes, "word": np.array([["red"], ["blue"], ["red"]], object)}, y, {"w": w, "b": b, "wide": np.array([-1, 2], np.int64)},
          np.concatenate([(holes - [1, 2]) * [0.5, 0.25], hot], 1) @ w + b, ml=1)
    gaps = np.array([[1, np.nan], [np.nan, 4], [0.5, 6]], np.float32)
    graph("columns_gaps", [helper.make_node("Imputer", ["num"], ["filled"], domain="ai.onnx.ml", imputed_value_floats=[2.5, 3.5], replaced_value_float=float("nan")), node("MatMul", "filled w", "y")],
          {"num": gaps}, y, {"w": w[:2]}, lambda x: np.where(np.isnan(x), [2.5, 3.5], x) @ w[:2], ml=1)
    # The same as one table of words, of which two columns are numbers, and as one of numbers, of which one column is a code.
    pick = lambda name, columns: helper.make_node("ArrayFeatureExtractor", ["table", columns], [name], domain="ai.onnx.ml")
    imputer = helper.make_node("Imputer", ["num"], ["filled"], domain="ai.onnx.ml", imputed_value_floats=[2.5, 3.5], replaced_value_float=float("nan"))
    scaler = helper.make_node("Scaler", ["filled"], ["scaled"], domain="ai.onnx.ml", offset=[1.0, 2.0], scale=[0.5, 0.25])
    behind = [node("Reshape", "hot wide", "flat"), node("Concat", "scaled flat", "h", axis=1), node("Gemm", "h w b", "y")]
    places = {"i": np.array([0, 3], np.int64), "k": np.array([1], np.int64), "wide": np.array([-1, 2], np.int64), "w": w, "b": b}
    result = np.concatenate([(holes - [1, 2]) * [0.5, 0.25], hot], 1) @ w + b
    for name, first, coded, table in [
        ("table_of_words", [pick("text", "i"), node("Cast", "text", "num", to=1), pick("code", "k")], {"cats_strings": ["red", "blue"]},
         np.array([["1", "red", "x", "2"], ["3", "blue", "x", "4"], ["0.5", "red", "x", "6"]], object)),
        ("table_of_numbers", [pick("num", "i"), pick("float", "k"), node("Cast", "float", "code", to=7)], {"cats_int64s": [7, 8]},
         np.array([[1, 7, 0, 2], [3, 8, 0, 4], [0.5, 7, 0, 6]], np.float32)),
    ]:
        encoder = helper.make_node("OneHotEncoder", ["code"], ["hot"], domain="ai.onnx.ml", zeros=1, **coded)
        graph(name, first + [imputer, scaler, encoder] + behind, {"table": table}, y, places, result, ml=1)
        models[name] = (models[name][0], [np.concatenate([holes, hot], 1)], models[name][2])
    table = rng.normal(size=(3, 4)).astype(np.float32)
    graph("table_reordered", [pick("num", "i"), pick("rest", "k"), helper.make_node("Scaler", ["num"], ["scaled"], domain="ai.onnx.ml", offset=[1.0, 2.0, 3.0], scale=[0.5, 0.25, 2.0]),
                              node("Concat", "scaled rest", "h", axis=1), node("Gemm", "h w b", "y")], {"table": table}, y,
          {"i": np.array([3, 0, 2], np.int64), "k": np.array([1], np.int64), "w": w, "b": b},
          np.concatenate([(table[:, [3, 0, 2]] - [1, 2, 3]) * [0.5, 0.25, 2], table[:, [1]]], 1) @ w + b, ml=1)
    models["columns_front"] = (models["columns_front"][0], [holes, hot], models["columns_front"][2])

    image, window, x, w, b, y = f32(3, 5, 4, 3), {"y": (FLOAT, [5, 4, 3])}, f32(3, 4), f32(4, 2), f32(2), {"y": (FLOAT, [2])}

    def response(x):  # sums over two channels before, and two behind
        s = np.pad(x * x, ((0, 0), (2, 2), (0, 0), (0, 0)))
        return x / (2 + 0.3 / 5 * sum(s[:, i : i + 5] for i in range(5))) ** 0.75

    graph("lrn", [node("LRN", "x", "y", size=5, alpha=0.3, bias=2.0)], {"x": image}, window, {}, response)
    graph("lp_pool_operator", [node("LpPool", "x", "y", kernel_shape=[2, 1], p=3)], {"x": image}, {"y": (FLOAT, [5, 3, 3])}, {}, lambda x: np.cbrt(abs(x[:, :, :-1]) ** 3 + abs(x[:, :, 1:]) ** 3))
    graph("scattered", [node("ScatterND", "w i u", "s"), node("MatMul", "x s", "y")], {"x": x}, y, {"w": w, "i": np.array([[1, 0], [-1, 1]], np.int64), "u": b},
          lambda x: x @ np.array([[b[0] if (r, c) == (1, 0) else b[1] if (r, c) == (3, 1) else w[r, c] for c in range(2)] for r in range(4)], np.float64))

    whole = np.array([[0, 48, 49, 50], [98, 97, -49, -50], [4900, 16807, -98, 1]], np.float32)
    by = {"d": np.array(49, np.float32)}
    quotients = [node("Div", "x d", "q"), node("Floor", "q", "f"), node("Ceil", "q", "c"), node("Div", "x d", "r"), node("Floor", "r", "g"), node("Mul", "g d", "m"),
                 node("Sub", "x m", "rest"), node("Mod", "x d", "mod", fmod=1), node("Concat", "f c rest mod", "y", axis=1)]
    graph("whole_quotients", quotients, {"x": whole}, {"y": (FLOAT, [16])}, by,
          lambda x: np.concatenate([np.floor(x / 49), np.ceil(x / 49), x - 49 * np.floor(x / 49), np.fmod(x, 49)], 1))
    graph("binarizer", [helper.make_node("Binarizer", ["x"], ["h"], domain="ai.onnx.ml", threshold=0.25), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b}, lambda x: (x > 0.25) @ w + b, ml=1)
    graph("normalizer_l1", [helper.make_node("Normalizer", ["x"], ["h"], domain="ai.onnx.ml", norm="L1"), node("Gemm", "h w b", "y")], {"x": x}, y, {"w": w, "b": b},
          lambda x: x / abs(x).sum(1, keepdims=True) @ w + b, ml=1)
    coef = f32(3, 4)

    def rest(x):
        p = 1 / (1 + np.exp(-(x @ coef.T + [0.1, 0.2, 0.3])))
        return p / p.sum(1, keepdims=True)

    classifier = lambda **a: helper.make_node("LinearClassifier", ["x"], ["label", "s"], domain="ai.onnx.ml", coefficients=coef.ravel().tolist(), intercepts=[0.1, 0.2, 0.3], post_transform="LOGISTIC", **a)
    graph("one_against_rest", [classifier(classlabels_strings=["c", "a", "b"]), helper.make_node("Normalizer", ["s"], ["p"], domain="ai.onnx.ml", norm="L1")],
          {"x": x}, {"p": (FLOAT, [3])}, {}, rest, ml=1)
    score = helper.make_node("LinearClassifier", ["x"], ["label", "s"], domain="ai.onnx.ml", coefficients=coef[0].tolist(), intercepts=[0.1], post_transform="LOGISTIC",
                             classlabels_strings=["no", "yes"])
    graph("one_score_of_two_classes", [score], {"x": x}, {"s": (FLOAT, [2])}, {}, lambda x: (lambda p: np.stack([1 - p, p], 1))(1 / (1 + np.exp(-(x @ coef[0] + 0.1)))), ml=1)
    graph("labels_by_keys", [node("Gemm", "x v", "z", transB=1), node("Softmax", "z", "p"), node("ArgMax", "z", "k", axis=1, keepdims=0),
                             helper.make_node("LabelEncoder", ["k"], ["label"], domain="ai.onnx.ml", keys_int64s=[2, 0, 1], values_strings=["two", "zero", "one"])],
          {"x": x}, {"label": (STRING, []), "p": (FLOAT, [3])}, {"v": coef}, lambda x: (np.zeros(3), softmax(x @ coef.T)), ml=2)


def main(target):
    torch_models()
    hand_models()
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(models):
            model, xs, ys = models[name]
            files = [("model.onnx", model)]
            files += [(f"input_{i}.pb", proto(a).SerializeToString()) for i, a in enumerate(xs)]
            files += [(f"output_{i}.pb", proto(a).SerializeToString()) for i, a in enumerate(ys)]
            for file, content in files:
                info = tarfile.TarInfo(f"{name}/{file}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    with open(target, "wb") as f:
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=f, mtime=0) as z:
            z.write(raw.getvalue())
    print(len(models), "models,", os.path.getsize(target), "bytes")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "patterns.tar.gz"))
