"""The short form of `make load`: the same visitors, fewer of them and for seconds. Its timings are not looked at here."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.load import many
from dashboard.engine.store import Store
from dashboard.evidence import AttentionMaps
from dashboard.methods import AttentionRollout
from dashboard.models.families.hugging_face import HuggingFace
from dashboard.photo import sample_photo
from dashboard.ui import caches
from tests.models.tiny import FAMILIES, photo, save

pytestmark = pytest.mark.browser


@pytest.mark.slow
def test_visitors_at_once_get_what_one_alone_gets(served: str):
    with ThreadPoolExecutor(1) as apart:  # the other browser tests hold this thread's event loop
        found = apart.submit(asyncio.run, many(served, visitors=4, seconds=8, think=0.5)).result()
    assert found.troubles == []
    assert len(found.answers) >= 8


def test_a_slow_load_holds_up_nobody_else(models, monkeypatch: pytest.MonkeyPatch):
    """While one visitor's model takes for ever, another's loaded pair still answers, with a photo it never saw."""
    caches.classifier("bundled/vit")
    save(FAMILIES["vit"].build(), models / "slow")
    loading, go_on, load = threading.Event(), threading.Event(), HuggingFace.open

    def slow(*arguments):
        loading.set()
        assert go_on.wait(60)
        return load(*arguments)

    monkeypatch.setattr(HuggingFace, "open", slow)
    waiting = threading.Thread(target=caches.classifier, args=("hf/slow",))
    waiting.start()
    assert loading.wait(60)
    new = photo(seed=7)
    seen = caches.STORE.look("bundled/vit", new, AttentionMaps)
    assert AttentionRollout()(seen.evidence).shape == (8, 8)
    assert waiting.is_alive(), "the other one is still loading"
    go_on.set()
    waiting.join(60)
    assert "hf/slow" in [model.key for model in caches.loaded()]
    caches.unload("hf/slow")


def test_a_pass_that_many_ask_for_is_made_once(monkeypatch: pytest.MonkeyPatch):
    made, cat = [], sample_photo("rocket")
    model = caches.classifier("bundled/vit")
    observe = type(model).observe
    monkeypatch.setattr(type(model), "observe", lambda *asked, **question: made.append(1) or observe(*asked, **question))
    caches.STORE.looks.clear()
    asking = [threading.Thread(target=caches.STORE.look, args=("bundled/vit", cat, AttentionMaps)) for _ in range(16)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert len(made) == 1


def test_evidence_never_takes_more_than_its_bound():
    store = Store()
    store.look("bundled/vit", photo(seed=0), AttentionMaps)
    room = 10 * store.looks.used
    store = Store(looks_limit=room)
    for seed in range(30):
        store.look("bundled/vit", photo(seed=seed), AttentionMaps)
        assert store.looks.used <= room
    assert store.looks.used > room / 2
