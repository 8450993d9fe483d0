"""No file can hold or kill what asked: bounds on seconds, memory and the wait, each in words."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from PIL import Image

from dashboard.decoding.formats import PhotoError
from dashboard.decoding.pool import BUSY, CRASHED, Bounds, Pool, Unavailable
from tests.conftest import ROOT
from tests.decoding.attacks import NOISE, OPEN, REFUSED, empty_scans, saved

GOOD = saved(NOISE)
SLOW = empty_scans()


@contextmanager
def pooled(**bounds: float) -> Iterator[Pool]:
    pool = Pool(Bounds(**bounds))
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with pooled() as pool:
        yield pool


def same(image: Image.Image, other: Image.Image = NOISE) -> bool:
    return image.mode == other.mode and image.tobytes() == other.tobytes()


@pytest.mark.parametrize("name", OPEN)
def test_what_is_valid_opens_whatever_else_it_carries(pool: Pool, name: str):
    image = pool.decode(OPEN[name]()).image
    assert same(image) or (image.size == NOISE.size and name == "many frames")  # a GIF has fewer colours


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_gets_one_sentence(pool: Pool, name: str):
    with pytest.raises(PhotoError, match=r"^[A-Z][^\n]+\.$"):
        pool.decode(REFUSED[name]())
    assert same(pool.decode(GOOD).image), "the next file opens"


def test_seconds_are_bounded():
    with pooled(seconds=1) as pool:
        with pytest.raises(PhotoError, match="more than 1 seconds") as caught:
            pool.decode(SLOW)
        assert not isinstance(caught.value, Unavailable), "it would end so again"
        assert same(pool.decode(GOOD).image)


def test_the_clock_is_bounded_where_the_system_bounds_no_seconds():
    with pooled(clock=0.5) as pool:
        with pytest.raises(Unavailable, match="seconds to decode"):
            pool.decode(SLOW)
        assert not pool._busy


def test_memory_is_bounded():
    large = saved(Image.new("RGB", (7000, 7000)))
    with pooled(memory=64 * 1024**2) as pool:
        with pytest.raises(PhotoError, match="memory"):
            pool.decode(large)
        assert same(pool.decode(GOOD).image)
    with pooled() as pool:
        assert pool.decode(large).image.size == (7000, 7000)


def ends(worker: int) -> bool:
    """Whether a process ends; waits for it."""
    try:
        handle = os.pidfd_open(worker)
    except ProcessLookupError:
        return True
    return bool(select.select([handle], [], [], 60)[0])


def at_work(pool: Pool, count: int) -> list[int]:
    """The processes of a pool, as soon as so many have begun with a file."""
    with pool._changed:
        pool._changed.wait_for(lambda: len([worker for worker in pool._busy if worker]) >= count, timeout=60)
        return [worker.process.pid for worker in pool._busy]


def test_a_decoder_that_crashes_is_a_sentence():
    with pooled() as pool, ThreadPoolExecutor() as threads:
        crashed = threads.submit(pool.decode, SLOW)
        [worker] = at_work(pool, 1)
        os.kill(worker, signal.SIGSEGV)
        with pytest.raises(PhotoError, match=CRASHED):
            crashed.result()
        assert same(pool.decode(GOOD).image)


def test_a_process_that_went_between_two_files_is_replaced():
    with pooled() as pool:
        pool.decode(GOOD)
        [worker] = pool._idle
        worker.process.kill()
        worker.process.wait()
        assert same(pool.decode(GOOD).image)


def test_what_takes_long_gives_way_to_those_that_wait():
    with pooled(workers=2, quick=0.5, seconds=3) as pool, ThreadPoolExecutor() as threads:
        hogs = [threads.submit(pool.decode, SLOW) for _ in range(2)]
        at_work(pool, 2)
        assert same(pool.decode(GOOD).image)
        given_up = [hog for hog in hogs if _sentence(hog).startswith("This file takes more than 0.5 seconds")]
        assert given_up


def _sentence(future: Future) -> str:
    error = future.exception(60)
    assert isinstance(error, PhotoError)
    return str(error)


@pytest.mark.parametrize("bounds", [{"patience": 0}, {"queue": 0}])
def test_the_wait_is_bounded(bounds: dict[str, float]):
    with pooled(workers=1, quick=60, clock=2, **bounds) as pool, ThreadPoolExecutor() as threads:
        hog = threads.submit(pool.decode, SLOW)
        at_work(pool, 1)
        with pytest.raises(Unavailable, match=BUSY):
            pool.decode(GOOD)
        assert _sentence(hog)


def test_many_at_once_get_their_own_pixels(pool: Pool):
    images = [Image.new("RGB", (50 + index, 40), (index, 2 * index, 3 * index)) for index in range(20)]
    with ThreadPoolExecutor(20) as threads:
        decoded = list(threads.map(lambda image: pool.decode(saved(image)).image, images))
    assert all(map(same, decoded, images))
    assert len(pool._idle) <= pool.bounds.workers


@pytest.mark.parametrize("end", ["os._exit(0)", "os.kill(os.getpid(), signal.SIGKILL)", ""], ids=["exits", "is killed", "ends"])
def test_no_process_outlives_the_one_that_asked(end: str):
    script = (
        "import os, signal, sys; from dashboard.decoding.pool import POOL; POOL.decode(sys.stdin.buffer.read());"
        f"print(POOL._idle[0].process.pid, flush=True); {end}"
    )
    asked = subprocess.run([sys.executable, "-c", script], input=GOOD, capture_output=True, cwd=ROOT, check=False)
    assert ends(int(asked.stdout))


def test_a_fork_has_processes_of_its_own(monkeypatch: pytest.MonkeyPatch):
    with pooled() as pool:
        pool.decode(GOOD)
        [first] = pool._idle
        monkeypatch.setattr(os, "getpid", lambda: -1)
        assert same(pool.decode(GOOD).image)
        assert first not in pool._idle
        first.stop(Unavailable(BUSY))


def test_the_processes_know_no_torch():
    """It would cost each of them seconds and half a gigabyte."""
    script = "import sys, dashboard.decoding.worker; print(sorted({'torch', 'streamlit'} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True).strip() == "[]"
