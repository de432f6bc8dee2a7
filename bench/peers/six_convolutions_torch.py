"""models/six_convolutions.crl in PyTorch."""
import peer

import torch.nn as nn
import torch.nn.functional as F


def pair(c, filters):
    made = []
    for a in (c, filters):
        made += [nn.Conv2d(a, filters, 3, padding=1), nn.BatchNorm2d(filters), nn.ReLU()]
    return made + [nn.MaxPool2d(2)]


class SixConvolutions(nn.Module):
    def __init__(self, args):
        super().__init__()
        self.net = nn.Sequential(*pair(3, 32), *pair(32, 64), *pair(64, 128), nn.Flatten(), nn.Linear(2048, 128),
                                 nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10))

    def loss(self, image, label, form):
        grey = F.interpolate(image, size=(32, 32), mode="bilinear", align_corners=False)
        return F.cross_entropy(self.net(grey.expand(-1, 3, -1, -1)), label)


if __name__ == "__main__":
    peer.main(__doc__, SixConvolutions)
