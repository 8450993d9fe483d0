"""`make bench`: prints the table and writes it into `benchmarks/README.md`."""

import sys
from pathlib import Path

from benchmarks.browser import slider_row
from benchmarks.models import attention_rows, cam_row
from benchmarks.timing import machine

README = Path(__file__).with_name("README.md")


def main() -> int:
    rows = [cam_row(), *attention_rows(), slider_row()]
    table = "\n".join(f"| {row.what} | {row.measured} | {row.bound} | {'yes' if row.kept else '**short**'} |" for row in rows)
    text = f"""# Speed

`make bench` writes this page: medians of one run on one machine, alternatives taking turns.

Machine: {machine()}.

| what | measured | bound | kept |
|---|---|---|---|
{table}
"""
    README.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
