"""Towers over the left and the right half of an image, which the losses between two codes share."""
import torch.nn as nn


class Halves(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.left, self.right = (nn.Sequential(nn.Linear(392, 512), nn.ReLU(), nn.Linear(512, width)) for _ in "lr")

    def codes(self, image):
        return self.left(image[:, 0, :, :14].flatten(1)), self.right(image[:, 0, :, 14:].flatten(1))
