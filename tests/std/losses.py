#!/usr/bin/env python3
"""Makes losses.expected: the losses of several views by NumPy, in double, of codes in two files of a row a line.

usage: losses.py a.csv b.csv c.csv >losses.expected"""

import sys

import numpy as np


def normal(v):
    return v / np.sqrt((v * v).sum(1, keepdims=True) + 1e-12)


def lse(v):
    most = v.max(1)
    return most + np.log(np.exp(v - most[:, None]).sum(1))


def off(c):
    return (c * c).sum() - (np.diag(c) ** 2).sum()


def cov(a, b):
    return (a - a.mean(0)).T @ (b - b.mean(0)) / (len(a) - 1)


def info_nce(a, b, t=0.1):
    s = normal(a) @ normal(b).T / t
    return (lse(s) - np.diag(s)).mean()


def info_nce_queue(a, b, others, t):
    partner = (normal(a) * normal(b)).sum(1)
    return (lse(np.hstack([partner[:, None], normal(a) @ normal(others).T]) / t) - partner / t).mean()


def clip(a, b, t):
    return 0.5 * (info_nce(a, b, t) + info_nce(b, a, t))


def siglip(a, b, scale, bias):
    sign = 2 * np.eye(len(a)) - 1
    return np.log1p(np.exp(-sign * (scale * normal(a) @ normal(b).T + bias))).sum(1).mean()


def triplet(a, b, margin):
    s = normal(a) @ normal(b).T
    own = np.diag(s)
    rest = s - 1e9 * np.eye(len(a))
    return (np.maximum(margin + rest.max(1) - own, 0) + np.maximum(margin + rest.max(0) - own, 0)).mean()


def barlow(a, b):
    p, q = [(v - v.mean(0)) / np.sqrt(v.var(0) + 1e-5) for v in (a, b)]
    c = p.T @ q / len(a)
    return ((1 - np.diag(c)) ** 2).sum() + 0.005 * off(c)


def vicreg(a, b):
    n = a.shape[1]
    spread = sum(np.maximum(1 - np.sqrt(v.var(0, ddof=1) + 1e-4), 0).mean() for v in (a, b))
    return 25 * ((a - b) ** 2).mean() + 25 * spread + (off(cov(a, a)) + off(cov(b, b))) / n


def soft_hgr(a, b):
    return np.trace(cov(a, b)) - np.trace(cov(a, a) @ cov(b, b)) / 2


def dcca_ey(a, b):
    within = cov(a, a) + cov(b, b)
    return -2 * np.trace(cov(a, b) + cov(b, a)) + np.trace(within @ within)


def kernel(a, b, width):
    return np.exp(-((a[:, None] - b[None]) ** 2).sum(2) / (2 * width**2))


def mmd(a, b, width):
    return kernel(a, a, width).mean() + kernel(b, b, width).mean() - 2 * kernel(a, b, width).mean()


def hsic(a, b, width):
    n = len(a)
    h = np.eye(n) - 1 / n
    return np.trace(kernel(a, a, width) @ h @ kernel(b, b, width) @ h) / (n - 1) ** 2


def coral(a, b):
    return ((cov(a, a) - cov(b, b)) ** 2).sum() / (4 * a.shape[1] ** 2)


def root(c, power, ridge=0.0):
    w, v = np.linalg.eigh(c)
    return (v * (w + ridge) ** power) @ v.T


def dcca(a, b, ridge):
    return np.linalg.svd(root(cov(a, a), -0.5, ridge) @ cov(a, b) @ root(cov(b, b), -0.5, ridge), compute_uv=False).sum()


def whitened(v, ridge):
    return (v - v.mean(0)) @ root(cov(v, v), -0.5, ridge)


def w_mse(a, b, ridge):
    n = a.shape[1]
    p, q = [normal((v - v.mean(0)) @ np.linalg.inv(np.linalg.cholesky(cov(v, v) + ridge * np.eye(n))).T) for v in (a, b)]
    return ((p - q) ** 2).sum(1).mean()


