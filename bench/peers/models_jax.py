"""The models of the bench in JAX: one jitted step for the loss, its gradient and Adam, parameters donated.

    models_jax.py MODEL [--batch N] [--threads N] [--seconds S] [--data DIR]

CorrMCNN is in the form that peer corrmcnn_torch.py calls hoisted, six views in the one called stacked.  Images are
[batch, height, width, channels].  It prints a record of timing.py; the batch's rows are gathered and
converted by numpy, as bytes, in its step.  Threads are held to so many processors, as XLA has no option for it.
"""
import timing  # first: it notes when the process began

import argparse
import gzip
import json
import os

MODELS = ["attention", "barlow", "corrmcnn", "gru", "info_nce", "noisy_views", "six_convolutions", "six_views"]
parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("model", choices=MODELS)
parser.add_argument("--data", default="data", help="the folder that has mnist/")
parser.add_argument("--batch", type=int, default=100)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--warm", type=int, default=5, help="steps that are not measured; fewer if long")
parser.add_argument("--steps", type=int, default=1000, help="at most so many are")
parser.add_argument("--seconds", type=float, default=10, help="to measure for")
args = parser.parse_args()
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-args.threads:])

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn


class Weights:
    """Gives out a parameter at each use; the first time it makes it, as He does."""

    def __init__(self, made=None):
        self.made, self.given, self.rng = made, 0, np.random.default_rng(1)
        self.new = []

    def __call__(self, *shape, value=None):
        if self.made is None:
            fan = int(np.prod(shape[:-1])) if len(shape) > 1 else 1
            one = self.rng.normal(0, (2 / fan) ** 0.5, shape) if value is None else np.full(shape, value)
            self.new.append(jnp.asarray(one, jnp.float32))
            return self.new[-1]
        self.given += 1
        return self.made[self.given - 1]


def dense(w, a, b):
    """A layer: its weights are taken once, and it can be applied often."""
    k, bias = w(a, b), w(b, value=0.0)
    return lambda x: x @ k + bias


