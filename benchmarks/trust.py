"""Which methods name what a model's answer rests on: `python -m benchmarks.trust hf/<folder> <folder of photos>`.

For each photo and method: the area below the score as the map's cells are put back, less that as they are taken away, beside
the same for random maps and for a map of the middle. 0 is what a random map comes to; the top prediction is explained.
"""

import argparse
import sys
from pathlib import Path
from statistics import fmean, stdev

import torch
from torch import Tensor

from dashboard.engine.fitting import fitting
from dashboard.engine.price import weight_of_a_pass
from dashboard.engine.request import Request
from dashboard.engine.store import Store
from dashboard.evidence import Probe, scores_of
from dashboard.numerics.fidelity import area, centred, removal_order, taken_away, unrelated
from dashboard.photo import Photo, open_photo
from dashboard.studies.trust import SIDE, Grid, altering, common_grid

QUICK = 20  # passes: methods that take more are left out


def gap(store: Store, request: Request, grid: Grid, heatmap: Tensor, steps: int) -> float:
    """The area of insertion less that of deletion, of the top prediction's score."""
    answer = store.look(request.model.key, request.photo, Probe).prediction
    gone = taken_away(removal_order(heatmap, steps), steps)
    logits = store.tried(altering(request.model, request.photo, grid, "blur", torch.cat([gone, ~gone[1:-1]])))
    scores = scores_of(logits.double(), request.model.activation)[:, answer.top(1)[0][0]]
    deletion, inner = scores[: steps + 1], scores[steps + 1 :]
    return area(torch.cat([deletion[-1:], inner, deletion[:1]])) - area(deletion)


def of_photo(store: Store, key: str, photo: Photo, steps: int) -> dict[str, float]:
    """The gap of each quick method, and of maps of no knowledge, by name."""
    model = store.models(key)
    seen = store.look(key, photo, Probe)
    grid = common_grid([seen.box], photo.size)
    if grid is None:
        raise ValueError(f"expected a photo that the model sees a part of, got {photo.name}")
    found, probe = {}, Request(model, photo, fitting(model)[0]())
    maps = {"random": unrelated(1, SIDE, SIDE)[0], "the middle": centred(SIDE, SIDE)}
    for method in fitting(model):
        request = Request(model, photo, method())
        price = store.whole_price(request)
        if price.weight <= QUICK * weight_of_a_pass(model.operations):
            shown = store.made(request).shown
            if not shown.flat:
                maps[method.label] = grid.laid(shown)
    for name, heatmap in maps.items():
        found[name] = gap(store, probe, grid, heatmap, steps)
    store.forget_photo(photo.digest)
    return found


def main() -> None:
    """Prints the mean gap of each method over all photos, the smallest first, with its standard error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("photos", type=Path)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--most", type=int, default=30, help="photos")
    options = parser.parse_args()
    store, gaps = Store(), {}
    for path in sorted(options.photos.glob("*.jpg"))[: options.most]:
        found = of_photo(store, options.model, open_photo(path.read_bytes(), path.name), options.steps)
        for name, value in found.items():
            gaps.setdefault(name, []).append(value)
        print(path.name, {name: round(value, 3) for name, value in found.items()}, file=sys.stderr, flush=True)
    print("| map | insertion less deletion | photos |\n|---|---|---|")
    for name, values in sorted(gaps.items(), key=lambda each: fmean(each[1])):
        error = stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
        print(f"| {name} | {fmean(values):+.3f} ± {error:.3f} | {len(values)} |")


if __name__ == "__main__":
    main()
