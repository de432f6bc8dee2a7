"""bench/attention.crl in PyTorch: its own layer, or with one product for queries, keys and values and its fused
attention (fused)."""
import peer

import torch
import torch.nn as nn
import torch.nn.functional as F


class Patches(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.embed, self.top = nn.Linear(49, 64), nn.Linear(64, 10)
        self.place = nn.Parameter(0.02 * torch.randn(16, 64))
        self.met = nn.MultiheadAttention(64, 4, batch_first=True)

    def fused(self, tokens):
        met = self.met
        three = F.linear(tokens, met.in_proj_weight, met.in_proj_bias).view(-1, 16, 3, 4, 16).permute(2, 0, 3, 1, 4)
        return met.out_proj(F.scaled_dot_product_attention(*three).transpose(1, 2).flatten(2))

    def loss(self, image, label, form):
        pieces = image.view(-1, 4, 7, 4, 7).transpose(2, 3).reshape(-1, 16, 49)
        tokens = self.embed(pieces) + self.place
        met = self.fused(tokens) if form == "fused" else self.met(tokens, tokens, tokens, need_weights=False)[0]
        return F.cross_entropy(self.top(met.mean(1)), label)


if __name__ == "__main__":
    peer.main(__doc__, Patches, ("layer", "fused"))