def convolution(w, c, o, padding="VALID"):
    k, bias = w(3, 3, c, o), w(o, value=0.0)
    return lambda x: lax.conv_general_dilated(x, k, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias


def batchnorm(w, c):
    scale, shift = w(c, value=1.0), w(c, value=0.0)

    def apply(x):
        mean, var = x.mean((0, 1, 2)), x.var((0, 1, 2))
        return (x - mean) * lax.rsqrt(var + 1e-5) * scale + shift
    return apply


def maxpool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def chain(*layers):
    def apply(x):
        for layer in layers:
            x = layer(x)
        return x
    return apply


def corr(a, b, eps=1e-8):
    p, q = a - a.mean(0), b - b.mean(0)
    return ((p * q).sum(0) / jnp.sqrt(((p * p).sum(0) + eps) * ((q * q).sum(0) + eps))).sum()


def mse(a, b):
    return jnp.mean((a - b) ** 2)


def distance(a, b):
    """Squared error of images, summed over pixels and averaged over rows."""
    return jnp.sum((a - b) ** 2) / len(a)


def dropout(key, x):
    return jnp.where(jax.random.bernoulli(key, 0.5, x.shape), x * 2, 0)


def noisy_views(w, image, label, key):
    x = image.reshape(len(image), -1)
    y = jnp.minimum(x + jax.random.uniform(key, x.shape), 1)
    encoder = lambda: chain(dense(w, 784, 500), nn.relu, dense(w, 500, 300), nn.relu, dense(w, 300, 50))
    decoder = lambda: chain(dense(w, 50, 300), nn.relu, dense(w, 300, 500), nn.relu, dense(w, 500, 784), nn.sigmoid)
    clean, noisy, to_x, to_y = encoder(), encoder(), decoder(), decoder()
    hx, hy = clean(x), noisy(y)
    both = jnp.concatenate([hx, hy])
    made = 2 * mse(to_x(both), jnp.concatenate([x, x])) + 2 * mse(to_y(both), jnp.concatenate([y, y]))
    return made - 0.02 * corr(hx, hy)


def six_views(w, image, label, key):
    rows = [0, 5, 10, 15, 20, 24, 28]
    strips = [image[:, a:b].reshape(len(image), -1) for a, b in zip(rows, rows[1:])]
    two = lambda a, b, c: chain(dense(w, a, b), nn.relu, dense(w, b, c))
    codes = [two(v.shape[1], 64, 10)(v) for v in strips]
    h = sum(codes) / 6
    made = sum(mse(nn.sigmoid(two(10, 64, v.shape[1])(h)), v) for v in strips)
    c = jnp.stack(codes)
    p = c - c.mean(1, keepdims=True)
    p = p / jnp.sqrt((p * p).sum(1, keepdims=True) + 1e-8)
    total = p.sum(0)
    return made - 0.02 * ((total * total).sum() - (p * p).sum()) / 2


def six_convolutions(w, image, label, key):
    x = jnp.repeat(jax.image.resize(image, (len(image), 32, 32, 1), "bilinear"), 3, axis=3)
    for c, o in ((3, 32), (32, 64), (64, 128)):
        for a in (c, o):
            x = nn.relu(batchnorm(w, o)(convolution(w, a, o, "SAME")(x)))
        x = maxpool(x)
    x = dropout(key, nn.relu(dense(w, 2048, 128)(x.reshape(len(x), -1))))
    return class_error(dense(w, 128, 10)(x), label)


def corrmcnn(w, image, label, key):
    keys = list(jax.random.split(key, 4))

    def tower():
        maps = chain(convolution(w, 1, 128), nn.relu, maxpool, batchnorm(w, 128), convolution(w, 128, 64), nn.relu,
                     maxpool, batchnorm(w, 64), lambda x: x.reshape(len(x), -1), dense(w, 640, 500), nn.relu)
        last = dense(w, 500, 300)

        def apply(v, rows=None):
            step1 = maps(v)
            if rows:
                step1 = jnp.broadcast_to(step1, (rows, 500))
            return step1, nn.relu(last(dropout(keys.pop(), step1)))
        return apply

    def decoder():
        first, image = dense(w, 50, 294), convolution(w, 3, 1, [(2, 2), (2, 2)])

        def apply(h):
            v = nn.relu(first(h)).reshape(-1, 14, 7, 3)
            return image(jax.image.resize(v, (len(v), 26, 12, 3), "bilinear"))
        return apply

    x, y, n = image[:, :, :14], image[:, :, 14:], len(image)
    left, right, joint, to_x, to_y = tower(), tower(), dense(w, 300, 50), decoder(), decoder()
    l, r = left(x), right(y)
    none_l, none_r = left(jnp.zeros_like(x[:1]), n), right(jnp.zeros_like(y[:1]), n)
    h, hx, hy = (nn.relu(joint(a[1] + b[1])) for a, b in ((l, r), (l, none_r), (none_l, r)))
    made = [(to_x(one), to_y(one)) for one in (h, hx, hy)]
    loss = sum(distance(a, x) + distance(b, y) for a, b in made) + mse(l[0], r[0]) + mse(l[1], r[1])
    loss += distance(made[1][0], made[2][0]) + distance(made[1][1], made[2][1])
    return loss - 0.02 * corr(hx, hy) - 0.003 * corr(l[0], r[0]) - 0.05 * corr(l[1], r[1])


def class_error(scores, label):
    return -jnp.mean(jnp.take_along_axis(nn.log_softmax(scores), label[:, None], 1))


def gru(w, image, label, key):
    """One product for the input of all steps, then a scan."""
    given = dense(w, 28, 384)(image[:, :, :, 0]).swapaxes(0, 1)
    kept, top = dense(w, 128, 384), dense(w, 128, 10)

    def cell(h, one):
        r, z, n = jnp.split(one, 3, 1)
        hr, hz, hn = jnp.split(kept(h), 3, 1)
        n = jnp.tanh(n + nn.sigmoid(r + hr) * hn)
        return n + nn.sigmoid(z + hz) * (h - n), None

    return class_error(top(lax.scan(cell, jnp.zeros((len(image), 128)), given)[0]), label)


def attention(w, image, label, key):
    pieces = image.reshape(-1, 4, 7, 4, 7).swapaxes(2, 3).reshape(-1, 16, 49)
    tokens = dense(w, 49, 64)(pieces) + w(16, 64, value=0.01)
    q, k, v = jnp.moveaxis(dense(w, 64, 192)(tokens).reshape(-1, 16, 3, 4, 16), 2, 0)
    met = nn.softmax(jnp.einsum("btha,bsha->bhts", q, k) / 4)
    out = dense(w, 64, 64)(jnp.einsum("bhts,bsha->btha", met, v).reshape(-1, 16, 64))
    return class_error(dense(w, 64, 10)(out.mean(1)), label)


def half_codes(w, image, width):
    tower = lambda: chain(dense(w, 392, 512), nn.relu, dense(w, 512, width))
    left, right, rows = tower(), tower(), image[..., 0]
    return left(rows[:, :, :14].reshape(-1, 392)), right(rows[:, :, 14:].reshape(-1, 392))


def barlow(w, image, label, key):
    standard = lambda v: (v - v.mean(0)) / jnp.sqrt(v.var(0) + 1e-5)
    a, b = half_codes(w, image, 1024)
    met = standard(a).T @ standard(b) / len(image)
    own = jnp.diagonal(met)
    return jnp.sum((1 - own) ** 2) + 0.005 * (jnp.sum(met ** 2) - jnp.sum(own ** 2))


def info_nce(w, image, label, key):
    unit = lambda v: v / jnp.linalg.norm(v, axis=1, keepdims=True)
    a, b = half_codes(w, image, 128)
    return class_error(unit(a) @ unit(b).T / 0.1, jnp.arange(len(image)))


def step(state, image, label, key):
    weights, m, v, t = state
    image, t = image.astype(jnp.float32) / 255, t + 1
    g = jax.grad(lambda made: LOSS(Weights(made), image, label, key))(weights)
    m = [0.9 * a + 0.1 * b for a, b in zip(m, g)]
    v = [0.999 * a + 0.001 * b * b for a, b in zip(v, g)]
    rate = 1e-3 * jnp.sqrt(1 - 0.999 ** t) / (1 - 0.9 ** t)
    return [w - rate * a / (jnp.sqrt(b) + 1e-8) for w, a, b in zip(weights, m, v)], m, v, t


def idx(name, header):
    path = os.path.join(args.data, "mnist", name)
    with (open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz")) as file:
        return np.frombuffer(file.read(), np.uint8)[header:]


def measure():
    images = idx("train-images-idx3-ubyte", 16).reshape(-1, 28, 28, 1)
    labels = idx("train-labels-idx1-ubyte", 8).astype(np.int32)
    first = Weights()
    LOSS(first, jnp.zeros((2, 28, 28, 1)), jnp.zeros(2, jnp.int32), jax.random.key(0))
    state = first.new, [jnp.zeros_like(w) for w in first.new], [jnp.zeros_like(w) for w in first.new], jnp.zeros(())
    run, rng, key = jax.jit(step, donate_argnums=0), np.random.default_rng(2), jax.random.key(1)
    at, order = len(images), None

    def one():
        nonlocal state, at, order, key
        if at + args.batch > len(images):
            order, at = rng.permutation(len(images)), 0
        rows = order[at:at + args.batch]
        at, key = at + args.batch, jax.random.fold_in(key, at)
        state = jax.block_until_ready(run(state, images[rows], labels[rows], key))

    return {**timing.measured(one, args), "jax": jax.__version__}


LOSS = globals()[args.model]
if __name__ == "__main__":
    print(json.dumps(measure()))
