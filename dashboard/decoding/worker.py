"""The process that decodes: files come in, pixels or a sentence go out, until the app closes the pipe.

A request is 8 bytes, the file's length, and the file. An answer is a line of JSON, and where that has a `size`, the pixels
as a PPM, which Pillow writes straight from an image's own memory.
"""

import contextlib
import json
import logging
import math
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import BinaryIO

from dashboard.decoding.decode import decode
from dashboard.decoding.formats import PhotoError

try:
    import resource
except ImportError:  # Windows has no such bounds: there only the app's clock stops a file
    resource = None


def main(seconds: int, memory: int) -> None:
    """Answers requests until the app closes the pipe. Each file gets `seconds` of computing; the process gets `memory` bytes
    beyond what it has before the first file.
    """
    logging.disable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the app
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a decoder prints is no answer
    _bound_memory(memory)
    with contextlib.suppress(BrokenPipeError):
        while head := sys.stdin.buffer.read(8):
            data = sys.stdin.buffer.read(int.from_bytes(head, "big"))
            _bound_seconds(seconds)
            _answer(data, answers)
            answers.flush()


def _answer(data: bytes, answers: BinaryIO) -> None:
    try:
        decoded = decode(data)
    except PhotoError as error:
        cause = "" if error.__cause__ is None else "".join(traceback.format_exception(error.__cause__))
        answers.write(json.dumps({"refusal": str(error), "cause": cause}).encode() + b"\n")
        return
    answers.write(json.dumps({"size": decoded.image.size, "notes": decoded.notes}).encode() + b"\n")
    decoded.image.save(answers, "PPM")


def _bound_memory(memory: int) -> None:
    """Bounds the address space, on Linux alone: macOS accepts such a bound but does not enforce it."""
    statm = Path("/proc/self/statm")
    if resource is not None and statm.exists():
        now = int(statm.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + memory, now + memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        Path("/proc/self/oom_score_adj").write_text("1000")  # where memory is short, this ends before the app


def _bound_seconds(seconds: int) -> None:
    """Lets the system end this process after so many more seconds of computing."""
    if resource is not None:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        used = math.ceil(usage.ru_utime + usage.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
