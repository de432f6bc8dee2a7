#!/usr/bin/env python3
"""Makes embed_numbers.h: principal components, affinities, divergence and gradient of t-SNE for a few rows, by NumPy.

usage: embed_numbers.py >embed_numbers.h
"""
import numpy as np

ROWS, WIDTH, PERPLEXITY = 9, 4, 2.5


def affinities(x):
    """Every row's precision is found by Brent's method on the entropy, instead of the bisection of the program."""
    from scipy.optimize import brentq
    from scipy.special import entr

    square = ((x[:, None] - x[None]) ** 2).sum(-1)
    p = np.zeros_like(square)
    for i in range(len(x)):
        others = np.arange(len(x)) != i

        def weights(precision):
            w = np.exp(-precision * (square[i, others] - square[i, others].min()))
            return w / w.sum()

        def excess(log_precision):
            w = weights(np.exp(log_precision))
            return entr(w).sum() - np.log(PERPLEXITY)

        p[i, others] = weights(np.exp(brentq(excess, -6, 4, xtol=1e-14)))
    return (p + p.T) / (2 * len(x))


def divergence(p, y):
    w = 1 / (1 + ((y[:, None] - y[None]) ** 2).sum(-1))
    np.fill_diagonal(w, 0)
    q = w / w.sum()
    there = p > 0
    return (p[there] * np.log(p[there] / q[there])).sum()


def by_differences(p, y, step=1e-5):
    """The gradient without its formula."""
    g = np.zeros_like(y)
    for at in np.ndindex(*y.shape):
        for sign in (1, -1):
            moved = y.copy()
            moved[at] += sign * step
            g[at] += sign * divergence(p, moved) / (2 * step)
    return g


def components(x):
    u, s, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    y = u[:, :2] * s[:2]
    y *= np.sign(y[np.abs(y).argmax(0), [0, 1]])
    return y, (s**2 / (s**2).sum())[:2]


def put(name, values):
    values = np.asarray(values).ravel()
    text = ", ".join(repr(float(v)) for v in values)
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 110:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    print(f"static const double {name}[] = {{\n    " + "\n    ".join(lines + [line]) + "};")


rng = np.random.default_rng(1)
x = np.round(rng.normal(size=(ROWS, WIDTH)) * [3, 2, 1, 0.5], 3)
y = np.round(rng.normal(size=(ROWS, 2)), 3)
p = affinities(x)
print("/* Made by embed_numbers.py, with NumPy and SciPy. */")
print(f"enum {{ ROWS = {ROWS}, WIDTH = {WIDTH} }};")
put("numpy_rows", x)
put("numpy_points", y)
put("numpy_components", components(x)[0])
put("numpy_shares", components(x)[1])
put("numpy_wide_components", components(x[:3])[0])
put("numpy_affinities", p)
put("numpy_divergence", [divergence(p, y)])
put("numpy_gradient", by_differences(p, y))