def dcca_noi(a, b, ridge):
    p, q = whitened(a, ridge), whitened(b, ridge)
    return ((a - a.mean(0) - q) ** 2).sum(1).mean() + ((b - b.mean(0) - p) ** 2).sum(1).mean()


def decorrelation(a):
    unit = (a - a.mean(0)) / np.sqrt(a.var(0) + 1e-5)
    c = abs(cov(unit, unit))
    return c.sum() - np.trace(c)


def dgcca(codes, width, ridge):
    """By the sum of projections, a matrix of rows by rows: X (X'X / (n - 1) + ridge)^-1 X' / (n - 1) of each view."""
    n = len(codes[0])
    m = np.zeros((n, n))
    for v in codes:
        x = v - v.mean(0)
        m += x @ np.linalg.inv(cov(v, v) + ridge * np.eye(v.shape[1])) @ x.T / (n - 1)
    return np.sort(np.linalg.eigvalsh(m))[-width:].sum()


def dmcca(codes, ridge):
    n = codes[0].shape[1]
    within = sum(cov(v, v) for v in codes) + ridge * np.eye(n)
    between = sum(cov(v, w) for i, v in enumerate(codes) for j, w in enumerate(codes) if i != j)
    return np.linalg.eigvals(np.linalg.inv(within) @ between).real.sum() / (len(codes) - 1)


def tensor_correlation(a, b, c, ridge):
    w = [whitened(v, ridge) for v in (a, b, c)]
    return np.sqrt((np.einsum("ri,rj,rk->ijk", *w) ** 2).sum() / (len(a) - 1) ** 2)


