"""What serving sets for the whole process."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

# Eight threads take memory at once; glibc's own report then tells in how many heaps it lies.
SCRIPT = """
import ctypes, threading
if {serve}:
    import streamlit_app
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(8)

def take():
    taken = [bytearray(5_000) for _ in range(200)]
    together.wait()

threads = [threading.Thread(target=take) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
report = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(report))
libc.fflush(ctypes.c_void_p(report))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other allocators")
def test_memory_that_threads_free_is_not_kept_by_each_of_them():
    heaps = {}
    for serve in (True, False):
        command = [sys.executable, "-c", SCRIPT.format(serve=serve)]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        heaps[serve] = run.stdout.count("<heap nr=")
    assert heaps[True] <= 2 < heaps[False]
