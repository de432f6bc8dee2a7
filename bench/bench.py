#!/usr/bin/env python3
"""How fast and how small crlc is beside PyTorch and JAX, and beside what the machine can do at all.

    make bench [BENCH='limits corrmcnn models scale'] [BENCHFLAGS='--data DIR --rounds N ...']

    limits     OpenBLAS's best product and the bandwidth of memory
    corrmcnn   models/corrmcnn.crl at several batch sizes
    models     models of other kinds
    scale      CorrMCNN with wider towers, more views, larger batches: a table, and a plot in bench-scale.svg

Programs run in turn, and in several rounds, so that a machine that becomes slower does so for all; medians are
printed.  All runs, with the limits measured in between, are kept in bench.json, from which --tables prints again.
Without PyTorch (pip install torch==2.13.0) and JAX (pip install jax) crlc is measured alone.
"""
import argparse
import json
import os
import shutil
import statistics
import sys
import time

import runs
import tables

PARTS = ["limits", "corrmcnn", "models", "scale"]
LIBRARIES = {"torch": "PyTorch", "jax": "JAX"}
# Peers of each model: what the tables call them, their options, and whether they run at every batch size or only at
# the first.
FORMS = {
    "corrmcnn": [("literal, eager", ["--form", "literal"], False),
                 ("shared, eager", ["--form", "shared"], False),
                 ("literal, compiled", ["--form", "literal", "--compile"], False),
                 ("shared, compiled", ["--form", "shared", "--compile"], False),
                 ("hoisted, eager", ["--form", "hoisted"], False),
                 ("hoisted, channels last, eager", ["--form", "hoisted", "--channels-last"], True),
                 ("hoisted, channels last, compiled", ["--form", "hoisted", "--channels-last", "--compile"], True)],
    "noisy_views": [("eager", [], True), ("stacked, eager", ["--form", "stacked"], True),
                    ("compiled", ["--compile"], True)],
    "six_convolutions": [("eager", [], True), ("channels last, eager", ["--channels-last"], True),
                         ("channels last, compiled", ["--channels-last", "--compile"], True)],
    "six_views": [("eager", [], True), ("stacked, eager", ["--form", "stacked"], True),
                  ("stacked, compiled", ["--form", "stacked", "--compile"], True)],
    "barlow": [("eager", [], True), ("compiled", ["--compile"], True)],
    "info_nce": [("eager", [], True), ("compiled", ["--compile"], True)],
    "gru": [("its layer, eager", [], True), ("cells, compiled", ["--form", "cells", "--compile"], True)],
    "attention": [("its layer, eager", [], True), ("fused, eager", ["--form", "fused"], True),
                  ("fused, compiled", ["--form", "fused", "--compile"], True)],
}
OF_BENCH = ["barlow", "info_nce", "gru", "attention"]  # models that are here for their speed alone
USUAL = "hoisted, channels last, eager"  # the form that is scaled where none has been measured
BATCHES = {"corrmcnn": [100, 32, 256, 1000], "noisy_views": [100, 16, 1000],
           "six_convolutions": [100], "six_views": [16], "barlow": [250], "info_nce": [1000], "gru": [100],
           "attention": [100]}
SCALE = ([("wide", w, 100) for w in (0.25, 0.5, 1, 2, 4)] + [("views", v, 100) for v in (1, 2, 4, 8)] +
         [("batch", 1, b) for b in (10, 100, 1000, 10000)])
PEER_AT = [("wide", 0.25), ("wide", 1), ("wide", 4), ("views", 1), ("views", 2), ("views", 8), ("batch", 10),
           ("batch", 100), ("batch", 1000), ("batch", 10000)]


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=[[], *PARTS], metavar="PART", help="all without")
    parser.add_argument("--build", default=".", help="where crlc and limits were built")
    parser.add_argument("--out", help="where the results go, if not there")
    parser.add_argument("--data", help="the folder that has mnist/")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="to measure each run for")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--batches", type=int, nargs="+", help="others than those that are usual for the model")
    parser.add_argument("--models", nargs="+", choices=list(FORMS)[1:], default=list(FORMS)[1:])
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--no-compiled", action="store_true", help="leave out what torch.compile takes minutes for")
    parser.add_argument("--tables", metavar="FILE", help="print the tables of a bench.json and run nothing")
    setting = parser.parse_args()
    setting.build = os.path.abspath(setting.build)
    setting.out = os.path.abspath(setting.out or setting.build)
    setting.source = os.path.abspath(os.path.join(os.path.dirname(__file__), ".."))
    setting.crlc, setting.limits = (os.path.join(setting.build, name) for name in ("crlc", "bench/limits"))
    setting.python, setting.part = sys.executable, setting.part or PARTS
    return setting


