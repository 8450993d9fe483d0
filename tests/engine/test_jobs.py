"""Work with a price, progress and a way to stop it: explanations, and anything else that costs passes."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from dashboard.engine.jobs import Job, Progress, explanation, of_passes, run, seconds_left
from dashboard.engine.price import Price
from dashboard.engine.request import Request
from dashboard.engine.store import Store
from dashboard.evidence import LIKELIEST, Probe, asking
from dashboard.methods import Occlusion
from dashboard.models.classifier import Classifier
from dashboard.progress import advance
from tests.models.tiny import photo

PATIENCE = 60


class Left(BaseException):
    """As a page, a notebook's interrupt or a batch's time limit raises it."""


def counting(label: str, units: int, result: str, done: list[str] | None = None) -> Job[str]:
    """A job of so many seconds and units, told of one by one."""

    def work() -> str:
        for _ in range(units):
            advance()
        if done is not None:
            done.append(result)
        return result

    return Job(label, lambda: Price(units, "steps", units, float(units)), work)


def test_a_run_gives_what_its_jobs_give_and_tells_how_far_they_are(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.engine.jobs.TOLD_EVERY", 0.0)
    heard: list[Progress] = []
    assert run([counting("curve", 1, "a"), counting("table", 3, "b")], heard.append) == ["a", "b"]
    assert [progress.share for progress in heard] == [0.25, 0.5, 0.75, 1.0]
    assert [progress.done for progress in heard] == [1, 1, 2, 3]
    assert str(heard[1]).startswith("table: 1 of 3 steps, ")
    assert str(heard[-1]) == "table: 3 of 3 steps, a moment left"


def test_one_kind_of_job_needs_no_name(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.engine.jobs.TOLD_EVERY", 0.0)
    heard: list[Progress] = []
    run([counting("curve", 2, "a"), counting("curve", 2, "b")], heard.append)
    assert str(heard[-1]) == "2 of 2 steps, a moment left"


def test_nothing_to_do_is_done_at_once():
    assert run([]) == []
    assert run([counting("curve", 0, "a")]) == ["a"], "free jobs share no seconds"


def test_it_stops_at_the_next_step_and_what_was_done_is_done():
    done: list[str] = []

    def stop() -> None:
        if done:
            raise Left

    with pytest.raises(Left):
        run([counting("curve", 2, "a", done), counting("curve", 2, "b", done)], stop=stop)
    assert done == ["a"]
    assert run([counting("curve", 1, "c")]) == ["c"], "the visitor's place is free again"


def test_a_visitors_second_run_waits_for_the_first_and_is_priced_after_it():
    """What the first has done by then costs the second nothing. Another visitor waits for neither."""
    begun, go_on, waits, order = threading.Event(), threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        order.append("first")

    def priced() -> Price:
        order.append("priced")
        return Price(1, "steps", 1, 1.0)

    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(run, [Job("long", lambda: Price(1, "steps", 1, 1.0), first)], visitor="a")
        assert begun.wait(PATIENCE)
        two = pool.submit(run, [Job("next", priced, lambda: None)], visitor="a", waits=waits.set)
        assert waits.wait(PATIENCE)
        assert run([counting("other", 1, "theirs")], visitor="b") == ["theirs"]
        go_on.set()
        for each in (one, two):
            each.result(PATIENCE)
    assert order == ["first", "priced"]


def test_an_explanation_is_a_job_and_costs_nothing_once_it_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.engine.jobs.TOLD_EVERY", 0.0)
    store, heard = Store(), []
    job = explanation(store, Request(store.models("bundled/cnn"), photo(), Occlusion()))
    units = job.price().units
    [made] = run([job], heard.append)
    assert made.units == units == heard[-1].done
    assert heard[-1].share == 1
    assert job.price() == Price(0, "passes", 0.0, 0.0)
    assert run([job]) == [made]


def test_a_stopped_explanation_is_not_kept_and_starts_anew(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dashboard.models.device.ASKED_EVERY", 0.001)  # often enough for work that lasts a tenth of a second
    store, steps = Store(), []
    request = Request(store.models("bundled/cnn"), photo(), Occlusion())

    def stop() -> None:
        steps.append(1)
        if len(steps) == 2:
            raise Left

    with pytest.raises(Left):
        run([explanation(store, request)], stop=stop)
    assert store.kept(request) is None
    assert run([explanation(store, request)])[0].units


def test_a_curve_is_a_job():
    """The score while ever more of the photo is hidden: no explanation, but passes like any other."""
    store, heard = Store(), []
    model, shown = store.models("bundled/cnn"), photo()

    def curve(model: Classifier) -> torch.Tensor:
        seen = store.look(model.key, shown, Probe)
        probe = asking(seen.evidence, LIKELIEST.weights(seen.prediction.logits))
        hidden = torch.stack([probe.pixels[0].clone().tril_(-rows) for rows in range(8)])  # (8, 3, H, W)
        return probe.score(hidden)

    job = of_passes(store, model.key, "Deletion", 8, curve)
    assert job.price().units == 8
    assert job.price().weight > 0
    [scores] = run([job], heard.append)
    assert scores.shape == (8,)
    assert heard[-1].price.units == 8
    assert heard[-1].done >= 1, "passes of a probe are told by themselves"


def test_the_first_step_alone_does_not_tell_the_pace():
    """Two seconds for the first thousandth would be 33 minutes; a minute was expected."""
    assert seconds_left(0, 0, 60) == 60
    assert 60 < seconds_left(2, 0.001, 60) < 120


@pytest.mark.parametrize("pace", [0.5, 1, 4])
def test_what_is_left_comes_to_nothing_at_the_works_own_pace(pace: float):
    whole = 60 * pace
    lefts = [seconds_left(whole * share, share, 60) for share in (0.25, 0.5, 0.75, 1)]
    assert lefts[:3] == pytest.approx([0.75 * whole, 0.5 * whole, 0.25 * whole], rel=0.2)
    assert lefts[3] == 0
