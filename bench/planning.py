"""What compiling and planning take for large models, and how that grows with their size: `make planning`.

Each kind of model is written at a quarter of its size, at half of it, and at all of it, and goes through `crlc --plan`.
For each it prints the size, seconds of the processor, megabytes at most, and the exponent e of size^e that both grew by
since the line before; time and memory in proportion to the model are 1.
"""
import argparse
import math
import os
import subprocess
import tempfile

HEAD = "crl 1\ndata digits = mnist\nview x = flatten(digits.image) / 255\n"
TRAIN = "train { epochs 1  batch 100  optimizer %s }\n"


def layers(n, rule="sgd()"):
    lines = [f"h{i} = h{i - 1} -> dense(20) -> relu\n" for i in range(1, n)]
    return HEAD + "h0 = x -> dense(20)\n" + "".join(lines) + f"minimize {{ l = mean(h{n - 1} ^ 2) }}\n" + TRAIN % rule


def model(text):
    return HEAD + "u = x -> dense(20)\n" + text + "minimize { l = mean(h ^ 2) }\n" + TRAIN % "sgd()"


def views(pairs):
    n = round((1 + math.sqrt(1 + 8 * pairs)) / 2)
    code = f"code = [x -> dense(20) for k in range({n})]\n"
    return HEAD + code + "maximize { l = sum(corr(p, q) for (p, q) in pairs(code)) }\n" + TRAIN % "sgd()"


STEP = "def step(h, k) = tanh(h * 0.5 + k / 1000)\nh = fold(step, u, range(%d))\n"
KINDS = {
    "dense layers": (10000, layers),
    "dense layers, adam": (10000, lambda n: layers(n, "adam()")),
    "dense layers in one pipeline": (10000, lambda n: model("h = u" + " -> dense(20)" * n + "\n")),
    "a pipeline": (10000, lambda n: model("h = u" + " -> tanh" * n + "\n")),
    "relu in a pipeline": (10000, lambda n: model("h = u" + " -> relu" * n + "\n")),
    "terms of a sum": (10000, lambda n: model("h = u" + "".join(f" + u * {i + 2}" for i in range(n)) + "\n")),
    "fold over a range": (10000, lambda n: model(STEP % n)),
    "pairs of views": (8128, views),
    "width of a layer": (10000, lambda n: model(f"h = u -> dense({n}) -> relu -> dense(20)\n")),
}


def run(crlc, path):
    """Processor seconds and megabytes of one run."""
    process = subprocess.Popen([crlc, path, "--plan"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"planning: {path} gives status {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--crlc", default="./crlc")
    parser.add_argument("--size", type=float, default=1, help="times the size of each kind")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each, of which the least counts")
    parser.add_argument("kinds", nargs="*", help="some of: " + ", ".join(KINDS))
    options = parser.parse_args()
    print(f"{'model':30}{'size':>8}{'seconds':>10}{'MB':>8}{'time':>7}{'memory':>8}")
    with tempfile.TemporaryDirectory() as folder:
        for kind in options.kinds or KINDS:
            most, write = KINDS[kind]
            before = None
            for share in (4, 2, 1):
                size = int(most * options.size) // share
                path = os.path.join(folder, "large.crl")
                with open(path, "w") as file:
                    file.write(write(size))
                runs = [run(options.crlc, path) for _ in range(options.rounds)]
                now = min(seconds for seconds, _ in runs), min(memory for _, memory in runs)
                grown = [f"{math.log2(max(a, 1e-3) / max(b, 1e-3)):.2f}" for a, b in zip(now, before)] if before else "--"
                print(f"{kind:30}{size:8}{now[0]:10.2f}{now[1]:8.0f}{grown[0]:>7}{grown[1]:>8}", flush=True)
                before = now


if __name__ == "__main__":
    main()
