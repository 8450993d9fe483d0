"""How far the maps of every method lie on the truth: `python -m tools.truth`, or `make truth`.

By default this asks the four models of scenes about held-out scenes, and keeps the table that the known-truth page shows. With
`--photos FOLDER` it asks any models about photos whose truth lies beside them: `dog.jpg` with `dog.mask.png` (white where the
object is), or boxes and outlines in a file of COCO's form (`--boxes instances.json`). A run that was cut off goes on.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image, ImageDraw

from dashboard.engine.fitting import fitting
from dashboard.engine.request import Request
from dashboard.engine.store import Store
from dashboard.explain import Explanation
from dashboard.models.classifier import ModelError
from dashboard.photo import Photo, PhotoError, open_photo
from dashboard.studies.known_truth import (
    NUMBERS,
    PAIRS,
    TABLE,
    TOLERANCE,
    Asked,
    Case,
    controls,
    given_away,
    known,
    one_object,
    summed_up,
    two_objects,
    verdict,
)

MODELS = tuple(key for pair in PAIRS.values() for key in pair.values())
SCENES, TWO, TAGGED = 200, 50, 50  # with one object, with two, and with the class that the tag gives away and the tag
PHOTOS = (".jpg", ".jpeg", ".png", ".webp")
MASK = ".mask.png"
README = Path(__file__).parents[1] / "README.md"
PLACE = re.compile(r"(<!-- truth -->\n).*?(<!-- /truth -->)", re.DOTALL)
HEADER = "| method | model | energy | rank | pointing | overlap | A rather than B |"


def scenes(count: int, two: int, tagged: int) -> Iterator[Case]:
    """Held-out scenes: of one object, and after every few of them one of two different ones and one with a tag, so that a part
    of a run has all.
    """
    for number in range(count):
        yield one_object(number)
        for made, most in ((two_objects, two), (given_away, tagged)):
            every = max(count // most, 1) if most else 0
            if every and number % every == 0 and number // every < most:
                yield made(number)


def masked_photos(folder: Path) -> Iterator[Case]:
    """Photos with a mask beside them, in a folder and those within it. A folder's name is the class of its photos, where the
    model knows one of this name.
    """
    for path in sorted(folder.rglob("*")):
        beside = path.with_suffix(MASK)
        if path.suffix.lower() in PHOTOS and not path.name.endswith(MASK) and beside.exists():
            photo = _opened(path)
            if photo is not None:
                mask = Image.open(beside).convert("L").resize(photo.size, Image.Resampling.BOX)
                yield Case(str(path.relative_to(folder)), photo, (Asked(path.parent.name, _tensor(mask)),))


def boxed_photos(folder: Path, boxes: Path) -> Iterator[Case]:
    """The photos that a file of COCO's form lists, each with a question about every class on it: its outlines, else boxes."""
    listed = json.loads(boxes.read_text())
    names = {category["id"]: category["name"] for category in listed["categories"]}
    for image in listed["images"]:
        photo = _opened(folder / image["file_name"])
        if photo is None:
            continue
        things = [each for each in listed["annotations"] if each["image_id"] == image["id"]]
        size = image.get("width", photo.size[0]), image.get("height", photo.size[1])
        classes = sorted({names[each["category_id"]] for each in things})
        asked = [Asked(name, _painted([each for each in things if names[each["category_id"]] == name], size, photo))
                 for name in classes]  # fmt: skip
        yield Case(image["file_name"], photo, tuple(asked))


def _painted(things: Sequence[dict[str, Any]], size: tuple[int, int], photo: Photo) -> torch.Tensor:
    """The pixels of a photo within any of these outlines or boxes, which are in pixels of `size`."""
    mask = Image.new("L", size)
    brush = ImageDraw.Draw(mask)
    for thing in things:
        outlines = thing.get("segmentation")
        if isinstance(outlines, list) and outlines:
            for outline in outlines:
                brush.polygon(outline, fill=255)
        else:
            left, top, width, height = thing["bbox"]
            brush.rectangle((left, top, left + max(width - 1, 0), top + max(height - 1, 0)), fill=255)
    return _tensor(mask if size == photo.size else mask.resize(photo.size, Image.Resampling.BOX))


def _tensor(mask: Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.asarray(mask, np.float32) / 255)


def _opened(path: Path) -> Photo | None:
    try:
        return open_photo(path.read_bytes(), path.name)
    except (PhotoError, OSError) as error:
        print(f"{path}: {error}", file=sys.stderr)
        return None


