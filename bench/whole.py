#!/usr/bin/env python3
"""Where the time of a whole run goes, and its SVM and CCA beside scikit-learn and NumPy on the same codes.

    make whole [WHOLEFLAGS='--data DIR --model FILE --epochs N --threads N']

Trains a model with `--train`, prints the shares of metrics.json's "timings", writes its codes with `--compute`, and gives
them to scikit-learn's LinearSVC (five folds in file order, both directions, a process for each thread) and to NumPy's
canonical correlations (covariances, inverse roots by eigh, singular values).  Figures stand beside seconds: both must be the
same measure.  Without NumPy or scikit-learn (pip install numpy scikit-learn) only the shares are printed.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

import runs

FOLDS = 5
RIDGE = 1e-4  # of crlc's CCA, on columns of deviation 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crlc", default="./crlc")
    parser.add_argument("--data", help="the folder that has mnist/")
    parser.add_argument("--model", default=os.path.join(os.path.dirname(__file__), "../models/corrnet.crl"),
                        help="one with hx and hy, measured by transfer and correlation")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    setting = parser.parse_args()
    setting.data = runs.data_folder(setting.data)
    return setting


def crlc(setting, *words):
    subprocess.run([setting.crlc, *map(str, words), "--data", setting.data, "--quiet"], check=True,
                   stdout=subprocess.DEVNULL)


def shares(metrics):
    """A line for each part of the run."""
    all_of_it = metrics["seconds"]
    for what, seconds in (*metrics["timings"].items(), ("the rest", all_of_it - sum(metrics["timings"].values()))):
        print(f"{what:20} {seconds:8.2f} s {100 * seconds / all_of_it:6.1f} %")


def codes(setting, folder, split, names):
    """Arrays of a split, from a file that crlc writes."""
    import numpy
    path = os.path.join(folder, split + ".npz")
    crlc(setting, os.path.join(folder, "run"), "--compute", ",".join(names), "--split", split, "--to", path)
    with numpy.load(path) as file:
        return [file[name] for name in names]


def fold_right(job):
    """Right answers on a fold of one view's codes, by what was learned on the other folds of the other's."""
    from sklearn.svm import LinearSVC
    learn, asked, labels, at = job
    inside = slice(at * len(labels) // FOLDS, (at + 1) * len(labels) // FOLDS)
    outside = [i for i in range(len(labels)) if not inside.start <= i < inside.stop]
    machine = LinearSVC(dual=True, max_iter=10000).fit(learn[outside], labels[outside])
    return (machine.predict(asked[inside]) == labels[inside]).mean()


def transfer(setting, hx, hy, labels):
    """Percent in each direction, and seconds."""
    jobs = [(a, b, labels, at) for a, b in ((hx, hy), (hy, hx)) for at in range(FOLDS)]
    begun = time.perf_counter()
    with concurrent.futures.ProcessPoolExecutor(setting.threads) as pool:
        right = list(pool.map(fold_right, jobs))
    seconds = time.perf_counter() - begun
    return 100 * sum(right[:FOLDS]) / FOLDS, 100 * sum(right[FOLDS:]) / FOLDS, seconds


def canonical(train, test):
    """CCA fitted on train, the sum of its variates' correlations on test, and seconds."""
    import numpy
    begun = time.perf_counter()
    (x, y), (u, v) = [[side.astype("float64") for side in pair] for pair in (train, test)]
    for fitted, scored in ((x, u), (y, v)):
        mean, deviation = fitted.mean(0), fitted.std(0)
        for side in (fitted, scored):
            side -= mean
            side /= numpy.where(deviation > 1e-6, deviation, numpy.inf)

    def root(c):
        value, vector = numpy.linalg.eigh(c)
        keep = value > 1e-6
        return vector[:, keep] / numpy.sqrt(value[keep] + RIDGE) @ vector[:, keep].T

    wx, wy = root(x.T @ x / len(x)), root(y.T @ y / len(y))
    left, _, right = numpy.linalg.svd(wx @ (x.T @ y / len(x)) @ wy)
    a, b = u @ wx @ left, v @ wy @ right.T
    a, b = (a - a.mean(0)) / a.std(0), (b - b.mean(0)) / b.std(0)
    return (a * b).mean(0).sum(), time.perf_counter() - begun


def main():
    setting = arguments()
    print(f"{runs.processor()}; {setting.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        crlc(setting, setting.model, "--train", "--epochs", setting.epochs, "--threads", setting.threads, "--out",
             os.path.join(folder, "run"))
        with open(os.path.join(folder, "run/metrics.json"), encoding="utf-8") as file:
            metrics = json.load(file)
        shares(metrics)
        if not all(runs.has_module(sys.executable, name) for name in ("numpy", "sklearn")):
            return
        train = codes(setting, folder, "train", ["hx", "hy"])
        hx, hy, labels = codes(setting, folder, "test", ["hx", "hy", "digits.label"])
    figure = {one["name"]: one["value"] for one in metrics["figures"]}
    took = metrics["timings"]
    there, back, seconds = transfer(setting, hx, hy, labels.ravel().astype(int))
    print(f"transfer       crlc {figure['transfer.first_to_second']:.2f} {figure['transfer.second_to_first']:.2f} % in "
          f"{took['transfer']:.2f} s, scikit-learn {there:.2f} {back:.2f} % in {seconds:.2f} s")
    total, seconds = canonical(train, (hx, hy))
    print(f"correlation    crlc {figure['correlation.canonical']:.2f} in {took['correlation']:.2f} s with all else it "
          f"measures, NumPy {total:.2f} in {seconds:.2f} s")


if __name__ == "__main__":
    main()
