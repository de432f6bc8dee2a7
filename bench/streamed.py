#!/usr/bin/env python3
"""Trains on a set larger than memory: peak memory and speed, read from files as needed against held in memory.

usage: streamed.py [--crlc FILE] [--work DIR] [--gigabytes G] [--held H] [--data-memory SIZE]

Two views of 1,000 numbers each (float32, .npy), made of ten common numbers and noise, are written below --work: H gigabytes
of rows, which are trained on twice, held in memory and streamed, with the same weights to the bit at the end; then G
gigabytes, which are streamed only.  One epoch each, batch 250, two threads.  The files are removed at the end.
"""
import argparse
import hashlib
import multiprocessing
import os
import shutil
import subprocess
import time

import numpy as np

WIDTH, COMMON, AT_A_TIME = 1000, 10, 25000
MODEL = """crl 1
data both = split(table(x = file("x.npy"), y = file("y.npy")), test = 1000, in_order = true)
a = both.x -> dense(50) -> relu -> dense(10)
b = both.y -> dense(50) -> relu -> dense(10)
to_y = dense(1000)
minimize { rebuilt = mse(to_y(a), both.y)  apart = mse(a, b) }
train { epochs 1  batch 250  drop last  optimizer adam }
evaluate { error = mean(mse(to_y(a), both.y), batch)  correlation(a, b) }
"""


def generate(folder, gigabytes):
    """Two files of rows, and how many rows; what is written is not kept in memory."""
    rows = int(gigabytes * 1e9 / (2 * WIDTH * 4)) // AT_A_TIME * AT_A_TIME
    draws = np.random.default_rng(1)
    mix = [draws.standard_normal((COMMON, WIDTH), dtype=np.float32) for _ in range(2)]
    views = [np.lib.format.open_memmap(os.path.join(folder, name), mode="w+", dtype=np.float32, shape=(rows, WIDTH))
             for name in ("x.npy", "y.npy")]
    for first in range(0, rows, AT_A_TIME):
        common = draws.standard_normal((AT_A_TIME, COMMON), dtype=np.float32)
        for view, weights in zip(views, mix):
            noise = draws.standard_normal((AT_A_TIME, WIDTH), dtype=np.float32)
            view[first:first + AT_A_TIME] = common @ weights + noise
    for view in views:
        view.flush()
    return rows


def apart(function, *arguments):
    """What a function gives, called in a process of its own: the peak of this one is passed on to those it starts."""
    with multiprocessing.Pool(1) as pool:
        return pool.apply(function, arguments)


def trained(given, folder, name, memory):
    """Rows a second and peak megabytes of a run, and the sum of its weights."""
    run = os.path.join(given.work, name)
    command = [given.crlc, os.path.join(folder, "model.crl"), "--train", "--out", run, "--data", folder, "--threads", "2",
               "--data-memory", memory, "--quiet"]
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"streamed: {name} ended with status {status}")
    taken, weights_file = time.monotonic() - start, os.path.join(given.work, name + ".safetensors")
    subprocess.run([given.crlc, run, "--export", weights_file, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    with open(weights_file, "rb") as file:
        weights = hashlib.sha256(file.read()).hexdigest()
    shutil.rmtree(run)
    os.remove(weights_file)
    return taken, used.ru_maxrss * 1024 / 1e6, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crlc", default="./crlc")
    parser.add_argument("--work", default="runs/streamed")
    parser.add_argument("--gigabytes", type=float, default=20)
    parser.add_argument("--held", type=float, default=2)
    parser.add_argument("--data-memory", default="200M")
    given = parser.parse_args()
    folder = os.path.join(given.work, "files")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "model.crl"), "w", encoding="utf-8") as file:
        file.write(MODEL)
    runs = [("held in memory", given.held, "16G"), ("streamed", given.held, given.data_memory),
            ("streamed", given.gigabytes, given.data_memory)]
    written, rows, sums = 0, 0, []
    print(f"{'set':>8} {'rows':>10} {'':<15} {'rows/s':>9} {'seconds':>8} {'peak MB':>8}")
    try:
        for number, (how, gigabytes, memory) in enumerate(runs):
            if gigabytes != written:
                rows, written = apart(generate, folder, gigabytes), gigabytes
            seconds, peak, weights = trained(given, folder, f"run-{number}", memory)
            sums.append(weights)
            print(f"{gigabytes:>5g} GB {rows:>10} {how:<15} {rows / seconds:>9.0f} {seconds:>8.1f} {peak:>8.0f}", flush=True)
    finally:
        shutil.rmtree(folder)
    print("the weights of the first two are", "the same bits" if sums[0] == sums[1] else "NOT the same")


if __name__ == "__main__":
    main()
