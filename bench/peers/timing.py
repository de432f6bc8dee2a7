"""How a peer's steps are timed, the same for every library.  Imported first, so that importing the library counts.

A record has the keys that a peer prints:

    samples_per_s   batch over the median time of a step, after those that warm up
    cpu_s           processor seconds of a step, of all threads, the mean
    rss_mb          the most memory that the process ever held, libraries and data set included
    start_s         seconds from the start of the process to the end of the first step: importing, reading the data
                    set, compiling where that is asked for
"""
import resource
import statistics
import sys
import time

BEGUN = time.perf_counter() - time.process_time()  # what the interpreter took until here counts, too


def measured(step, args):
    """The record of a step that is run args.warm times or for args.seconds to warm up, then for args.seconds, at most
    args.steps times."""
    seconds, warming, start = [], max(1, args.warm), None
    while len(seconds) < args.steps:
        begun = time.perf_counter()
        step()
        ended = time.perf_counter()
        if not start:
            start, since = ended - BEGUN, ended
        if warming:
            warming = warming - 1 if ended - since < args.seconds else 0
            if not warming:
                cpu, since = time.process_time(), ended
            continue
        seconds.append(ended - begun)
        if ended - since > args.seconds:
            break
    cpu = time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"samples_per_s": args.batch / statistics.median(seconds), "cpu_s": cpu / len(seconds),
            "rss_mb": most / 1e6, "start_s": start, "steps": len(seconds)}
