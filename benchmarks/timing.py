"""Medians of alternatives that take turns, so that a noisy machine is noisy for all of them."""

import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True)
class Row:
    """One line of the table: what was measured, the bound, and whether it was kept."""

    what: str
    measured: str
    bound: str
    kept: bool


def medians(repeats: int, *calls: Callable[[], object]) -> list[float]:
    """Median milliseconds of each call over `repeats` rounds, after one round that does not count."""
    times: list[list[float]] = [[] for _ in calls]
    for turn in range(repeats + 1):
        for call, kept in zip(calls, times, strict=True):
            started = time.perf_counter()
            call()
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # a GPU goes on where a call has returned
            if turn:
                kept.append(1000 * (time.perf_counter() - started))
    return [statistics.median(kept) for kept in times]


def machine() -> str:
    """One line on the machine and the libraries."""
    cpus = (
        [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
        if Path("/proc/cpuinfo").exists()
        else []
    )
    cpu = cpus[0] if cpus else platform.processor()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    return (
        f"{len(cpus) or '?'} cores of {cpu}, {gpu}, {platform.system()}, Python {platform.python_version()}, "
        f"torch {torch.__version__} with {torch.get_num_threads()} threads"
    )


def report(title: str, command: str, rows: list[Row]) -> None:
    """Prints a table, and puts it in place of the section with that title in `benchmarks/README.md`."""
    table = "\n".join(f"| {row.what} | {row.measured} | {row.bound} | {'yes' if row.kept else '**short**'} |" for row in rows)
    section = f"""## {title}

`{command}` writes this section. Machine: {machine()}.

| what | measured | bound | kept |
|---|---|---|---|
{table}
"""
    print(section)
    before, *sections = re.split(r"^(?=## )", README.read_text(), flags=re.MULTILINE)
    others = [other for other in sections if not other.startswith(f"## {title}\n")]
    README.write_text(before + "\n".join(part.strip() + "\n" for part in sorted([*others, section], reverse=True)))
