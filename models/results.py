#!/usr/bin/env python3
"""Runs the models of this folder and writes RESULTS.md: what was measured beside what was published.

usage: results.py [--quick] [--page] [--crlc FILE] [--data DIR] [--runs DIR] [--out FILE] [--only WORD]...

A row of results.json is a system: a model with its options, how many seeds, what was published, and where.  Each seed
is a run of its own below --runs; one that is finished is not run again, one that was stopped goes on where it was, so
the command can be interrupted at any time.  --page runs nothing and writes of the systems that are finished.  --quick
trains as a row's "quick" says and with one seed; its figures are no results, they show that everything runs.
RESULTS.md is written anew after every system.  A system that was not run this time keeps the lines that stand there, if
they are of the same version and command; processor and threads stand beside each time.
"""
import argparse
import json
import os
import platform
import re
import shlex
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def processor():
    """The processor's name, as the system has it, without marks and clock."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            name = next(line.split(":", 1)[1] for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return " ".join(word for word in re.sub(r"\((R|TM)\)|@.*", " ", name).split() if word != "Processor")


def words_of(row, quick):
    """What a run of a system says beside where it is and its seed: model, then options."""
    options = row.get("options", [])
    if quick:
        at = options.index("--epochs") if "--epochs" in options else len(options)
        options = [*options[:at], *options[at + 2:], *row.get("quick", ["--epochs", "1"])]
    return [row["model"], *options]


def finished(folder, words):
    """The metrics of a run that has ended, or None; a run of other words is an error, since it is another system's."""
    note = os.path.join(folder, "results-words.json")
    if os.path.exists(note):
        with open(note, encoding="utf-8") as file:
            if json.load(file) != words:
                sys.exit(f"results: {folder} holds another run; remove it to run this one")
    path = os.path.join(folder, "metrics.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def folder_of(row, seed, given):
    """Where a seed of a system is run."""
    return os.path.join(given.runs, ("quick-" if given.quick else "") + row["name"], f"seed-{seed}")


def run(row, seed, given):
    """The metrics of one seed of a system: read if it is finished, else trained, from where it stopped if it did."""
    words = words_of(row, given.quick)
    folder = folder_of(row, seed, given)
    metrics = finished(folder, words)
    if metrics:
        return metrics
    model = os.path.join(HERE, words[0])
    command = [given.crlc, model, *words[1:], "--train", "--seed", str(seed), "--out", folder, "--quiet"]
    command += ["--set", f"{row['seed_option']}={seed}"] if "seed_option" in row else []
    command += ["--data", given.data] if given.data else []
    resume = any(name.startswith("checkpoint-") for name in os.listdir(folder)) if os.path.isdir(folder) else False
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    print(f"{row['name']}, seed {seed}: {shlex.join(command)}", flush=True)
    done = subprocess.run(command + (["--resume"] if resume else []), stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(f"results: {row['name']} ended with status {done.returncode}")
    with open(os.path.join(folder, "results-words.json"), "w", encoding="utf-8") as file:
        json.dump(words, file)
    return finished(folder, words)


def finished_seed(row, seed, given):
    """The metrics of one seed of a system, or None where it has not ended."""
    return finished(folder_of(row, seed, given), words_of(row, given.quick))


def spread(values):
    """Mean, deviation (n - 1) and range of one number a seed."""
    if len(values) == 1:
        return f"{values[0]:.4g}"
    return f"{statistics.mean(values):.4g} (sd {statistics.stdev(values):.2g}; {min(values):.4g} to {max(values):.4g})"


def shown_command(row, given):
    """What a reader types for one seed of a system."""
    model, *options = words_of(row, given.quick)
    seed = ["--set", f"{row['seed_option']}=N"] if "seed_option" in row else []
    return shlex.join(["crlc", f"models/{model}", *options, *seed, "--train", "--seed", "N"])


def lines_of(row, runs, given):
    """A line of the table for each figure of a system; the first says what is the same for all of them."""
    seconds = statistics.median(m["seconds"] for m in runs)
    threads = runs[0]["threads"]
    time = f"{seconds:.0f} s, {processor()}, {threads} thread{'' if threads == 1 else 's'}"
    first = [row["system"], f"{len(runs)}", time, f"`{shown_command(row, given)}`"]
    for name, published in row["figures"].items():
        found = [next((f for f in m["figures"] if f["name"] == name), None) for m in runs]
        if any(f is None for f in found):
            sys.exit(f"results: {row['name']} measures no {name}: " + ", ".join(f["name"] for f in runs[0]["figures"]))
        values = [f["value"] for f in found]
        measured = spread(values) if all(v is not None for v in values) else found[0]["reason"] or "not finite"
        chance = "-" if found[0]["chance"] is None else f"{found[0]['chance']:.4g}"
        what = f"{name}, {found[0]['unit']}" if found[0]["unit"] else name
        known = "-" if published is None else published
        cells = [first[0], what, known, measured, chance, found[0]["split"] or "-", *first[1:]]
        yield "| " + " | ".join(str(cell) for cell in cells) + " |"
        first = ["", "", "", ""]


def origin(metrics, given):
    """The line of the page that says what measured it."""
    return f"Written by `make results{' QUICK=1' if given.quick else ''}`: crlc {metrics['version']}."


def standing(path):
    """What a page holds already: its line of origin, and of each command the lines of its system."""
    of_command, lines = {}, []
    if not os.path.exists(path):
        return None, of_command
    with open(path, encoding="utf-8") as file:
        text = file.read().splitlines()
    for line in text:
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) == 9 and cells[0].strip("| "):
            lines = of_command.setdefault(cells[8].rstrip("| "), [])
        if len(cells) == 9:
            lines.append(line)
    return next((line for line in text if line.startswith("Written by")), None), of_command


def page(rows, results, given):
    """RESULTS.md as text."""
    written = origin(next(iter(results.values()))[0], given)
    before, kept = standing(given.out)
    kept = kept if before == written else {}
    lines = {row["name"]: list(lines_of(row, results[row["name"]], given)) if row["name"] in results
             else kept.get(f"`{shown_command(row, given)}`") for row in rows}
    out = ["# Results", "", written, ""]
    if given.quick:
        out += ["**The short form**: few epochs, one seed. These figures show that everything runs; they are no results.",
                ""]
    left = [row["name"] for row in rows if not lines[row["name"]]]
    out += ["Not measured here yet: " + ", ".join(left) + ".", ""] if left else []
    out += ["Every figure is of the last step of its run, or of the weights that the validation split chose where the",
            "model says `keep`; no setting was chosen on the test split, but where a note says what had been seen there.",
            "Protocols stand in each run's `metrics.json`, sources in the models' head comments. Beside a mean: deviation",
            "over seeds and range. Time is of one run, evaluation included, on the processor named, with whatever else it",
            "did.", "",
            "| system | figure | published | measured | chance | split | seeds | time | command |",
            "|---|---|---|---|---|---|---|---|---|"]
    notes = []
    for row in rows:
        if lines[row["name"]]:
            out += lines[row["name"]]
            if "note" in row:
                notes.append(f"- **{row['system']}**: {row['note']}")
    return "\n".join(out + ([""] + notes if notes else [])) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--page", action="store_true")
    parser.add_argument("--crlc", default="crlc")
    parser.add_argument("--data")
    parser.add_argument("--runs", default="runs/results")
    parser.add_argument("--out", help="models/RESULTS.md; with --quick runs/results-quick.md")
    parser.add_argument("--only", action="append", default=[])
    given = parser.parse_args()
    given.out = given.out or ("runs/results-quick.md" if given.quick else os.path.join(HERE, "RESULTS.md"))
    with open(os.path.join(HERE, "results.json"), encoding="utf-8") as file:
        rows = json.load(file)
    results = {}
    os.makedirs(os.path.dirname(os.path.abspath(given.out)), exist_ok=True)
    for row in rows:
        if given.only and not any(word in row["name"] for word in given.only):
            continue
        seeds = range(1, 2 if given.quick else row.get("seeds", 3) + 1)
        runs = [finished_seed(row, seed, given) if given.page else run(row, seed, given) for seed in seeds]
        if None in runs:
            continue
        results[row["name"]] = runs
        with open(given.out + ".part", "w", encoding="utf-8") as file:
            file.write(page(rows, results, given))
        os.replace(given.out + ".part", given.out)
    print(f"results: {given.out}")


if __name__ == "__main__":
    main()
