#!/usr/bin/env python3
"""Makes layers.expected: what PyTorch's layers make, in double, of the inputs and weights of a run of layers.crl, and
their gradients.

usage: layers.py CRLC DATA >layers.expected      DATA: as 'make_digits DATA 40 2' makes it"""

import json
import os
import struct
import subprocess
import sys
import tempfile

import torch
from torch import nn
from torch.nn import functional as F

CRLC, DATA = (os.path.abspath(path) for path in sys.argv[1:3])
MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "layers.crl")
folder = tempfile.mkdtemp()
torch.set_default_dtype(torch.float64)


def crlc(*words):
    subprocess.run([CRLC, MODEL, *words, "--data", DATA, "--out", folder + "/run", "--quiet"], check=True)


def value(name, *shape):
    path = f"{folder}/{name}.csv"
    crlc("--compute", name, "--to", path)
    rows = [[float(v) for v in line.split(",")] for line in open(path)]
    return torch.tensor(rows).view(-1, *shape).requires_grad_()


def exported():
    path = folder + "/weights.safetensors"
    subprocess.run([CRLC, MODEL, "--export", path, "--out", folder + "/run", "--quiet"], check=True)
    text = open(path, "rb").read()
    size = struct.unpack("<Q", text[:8])[0]
    made = {}
    for name, of in json.loads(text[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + at for at in of["data_offsets"])
            flat = torch.frombuffer(bytearray(text[begin:end]), dtype=torch.float32)
            made[name] = flat.double().reshape(of["shape"]).requires_grad_()
    return made


crlc("--train", "--threads", "1")
weight = exported()
image, line = value("image", 4, 4, 3), value("line", 6)
picture, series = value("picture", 4, 6, 6), value("series", 4, 8)
words, others = value("words", 5, 4), value("others", 3, 4)
label = value("label", 1)[:, 0].long()
inputs = {"image": image, "line": line, "words": words, "others": others,
          "picture": picture, "series": series}


def say(name, v):
    print(name, ",".join(f"{x:.9g}" for x in v.detach().reshape(-1).tolist()))


def report(name, out, of, weights):
    """Of the products with fixed numbers: gradients of the rows' sums by inputs, of their mean by weights."""
    say(name + "_out", out)
    fixed = torch.sin(torch.arange(out[0].numel()) + 1.0).view(out[0].shape)
    rows = (out * fixed).flatten(1).sum(1)
    for k in of:
        say(f"{name}_by_{k}", torch.autograd.grad(rows.sum(), inputs[k], retain_graph=True)[0])
    for k in weights:
        grad = torch.autograd.grad(rows.mean(), weight[f"{name}.{k}"], retain_graph=True)[0]
        say(f"{name}_by_{k.replace('.', '_')}", grad)


def gates(cell, recurrent):
    """A recurrent layer of PyTorch with a cell's weights; its second bias is that of the new state alone."""
    w = {k: weight[f"{cell}.cell.{k}"] for k in "WUb"}
    second = torch.zeros_like(w["b"])
    if f"{cell}.cell.c" in weight:
        second = torch.cat([second[:len(second) * 2 // 3], weight[f"{cell}.cell.c"]])
    called = dict(weight_ih_l0=w["W"], weight_hh_l0=w["U"], bias_ih_l0=w["b"], bias_hh_l0=second)
    return torch.func.functional_call(recurrent, called, (words,))[0]


def attention(name):
    w = {k: torch.cat([weight[f"{name}.linear{i}.{k}"] for i in (1, 2, 3)]) for k in "Wb"}
    return {"in_proj_weight": w["W"], "in_proj_bias": w["b"], "out_proj.weight": weight[name + ".linear4.W"],
            "out_proj.bias": weight[name + ".linear4.b"]}


def transformer(name, mask=None):
    layer = nn.TransformerEncoderLayer(4, 2, 6, 0.0, "gelu", batch_first=True, norm_first=True)
    called = {"self_attn." + k: v for k, v in attention(name + ".met").items()}
    for k in ("1", "2"):
        called[f"linear{k}.weight"], called[f"linear{k}.bias"] = (weight[f"{name}.linear{k}.{p}"] for p in "Wb")
        called[f"norm{k}.weight"], called[f"norm{k}.bias"] = (weight[f"{name}.layernorm{k}.{p}"] for p in "gb")
    return torch.func.functional_call(layer, called, (words,), {"src_mask": mask})


w = weight
report("layer", F.layer_norm(line, (6,), w["layer.g"], w["layer.b"]), ["line"], ["g", "b"])
report("token", F.layer_norm(words, (4,), w["token.g"], w["token.b"], 0.01), ["words"], ["g", "b"])
report("group", F.group_norm(image, 2, w["group.g"], w["group.b"]), ["image"], ["g", "b"])
report("instance", F.instance_norm(image, weight=w["instance.g"], bias=w["instance.b"]), ["image"], ["g", "b"])
report("map", F.linear(words, w["map.W"], w["map.b"]), ["words"], ["W", "b"])
report("gated", gates("gated", nn.GRU(4, 3, batch_first=True)), ["words"], ["cell.W", "cell.U", "cell.b", "cell.c"])
report("memory", gates("memory", nn.LSTM(4, 3, batch_first=True)), ["words"], ["cell.W", "cell.U", "cell.b"])
heads = torch.func.functional_call(nn.MultiheadAttention(4, 2, batch_first=True), attention("heads"),
                                   (words, others, others))[0]
report("heads", heads, ["words", "others"], ["linear1.W", "linear1.b", "linear2.W", "linear3.W", "linear3.b",
                                             "linear4.W", "linear4.b"])
report("encoder", transformer("encoder"), ["words"], ["layernorm1.g", "met.linear1.W", "linear1.W", "linear2.b"])
later = torch.ones(5, 5).triu(1).bool()
report("decoder", transformer("decoder", later), ["words"], ["met.linear2.W"])
report("table", F.embedding(label, w["table.W"]), [], ["W"])


def conv(name, v, of=F.conv2d, **settings):
    return of(v, w[name + ".W"], w[name + ".b"], **settings)


report("plain", conv("plain", picture, stride=(2, 1), padding=(1, 2), dilation=(1, 2)), ["picture"], ["W", "b"])
report("same", conv("same", picture, padding="same", dilation=2), ["picture"], ["W"])
report("mirror", conv("mirror", F.pad(picture, (2, 2, 2, 2), "reflect"), stride=2, groups=2), ["picture"], ["W"])
report("edge", conv("edge", F.pad(picture, (1, 1, 1, 1), "replicate")), ["picture"], ["W"])
report("depth", conv("depth", picture, stride=(1, 2), padding=1, groups=4), ["picture"], ["W", "b"])
report("along", conv("along", series, F.conv1d, stride=2, padding=2, dilation=2, groups=2), ["series"], ["W", "b"])
report("back", conv("back", picture, F.conv_transpose2d, stride=(2, 3), padding=(1, 0), dilation=(2, 1), groups=2),
       ["picture"], ["W", "b"])
report("most", F.max_pool2d(picture, (3, 2), (2, 1), (1, 0)), ["picture"], [])
report("most_ceil", F.max_pool2d(picture, 2, 3, 1, ceil_mode=True), ["picture"], [])
report("means", F.avg_pool2d(picture, (2, 3), 2, (0, 1)), ["picture"], [])
report("means_ceil", F.avg_pool2d(picture[:, :, :, :5], 3, 2, 1, True), ["picture"], [])
report("most_along", F.max_pool1d(series, 3, 2, 1), ["series"], [])
report("means_along", F.avg_pool1d(series, 2, 3, 0, True), ["series"], [])
"""sinusoids: by the paper's formula, which PyTorch has not."""
at = torch.arange(5.0)[:, None] / torch.tensor([1.0, 100.0])
say("place", torch.stack([at.sin(), at.cos()], -1))
both = torch.cat([image, 2 * image], 2)[:, :, :, :2]
say("once", F.unfold(both, 2, stride=2).transpose(1, 2))
