"""One measured run of crlc or of a peer, in a process of its own, and the machine's limits.

What a run gives is a record with the keys that bench/peers/timing.py describes. crlc is measured in the training
loop that users run: `--train`, stopped by a signal when enough steps are in log.jsonl. Its samples a second are
the batch over the median of the lines' step_seconds, without the first line; its memory and its start are those
of the process.
"""
import json
import os
import platform
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

WAIT = 300  # seconds for anything before it is given up
KERNELS = ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sapphirerapids"]  # of OpenBLAS on this kind of processor


def data_folder(given):
    """The first folder that has MNIST, as crlc looks for it."""
    places = [given, os.environ.get("CRL_DATA"), "data", os.path.expanduser("~/.cache/crl"), "/usr/share/datasets"]
    for place in filter(None, places):
        if any(os.path.exists(os.path.join(place, "mnist/train-images-idx3-ubyte" + end)) for end in ("", ".gz")):
            return os.path.abspath(place)
    sys.exit("bench: there is no MNIST to train on: say --data DIR, or fetch it with 'crlc --fetch mnist'")


def has_module(python, name):
    return subprocess.run([python, "-c", f"import {name}"], capture_output=True).returncode == 0


def processor():
    """Its name, as the system has it, and how many of it there are."""
    name = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        found = dict(line.split(":", 1) for line in open("/proc/cpuinfo").read().split("\n\n")[0].splitlines())
        found = {key.strip(): value.strip() for key, value in found.items()}
        name = found.get("model name", name)
        if "cpu family" in found:
            name += f", family {found['cpu family']}, model {found.get('model', '?')}"
        name += ", AVX-512" if "avx512f" in found.get("flags", "").split() else ""
    return f"{name}, {os.cpu_count()} processors"


class Crlc:
    """crlc on one model at one batch size and number of threads."""

    def __init__(self, setting, model, options=()):
        self.setting, self.model, self.options = setting, model, list(options)
        self.every = None

    def work(self, batch):
        """GFLOP of a step."""
        out = self.call("--plan", "--batch", batch)
        return float(out.split("\nwork ")[1].split()[0])

    def call(self, *words):
        words = [self.setting.crlc, self.model, *self.options, *map(str, words)]
        return subprocess.run(words, check=True, capture_output=True, text=True, timeout=WAIT).stdout

    def train(self, batch, threads, every, enough):
        """Trains until enough(lines of the log so far, seconds since the first); returns the lines, seconds from
        the start to the first, and what the process used."""
        folder = os.path.join(self.setting.out, "bench-run")
        shutil.rmtree(folder, ignore_errors=True)
        log = os.path.join(folder, "log.jsonl")
        words = [self.setting.crlc, self.model, *self.options, "--train", "--quiet", "--data", self.setting.data,
                 "--out", folder, "--batch", str(batch), "--threads", str(threads), "--epochs", "1000000"]
        words += ["--log-every", str(every)] if every else []
        begun, first, lines, status = time.perf_counter(), None, [], None
        with tempfile.TemporaryFile("w+") as messages:
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=messages)
            while status is None:
                ended = os.wait4(process.pid, os.WNOHANG)
                if ended[0]:
                    status = ended
                    break
                if os.path.exists(log) and os.path.getsize(log):
                    first = first or time.perf_counter()
                    lines = open(log).read().splitlines()
                if lines and enough(lines, time.perf_counter() - first) or time.perf_counter() - begun > WAIT:
                    process.send_signal(signal.SIGTERM)
                    status = os.wait4(process.pid, 0)
                time.sleep(0.02 if first else 0.001)
            process.returncode = os.waitstatus_to_exitcode(status[1])
            messages.seek(0)
            if not lines or process.returncode not in (0, 143):
                sys.stderr.write(messages.read())
                return None, 0, 0
        shutil.rmtree(folder)
        return [json.loads(line) for line in lines], first - begun, status[2]

    def run(self, batch, threads):
        first, start, _ = self.train(batch, threads, 0, lambda lines, seconds: True)
        if not first:
            return None
        # A line costs what measuring the gradient norms does, so there are few of them.
        every = max(1, int(self.setting.seconds / 4 / first[0]["step_seconds"]))
        lines, _, usage = self.train(batch, threads, every,
                                     lambda lines, seconds: len(lines) > 1 and seconds > self.setting.seconds)
        if not lines:
            return None
        lines = lines[1:] or lines
        return {"samples_per_s": batch / statistics.median(line["step_seconds"] for line in lines),
                "cpu_s": statistics.mean(line["step_cpu_seconds"] for line in lines),
                "rss_mb": usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6, "start_s": start,
                "steps": every * len(lines)}


class Peer:
    """In PyTorch, a file for each model, or in JAX, one for all."""

    def __init__(self, setting, name, options, library="torch"):
        self.setting, self.name, self.options = setting, name, options
        self.file = [f"{name}_torch.py"] if library == "torch" else ["models_jax.py", name]

    def run(self, batch, threads):
        words = [self.setting.python, os.path.join(self.setting.source, "bench/peers", self.file[0])]
        words += self.file[1:] + self.options
        words += ["--data", self.setting.data, "--batch", str(batch), "--threads", str(threads),
                  "--seconds", str(self.setting.seconds)]
        # What compiling leaves behind is kept for the next rounds of this bench: the first compiles from nothing.
        which = "-".join([self.name] + [word.lstrip("-") for word in self.options] + [str(batch), str(threads)])
        folder = os.path.join(self.setting.out, "bench-compiled", which)
        environment = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", TORCHINDUCTOR_CACHE_DIR=folder)
        try:
            done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=WAIT)
            return json.loads(done.stdout.splitlines()[-1])
        except (subprocess.TimeoutExpired, IndexError, ValueError):
            return None  # too slow, too large, or it could not be compiled


def limits(setting, threads, seconds, only):
    """What bench/limits finds with the kernels that OpenBLAS chooses, with those that the environment bids it take,
    under which crlc runs, too, and, unless only these, with each that it has."""
    found, bidden = {}, os.environ.get("OPENBLAS_CORETYPE")
    asked = {"chosen": None, **({"bidden": bidden} if bidden else {}), **({} if only else {k: k for k in KERNELS})}
    for name, core in asked.items():
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
        if core:
            environment["OPENBLAS_CORETYPE"] = core
        words = [setting.limits, str(threads), str(seconds)]
        done = subprocess.run(words, env=environment, capture_output=True, text=True)
        if done.returncode == 0 and (not core or json.loads(done.stdout)["core"].lower() == core.lower()):
            found[name] = json.loads(done.stdout)
    return found
