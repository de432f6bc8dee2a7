"""models/noisy_views.crl in PyTorch, in two forms: a decoder runs on each code by itself (plain), or once on both
codes, one below the other (stacked)."""
import peer

import torch
import torch.nn as nn
import torch.nn.functional as F

from corrmcnn_torch import corr


def layers(*sizes, last=None):
    made = []
    for a, b in zip(sizes, sizes[1:]):
        made += [nn.Linear(a, b), nn.ReLU()]
    return nn.Sequential(*made[:-1], *([last] if last else []))


class NoisyViews(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.clean, self.noisy = (layers(784, 500, 300, 50) for _ in "xy")
        self.to_x, self.to_y = (layers(50, 300, 500, 784, last=nn.Sigmoid()) for _ in "xy")

    def loss(self, image, label, form):
        x = image.flatten(1)
        y = (x + torch.rand_like(x)).clamp(max=1)
        hx, hy = self.clean(x), self.noisy(y)
        if form == "stacked":
            both = torch.cat([hx, hy])
            made = 2 * F.mse_loss(self.to_x(both), torch.cat([x, x]))
            made = made + 2 * F.mse_loss(self.to_y(both), torch.cat([y, y]))
        else:
            made = sum(F.mse_loss(self.to_x(h), x) + F.mse_loss(self.to_y(h), y) for h in (hx, hy))
        return made - 0.02 * corr(hx, hy)


if __name__ == "__main__":
    peer.main(__doc__, NoisyViews, ("plain", "stacked"))