def rows_of(store: Store, key: str, case: Case, seed: int) -> list[dict[str, Any]]:
    """What every method that fits a model reaches on one case, and what the controls reach: one row for each map."""
    model, rows = store.models(key), []
    for asked in case.asked:
        target = known(model.labels, asked.name)
        shown: dict[str, Explanation] = {}
        for method in fitting(model):
            try:
                shown[method.label] = store.made(Request(model, case.photo, method(), target)).shown
            except ModelError as error:
                print(f"{case.name}, {method.label}: {error}", file=sys.stderr)
        if shown:
            shown |= controls(next(iter(shown.values())), seed)
        for label, each in shown.items():
            right = target is not None and each.prediction.top(1)[0][0] == target
            of_map = {"model": key, "method": label, "case": case.name, "asked": asked.name, "right": right}
            rows.append(of_map | asdict(verdict(each, case, asked)))
    store.forget_photo(case.photo.digest)
    return rows


def run(models: Sequence[str], cases: Sequence[Case], settings: dict[str, Any], kept: Path) -> pd.DataFrame:
    """All rows, those that an earlier run with the same settings kept included; each case is kept as soon as it is done."""
    done = _kept(kept, settings)
    store, started, new = Store(), time.monotonic(), 0
    with kept.open("a") as file:
        for number, case in enumerate(cases):
            for key in models:
                if (key, case.name) in done:
                    continue
                done[key, case.name] = rows_of(store, key, case, number)
                file.write(json.dumps({"model": key, "case": case.name, "rows": done[key, case.name]}) + "\n")
                file.flush()
                new += 1
            left = (len(cases) * len(models) - len(done)) * (time.monotonic() - started) / max(new, 1)
            print(f"{number + 1} of {len(cases)}, {left / 60:.0f} min left", flush=True)
    wanted = [done[key, case.name] for key in models for case in cases]
    return pd.DataFrame([row for rows in wanted for row in rows])


def _kept(path: Path, settings: dict[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    """The rows of an earlier run with these settings; else the file is begun anew, with the settings as its first line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = path.read_text().splitlines() if path.exists() else []
    whole = [line for line in lines if line.endswith("}")]  # the last one may have been cut off
    if not whole or json.loads(whole[0]) != settings:
        whole = [json.dumps(settings)]
    path.write_text("\n".join(whole) + "\n")
    return {(each["model"], each["case"]): each["rows"] for each in map(json.loads, whole[1:])}


def readme_table(table: pd.DataFrame) -> str:
    """The table as the README shows it: the honest pair's methods, those with the most energy on the object first."""
    rows = sorted(table.to_dict("records"), key=lambda row: -row["energy"])
    lines = [HEADER, "|---" * (HEADER.count("|") - 1) + "|"]
    for key, kind in zip(MODELS[:2], ("CNN", "ViT"), strict=True):
        for row in (row for row in rows if row["model"] == key):
            numbers = " | ".join(_with_interval(row, name) for name in (*NUMBERS, "favoured"))
            lines.append(f"| {row['method']} | {kind} | {numbers} |")
    return "\n".join(lines) + "\n"


def _with_interval(row: Mapping[Hashable, Any], name: str) -> str:
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


def main() -> None:
    """Asks all models about all cases, and writes the table."""
    arguments = parse()
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    if arguments.photos is None:
        cases = list(scenes(arguments.scenes, arguments.pairs, arguments.tagged))
    elif arguments.boxes is None:
        cases = list(masked_photos(arguments.photos))
    else:
        cases = list(boxed_photos(arguments.photos, arguments.boxes))
    if not cases:
        sys.exit(f"{arguments.photos} holds no photo with a mask: expected dog.jpg beside dog{MASK}, or --boxes with a file.")
    settings = {
        "models": arguments.models, "photos": str(arguments.photos or "scenes"), "cases": len(cases), "tolerance": TOLERANCE,
        "two": sum(len(case.asked) == 2 for case in cases), "tagged": sum(case.tag is not None for case in cases),
    }  # fmt: skip
    rows = run(arguments.models, cases, settings, arguments.kept)
    table = summed_up(rows, alone=arguments.photos is None)
    table.attrs |= settings
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(arguments.out)
    if arguments.out == TABLE:
        README.write_text(PLACE.sub(lambda found: found[1] + readme_table(table) + found[2], README.read_text()))
    print(table.drop(columns=[name for name in table if name.endswith(("_low", "_high"))]).round(3).to_string(index=False))


def parse() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(MODELS), metavar="KEY", help="such as hf/dinov2-small")
    parser.add_argument("--scenes", type=int, default=SCENES, help="how many scenes of one object")
    parser.add_argument("--pairs", type=int, default=TWO, help="how many scenes of two objects")
    parser.add_argument("--tagged", type=int, default=TAGGED, help="how many scenes with a tag")
    parser.add_argument("--photos", type=Path, help="a folder with photos, in place of scenes")
    parser.add_argument("--boxes", type=Path, help="a file of COCO's form with boxes or outlines for these photos")
    parser.add_argument("--out", type=Path, default=TABLE, help="the table, a parquet file")
    parser.add_argument("--kept", type=Path, default=Path("runs", "truth.jsonl"), help="where a run that is cut off goes on")
    parser.add_argument("--threads", type=int, help="torch threads on the CPU")
    return parser.parse_args()


if __name__ == "__main__":
    main()
