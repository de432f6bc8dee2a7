"""Whether the models of models_jax.py compute what the peers in PyTorch do: the loss and all gradients on the same
weights and rows, in double, without draws.  Prints the largest relative differences, and fails above 1e-9.

    check_jax.py [MODEL ...]
"""
import sys

asked, sys.argv = sys.argv[1:], sys.argv[:1] + ["corrmcnn"]  # models_jax reads the command line, too

import argparse
import importlib

import jax

jax.config.update("jax_enable_x64", True)

import jax.numpy as jnp
import models_jax
import numpy as np
import torch

ROWS, MOST = 20, 1e-9
TORCH = {"barlow": "Barlow", "corrmcnn": "CorrMCNN", "info_nce": "InfoNce", "noisy_views": "NoisyViews",
         "six_convolutions": "SixConvolutions", "six_views": "SixViews"}


def converted(name, of):
    """What stands for each parameter, or its gradient, in the order and layout of models_jax.py; of(parameter): an
    array.  A linear layer behind a flattened image, and one whose result is made an image, have [c, h, w] there and
    [h, w, c] here."""
    model, out = of["model"], []
    images = {640: (64, 5, 2), 2048: (128, 4, 4)}

    def array(parameter):
        return of["value"](parameter).numpy()

    def add(module):
        weight, bias = array(module.weight), array(module.bias)
        if isinstance(module, torch.nn.Conv2d):
            weight = weight.transpose(2, 3, 1, 0)
        elif isinstance(module, torch.nn.ConvTranspose2d):
            weight = weight[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)
        elif isinstance(module, torch.nn.Linear):
            if module.in_features in images:
                weight = weight.reshape(-1, *images[module.in_features]).transpose(0, 2, 3, 1).reshape(weight.shape)
            if module.out_features == 294:
                weight = weight.reshape(3, 14, 7, -1).transpose(1, 2, 0, 3).reshape(weight.shape)
                bias = bias.reshape(3, 14, 7).transpose(1, 2, 0).reshape(-1)
            weight = weight.T
        out.append([weight, bias])

    for module in model.modules():
        if hasattr(module, "weight"):
            add(module)
    if name == "six_convolutions":  # there a layer's normalisation is made before its convolution
        for k in range(0, 12, 2):
            out[k], out[k + 1] = out[k + 1], out[k]
    return [jnp.asarray(np.ascontiguousarray(a)) for pair in out for a in pair]


def check(name):
    peer = importlib.import_module(f"{name}_torch")
    torch.manual_seed(1)
    model = getattr(peer, TORCH[name])(argparse.Namespace(dropout=0.0, wide=1.0, views=2)).double().train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    image, label = torch.rand(ROWS, 1, 28, 28, dtype=torch.float64), torch.arange(ROWS) % 10
    loss = model.loss(image, label, "hoisted" if name == "corrmcnn" else "stacked")
    loss.backward()
    weights = converted(name, {"model": model, "value": lambda p: p.detach()})
    wanted = converted(name, {"model": model, "value": lambda p: p.grad})

    def of_weights(made):
        rows = jnp.asarray(image.numpy()).transpose(0, 2, 3, 1)
        return getattr(models_jax, name)(models_jax.Weights(made), rows, jnp.asarray(label.numpy()), jax.random.key(1))

    value, gradients = jax.value_and_grad(of_weights)(weights)
    most = max(float(abs(b).max()) for b in wanted)
    worst = max(float(abs(a - b).max()) / most for a, b in zip(gradients, wanted))
    apart = abs(float(value) / loss.item() - 1)
    print(f"{name}: loss {loss.item():.6f}, apart {apart:.1e}, gradients {worst:.1e}")
    return apart < MOST and worst < MOST and len(gradients) == len(wanted)


def main():
    torch.rand_like = torch.zeros_like
    jax.random.uniform = lambda key, shape: jnp.zeros(shape)
    models_jax.dropout = lambda key, x: x
    good = [check(name) for name in asked or TORCH]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
