"""What a notebook gets without Streamlit: models, looks and maps kept within bounds, and the way back to the CPU."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest
import torch

from dashboard.engine import store as stores
from dashboard.engine.request import Request
from dashboard.engine.store import KeptModels, Store
from dashboard.evidence import AttentionGradients, AttentionMaps, FeatureMaps, Probe, Question
from dashboard.methods import AttentionRollout, ClassActivationMap, GradCAM, Occlusion
from dashboard.models import zoo
from dashboard.models.classifier import Classifier, OutOfMemory
from dashboard.studies.attention import head_summary
from tests.conftest import ROOT
from tests.models.tiny import photo

CPU, GPU = torch.device("cpu"), torch.device("cuda")


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Lists the models that look at a photo from now on."""
    looked, observe = [], Classifier.observe
    monkeypatch.setattr(Classifier, "observe", lambda model, *asked: looked.append(model.key) or observe(model, *asked))
    return looked


def test_the_engine_and_its_example_need_no_streamlit():
    """The example of the package runs where Streamlit is not even installed."""
    code = (
        "import sys; sys.modules['streamlit'] = None; import doctest, dashboard.engine;"
        "found = doctest.testmod(dashboard.engine, verbose=False); assert found.attempted > 10; sys.exit(found.failed)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_map_runs_a_model_once_and_its_options_never(monkeypatch: pytest.MonkeyPatch):
    store, looked = Store(), counted(monkeypatch)
    model, one = store.models("bundled/vit"), photo()
    for discard in (0.0, 0.5, 0.9, 0.5):
        store.made(Request(model, one, AttentionRollout(discard=discard)))
    assert looked == ["bundled/vit"]
    assert len(store.maps.items()) == 3
    store.made(Request(model, photo(seed=1), AttentionRollout()))
    assert looked == ["bundled/vit"] * 2


def test_a_class_matters_only_where_it_can_change_the_map(monkeypatch: pytest.MonkeyPatch):
    store, looked = Store(), counted(monkeypatch)
    cnn, vit, one = store.models("bundled/cnn"), store.models("bundled/vit"), photo()
    for target in (None, 1, 2):
        store.made(Request(vit, one, AttentionRollout(), target))
        store.made(Request(cnn, one, ClassActivationMap(), target))
    assert sorted(looked) == ["bundled/cnn", "bundled/vit"]
    assert len(store.maps.items()) == 1 + 3


def test_evidence_of_a_question_is_kept_for_that_question(monkeypatch: pytest.MonkeyPatch):
    store, looked, one = Store(), counted(monkeypatch), photo()
    first, again, other = (store.look("bundled/vit", one, AttentionGradients, Question(target)) for target in (1, 1, 2))
    assert first is again is not other
    assert len(looked) == 2


def test_the_store_holds_a_models_looks_within_its_bound():
    store = Store(looks_limit=1)
    assert store.look("bundled/vit", photo(), AttentionMaps).evidence.layers == 6
    assert store.looks.items() == []
    room = Store()
    room.look("bundled/vit", photo(), AttentionMaps)
    store = Store(looks_limit=2 * room.looks.used)
    for seed in range(4):
        store.look("bundled/vit", photo(seed=seed), AttentionMaps)
    assert [key[1] for key, _ in store.looks.items()] == [photo(seed=seed).digest for seed in (2, 3)]


def test_what_is_forgotten_is_gone_from_every_shelf(monkeypatch: pytest.MonkeyPatch):
    store, one, other = Store(), photo(), photo(seed=1)
    for shown in (one, other):
        for key, method in (("bundled/cnn", ClassActivationMap()), ("bundled/vit", AttentionRollout())):
            store.made(Request(store.models(key), shown, method))
        seen = store.look("bundled/vit", shown, AttentionMaps)
        first = store.summary("bundled/vit", shown.digest, head_summary, seen.evidence)
        assert store.summary("bundled/vit", shown.digest, head_summary, seen.evidence) is first
    shelves = store.looks, store.maps, store.summaries
    assert [len(shelf.items()) for shelf in shelves] == [4, 4, 2]
    store.forget_photo(one.digest)
    assert [len(shelf.items()) for shelf in shelves] == [2, 2, 1]
    store.unload("bundled/vit")
    assert [len(shelf.items()) for shelf in shelves] == [1, 1, 0]
    loads, load = [], zoo.load
    monkeypatch.setattr(zoo, "load", lambda key, *asked: loads.append(key) or load(key, *asked))
    store.models("bundled/vit")
    store.models("bundled/cnn")
    assert loads == ["bundled/vit"]


def test_models_are_loaded_once_and_the_one_not_used_for_longest_goes():
    loads, model = [], zoo.load("bundled/cnn")
    models = KeptModels(lambda key: loads.append(key) or replace(model, key=key), limit=2)
    for key in ("a", "b", "a", "c", "a", "b"):
        assert models(key).key == key
    assert loads == ["a", "b", "c", "b"]


def test_what_waits_depends_on_no_clock(monkeypatch: pytest.MonkeyPatch):
    store = Store()
    request = Request(store.models("bundled/cnn"), photo(), Occlusion())
    weights, seconds = [], []
    for milliseconds in (0.001, 1000.0):
        monkeypatch.setattr(store, "pass_milliseconds", lambda key, found=milliseconds: found)
        weights.append(store.whole_price(request).weight)
        seconds.append(store.whole_price(request).seconds)
    assert weights[0] == weights[1] > 0
    assert seconds[1] == pytest.approx(1e6 * seconds[0])


def test_who_leaves_waits_for_nothing():
    class Left(BaseException):
        pass

    def stop() -> None:
        raise Left

    store = Store(Store().models, stop)
    with pytest.raises(Left):
        store.made(Request(store.models("bundled/cnn"), photo(), Occlusion()))
    assert store.maps.items() == []


@pytest.fixture
def full_gpu(monkeypatch: pytest.MonkeyPatch) -> list[torch.device | None]:
    """A machine whose GPU takes the weights and has no room for a pass; lists where models were loaded, None for the GPU."""
    loaded_on, load = [], zoo.load

    def no_room(*asked: object) -> None:
        raise torch.OutOfMemoryError("out of memory")

    def loading(key: str, report: object, device: torch.device | None, may_download: bool) -> Classifier:
        loaded_on.append(device)
        model = load(key, device=CPU)
        return model if device == CPU else replace(model, observers=dict.fromkeys(model.observers, no_room))

    monkeypatch.setattr(zoo, "load", loading)
    monkeypatch.setattr(zoo, "chosen_device", lambda: GPU)
    return loaded_on


def test_a_look_without_room_moves_its_model_to_the_cpu(full_gpu: list):
    store = Store()
    assert store.look("bundled/vit", photo(), AttentionMaps).evidence.layers == 6
    assert full_gpu == [None, CPU]
    assert store.models("bundled/vit").note == zoo.NO_ROOM
    store.look("bundled/vit", photo(seed=1), AttentionMaps)
    assert full_gpu == [None, CPU], "it stays there"
    store.unload("bundled/vit")
    store.models("bundled/vit")
    assert full_gpu == [None, CPU, None], "the GPU is tried again"


def test_two_looks_without_room_at_once_both_come_back(full_gpu: list):
    """The second to fail finds that the first has moved the model, and goes on there too."""
    store, both = Store(), threading.Barrier(2, timeout=60)
    failing = store.models("bundled/vit")
    observer = failing.observers[AttentionMaps]

    def together(*asked: object) -> object:
        both.wait()
        return observer(*asked)

    store.models = KeptModels(store.open)
    store.models._shelf.put("bundled/vit", replace(failing, observers={AttentionMaps: together}))
    found = []
    threads = [
        threading.Thread(target=lambda seed=seed: found.append(store.look("bundled/vit", photo(seed=seed), AttentionMaps)))
        for seed in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [seen.evidence.layers for seen in found] == [6, 6]


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("out of memory"), RuntimeError("can't allocate memory"), MemoryError()]
)
def test_a_map_without_room_goes_on_on_the_cpu_and_there_it_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
):
    failed, score = [], Probe.score

    def failing(probe: Probe, pixels: torch.Tensor) -> torch.Tensor:
        failed.append(1)
        if len(failed) == 1:
            raise error
        return score(probe, pixels)

    monkeypatch.setattr(Probe, "score", failing)
    store = Store()
    request = Request(store.models("bundled/cnn"), photo(), Occlusion())
    with pytest.raises(OutOfMemory, match=r"^Small ResNet \(bundled\) found no memory left on the CPU for Occlusion\.$"):
        store.made(request)
    failed.clear()
    monkeypatch.setattr(zoo, "chosen_device", lambda: GPU)
    monkeypatch.setattr(zoo, "load", lambda key, report, device, may_download, load=zoo.load: load(key, device=CPU))
    assert store.made(request).units
    assert store.models("bundled/cnn").note == zoo.NO_ROOM


def test_other_errors_stay_loud(monkeypatch: pytest.MonkeyPatch):
    def bug(*asked: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(stores, "read", bug)
    store = Store()
    with pytest.raises(RuntimeError, match="shapes differ"):
        store.made(Request(store.models("bundled/cnn"), photo(), GradCAM()))


def test_the_evidence_of_two_models_is_apart():
    store, one = Store(), photo()
    assert isinstance(store.look("bundled/cnn", one, FeatureMaps).evidence, FeatureMaps)
    assert isinstance(store.look("bundled/vit", one, AttentionMaps).evidence, AttentionMaps)
    assert store.pass_milliseconds("bundled/cnn") == store.look("bundled/cnn", one, FeatureMaps).milliseconds
    assert store.pass_milliseconds("bundled/other") is None
