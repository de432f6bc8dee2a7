"""bench.json as tables, and the part of it that goes with size as a plot."""
import math
import os
import statistics

KEYS = ["samples_per_s", "cpu_s", "rss_mb", "start_s"]


def aligned(rows):
    """Lines of columns: the first to the left, the others to the right."""
    width = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    cells = lambda row: [row[0].ljust(width[0])] + [cell.rjust(w) for cell, w in zip(row[1:], width[1:])]
    return "\n".join("  ".join(cells(row)).rstrip() for row in rows)


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def median_run(group):
    """Of the rounds.  The start of what is compiled is that of the first, which finds nothing compiled before."""
    good = [one["run"] for one in group if one["run"]]
    if not good:
        return None
    found = {key: statistics.median(run[key] for run in good) for key in KEYS}
    if "compiled" in group[0]["program"]:
        found["start_s"] = good[0]["start_s"]
    return found


def best_product(limits, threads, kernels=None):
    """GFLOP/s and the kernels' name, or None: of these kernels, or of all."""
    seen = [one for one in limits if one["threads"] == threads and kernels in (None, one["kernels"])]
    return max(((max(one["apart"], one["together"]), one["core"]) for one in seen), default=None)


def limits_table(limits):
    rows = [["machine", "threads", "GFLOP/s", "kernels", "GB/s copied"]]
    for threads in sorted({one["threads"] for one in limits}):
        copy = max(one["copy"] for one in limits if one["threads"] == threads)
        for text, kernels in (("as OpenBLAS chooses", "chosen"), ("as the environment bids it", "bidden"),
                              ("best of its kernels", None)):
            found = best_product(limits, threads, kernels)
            rows += [[text, str(threads), number(found[0]), found[1], number(copy)]] if found else []
    return aligned(rows)


def ratio(value):
    return f"{value:.2f} x"


def comparison(group, limits):
    """One batch size and number of threads: all programs, and crlc against the best peer in each column."""
    programs = list(dict.fromkeys(one["program"] for one in group))
    found = {name: median_run([one for one in group if one["program"] == name]) for name in programs}
    threads, work, batch = group[0]["threads"], group[0]["work"], group[0]["batch"]
    most = best_product(limits, threads)
    rows = [["program", "samples/s", "CPU s/step", "peak MB", "start s", "GFLOP/s", "of limit", "CPU of crlc's"]]
    own = found["crlc"]
    for name in programs:
        run = found[name]
        rate = run and run["samples_per_s"] / batch * work if name == "crlc" else None
        rows.append([name] + [number(run and run[key]) for key in KEYS] +
                    [number(rate), f"{100 * rate / most[0]:.0f} %" if rate and most else "-",
                     ratio(run["cpu_s"] / own["cpu_s"]) if run and own else "-"])
    peers = [run for name, run in found.items() if name != "crlc" and run]
    if peers and own:
        best = [own["samples_per_s"] / max(run["samples_per_s"] for run in peers)]
        best += [min(run[key] for run in peers) / own[key] for key in KEYS[1:]]  # of these, less is better
        rows.append(["crlc better than the best"] + [ratio(value) for value in best] + ["", "", ""])
    return aligned(rows)


def scale_table(scale, limits):
    rows = [["CorrMCNN with", "", "GFLOP/step", "crlc samples/s", "GFLOP/s", "of limit", "peak MB",
             "torch samples/s", "peak MB", "crlc/torch"]]
    for key in dict.fromkeys((one["axis"], one["value"]) for one in scale):
        at = {one["program"]: one for one in scale if (one["axis"], one["value"]) == key}
        own, peer = at["crlc"], at.get("torch")
        run, other = own["run"], peer and peer["run"]
        rate = run and run["samples_per_s"] * own["work"] / own["batch"]
        most = best_product(limits, own["threads"])
        rows.append([key[0], f"{key[1]:g}", number(own["work"]), number(run and run["samples_per_s"]), number(rate),
                     f"{100 * rate / most[0]:.0f} %" if rate and most else "-", number(run and run["rss_mb"]),
                     "failed" if peer and not other else number(other and other["samples_per_s"]),
                     number(other and other["rss_mb"]),
                     ratio(run["samples_per_s"] / other["samples_per_s"]) if run and other else "-"])
    return aligned(rows)


# ---- the plot: two rows (samples/s, GFLOP/s) by three columns (width, views, batch), both axes logarithmic ----

WIDE, HIGH, LEFT, TOP, GAP = 240, 170, 60, 40, 50
COLOUR = {"crlc": "#1f5fa8", "torch": "#c2571a"}
TEXT = {"wide": "width of the towers", "views": "views", "batch": "batch"}


