"""The short form of `make load`: the same visitors, fewer of them and for seconds. Its timings are not looked at here."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from benchmarks.load import many
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
    seen = caches.observation("bundled/vit", new.digest, AttentionMaps, new)
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
    asking = [
        threading.Thread(target=caches.observation, args=("bundled/vit", cat.digest, AttentionMaps, cat)) for _ in range(16)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join(60)
    assert len(made) == 1


def test_evidence_never_takes_more_than_its_bound(monkeypatch: pytest.MonkeyPatch):
    caches.STORE.looks.clear()
    first = photo(seed=0)
    caches.observation("bundled/vit", first.digest, AttentionMaps, first)
    room = 10 * caches.evidence_bytes()
    monkeypatch.setattr(caches.STORE.looks, "room", room)
    for seed in range(30):
        one = photo(seed=seed)
        caches.observation("bundled/vit", one.digest, AttentionMaps, one)
        assert caches.evidence_bytes() <= room
    assert caches.evidence_bytes() > room / 2
    caches.STORE.looks.clear()
