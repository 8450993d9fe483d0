"""A few seeded cases of every kind; `make fuzz` runs thousands."""

from types import ModuleType

import pytest

from tests.fuzz.__main__ import KINDS, failures

COUNTS = {"addresses": 50}  # ten for each page


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.KIND)
def test_nothing_escapes(kind: ModuleType):
    assert failures(kind, seed=12, count=COUNTS.get(kind.KIND, 20)) == []


def test_a_failure_is_found_and_can_be_seen_again():
    class Broken:
        KIND = "broken"

        @staticmethod
        def cases(seed: int, count: int) -> list[str]:
            return [f"{seed}-{index}" for index in range(count)]

        @staticmethod
        def check(case: str) -> None:
            assert case != "7-1"

    [found] = failures(Broken, seed=7, count=3)
    assert found.startswith("broken, seed 7, case 1: 7-1\n")
