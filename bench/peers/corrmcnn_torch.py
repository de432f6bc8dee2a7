"""models/corrmcnn.crl in PyTorch, eager, in three forms, and how many samples a second each trains:

    literal   three passes a step, over (x, y), (x, 0) and (0, y): six applications of a tower
    shared    what the passes have in common is done once: four applications
    hoisted   and a tower on a zero view runs on one row up to its dropout, which differs from row to row

    corrmcnn_torch.py [--form FORM] [--batch N] [--threads N] [--steps N] [--dropout P]
    corrmcnn_torch.py --check       whether the three have the same loss and gradients, in double, without dropout

Speed does not depend on what the pictures show, so they are made up.
"""
import argparse
import statistics
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Tower(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(1, 128, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(128),
            nn.Conv2d(128, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.BatchNorm2d(64),
            nn.Flatten(), nn.Linear(640, 500), nn.ReLU())
        self.code = nn.Sequential(nn.Dropout(dropout), nn.Linear(500, 300), nn.ReLU())

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
    def __init__(self, dropout):
        super().__init__()
        self.left, self.right, self.joint = Tower(dropout), Tower(dropout), nn.Linear(300, 50)
        self.to_x, self.to_y = Decoder(), Decoder()

    def code(self, l, r):
        return F.relu(self.joint(l[1] + r[1]))

    def towers(self, x, y, form):
        """The towers' results for (x, y), (x, 0) and (0, y)."""
        if form == "literal":
            no_x, no_y = torch.zeros_like(x), torch.zeros_like(y)
            return [(self.left(a), self.right(b)) for a, b in ((x, y), (x, no_y), (no_x, y))]
        l, r = self.left(x), self.right(y)
        if form == "shared":
            no_l, no_r = self.left(torch.zeros_like(x)), self.right(torch.zeros_like(y))
        else:
            no_l, no_r = self.left(torch.zeros_like(x[:1]), len(x)), self.right(torch.zeros_like(y[:1]), len(y))
        return (l, r), (l, no_r), (no_l, r)

    def loss(self, x, y, form):
        both, only_x, only_y = self.towers(x, y, form)
        h, hx, hy = self.code(*both), self.code(*only_x), self.code(*only_y)
        from_both, from_x, from_y = [(self.to_x(c), self.to_y(c)) for c in (h, hx, hy)]
        (l, r), mse = both, F.mse_loss
        rebuilt = sum(mse(a, x) + mse(b, y) for a, b in (from_both, from_x, from_y))
        alike = sum(mse(l[k], r[k]) for k in (0, 1)) + sum(mse(from_x[k], from_y[k]) for k in (0, 1))
        related = 0.02 * corr(hx, hy) + 0.003 * corr(l[0], r[0]) + 0.05 * corr(l[1], r[1])
        return rebuilt + alike - related


def corr(a, b, eps=1e-8):
    p, q = a - a.mean(0), b - b.mean(0)
    return ((p * q).sum(0) / (((p * p).sum(0) + eps) * ((q * q).sum(0) + eps)).sqrt()).sum()


FORMS = ["literal", "shared", "hoisted"]


def pictures(batch, dtype=torch.float32):
    return [torch.rand(batch, 1, 28, 14, dtype=dtype).where(torch.rand(batch, 1, 28, 14) < 0.2, 0) for _ in "xy"]


def seconds_a_step(form, batch, steps, dropout):
    torch.manual_seed(1)
    model = CorrMCNN(dropout).train()
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = pictures(batch)
    taken = []
    for _ in range(steps + 3):
        begun = time.perf_counter()
        adam.zero_grad()
        model.loss(x, y, form).backward()
        adam.step()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken[3:])  # the first ones make memory ready


def check():
    """Largest relative differences from the literal form."""
    torch.manual_seed(1)
    model = CorrMCNN(0).double().train()
    x, y = pictures(20, torch.float64)
    found = {}
    for form in FORMS:
        model.zero_grad()
        loss = model.loss(x, y, form)
        loss.backward()
        found[form] = loss.item(), [p.grad.clone() for p in model.parameters()]
    loss, gradients = found["literal"]
    for form in FORMS[1:]:
        pairs = zip(found[form][1], gradients)
        worst = max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
        print(f"{form}: loss {abs(found[form][0] / loss - 1):.1e}, gradients {worst:.1e}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--form", choices=FORMS, help="only this one")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--dropout", type=float, default=0.5)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if args.check:
        check()
        return
    for form in [args.form] if args.form else FORMS:
        seconds = seconds_a_step(form, args.batch, args.steps, args.dropout)
        print(f"{form:8} batch {args.batch}, {args.threads} threads: {1e3 * seconds:.1f} ms a step, "
              f"{args.batch / seconds:.0f} samples/s, torch {torch.__version__.split('+')[0]}")


if __name__ == "__main__":
    main()