def ticks(low, high):
    """Powers of ten, or of two where there are few of those."""
    for base in (10, 2):
        made = [base ** k for k in range(math.floor(math.log(low, base)), math.ceil(math.log(high, base)) + 1)]
        made = [value for value in made if low * 0.999 <= value <= high * 1.001]
        if len(made) > 1:
            return made
    return [low, high]


def panel(x0, y0, lines, range_x, range_y, below, beside):
    def place(value, ends, size):
        return (math.log(value) - math.log(ends[0])) / (math.log(ends[1]) - math.log(ends[0])) * size

    out = [f'<rect x="{x0}" y="{y0}" width="{WIDE}" height="{HIGH}" fill="none" stroke="#999"/>']
    for value in ticks(*range_x):
        x = x0 + place(value, range_x, WIDE)
        out.append(f'<line x1="{x:.1f}" y1="{y0}" x2="{x:.1f}" y2="{y0 + HIGH}" stroke="#e4e4e4"/>')
        out.append(f'<text x="{x:.1f}" y="{y0 + HIGH + 14}" text-anchor="middle">{value:g}</text>')
    for value in ticks(*range_y):
        y = y0 + HIGH - place(value, range_y, HIGH)
        out.append(f'<line x1="{x0}" y1="{y:.1f}" x2="{x0 + WIDE}" y2="{y:.1f}" stroke="#e4e4e4"/>')
        out.append(f'<text x="{x0 - 5}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
    for name, points in lines.items():
        at = [(x0 + place(x, range_x, WIDE), y0 + HIGH - place(y, range_y, HIGH)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in at)
        out.append(f'<polyline points="{path}" fill="none" stroke="{COLOUR[name]}" stroke-width="1.5"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOUR[name]}"/>' for x, y in at]
    out.append(f'<text x="{x0 + WIDE / 2}" y="{y0 + HIGH + 30}" text-anchor="middle">{below}</text>')
    out.append(f'<text x="{x0}" y="{y0 - 6}">{beside}</text>')
    return out


def plot(scale):
    axes = list(dict.fromkeys(one["axis"] for one in scale))
    good = [one for one in scale if one["run"]]
    threads, form = scale[0]["threads"], scale[0]["form"]
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + len(axes) * (WIDE + GAP)}" '
           f'height="{TOP + 2 * (HIGH + GAP) + 10}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="{LEFT}" y="16" font-size="13">CorrMCNN on {threads} thread{"s" * (threads > 1)}: '
           f'<tspan fill="{COLOUR["crlc"]}">crlc</tspan>']
    out[-1] += f', <tspan fill="{COLOUR["torch"]}">PyTorch ({form})</tspan></text>' if any(
        one["program"] == "torch" for one in good) else "</text>"
    for row, (text, amount) in enumerate((("samples/s", lambda one: 1), ("GFLOP/s",
                                                                          lambda one: one["work"] / one["batch"]))):
        value = lambda one: one["run"]["samples_per_s"] * amount(one)
        range_y = min(map(value, good)) / 1.3, max(map(value, good)) * 1.3
        for column, axis in enumerate(axes):
            here = [one for one in good if one["axis"] == axis]
            if not here:
                continue
            lines = {name: sorted((one["value"], value(one)) for one in here if one["program"] == name)
                     for name in COLOUR}
            range_x = min(one["value"] for one in here) / 1.15, max(one["value"] for one in here) * 1.15
            x0, y0 = LEFT + column * (WIDE + GAP), TOP + row * (HIGH + GAP)
            out += panel(x0, y0, lines, range_x, range_y, TEXT[axis], text)
    return "\n".join(out + ["</svg>", ""])


def show(result, folder):
    limits = result["limits"]
    if result.get("processor"):
        print(result["processor"])
    if limits:
        print(limits_table(limits))
    for key in dict.fromkeys((one["model"], one["threads"], one["batch"]) for one in result["runs"]):
        group = [one for one in result["runs"] if (one["model"], one["threads"], one["batch"]) == key]
        work = group[0]["work"]
        print(f"\n{key[0]}, {key[1]} thread{'s' * (key[1] > 1)}, batch {key[2]}, {work:.4g} GFLOP a step")
        print(comparison(group, limits))
    if result["scale"]:
        print(f"\nscale, {result['scale'][0]['threads']} threads, torch: {result['scale'][0]['form']}")
        print(scale_table(result["scale"], limits))
        path = os.path.join(folder, "bench-scale.svg")
        with open(path, "w") as file:
            file.write(plot(result["scale"]))
        print(f"plot: {path}")
