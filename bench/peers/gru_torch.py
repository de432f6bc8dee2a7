"""bench/gru.crl in PyTorch: its own layer, or cell by cell with one product for the input of all steps (cells)."""
import peer

import torch
import torch.nn as nn
import torch.nn.functional as F


class Rows(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.gru, self.top = nn.GRU(28, 128, batch_first=True), nn.Linear(128, 10)

    def cells(self, x):
        gru = self.gru
        given = F.linear(x, gru.weight_ih_l0, gru.bias_ih_l0).unbind(1)
        h = x.new_zeros(len(x), 128)
        for one in given:
            r, z, n = one.chunk(3, 1)
            hr, hz, hn = F.linear(h, gru.weight_hh_l0, gru.bias_hh_l0).chunk(3, 1)
            n = torch.tanh(n + torch.sigmoid(r + hr) * hn)
            h = n + torch.sigmoid(z + hz) * (h - n)
        return h

    def loss(self, image, label, form):
        x = image[:, 0]
        last = self.cells(x) if form == "cells" else self.gru(x)[0][:, -1]
        return F.cross_entropy(self.top(last), label)


if __name__ == "__main__":
    peer.main(__doc__, Rows, ("layer", "cells"))
