"""models/corrmcnn.crl, and bench/scale.crl with its wider towers and more views, in PyTorch, in three forms:

    literal   a pass a step for all views and one for each alone: with two views, six applications of a tower
    shared    what the passes have in common is done once: four applications
    hoisted   and a tower on a zero view runs on one row up to its dropout, which differs from row to row

    corrmcnn_torch.py [--form FORM] [--compile] [--batch N] [--threads N] [--wide N] [--views N] ...
    corrmcnn_torch.py --check       whether the three have the same loss and gradients, in double, without dropout
"""
import itertools

import peer  # first: it looks at the clock

import torch
import torch.nn as nn
import torch.nn.functional as F


class Tower(nn.Module):
    def __init__(self, dropout, wide):
        super().__init__()
        a, b, c, d = (int(n * wide) for n in (128, 64, 500, 300))
        self.maps = nn.Sequential(
            nn.Conv2d(1, a, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(a),
            nn.Conv2d(a, b, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(b),
            nn.Flatten(), nn.Linear(10 * b, c), nn.ReLU())
        self.code = nn.Sequential(nn.Dropout(dropout), nn.Linear(c, d), nn.ReLU())

    def forward(self, v, rows=None):
        """rows: how many v stands for, when it is one row that all others equal."""
        step1 = self.maps(v)
        if rows:
            step1 = step1.expand(rows, -1)
        return step1, self.code(step1)


class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.image = nn.Linear(50, 294), nn.ConvTranspose2d(3, 1, 3)

    def forward(self, h):
        v = F.relu(self.dense(h)).view(-1, 3, 14, 7)
        return self.image(F.interpolate(v, size=(26, 12), mode="bilinear", align_corners=False))


class CorrMCNN(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.towers = nn.ModuleList(Tower(args.dropout, args.wide) for _ in range(args.views))
        self.joint = nn.Linear(int(300 * args.wide), 50)
        self.decoders = nn.ModuleList(Decoder() for _ in range(args.views))

    def code(self, seen):
        return F.relu(self.joint(sum(step2 for _, step2 in seen)))

    def passes(self, views, form):
        """The towers' results on all views, and on each alone while the others are zero."""
        n = len(views)
        if n == 1:
            return [[self.towers[0](views[0])]]
        if form == "literal":
            zeros = [torch.zeros_like(v) for v in views]
            given = [views] + [[views[i] if i == k else zeros[i] for i in range(n)] for k in range(n)]
            return [[tower(v) for tower, v in zip(self.towers, one)] for one in given]
        real = [tower(v) for tower, v in zip(self.towers, views)]
        if form == "shared":
            none = [tower(torch.zeros_like(v)) for tower, v in zip(self.towers, views)]
        else:
            none = [tower(torch.zeros_like(v[:1]), len(v)) for tower, v in zip(self.towers, views)]
        return [real] + [[real[i] if i == k else none[i] for i in range(n)] for k in range(n)]

    def loss(self, image, label, form):
        mse, pairs = F.mse_loss, lambda items: itertools.combinations(items, 2)
        halves = image[..., :14].contiguous(), image[..., 14:].contiguous()
        views = [halves[k % 2] for k in range(len(self.towers))]
        passes = self.passes(views, form)
        codes = [self.code(one) for one in passes]
        made = [[decode(h) for decode in self.decoders] for h in codes]
        loss = sum(distance(a, b) for one in made for a, b in zip(one, views))
        for a, b in pairs(passes[0]):
            loss = loss + sum(mse(a[k], b[k]) for k in (0, 1)) - 0.003 * corr(a[0], b[0]) - 0.05 * corr(a[1], b[1])
        for a, b in pairs(made[1:]):
            loss = loss + sum(distance(p, q) for p, q in zip(a, b))
        for a, b in pairs(codes[1:]):
            loss = loss - 0.02 * corr(a, b)
        return loss


def distance(a, b):
    """Squared error of images, summed over pixels and averaged over rows."""
    return F.mse_loss(a, b, reduction="sum") / len(a)


def corr(a, b, eps=1e-8):
    p, q = a - a.mean(0), b - b.mean(0)
    return ((p * q).sum(0) / (((p * p).sum(0) + eps) * ((q * q).sum(0) + eps)).sqrt()).sum()


if __name__ == "__main__":
    peer.main(__doc__, CorrMCNN, ("literal", "shared", "hoisted"), {"dropout": 0.0},
              dropout=(0.5, "share left out"), wide=(1.0, "towers so much wider"),
              views=(2, "left and right half in turn"))
