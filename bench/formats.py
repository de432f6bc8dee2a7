#!/usr/bin/env python3
"""Reads files that other programs write, and has them read files that crlc writes: the largest difference of each.

usage: formats.py [--crlc FILE]        what is not installed (pandas, h5py, scikit-learn, Pillow, SciPy) is left out

Every file holds the same 50 rows of 6 numbers, or of images of bytes.  A model takes them as they are and a run writes
them with --compute; differences are from the numbers rounded to 32-bit floats, since that is what values of a model are.
"""
import argparse
import importlib
import pathlib
import subprocess
import sys
import tempfile

import numpy as np

ROWS, WIDTH = 50, 6


def version(name):
    try:
        module = importlib.import_module(name)
    except ImportError:
        return None
    return getattr(module, "__version__", None)


class Bench:
    def __init__(self, crlc, folder):
        self.crlc, self.folder = crlc, folder

    def run(self, *words):
        done = subprocess.run([self.crlc, *map(str, words)], cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"crlc {' '.join(map(str, words))}: {done.stderr}")

    def model(self, column):
        """A run of a model that has the column's values under the name v."""
        text = f"crl 1\ndata d = table(x = {column})\nv = d.x\nevaluate on train {{ m = mean(flatten(v), [batch, 0]) }}\n"
        (self.folder / "model.crl").write_text(text)
        self.run("model.crl", "--train", "--out", f"run{self.next()}", "--quiet")

    number = 0

    def next(self):
        Bench.number += 1
        return Bench.number

    def read(self, column):
        self.model(column)
        self.run("model.crl", "--compute", "v", "--split", "train", "--out", f"run{Bench.number}", "--to", "v.npy")
        return np.load(self.folder / "v.npy")

    def written(self, name):
        self.run("model.crl", "--compute", "v", "--split", "train", "--out", f"run{Bench.number}", "--to", name)
        return self.folder / name


def reading(folder, x, images):
    """(format, counterpart, how it is written, what a model says, what is to be read)"""
    np.save(folder / "x.npy", x)
    yield "NumPy `.npy`, f64", "numpy", 'file("x.npy")', x
    half = np.clip(x, -6e4, 6e4).astype(np.float16)
    np.save(folder / "h.npy", half)
    yield "NumPy `.npy`, f16", "numpy", 'file("h.npy")', half
    np.save(folder / "i.npy", images)
    yield "NumPy `.npy`, u8", "numpy", 'file("i.npy")', images
    np.savez_compressed(folder / "x.npz", x=x)
    yield "NumPy `.npz`, deflated", "numpy", 'file("x.npz", "x")', x
    np.savetxt(folder / "x.txt", x)
    yield "text, `savetxt`", "numpy", 'columns(file("x.txt"))', x
    if version("pandas"):
        import pandas

        pandas.DataFrame(x, columns=list("abcdef")).to_csv(folder / "x.csv", index=False)
        yield "CSV", "pandas", 'columns(file("x.csv"))', x
    if version("scipy"):
        import scipy.io
        import scipy.sparse

        for form in ("4", "5"):
            scipy.io.savemat(folder / f"x{form}.mat", {"x": x}, format=form, do_compression=form == "5")
            yield f"MATLAB {form}", "scipy", f'file("x{form}.mat", "x")', x
        thin = np.where(x > 0, x, 0)
        scipy.io.savemat(folder / "thin.mat", {"x": scipy.sparse.csc_matrix(thin)})
        yield "MATLAB 5, sparse", "scipy", 'file("thin.mat", "x")', thin
    if version("h5py"):
        import h5py

        with h5py.File(folder / "x.h5", "w") as file:
            file.create_dataset("views/x", data=x, compression="gzip", chunks=(7, 2))
        yield "HDF5, chunked, gzip", "h5py", 'file("x.h5", "views/x")', x
    if version("sklearn"):
        from sklearn.datasets import dump_svmlight_file

        dump_svmlight_file(x, np.arange(ROWS), str(folder / "x.svm"), zero_based=True)
        yield "LIBSVM", "sklearn", 'file("x.svm", "x")', x
    if version("PIL"):
        from PIL import Image

        for kind, options in (("png", {}), ("jpg", {"quality": 90})):
            shown = []
            for i, image in enumerate(images):
                path = folder / kind / "a" / f"{i:03}.{kind}"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray(image).save(path, **options)
                shown.append(np.asarray(Image.open(path)))
            yield f"folder of images, {kind.upper()}", "PIL", f'file("{kind}", "image")', np.stack(shown)[:, None]


def writing(bench, x):
    bench.model('file("x.npy")')
    yield "`--to` `.npy`", "numpy", np.load(bench.written("out.npy"))
    yield "`--to` `.npz`", "numpy", np.load(bench.written("out.npz"))["v"]
    if version("scipy"):
        import scipy.io

        yield "`--to` `.mat`", "scipy", scipy.io.loadmat(bench.written("out.mat"))["v"]
    if version("pandas"):
        import pandas

        table = pandas.read_csv(bench.written("out.csv"), header=None)
        yield "`--to` `.csv`", "pandas", table.to_numpy(np.float64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--crlc", default="crlc")
    given = parser.parse_args()
    rng = np.random.default_rng(1)
    x = rng.normal(size=(ROWS, WIDTH)) * 10.0 ** rng.integers(-6, 7, size=(ROWS, WIDTH))
    images = rng.integers(0, 256, size=(ROWS, 8, 8), dtype=np.uint8)
    names = {"numpy": "NumPy", "scipy": "SciPy", "sklearn": "scikit-learn", "PIL": "Pillow"}
    print("| format | counterpart | largest difference |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(str(pathlib.Path(given.crlc).resolve()), pathlib.Path(folder))
        found = [(form, by, bench.read(column), wanted) for form, by, column, wanted in reading(bench.folder, x, images)]
        found += [(form, by, values, x) for form, by, values in writing(bench, x)]
        for form, by, values, wanted in found:
            wanted = np.asarray(wanted).astype(np.float32)
            if values.size != wanted.size:
                sys.exit(f"{form}: {values.shape}, not {wanted.shape}")
            off = np.abs(values.astype(np.float32).reshape(wanted.shape).astype(np.float64) - wanted).max()
            print(f"| {form} | {names.get(by, by)} {version(by)} | {off:g} |")


main()
