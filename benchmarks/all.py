"""Every benchmark, one after another, and docs/benchmarks.md written from what they gave.

    make bench                                   all of them (about 15 minutes on two cores)
    python benchmarks/all.py bench_gpt           only these; the rows of the others stay as they were

Each row stands beside a peer that was measured in the same run, in turn. Keep the machine quiet.
"""

import importlib
import json
import platform
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "benchmarks.json"
PAGE = ROOT / "docs" / "benchmarks.md"
ALL = [
    "bench_cells",
    "bench_autograd",
    "bench_gpt",
    "bench_fast",
    "bench_generation",
    "bench_bpe",
    "bench_encoding",
    "bench_quality",
    "bench_memory",
    "bench_lenses",
    "bench_grader",
    "bench_studio",
]


def machine() -> str:
    import torch

    from groundup.doctor.machine import look_at_machine

    result = look_at_machine()
    threads = f"{torch.get_num_threads()} threads"
    return f"{result.processor}, {threads}, Python {platform.python_version()}, torch {torch.__version__}"


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def write_page(results: dict[str, dict]) -> None:
    lines = [
        "# Benchmarks",
        "",
        "Written by `make bench`. Ours and the peer take turns in one run, the figures are medians, and what "
        "counts is the ratio: times depend on the machine, ratios less. For training and writing the ratio is the "
        "peer's time over ours (higher is better for us); for learning byte pairs, quality, memory, lenses and the "
        "studio it is ours over the peer's (lower is better). Where a row does not reach its mark, it is left standing "
        "so.",
        "",
    ]
    for name in ALL:
        if name not in results:
            continue
        module = importlib.import_module(name)
        result = results[name]
        title = (module.__doc__ or name).strip()
        lines += [f"## {name}", "", title, "", f"Measured {result['date']} on {result['machine']}.", ""]
        lines += [
            "| what | ours | peer | unit | ratio | to reach | peer is |",
            "|---|---|---|---|---|---|---|",
        ]
        for row in result["rows"]:
            ratio = f"{row['ratio']:.2g}" if row["ratio"] < 0.01 else f"{row['ratio']:.2f}"
            lines.append(
                f"| {row['what']} | {number(row['ours'])} | {number(row['peer'])} | {row['unit']} "
                f"| **{ratio}** | {row['reach']} | {row['peer_name']} |"
            )
        lines.append("")
    PAGE.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def main() -> None:
    argv = sys.argv[1:] or ALL
    unknown = [name for name in argv if name not in ALL]
    if unknown:
        raise SystemExit(f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(ALL)}.")
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in argv:
        print(f"\n{name}", flush=True)
        rows = importlib.import_module(name).measure()
        importlib.import_module("table").print_rows(rows)
        results[name] = {"date": date.today().isoformat(), "machine": machine(), "rows": rows}
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        write_page(results)


if __name__ == "__main__":
    main()
