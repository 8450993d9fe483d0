"""Every metric against a second, plainer definition, what holds of all of them, and that a new one is found in every place."""

import itertools
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from dashboard import metrics
from dashboard.export.exhibit import settings, to_json
from dashboard.export.report import report_html
from dashboard.figures.maps import Backdrop
from dashboard.metrics import (
    METRICS,
    Ablations,
    AttentionDistance,
    AttentionEntropy,
    AttentionMetric,
    AverageDrop,
    BoxOverlap,
    ComplexityRise,
    Deletion,
    EnergyInside,
    Entropy,
    Gini,
    Increase,
    Insertion,
    MapMetric,
    Metric,
    ModelMetric,
    Number,
    PairMetric,
    Pointing,
    Randomisation,
    RankInside,
    Saco,
    SanityMetric,
    SinglePatch,
    Spearman,
    TopOverlap,
    Truth,
    TruthMetric,
    chosen,
    of_map,
    of_model,
    of_pair,
    of_sanity,
    of_truth,
)
from tests.export.exhibits import exhibit
from tests.ui.pages import components, opened, without_terms, words
from tests.ui.test_layers_page import figures

BEHIND = Backdrop(60, 45, "data:image/jpeg;base64,AAAA")
ROWS, COLUMNS, PREFIX = 3, 5, 1


KINDS = {base.of for base in (MapMetric, PairMetric, AttentionMetric, ModelMetric, SanityMetric, TruthMetric)}


def maps(count: int) -> list[Tensor]:
    """Maps of 3 x 5 cells, of both signs, with ties."""
    draws = torch.Generator().manual_seed(3)
    return [(4 * torch.randn(ROWS, COLUMNS, generator=draws)).round() / 4 for _ in range(count)]


def attention() -> Tensor:
    tokens = PREFIX + ROWS * COLUMNS
    return torch.randn(2, tokens, tokens, generator=torch.Generator().manual_seed(4)).softmax(-1)


def plain_entropy(values: list[float]) -> float:
    total = sum(map(abs, values))
    return -sum(abs(v) / total * math.log(abs(v) / total) for v in values if v) / math.log(len(values))


def plain_gini(values: list[float]) -> float:
    """Half the mean difference of all pairs, over the mean."""
    sizes = [abs(v) for v in values]
    return sum(abs(a - b) for a in sizes for b in sizes) / (2 * len(sizes) * sum(sizes))


def plain_spearman(first: list[float], second: list[float]) -> float:
    """Pearson's correlation of the numbers of smaller cells, where an equal one counts half."""

    def placed(values: list[float]) -> list[float]:
        above = [sum((b < a) + (b == a) / 2 for b in values) for a in values]
        return [place - sum(above) / len(above) for place in above]

    a, b = placed(first), placed(second)
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def plain_overlap(first: list[float], second: list[float]) -> float:
    """Cells that fewer than a fifth of all cells reach, counting themselves."""

    def top(values: list[float]) -> set[int]:
        return {i for i, a in enumerate(values) if sum(b >= a for b in values) <= len(values) / 5}

    return len(top(first) & top(second)) / len(top(first) | top(second))


def plain_distance(rows: list[list[float]]) -> float:
    """From each patch to each, weighted by the attention that is paid, without the tokens before the patches."""
    total = 0.0
    for query in range(ROWS * COLUMNS):
        paid = rows[PREFIX + query][PREFIX:]
        for key, weight in enumerate(paid):
            down, across = query // COLUMNS - key // COLUMNS, query % COLUMNS - key % COLUMNS
            total += weight / sum(paid) * math.hypot(down, across) / (ROWS * COLUMNS)
    return total


def plain_attention_entropy(rows: list[list[float]]) -> float:
    spread = [-sum(p * math.log(p) for p in row) / math.log(len(row)) for row in rows[PREFIX:]]
    return sum(spread) / len(spread)


def ablations(seed: int) -> Ablations:
    """Answers of a model that does not exist."""
    draws = torch.Generator().manual_seed(seed)
    numbers = [torch.rand(size, generator=draws).double() for size in (6, 6, 5, 5, 9, 9)]
    numbers[2] = numbers[2].sort(descending=True).values
    whole, under = torch.rand(2, generator=draws).tolist()
    return Ablations(*numbers, whole=whole, under=under)


def plain_area(curve: list[float]) -> float:
    """The mean of the means of neighbours."""
    return sum((a + b) / 2 for a, b in itertools.pairwise(curve)) / (len(curve) - 1)


