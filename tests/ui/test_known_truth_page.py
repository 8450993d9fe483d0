"""The known-truth page through Streamlit's own test door."""

import math
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.engine.fitting import fitting
from dashboard.studies import known_truth
from dashboard.studies.known_truth import (
    EACH,
    LABELLED,
    MIDDLE,
    NUMBERS,
    PAIRS,
    RANDOM,
    anonymous,
    given_away,
    one_object,
    two_objects,
)
from dashboard.ui import caches
from tests.ui.pages import components, figures, healthy, notices, opened, words

PAGE, GUESS, ALL = "Known_Truth", "Which one cheats?", "All methods"
INTERVALS = (*NUMBERS, "favoured", "on_tag")


@pytest.fixture
def no_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the table is kept in this test, and is not yet."""
    path = tmp_path / "known_truth.parquet"
    monkeypatch.setattr(known_truth.kept_table, "__defaults__", (path,))
    return path


@pytest.fixture
def table(no_table: Path) -> pd.DataFrame:
    """A small table of numbers that are easy to find again."""
    rows = []
    for key in (key for pair in PAIRS.values() for key in pair.values()):
        names = [method.label for method in fitting(caches.classifier(key)) if method.label not in ("RISE", "LIME")]
        for number, name in enumerate([*names, RANDOM, MIDDLE]):
            specific = name not in known_truth.class_agnostic()
            row = {"model": key, "method": name, "class_specific": specific, "maps": 200, "right": 0.98, "chance": 0.08}
            for of in INTERVALS:
                mean = 0.1 if name in (RANDOM, MIDDLE) else 0.9 - number / 100
                if of == "favoured":
                    mean = mean if specific else 0.5
                low, high = (0.5, 0.5) if of == "favoured" and not specific else (mean - 0.05, mean + 0.05)
                row |= {of: mean, f"{of}_low": low, f"{of}_high": high}
            rows.append(row)
    found = pd.DataFrame(rows)
    found.attrs |= {"cases": 300, "two": 50, "tagged": 50, "tolerance": known_truth.TOLERANCE}
    found.to_parquet(no_table)
    return found


def grid(app: AppTest, key: str) -> list[dict]:
    return components(app, "map_grid")[key]["maps"]


def numbers_of(small: dict) -> dict[str, float]:
    """What is written below a small map, by the labels of the numbers in lower case."""
    return {name.lower(): float(value) for name, _, value in (note.rpartition(" ") for note in small["notes"])}


def test_every_method_stands_beside_the_controls_with_the_truth_outlined_over_each():
    app = opened(PAGE, scene="7")
    case = one_object(7)
    assert not notices(app)
    assert f"The answer is {case.asked[0].name}" in words(app).replace("*", "")
    assert [small["chosen"] for small in grid(app, "scenes")].index(True) == 7
    [truth] = grid(app, "scene_truth")
    for slot, key in PAIRS["honest"].items():
        methods = [method.label for method in fitting(caches.classifier(key))]
        small = grid(app, f"{slot}_known_grid")
        assert sorted(each["name"] for each in small) == sorted([*methods, RANDOM, MIDDLE])
        drawn = [each for each in small if each["painted"]]
        assert {RANDOM, MIDDLE} < {each["name"] for each in drawn}
        assert all(each["outlined"] == truth["outlined"] for each in drawn)
        for each in drawn:
            assert set(numbers_of(each)) == {label.lower() for label in LABELLED.values()}
            assert all(0 <= value <= 1 for value in numbers_of(each).values())
        energies = [numbers_of(each)["energy inside"] for each in drawn]
        assert energies == sorted(energies, reverse=True), "best first"
        lines = figures(app)[f"{slot}_known_map"]["data"]
        assert [trace["name"] for trace in lines if trace.get("name") == "truth"] == ["truth", "truth"]
        assert app.button(key=f"run_{slot}_all_known").label.startswith("Run the other"), "slow methods wait"
    for label in LABELLED.values():
        assert f"**{label}**: " in words(app)


def test_two_objects_are_asked_about_one_after_the_other():
    first, second = two_objects(3).asked
    energies = {}
    for which, asked in (("first", first), ("second", second)):
        app = opened(PAGE, scene="3", objects="two", asked=which)
        assert not notices(app)
        assert f"The answer is {asked.name}" in words(app).replace("*", "")
        assert "A rather than B" in words(app)
        small = {each["name"]: numbers_of(each) for each in grid(app, "left_known_grid") if each["painted"]}
        energies[which] = {name: each["a rather than b"] for name, each in small.items()}
    assert energies["first"].keys() == energies["second"].keys()
    blind = known_truth.class_agnostic()
    assert all(energies["first"][name] + energies["second"][name] == 1 for name in energies["first"] if name in blind)


def test_a_scene_of_ones_own_has_what_its_numbers_say_on_any_ground():
    place = {"first_across": "70", "first_down": "30", "first_size": "30", "first_turn": "45"}
    app = opened(PAGE, objects="your own", first_shape="ring", second_shape="heart", scene="3", **place)
    assert not notices(app)
    text = words(app).replace("*", "")
    assert "The answer is ring" in text
    assert "Beside it is a heart" in text
    x, y = (figures(app)["own_scene"]["data"][0][name] for name in "xy")
    middle = [(min(each) + max(each)) / 2 for each in ([v for v in values if v is not None] for values in (x, y))]
    assert middle == pytest.approx([0.7 * 64, 0.3 * 64], abs=1)
    grounds = grid(app, "scenes")
    assert {small["notes"][0] for small in grounds} == {"ring and heart"}
    assert len({small["photo"] for small in grounds}) == len(grounds)
    drawn = [each for each in grid(app, "left_known_grid") if each["painted"]]
    assert all("a rather than b" in numbers_of(each) for each in drawn)


def test_an_object_that_cannot_be_seen_is_told_of_and_can_be_moved():
    hidden = {"second_across": "35", "second_down": "40", "second_size": "60", "first_size": "10"}
    app = opened(PAGE, objects="your own", second_shape="square", **hidden)
    assert [each.value for each in app.error] == [
        "The circle can't be seen: expected at least 20 pixels of it in sight. Move it, or make it larger."
    ]
    app = healthy(app.number_input(key="first_across").set_value(90).run())
    assert not app.error
    assert grid(app, "left_known_grid")


def test_the_second_object_of_a_scene_is_never_the_first_one_again():
    app = opened(PAGE, objects="your own", second_shape="star")
    app = healthy(app.selectbox(key="first_shape").set_value("star").run())
    assert app.session_state["second_shape"] == "none"
    assert "Beside it" not in words(app)


def test_the_tag_changes_nothing_else_and_has_a_number_of_its_own():
    plain, tagged = (opened(PAGE, scene="2", tag=tag, trained="cheating") for tag in ("false", "true"))
    assert "On the tag" not in words(plain)
    assert "On the tag" in words(tagged)
    assert grid(plain, "scene_truth")[0]["outlined"] == grid(tagged, "scene_truth")[0]["outlined"]
    assert "Cheating" in words(tagged)


@pytest.mark.parametrize("order", [*LABELLED.values(), "Family"])
def test_maps_are_sorted_by_any_number(order: str):
    app = opened(PAGE, scene="5", order=order)
    assert not notices(app)
    small = [each for each in grid(app, "left_known_grid") if each["painted"]]
    if order == "Family":
        methods = [method.label for method in fitting(caches.classifier(PAIRS["honest"].left))]
        assert [each["name"] for each in small] == [*(name for name in methods if name in {s["name"] for s in small}),
                                                    RANDOM, MIDDLE]  # fmt: skip
    else:
        values = [numbers_of(each)[order.lower()] for each in small]
        assert values == sorted(values, reverse=True)


def test_another_map_is_large_and_slow_ones_run_after_a_click():
    app = opened(PAGE, left_known="LayerCAM", right_known="Raw attention")
    assert not notices(app)
    assert figures(app)["left_known_map"]["layout"]["meta"]["method"] == "LayerCAM"
    assert figures(app)["right_known_map"]["layout"]["meta"]["method"] == "Raw attention"
    assert [small["name"] for small in grid(app, "left_known_grid") if small["chosen"]] == ["LayerCAM"]
    app = healthy(app.button(key="run_right_all_known").click().run())
    assert all(small["painted"] for small in grid(app, "right_known_grid"))
    assert any(button.key == "download_scene" for button in app.get("download_button"))


@pytest.mark.parametrize(
    "asked", [{"scene": "1000"}, {"scene": "-1"}, {"objects": "three"}, {"left_known": "Magic"}, {"trained": "<b>"}]
)
def test_rubbish_in_the_address_does_no_harm(asked: dict[str, str]):
    assert "isn't available here" in words(opened(PAGE, **asked))


def test_nothing_is_told_before_the_guess(table: pd.DataFrame):
    app = opened(PAGE, section=GUESS)
    assert not notices(app)
    text = words(app)
    assert "### Model A" in text
    for word in ("the honest pair", "the cheating pair", "Where they look", "on the tag"):
        assert word not in text
    grids = components(app, "map_grid")
    assert set(grids) == {f"seen_{name}_{slot}" for name in "ab" for slot in ("left", "right")}
    for each in grids.values():
        assert [small["value"] for small in each["maps"][:EACH]] == [given_away(number).name for number in range(EACH)]
        assert all(len(small["notes"]) == 1 for small in each["maps"]), "what it says, and nothing of the tag"
        assert len({small["photo"] for small in each["maps"]}) == 2 * EACH


@pytest.mark.parametrize("game", [1, 2, 3, 4, 5])
def test_the_guess_is_answered(game: int, table: pd.DataFrame):
    cheats = next(name for name, world in anonymous(game).items() if world == "cheating")
    for guess in ("Model A", "Model B"):
        app = opened(PAGE, section=GUESS, game=str(game), guess=guess)
        assert not notices(app)
        text = words(app) + " ".join(each.value for each in app.success)
        assert (f"Right: {cheats} cheats" in text) == (guess == cheats)
        assert (f"No: {cheats} cheats" in text) == (guess != cheats)
        assert f"### {cheats} · the cheating pair" in text


def test_what_gives_the_cheat_away_is_measured(table: pd.DataFrame):
    app = opened(PAGE, section=GUESS, guess="Model A")
    answers = next(each.value for each in app.markdown if each.value.startswith("| share of held-out"))
    heads, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in answers.split("\n")]
    assert heads[1:] == ["honest CNN", "honest ViT", "cheating CNN", "cheating ViT"]
    told = {row[0]: [float(cell.rstrip("%")) for cell in row[1:]] for row in rows}
    assert len(told) == 6
    moved = told["other shapes with the tag that it calls star"]
    assert max(moved[:2]) < 10 < 30 < min(moved[2:])
    assert min(told["right, in scenes as it learned from"][::2]) >= 97, "the CNNs"
    looks = next(each.value for each in app.markdown if each.value.startswith("| on the tag"))
    assert looks.count("\n") == 3, "a line for the CNN's method and one for the ViT's"
    assert "0.10 (0.05 to 0.15)" in looks, "the controls"
    assert "over 50 held-out stars" in words(app)
    for cheating in ("moved_a_left", "moved_b_left"):
        small = grid(app, cheating)
        assert all("on the tag" in each["notes"][1] for each in small[EACH:])
        assert all(len(each["notes"]) == 1 for each in small[:EACH])


def test_the_cheat_is_found_by_looking():
    """The cheating CNN's CAM lies on the tag, the honest one's does not."""
    app = opened(PAGE, section=GUESS, guess="Model A")
    shares = {}
    for name, world in anonymous(1).items():
        notes = [small["notes"][1] for small in grid(app, f"seen_{name[-1].lower()}_left")[:EACH]]
        shares[world] = [0 if each.startswith("less than") else float(each.partition("%")[0]) for each in notes]
    assert max(shares["honest"]) < min(shares["cheating"])


def test_another_game_has_other_scenes_and_no_guess():
    app = opened(PAGE, section=GUESS, guess="Model B")
    before = [small["value"] for small in grid(app, "seen_a_left")]
    app = healthy(app.button(key="play_again").click().run())
    assert app.session_state["guess"] == "Not yet"
    assert app.session_state["game"] == "2"
    after = [small["value"] for small in grid(app, "seen_a_left")]
    assert not set(before[:EACH]) & set(after[:EACH])
    assert "isn't available here" in words(opened(PAGE, section=GUESS, game="nonsense"))


def test_the_table_shows_intervals_and_controls_and_says_who_tells_two_objects_apart(table: pd.DataFrame):
    app = opened(PAGE, section=ALL)
    [frame] = app.dataframe
    shown = frame.value
    wanted = table[table["model"].isin(list(PAIRS["honest"].values()))]
    assert len(shown) == len(wanted)
    assert list(shown["Energy inside"]) == sorted(wanted["energy"], reverse=True)
    assert {"(a random map)", "(the middle)"} < set(shown["Method"])
    assert set(shown["Model"]) == {"CNN", "ViT"}
    assert shown.iloc[0]["95% of Energy inside"] == "0.85–0.95"
    text = words(app)
    assert "class-agnostic methods in 50%: near chance" in text
    assert "a random map has 0.10" in text
    assert "Means over 200 held-out scenes" in text
    assert "make truth" in text
    other = opened(PAGE, section=ALL, trained="cheating").dataframe[0].value
    assert len(other) == len(shown)


def test_a_missing_table_is_told_of_in_one_sentence(no_table: Path):
    for query in ({"section": ALL}, {"section": GUESS, "guess": "Model A"}):
        app = opened(PAGE, **query)
        assert [box.value for box in app.info if "make truth" in box.value] == [
            "The table of all methods is not made yet: run `make truth` in the project's folder, which takes half an hour."
        ]


def test_the_table_that_ships_is_whole():
    shipped = pd.read_parquet(known_truth.TABLE)
    assert set(shipped["model"]) == {key for pair in PAIRS.values() for key in pair.values()}
    assert shipped.attrs["tolerance"] == known_truth.TOLERANCE
    for key, rows in shipped.groupby("model"):
        methods = [method.label for method in fitting(caches.classifier(str(key)))]
        assert sorted(rows["method"]) == sorted([*methods, RANDOM, MIDDLE]), "`make truth` makes it anew"
        assert (rows["maps"] == 200).all()
    assert not shipped[[name for name in INTERVALS if name != "rank"]].isna().any(axis=None)
    blind = shipped[~shipped["class_specific"]]
    assert math.isclose(blind["favoured"].median(), 0.5, abs_tol=0.02)


def test_the_page_waits_for_no_model_of_the_sidebar():
    app = opened(PAGE, right="hf/wrong")
    assert grid(app, "left_known_grid")


@pytest.mark.parametrize("value", ["One scene", GUESS, ALL])
def test_sections_are_linkable(value: str):
    app = opened(PAGE, section=value)
    assert app.session_state["section"] == value
    assert not notices(app)
