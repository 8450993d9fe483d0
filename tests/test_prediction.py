"""A model's answer: what its scores are, in numbers and in words, and what is asked of its logits."""

import pytest
import torch

from dashboard.evidence import Activation, PatchLogits, Prediction
from dashboard.explain import read
from dashboard.methods import FinerCAM
from dashboard.models.classifier import Observation
from dashboard.photo import Box

LOGITS = torch.tensor([-3.0, 2.0, 0.5])
LABELS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("activation", "kind", "scores", "words"),
    [
        ("softmax", "probability", [0.0055, 0.8131, 0.1814], "81.3%"),
        ("sigmoid", "score", [0.0474, 0.8808, 0.6225], "0.881"),
        ("none", "value", [-3.0, 2.0, 0.5], "2"),
    ],
)
def test_scores_are_what_the_model_was_trained_for(activation: Activation, kind: str, scores: list[float], words: str) -> None:
    answer = Prediction(LOGITS, LABELS, activation)
    assert answer.scores.tolist() == pytest.approx(scores, abs=1e-4)
    assert answer.kind == kind
    (index, label, score), *others = answer.top(5)
    assert (index, label, answer.in_words(score)) == (1, "b", words)
    assert [label for _, label, _ in others] == ["c", "a"]


@pytest.mark.parametrize(
    ("top", "classes", "activation", "unsure"),
    [
        (0.51, 10, "softmax", False), (0.49, 10, "softmax", True), (0.21, 1000, "softmax", False),
        (0.19, 1000, "softmax", True), (0.51, 10, "sigmoid", False), (0.49, 1000, "sigmoid", True), (0.1, 10, "none", False),
    ],
)  # fmt: skip
def test_no_class_is_likely_below_a_bound(top: float, classes: int, activation: Activation, unsure: bool) -> None:
    scores = torch.full((classes,), (1 - top) / (classes - 1))
    scores[3] = top
    logits = {"softmax": scores.log(), "sigmoid": scores.logit(), "none": scores}[activation]
    answer = Prediction(logits, tuple(map(str, range(classes))), activation)
    assert answer.scores[3].item() == pytest.approx(top)
    assert (answer.unsure, answer.few) == (unsure, classes == 10)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_the_order_is_that_of_the_logits_where_scores_tie(activation: Activation) -> None:
    """Both activations give 1 twice, or 0 twice, in single precision; the logits differ."""
    answer = Prediction(torch.tensor([90.0, -200.0, 300.0, -150.0]), (*LABELS, "d"), activation)
    assert [label for _, label, _ in answer.top(4)] == ["c", "a", "d", "b"]


def test_rivals_of_logits_far_apart_are_the_closest_ones() -> None:
    """In probabilities, everything from 88 below the first on was 1e-38: all of those were equally close."""
    logits = torch.tensor([-400.0, 0.0, -900.0, -150.0, -170.0, -100.0])
    answer = Prediction(logits, tuple("abcdef"))
    asked = []

    class Listening(FinerCAM):
        def __call__(self, evidence: PatchLogits) -> torch.Tensor:
            asked.append(evidence.asked)
            return torch.zeros(1, 1)

    read(Observation(PatchLogits(logits[None, None]), answer, Box(0, 0, 1, 1), 1.0), "a/b", Listening())
    torch.testing.assert_close(asked[0], torch.tensor([0, 1, 0, -0.2, -0.2, -0.2]))


def test_a_logit_for_every_label() -> None:
    with pytest.raises(ValueError, match=r"one logit per label, got \(2,\) for 3 labels"):
        Prediction(LOGITS[:2], LABELS)