def plain_saco(saliences: list[float], drops: list[float]) -> float:
    pairs = [(a - b, x >= y) for (a, x), (b, y) in itertools.combinations(zip(saliences, drops, strict=True), 2)]
    return sum(weight if right else -weight for weight, right in pairs) / sum(weight for weight, _ in pairs)


def covered(values: list[float], mask: list[float]) -> list[tuple[float, float]]:
    return list(zip(values, mask, strict=True))


def plain_energy(values: list[float], mask: list[float]) -> float:
    return sum(v * m for v, m in covered(values, mask) if v > 0) / sum(v for v in values if v > 0)


def plain_pointing(values: list[float], mask: list[float]) -> float:
    hits = [m for v, m in covered(values, mask) if v == max(values)]
    return sum(hits) / len(hits)


def plain_rank(values: list[float], mask: list[float]) -> float:
    """The chance of each cell to be among the top ones, where those that tie are drawn."""
    count = sum(m >= 0.5 for m in mask)
    found = 0.0
    for v, m in covered(values, mask):
        higher, equal = sum(w > v for w in values), sum(w == v for w in values)
        found += (m >= 0.5) * min(max((count - higher) / equal, 0), 1)
    return found / count


def plain_box_iou(values: list[float], mask: list[float]) -> float:
    def box(marked: list[bool]) -> set[tuple[int, int]]:
        rows, columns = zip(*((i // COLUMNS, i % COLUMNS) for i, each in enumerate(marked) if each), strict=True)
        return set(itertools.product(range(min(rows), max(rows) + 1), range(min(columns), max(columns) + 1)))

    found, truth = box([v >= 0.2 * max(values) for v in values]), box([m >= 0.5 for m in mask])
    return len(found & truth) / len(found | truth)


def plain_mprt(intact: list[float], broken: list[list[float]]) -> float:
    found = [plain_spearman(intact, each) for each in broken if len(set(each)) > 1]
    return sum(found) / len(found)


def plain_rise(intact: list[float], broken: list[list[float]]) -> float:
    def spread(values: list[float]) -> float:
        counts, _ = np.histogram(values, bins=3)  # of 15 cells
        return -sum(n / len(values) * math.log(n / len(values)) for n in counts if n)

    return spread(broken[-1]) / spread(intact) - 1


SECOND: dict[type[Metric], Callable[..., float]] = {
    Entropy: plain_entropy,
    Gini: plain_gini,
    Spearman: plain_spearman,
    TopOverlap: plain_overlap,
    AttentionDistance: plain_distance,
    AttentionEntropy: plain_attention_entropy,
    Deletion: lambda found: plain_area(found.deletion.tolist()),
    Insertion: lambda found: plain_area(found.insertion.tolist()),
    Saco: lambda found: plain_saco(found.saliences.tolist(), found.drops.tolist()),
    SinglePatch: lambda found: plain_spearman(found.relevance.tolist(), found.losses.tolist()),
    AverageDrop: lambda found: 1 - min(found.under / found.whole, 1),
    Increase: lambda found: 1.0 if found.under > found.whole else 0.0,
    Randomisation: plain_mprt,
    ComplexityRise: plain_rise,
    EnergyInside: plain_energy,
    Pointing: plain_pointing,
    RankInside: plain_rank,
    BoxOverlap: plain_box_iou,
}


@pytest.mark.parametrize("kind", METRICS, ids=lambda kind: kind.__name__)
def test_each_metric_against_a_second_definition(kind: type[Metric]):
    metric, plain = kind(), SECOND[kind]
    if isinstance(metric, MapMetric):
        for values in maps(3):
            assert metric(values) == pytest.approx(plain(values.flatten().tolist()), abs=1e-6)
    elif isinstance(metric, PairMetric):
        first, *others = maps(4)
        for second in others:
            assert metric(first, second) == pytest.approx(plain(first.flatten().tolist(), second.flatten().tolist()), abs=1e-6)
    elif isinstance(metric, ModelMetric):
        for seed in range(5):
            assert metric(ablations(seed)) == pytest.approx(plain(ablations(seed)), abs=1e-9)
    elif isinstance(metric, SanityMetric):
        intact, *others = maps(6)
        broken = torch.stack([*others, torch.ones(ROWS, COLUMNS), others[0].abs()])
        assert metric(intact, broken) == pytest.approx(
            plain(intact.flatten().tolist(), broken.flatten(1).tolist()), abs=1e-6
        )  # fmt: skip
    elif isinstance(metric, TruthMetric):
        mask = torch.rand(ROWS, COLUMNS, generator=torch.Generator().manual_seed(6)).round(decimals=1)
        for values in maps(3):
            assert metric(values, Truth(mask, mask)) == pytest.approx(
                plain(values.flatten().tolist(), mask.flatten().tolist()), abs=1e-6
            )
    else:
        assert isinstance(metric, AttentionMetric)
        found = metric(attention(), (ROWS, COLUMNS), PREFIX)
        assert found.tolist() == pytest.approx([plain(head.tolist()) for head in attention()], abs=1e-5)


def test_labels_and_keys_are_names():
    for names in ([kind.label for kind in METRICS], [kind.key for kind in METRICS]):
        assert len(set(names)) == len(METRICS)
    assert all(kind.key.isidentifier() for kind in METRICS)


@pytest.mark.parametrize("kind", METRICS, ids=lambda kind: kind.__name__)
def test_each_metric_says_what_it_means_and_where_it_comes_from(kind: type[Metric]):
    metric = kind()
    assert metric.meaning.endswith(".")
    assert metric.paper.startswith("https://")
    assert (metric.better == "neither") == ("say its authors" not in metric.meaning)
    assert kind.of in KINDS


@pytest.mark.parametrize("kind", [kind for kind in METRICS if issubclass(kind, PairMetric)], ids=lambda kind: kind.__name__)
def test_of_each_pair_metric(kind: type[PairMetric]):
    """Chance is what unrelated maps come to, flipping both maps changes nothing, and the matrix is made of the pairs."""
    metric, draws = kind(), torch.Generator().manual_seed(5)
    pairs = torch.rand(300, 2, 10, 20, generator=draws)
    found = sum(metric(*pair) for pair in pairs) / len(pairs)
    assert found == pytest.approx(metric.chance(*pairs[0]), abs=0.02)
    first, second = maps(2)
    assert metric(first.flip(1), second.flip(1)) == pytest.approx(metric(first, second))
    crowd = torch.stack([*maps(3), torch.full((ROWS, COLUMNS), 0.1)])
    matrix = metric.matrix(crowd)
    for i, a in enumerate(crowd):
        for j, b in enumerate(crowd):
            expected = math.nan if 3 in (i, j) else metric(a, b)
            assert matrix[i, j].item() == pytest.approx(expected, nan_ok=True), (i, j)


def test_a_flat_map_has_no_number():
    flat, other = torch.full((ROWS, COLUMNS), 0.1), maps(1)[0]
    for found in (of_map(flat), of_pair(flat, other), of_pair(other, flat), of_pair(flat, flat)):
        assert found
        assert all(math.isnan(number.value) and number.in_words == "none" for number in found)


def test_what_chance_gives_is_what_random_maps_come_to():
    mask = torch.zeros(14, 14)
    mask[2:7, 3:9] = 1
    draws = torch.rand(400, 14, 14, generator=torch.Generator().manual_seed(7))
    for metric in chosen(TruthMetric):
        expected = metric.chance(Truth(mask, mask))
        if expected is not None:
            found = sum(metric(each, Truth(mask, mask)) for each in draws) / len(draws)
            assert found == pytest.approx(expected, abs=0.06), metric.label


def test_broken_models_maps_of_no_relation_come_to_chance():
    draws = torch.rand(60, 6, 14, 14, generator=torch.Generator().manual_seed(8))
    for metric in chosen(SanityMetric):
        found = sum(metric(intact, broken) for intact, *others in draws for broken in [torch.stack(others)]) / len(draws)
        assert found == pytest.approx(metric.chance(), abs=0.02), metric.label


def test_a_model_whose_broken_maps_are_flat_has_no_correlation():
    intact, flat = maps(1)[0], torch.ones(5, ROWS, COLUMNS)
    mprt, rise = of_sanity(intact, flat)
    assert math.isnan(mprt.value)
    assert rise.value == -1, "nothing is as simple"
    assert all(math.isnan(number.value) for number in of_sanity(flat[0], intact[None]))
    assert [number.metric.title for number in of_sanity(intact, flat, smooth=True)] == ["sMPRT", "eMPRT"]


@pytest.mark.parametrize("of", ["flat", "empty"])
def test_a_flat_map_or_an_empty_truth_earns_nothing(of: str):
    values, mask = maps(1)[0], torch.zeros(ROWS, COLUMNS)
    mask[1, 1:3] = 1
    truth = mask if of == "flat" else torch.zeros_like(mask)
    found = of_truth(torch.ones(ROWS, COLUMNS) if of == "flat" else values, Truth(truth, truth))
    assert found
    assert all(math.isnan(number.value) for number in found)
    assert all(math.isnan(number.value) for number in of_model(None))


def test_an_option_goes_to_those_that_have_it():
    found = {type(metric): metric for metric in chosen(PairMetric, share=0.4)}
    assert (found[Spearman], found[TopOverlap]) == (Spearman(), TopOverlap(0.4))
    assert (found[Spearman].title, found[TopOverlap].title) == ("Spearman", "Top 40%")


def test_numbers_are_said_with_a_sign_only_where_they_have_one():
    assert [Number(Spearman(), value, 0.0).in_words for value in (0.5, -0.001)] == ["+0.50", "+0.00"]
    number = Number(TopOverlap(), 0.5, 1 / 9)
    assert (number.in_words, number.chance_in_words) == ("0.50", "chance 0.11")
    assert Number(Gini(), 0.5).chance_in_words == ""


@dataclass(frozen=True)
class Peak(MapMetric):
    """How far the largest value exceeds the mean."""

    label: ClassVar = "Peak"
    key: ClassVar = "peak"
    paper: ClassVar = "https://example.org/peak"

    def __call__(self, values: Tensor) -> float:
        return (values.max() - values.mean()).item()


@dataclass(frozen=True)
class SameCell(PairMetric):
    """One if both maps are largest in the same cell."""

    label: ClassVar = "Same cell"
    key: ClassVar = "same_cell"
    paper: ClassVar = "https://example.org/same"

    def __call__(self, first: Tensor, second: Tensor) -> float:
        return float(first.argmax() == second.argmax())

    def chance(self, first: Tensor, second: Tensor) -> float:
        return 1 / first.numel()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """A metric of a map and one of a pair, added as anybody would."""
    monkeypatch.setattr(metrics, "METRICS", (*METRICS, Peak, SameCell))


@pytest.mark.usefixtures("registered")
def test_a_new_metric_is_in_the_files():
    made = exhibit()
    read = json.loads(to_json(settings(made)))
    for side, shown in made.shown.items():
        assert read["maps"][side]["numbers"]["peak"] == pytest.approx((shown.heatmap.max() - shown.heatmap.mean()).item())
    assert read["agreement"]["same_cell"] in (0, 1)
    assert read["agreement"]["same_cell_by_chance"] == pytest.approx(1 / made.comparison.difference.numel())


@pytest.mark.usefixtures("registered")
def test_a_new_metric_is_in_the_report():
    report = report_html(exhibit(), BEHIND)
    assert report.count("<td>Peak<br>") == 2
    assert report.count("<td>Same cell<br>") == 1
    assert "One if both maps are largest in the same cell." in report


@pytest.mark.usefixtures("registered")
def test_a_new_metric_is_on_the_compare_page():
    app = opened()
    assert {"Spearman", "Top 20%", "Same cell"} <= {without_terms(metric.label) for metric in app.metric}
    assert words(app).count("Peak ") == 2, "below each map"


@pytest.mark.usefixtures("registered")
def test_a_new_metric_is_among_the_layers_curves():
    curves = components(opened("Layers"), "curves")["curves"]["curves"]
    assert [curve["title"] for curve in curves][-2:] == ["Peak", "Same cell"]
    assert len(curves[-1]["chance"]) == len(curves[-1]["values"]) == 6, "a value for each layer, and its chance"


@pytest.mark.usefixtures("registered")
def test_a_new_metric_is_a_choice_of_the_methods_pages_matrix():
    app = opened("Methods", metric="Same cell")
    assert app.selectbox(key="metric").options == [kind.label for kind in (*METRICS, SameCell) if issubclass(kind, PairMetric)]
    drawn = figures(app)["matrix"]["data"]
    assert drawn[0]["colorbar"]["title"]["text"] == "Same cell"
    assert set(drawn[1]["text"]) <= {"Same cell 1.00", "Same cell 0.00", "Same cell none"}
    assert "Same cell: One if both maps are largest in the same cell." in words(app)
    app = app.selectbox(key="metric").set_value("Spearman").run()
    assert figures(app)["matrix"]["data"][0]["colorbar"]["title"]["text"] == "Spearman"
