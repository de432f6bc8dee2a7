"""Whether a trace agrees with itself and with the profile that was printed beside it:

    trace.py TRACE PROFILE THREADS

Events of a thread nest, and no two overlap; kernels' times of all threads add up to the profile's, in all and by
operation.  The standard library is enough.
"""
import json
import re
import sys

SLACK = 0.0015  # microseconds: times are written with three digits


def check_nesting(events):
    """Every event ends before the next begins, or holds it whole."""
    open_until = []
    for event in sorted(events, key=lambda e: (e["ts"], -e["dur"])):
        begin, end = event["ts"], event["ts"] + event["dur"]
        while open_until and open_until[-1] <= begin + SLACK:
            open_until.pop()
        assert not open_until or end <= open_until[-1] + SLACK, f"{event} overlaps another"
        assert not open_until or event["cat"] == "kernel", f"{event} is a chunk in something else"
        assert len(open_until) < 2, f"{event} is in a kernel"
        open_until.append(end)


def main(trace, profile, threads):
    with open(trace) as file:
        events = json.load(file)["traceEvents"]
    with open(profile) as file:
        printed = file.read()
    calls = [e for e in events if e["ph"] == "X"]
    names = [e for e in events if e["ph"] == "M"]
    assert [e["tid"] for e in names] == list(range(threads)) and all(e["name"] == "thread_name" for e in names)
    for tid in range(threads):
        check_nesting([e for e in calls if e["tid"] == tid])
    kernels = [e for e in calls if e["cat"] == "kernel"]
    assert all({"step", "shape", "GFLOP", "bytes"} <= e["args"].keys() for e in kernels)
    assert any(e["args"]["GFLOP"] > 0 for e in kernels) and all(e["args"]["bytes"] > 0 for e in kernels)
    assert any(e["cat"] == "chunk" for e in calls), "nothing is grouped"

    runs = int(re.search(r": (\d+) runs", printed).group(1))
    total = float(re.search(r"added up: ([\d.]+) ms", printed).group(1))
    found = sum(e["dur"] for e in kernels) / 1e3 / runs
    slack = 0.0006 + len(kernels) * SLACK / 1e3 / runs
    assert abs(found - total) <= slack, f"{found} ms a run, not {total}"
    rows = re.search(r"steps  operation\n(.*?)\n +ms ", printed, re.S).group(1).splitlines()
    for row in rows:
        milliseconds, _, _, _, operation = row.split()
        of_it = [e["dur"] for e in kernels if e["name"].split()[0] == operation]
        assert of_it and abs(sum(of_it) / 1e3 / runs - float(milliseconds)) <= slack, row
    assert {e["name"].split()[0] for e in kernels} == {row.split()[4] for row in rows}


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
