"""bench/info_nce.crl in PyTorch."""
import peer
from halves import Halves

import torch
import torch.nn.functional as F


class InfoNce(Halves):
    def __init__(self, args):
        super().__init__(128)

    def loss(self, image, label, form):
        a, b = self.codes(image)
        scores = F.normalize(a) @ F.normalize(b).T / 0.1
        return F.cross_entropy(scores, torch.arange(len(scores)))


if __name__ == "__main__":
    peer.main(__doc__, InfoNce)
