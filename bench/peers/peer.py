"""What the peers have in common: reading MNIST, options, training steps, and one way of measuring them.

A peer's file says its models and calls main().  It prints one line of JSON, a record of timing.py.

The set stays in memory as the bytes it was read as; the rows of a batch are gathered and converted in its step,
in an order that is drawn anew for each epoch. This is what a user does who has looked at where the time goes; so
is Adam in its fused form. Numbers are single precision throughout. torch.compile takes all of the models, loss
included, without a break in the graph.
"""
import timing  # first: it notes when the process began

import argparse
import gzip
import json
import os
import resource
import sys

import torch


def idx(folder, name, header):
    path = os.path.join(folder, "mnist", name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz")) as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[header:]


class Mnist:
    """The training split in batches without end, every epoch in another order."""

    def __init__(self, folder, batch):
        self.image = idx(folder, "train-images-idx3-ubyte", 16).view(-1, 1, 28, 28)
        self.label = idx(folder, "train-labels-idx1-ubyte", 8)
        self.batch, self.at = batch, len(self.image)

    def next(self):
        if self.at + self.batch > len(self.image):
            self.order, self.at = torch.randperm(len(self.image)), 0
        rows = self.order[self.at:self.at + self.batch]
        self.at += self.batch
        return self.image[rows].float() / 255, self.label[rows].long()


def arguments(about, forms, options):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--form", choices=forms, default=forms[0])
    parser.add_argument("--compile", action="store_true", help="torch.compile the loss")
    parser.add_argument("--channels-last", action="store_true", help="images and filters with channels last")
    parser.add_argument("--data", default="data", help="the folder that has mnist/")
    parser.add_argument("--batch", type=int, default=100)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--warm", type=int, default=5, help="steps that are not measured; fewer if long")
    parser.add_argument("--steps", type=int, default=1000, help="at most so many are")
    parser.add_argument("--seconds", type=float, default=10, help="and no more when so many have gone by")
    parser.add_argument("--check", action="store_true", help="whether all forms have one loss and one gradient")
    for name, (first, text) in options.items():
        parser.add_argument(f"--{name}", type=type(first), default=first, help=text)
    return parser.parse_args()


def check(new, forms):
    """Largest relative differences from the first form, in double."""
    torch.manual_seed(1)
    model = new().double().train()
    image, label = torch.rand(20, 1, 28, 28, dtype=torch.float64), torch.arange(20) % 10
    image[image < 0.8] = 0
    found = {}
    for form in forms:
        model.zero_grad()
        torch.manual_seed(2)
        loss = model.loss(image, label, form)
        loss.backward()
        found[form] = loss.item(), [p.grad.clone() for p in model.parameters()]
    loss, gradients = found[forms[0]]
    for form in forms[1:]:
        pairs = zip(found[form][1], gradients)
        worst = max(((a - b).abs().max() / b.abs().max()).item() for a, b in pairs)
        print(f"{form}: loss {abs(found[form][0] / loss - 1):.1e}, gradients {worst:.1e}")


def measure(model, args):
    torch.manual_seed(1)
    if args.channels_last:
        model.to(memory_format=torch.channels_last)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    loss = torch.compile(model.loss) if args.compile else model.loss
    data = Mnist(args.data, args.batch)

    def step():
        image, label = data.next()
        adam.zero_grad()
        loss(image, label, args.form).backward()
        adam.step()

    return {**timing.measured(step, args), "torch": torch.__version__.split("+")[0]}


def main(about, new, forms=("plain",), check_with=None, **options):
    """new(args) is a model with loss(image, label, form); options: name=(first value, text); check_with: those that
    leave no draws in the loss."""
    args = arguments(about.strip().split("\n")[0], forms, options)
    torch.set_num_threads(args.threads)
    if args.check:
        vars(args).update(check_with or {})
        check(lambda: new(args), forms)
        return
    if sys.platform == "linux":  # what does not fit fails here, and takes nothing else along
        memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    model = new(args).train()
    print(json.dumps(measure(model, args)))
