"""What several runs come to, worked out from the runs' own files by python's statistics.

experiment.py summary DIR RUN...      the figures of DIR are those of these runs
experiment.py folds TABLE BY FILE...  FILE: the ids of one fold's rows, one a line; every id is in one fold; BY is 'kind'
                                      (every class is in every fold alike) or 'person' (is in one fold)
experiment.py sweep DIR lowest|highest NAME    settings in order, and the best
experiment.py same DIR DIR            the same figures, byte for byte
experiment.py compare TABLE LABEL...  a table of comparison; a label is a directory, or "DIR: a=1" of a sweep
experiment.py rows                    prints rows of three classes, fifteen persons
"""
import collections
import csv
import json
import statistics
import sys


def read(path):
    with open(path) as file:
        return json.load(file)


def near(a, b):
    return a is None and b is None or abs(a - b) <= 1e-8 * max(1, abs(a), abs(b))


def check(holds, what):
    if not holds:
        sys.exit(what)


def summary(folder, *names):
    whole = read(f"{folder}/metrics.json")
    runs = {name: {f["name"]: f for f in read(f"{folder}/{name}/metrics.json")["figures"]} for name in names}
    check([run["name"] for run in whole["runs"]] == list(names), "other runs")
    with open(f"{folder}/metrics.csv") as file:
        lines = {line["metric"]: line for line in csv.DictReader(file)}
    with open(f"{folder}/report.html") as file:
        page = file.read()
    first = runs[names[0]]
    check([f["name"] for f in whole["figures"]] == list(first), "other figures")
    for figure in whole["figures"]:
        one = [run[figure["name"]] for run in runs.values()]
        values = [f["value"] for f in one]
        expected = {"value": statistics.mean(values), "mean": statistics.mean(values), "min": min(values),
                    "max": max(values), "runs": len(values),
                    "sd": statistics.stdev(values) if len(values) > 1 else None}
        for key, value in expected.items():
            check(near(figure[key], value), f"{figure['name']}: {key} is {figure[key]}, not {value}")
        check([v["value"] for v in figure["values"]] == values, "other values")
        check([v["run"] for v in figure["values"]] == list(names), "other runs of values")
        for key in "unit", "split", "protocol":
            check(all(figure[key] == f[key] for f in one), f"{figure['name']}: {key}")
        chance = [f["chance"] for f in one]
        check(near(figure["chance"], None if None in chance else statistics.mean(chance)), "chance")
        line = lines[figure["name"]]
        for key in "mean", "sd", "min", "max":
            check(near(float(line[key]) if line[key] else None, expected[key]), f"{key} in metrics.csv")
        check(line["protocol"] == figure["protocol"] and line["split"] == figure["split"], "protocol in metrics.csv")
        for name, value in zip(names, values):
            check(name not in line or near(float(line[name]), value), f"{name} in metrics.csv")
            check(f'href="{name}/report.html"' in page, f"no link to {name}")
        check(f"{expected['mean']:.2f}" in page or f"{expected['mean']:.4g}" in page, "the mean is not on the page")


def folds(table, by, *files):
    with open(table) as file:
        rows = {int(line["id"]): line for line in csv.DictReader(file)}
    parts = []
    for name in files:
        with open(name) as file:
            parts.append([int(float(line)) for line in file])
    ids = [i for part in parts for i in part]
    check(len(set(ids)) == len(ids), "a row is in two folds")
    check(all(parts), "an empty fold")
    if by == "kind":
        for kind in {row["kind"] for row in rows.values()}:
            counts = [sum(rows[i]["kind"] == kind for i in part) for part in parts]
            check(max(counts) - min(counts) <= 1, f"{kind}: {counts}")
    else:
        where = collections.defaultdict(set)
        for k, part in enumerate(parts):
            for i in part:
                where[rows[i][by]].add(k)
        check(all(len(k) == 1 for k in where.values()), "a person is in two folds")
    print(*sorted(ids))


def sweep(folder, which, name):
    whole = read(f"{folder}/metrics.json")
    values = [f["mean"] for f in whole["figures"] if f["name"] == name]
    check(values == sorted(values, reverse=which == "highest"), f"not sorted: {values}")
    check(len(values) == len({json.dumps(r["set"]) for r in whole["runs"]}), "not every setting")
    check({f["split"] for f in whole["figures"]} == {"validation"}, "measured on another split")
    best = whole["figures"][0]
    check(best["name"] == name and whole["best"]["set"] == best["set"], "another best")
    check(whole["best"]["of"] == which and whole["best"]["value"] == best["mean"], "another value")
    for figure in whole["figures"]:
        mine = [r["name"] for r in whole["runs"] if r["set"] == figure["set"]]
        check([v["run"] for v in figure["values"]] == mine, f"runs of {figure['set']}")
        check(near(statistics.mean(v["value"] for v in figure["values"]), figure["mean"]), "mean")


def same(one, other):
    a, b = ({r: read(f"{folder}{r}/metrics.json")["figures"] for r in
             [""] + ["/" + run["name"] for run in read(f"{folder}/metrics.json")["runs"]]} for folder in (one, other))
    check(json.dumps(a) == json.dumps(b), "other figures")


def compare(table, *labels):
    with open(table) as file:
        lines = {line["metric"]: line for line in csv.DictReader(file)}
    for label in labels:
        folder, _, setting = label.partition(": ")
        whole = read(f"{folder}/metrics.json")
        names = [run["name"] for run in whole.get("runs", [{"name": "."}])]
        names = [name for name in names if not setting or name.startswith(setting)]
        runs = [{f["name"]: f for f in read(f"{folder}/{name}/metrics.json")["figures"]} for name in names]
        check(set(lines) >= set(runs[0]), "metrics are missing")
        for metric in runs[0]:
            values = [run[metric]["value"] for run in runs]
            line = lines[metric]
            check(near(float(line[label]), statistics.mean(values)), f"{metric} of {label}")
            check(int(line[f"{label} runs"]) == len(values), f"runs of {label}")
            sd = float(line[f"{label} sd"]) if line[f"{label} sd"] else None
            check(near(sd, statistics.stdev(values) if len(values) > 1 else None), f"sd of {label}")
            check(line["protocol"] == runs[0][metric]["protocol"], "protocol")
            check(line["split"] == runs[0][metric]["split"], "split")


def rows():
    state = 7
    print("id,a,b,c,kind,person")
    for i in range(90):
        numbers = []
        for k in range(3):
            state = state * 16807 % 2147483647
            numbers.append(f"{state / 2147483647 * 4 + (k == i % 3):.5f}")
        print(i, *numbers, ["ash", "elm", "oak"][i % 3], i // 6, sep=",")


globals()[sys.argv[1]](*sys.argv[2:])
