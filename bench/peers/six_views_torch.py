"""models/six_views.crl in PyTorch, in two forms: every pair's correlation by itself (plain), or all from the sum of
the normalised codes, as an expert would write it (stacked)."""
import itertools

import peer

import torch
import torch.nn as nn
import torch.nn.functional as F

from corrmcnn_torch import corr

ROWS = [0, 5, 10, 15, 20, 24, 28]


def two(a, b, c):
    return nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c))


def all_pairs(codes, eps=1e-8):
    c = torch.stack(codes)
    p = c - c.mean(1, keepdim=True)
    p = p / ((p * p).sum(1, keepdim=True) + eps).sqrt()
    total = p.sum(0)
    return ((total * total).sum() - (p * p).sum()) / 2


class SixViews(nn.Module):
    def __init__(self, args):
        super().__init__()
        sizes = [28 * (b - a) for a, b in zip(ROWS, ROWS[1:])]
        self.encode = nn.ModuleList(two(n, 64, 10) for n in sizes)
        self.decode = nn.ModuleList(two(10, 64, n) for n in sizes)

    def loss(self, image, label, form):
        strips = [image[:, :, a:b].flatten(1) for a, b in zip(ROWS, ROWS[1:])]
        codes = [encode(v) for encode, v in zip(self.encode, strips)]
        h = sum(codes) / 6
        made = sum(F.mse_loss(decode(h).sigmoid(), v) for decode, v in zip(self.decode, strips))
        if form == "stacked":
            return made - 0.02 * all_pairs(codes)
        return made - 0.02 * sum(corr(a, b) for a, b in itertools.combinations(codes, 2))


if __name__ == "__main__":
    peer.main(__doc__, SixViews, ("plain", "stacked"))
