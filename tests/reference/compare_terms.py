"""Compares a run's loss terms with the committed ones, step by step:

    compare_terms.py VECTORS RUN LOG STEPS TOLERANCE

LOG has a line for each step, as log.jsonl has.  Prints the largest relative error of each term; the exit status is
1 when one is larger than the tolerance.  The standard library is enough.
"""
import json
import sys


def main(path, run, log, steps, tolerance):
    with open(path) as file:
        vectors = json.load(file)
    with open(log) as file:
        lines = [json.loads(line)["terms"] for line in file if line.strip()]
    expected = vectors["runs"][run]["steps"][: int(steps)]
    if len(lines) < int(steps) or len(expected) < int(steps):
        sys.exit(f"{run}: {len(lines)} steps, not {steps}")
    good = True
    for i, name in enumerate(vectors["terms"]):
        if name == "total":
            continue
        errors = [abs(line[name]["value"] / row[i] - 1) for line, row in zip(lines, expected)]
        worst = max(errors)
        good = good and worst <= float(tolerance)  # false for NaN, too
        print(f"{run} {name}: largest relative error {worst:.1e} at step {1 + errors.index(worst)} of {steps}")
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