def note(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def model_file(setting, name, batch):
    """A coupled loss needs whole batches; bench/scale.crl is the same model, and drops an epoch's last rows."""
    path = "bench/scale.crl" if name == "corrmcnn" and 60000 % batch else f"models/{name}.crl"
    if name in OF_BENCH:
        path = f"bench/{name}.crl"
    return os.path.join(setting.source, path)


def programs(setting, name, batch, first):
    """By the name that the tables show."""
    made = {"crlc": runs.Crlc(setting, model_file(setting, name, batch))}
    for label, words, always in FORMS[name] if "torch" in setting.peers else []:
        if (always or first) and not (setting.no_compiled and "--compile" in words):
            made["torch " + label] = runs.Peer(setting, name, words)
    if "jax" in setting.peers:
        made["jax jitted"] = runs.Peer(setting, name, [], "jax")
    return made


def compare(setting, name, result):
    """Every batch and number of threads, every program in turn, in rounds."""
    batches = setting.batches or BATCHES[name]
    for round in range(setting.rounds):
        for batch in batches:
            at = programs(setting, name, batch, batch == batches[0])
            work = at["crlc"].work(batch)
            for threads in setting.threads:
                note(f"{name}, batch {batch}, {threads} threads, round {round + 1} of {setting.rounds}")
                measure_limits(setting, threads, result, 0.3, True)
                for label, program in at.items():
                    result["runs"].append({"model": name, "batch": batch, "threads": threads, "program": label,
                                           "work": work, "run": program.run(batch, threads)})
            save(setting, result)


def measure_limits(setting, threads, result, seconds=1.0, only=False):
    for kernels, found in runs.limits(setting, threads, seconds, only).items():
        result["limits"].append(dict(found, kernels=kernels))


def fastest_form(result, threads):
    """Of CorrMCNN at batch 100, if that was measured: its name and options."""
    rates = {}
    for one in result["runs"]:
        if (one["model"], one["batch"], one["threads"]) == ("corrmcnn", 100, threads) and one["run"]:
            rates.setdefault(one["program"], []).append(one["run"]["samples_per_s"])
    options = {label: words for label, words, _ in FORMS["corrmcnn"]}
    known = [label for label in options if "torch " + label in rates]
    best = max(known, key=lambda label: statistics.median(rates["torch " + label]), default=USUAL)
    return best, options[best]


def scale(setting, result):
    threads = max(setting.threads)
    form, words = fastest_form(result, threads)
    known = {}  # CorrMCNN itself is on all three axes
    for axis, value, batch in SCALE:
        size = {"wide": 1, "views": 2}
        if axis != "batch":
            size[axis] = value
        note(f"scale: wide {size['wide']}, {size['views']} views, batch {batch}, {threads} threads")
        crlc = runs.Crlc(setting, os.path.join(setting.source, "bench/scale.crl"),
                         [word for k, v in size.items() for word in ("--set", f"{k}={v}")])
        at = {"crlc": crlc}
        value = batch if axis == "batch" else value
        if "torch" in setting.peers and (axis, value) in PEER_AT:
            options = [word for k, v in size.items() for word in (f"--{k}", str(v))]
            at["torch"] = runs.Peer(setting, "corrmcnn", words + options)
        for label, program in at.items():
            key = label, *size.values(), batch
            if key not in known:
                known[key] = program.run(batch, threads)
            result["scale"].append({"axis": axis, "value": value, "batch": batch, "threads": threads,
                                    "program": label, "form": form, "work": crlc.work(batch),
                                    "run": known[key]})
        save(setting, result)


def save(setting, result):
    with open(os.path.join(setting.out, "bench.json"), "w") as file:
        json.dump(result, file, indent=1)


def main():
    setting = arguments()
    if setting.tables:
        tables.show(json.load(open(setting.tables)), setting.out)
        return
    begun = time.time()
    setting.data = runs.data_folder(setting.data)
    setting.threads = [n for n in setting.threads if n <= (os.cpu_count() or 1)] or [1]
    setting.peers = [] if setting.no_peers else [k for k in LIBRARIES if runs.has_module(setting.python, k)]
    for name in LIBRARIES:
        if name not in setting.peers and not setting.no_peers:
            note(f"{LIBRARIES[name]} is not installed: crlc is measured without it")
    shutil.rmtree(os.path.join(setting.out, "bench-compiled"), ignore_errors=True)
    result = {"processor": runs.processor(), "limits": [], "runs": [], "scale": []}
    for threads in setting.threads if "limits" in setting.part else []:
        note(f"limits of {threads} threads")
        measure_limits(setting, threads, result)
    if "corrmcnn" in setting.part:
        compare(setting, "corrmcnn", result)
    for name in setting.models if "models" in setting.part else []:
        compare(setting, name, result)
    if "scale" in setting.part:
        scale(setting, result)
    save(setting, result)
    shutil.rmtree(os.path.join(setting.out, "bench-compiled"), ignore_errors=True)
    tables.show(result, setting.out)
    note(f"{time.time() - begun:.0f} s; all runs are in '{setting.out}/bench.json'")


if __name__ == "__main__":
    main()