def softmax(v):
    e = np.exp(v - v.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def mutual_information(a, b, alpha):
    joint = softmax(a).T @ softmax(b) / len(a)
    joint = (joint + joint.T) / 2
    entropy = -(joint.sum(0) * np.log(joint.sum(0))).sum()
    return (joint * np.log(joint)).sum() + 2 * (1 + alpha) * entropy


def vectors(c):
    v = np.linalg.eigh(c)[1]
    for k in range(len(v)):
        at = np.argmax(abs(v[:, k]) >= abs(v[:, k]).max() / 2)
        v[:, k] *= np.sign(v[at, k])
    return v


def svd(a):
    """Left and right singular vectors, by rising singular values, with the signs of vectors()."""
    u, _, v = np.linalg.svd(a)
    right = vectors(a.T @ a)
    return u[:, ::-1] * np.sign((v.T[:, ::-1] * right).sum(0)), right


paired = [
    (info_nce, ()), (clip, (0.5,)), (siglip, (5, -3)), (triplet, (0.2,)), (barlow, ()), (vicreg, ()), (soft_hgr, ()),
    (dcca_ey, ()), (hsic, (1.5,)), (dcca, (0.01,)), (w_mse, (0.01,)), (dcca_noi, (0.01,)), (mutual_information, (2,)),
]  # fmt: skip
a, b, third = [np.loadtxt(name, delimiter=",") for name in sys.argv[1:4]]
label = np.arange(len(a)) % 10
has_a, has_b = label < 7, label > 1
for loss, more in paired + [(mmd, (1.5,)), (coral, ())]:
    print(f"of_{loss.__name__} {loss(a, b, *more):.9g}")
for loss, more in paired:
    print(f"some_{loss.__name__} {loss(a[has_a & has_b], b[has_a & has_b], *more):.9g}")
for loss, more in [(mmd, (1.5,)), (coral, ())]:
    print(f"some_{loss.__name__} {loss(a[has_a], b[has_b], *more):.9g}")

both = has_a & has_b
others = np.where(has_b[:, None], b, 1)
print(f"of_info_nce_queue {info_nce_queue(a, b, others, 0.2):.9g}")
print(f"some_info_nce_queue {info_nce_queue(a[has_a & has_b], b[has_a & has_b], b, 0.2):.9g}")
print(f"of_decorrelation {decorrelation(a):.9g}")
for name, rows in (("of", label >= 0), ("some", both)):
    print(f"{name}_dgcca {dgcca([a[rows], b[rows], third[rows]], 3, 0.01):.9g}")
    print(f"{name}_dmcca {dmcca([a[rows], b[rows], (a * b)[rows]], 0.01):.9g}")
    print(f"{name}_tensor_correlation {tensor_correlation(a[rows], b[rows], third[rows], 0.01):.9g}")


def divergence(m, s, k=0.0, t=0.0):
    """Of normals by their means and logarithms of variances."""
    return ((t - s) / 2 + (np.exp(s) + (m - k) ** 2) / (2 * np.exp(t)) - 0.5).sum(1)


def density(v, m, s):
    return (-0.5 * np.log(2 * np.pi * np.exp(s)) - (v - m) ** 2 / (2 * np.exp(s))).sum(1)


def experts(parts, prior=1.0):
    """Mean and logarithm of the variance of a product, of (mean, logarithm, rows that have it)."""
    weights = [np.exp(-s) * there[:, None] for _, s, there in parts]
    total = prior + sum(weights)
    return sum(m * w for (m, _, _), w in zip(parts, weights)) / total, -np.log(total)


all_rows = label >= 0
u, w = (a, b - 1), (b, a - 2)
v = (a, a - 2)
mixed = np.logaddexp(density(a, *u), density(a, *w)) - np.log(2)
some_mixed = np.where(has_a, np.logaddexp(density(a, *u), density(a, *v)) - np.log(2), density(a, *u))
p = 0.2 * a + 0.1
rows = {
    "of_normal_divergence": divergence(*u, *w),
    "of_prior": divergence(*u),
    "of_normal": density(b, *u),
    "of_laplace": (-np.log(2 * (a + 0.5)) - abs(a - b) / (a + 0.5)).sum(1),
    "of_bernoulli": (0.2 * a * np.log(1 / (1 + np.exp(-b))) + (1 - 0.2 * a) * np.log(1 / (1 + np.exp(b)))).sum(1),
    "of_categorical": np.log(softmax(np.hstack([a, b]))[np.arange(len(a)), label]),
    "of_bernoulli_divergence": (0.05 * np.log(0.05 / p) + 0.95 * np.log(0.95 / (1 - p))).sum(1),
    "of_mixture": mixed,
    "of_product": experts([(*u, all_rows), (*w, all_rows)])[0],
    "of_product_lv": experts([(*u, all_rows), (*w, all_rows)], 0)[1],
    "some_mixture": some_mixed,
    "some_product": experts([(*u, all_rows), (*v, has_a)])[0],
    "some_product_lv": experts([(*u, all_rows), (*v, has_a)])[1],
    "of_tensor_fusion": np.einsum("ri,rj->rij", np.insert(a, 5, 1, 1), np.insert(b[:, :2], 2, 1, 1)),
    "of_sign": np.where(a >= 1, 1, -1),
}
for name, value in rows.items():
    print(f"{name} " + ",".join(f"{v:.9g}" for v in np.ravel(value.mean(0))))

c, m = cov(a, a), cov(a, b)
matrices = {
    "inverse": np.linalg.inv(m + np.eye(5) / 2),
    "solve": np.linalg.solve(c, b.mean(0)),
    "solve_definite": np.linalg.solve(c + np.eye(5) / 2, b.mean(0)),
    "logdet": np.linalg.slogdet(c + 0.1 * np.eye(5))[1],
    "trace": np.trace(m),
    "eigenvalues": np.linalg.eigvalsh(c),
    "eigenvectors": vectors(c),
    "singular_values": np.sort(np.linalg.svd(m, compute_uv=False)),
    "left": svd(m)[0],
    "right": svd(m)[1],
    "root": root(c, 0.5),
    "inverse_root": root(c, -0.5, 0.2),
    "whitened": np.eye(5),
    "each": (1 / (a + 1)).sum(1),
}
for name, value in matrices.items():
    print(f"of_{name} " + ",".join(f"{v:.9g}" for v in np.ravel(value)))
