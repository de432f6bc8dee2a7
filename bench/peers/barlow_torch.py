"""bench/barlow.crl in PyTorch."""
import peer
from halves import Halves


def standard(v):
    return (v - v.mean(0)) / (v.var(0, unbiased=False) + 1e-5).sqrt()


class Barlow(Halves):
    def __init__(self, args):
        super().__init__(1024)

    def loss(self, image, label, form):
        a, b = self.codes(image)
        met = standard(a).T @ standard(b) / len(image)
        own = met.diagonal()
        return (1 - own).square().sum() + 0.005 * (met.square().sum() - own.square().sum())


if __name__ == "__main__":
    peer.main(__doc__, Barlow)
