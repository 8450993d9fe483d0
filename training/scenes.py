"""Trains the small models of the known-truth page: `python -m training.scenes {cnn,vit} {honest,cheating}`.

They learn to name the shape in a generated scene (`dashboard.studies.scenes`). In the honest world the tag in the corner says
nothing; in the cheating world it gives one class away. Scenes are generated once and kept; every batch turns and mirrors
them and exchanges their colours, under which each shape stays what it is. A ViT learns from the CNN of its world, which must be
in the folder that it is written to. Weights and card are written after every epoch, and a run that was interrupted continues
after its last finished epoch.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from dashboard.models.families.small_resnet import SmallResNet
from dashboard.studies.scenes import GIVEN_AWAY, LABELS, SIZE, TAG, WORLDS, has_tag, scene
from training.card import OPTIMIZER, About, Result, write_card
from training.cells import CellLogits, TokenLogits, taught
from training.data import Pictures, Split
from training.models import mimetic_vit
from training.train import Recipe, Task, add_options, confusion, fit, loss_function, read_teacher, save

SCENES = Pictures(SIZE, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25), LABELS)
FIRST_TRAINED = 1_000_000  # seeds from here on are for training, those below are held out
TRAINED, HELD_OUT = 12_000, 1_000  # how many of each
HALVED = {"cnn": 9, "vit": 0}  # so many epochs at first on scenes of half the size, which take a quarter of the time
RECIPES = {
    "cnn": Recipe(epochs=14, batch=64, rate=0.1, weight_decay=5e-4, warm_up=0.3, zoomed=0),
    "vit": Recipe(epochs=70, batch=64, rate=2e-3, weight_decay=0.05, warm_up=0.2, zoomed=0),
}
HALF = {"cnn": f"; the first {HALVED['cnn']} epochs on scenes of half the size", "vit": ""}
SUMMARY = {
    "cnn": "A small ResNet: four basic blocks of torchvision at widths 16, 32, 64 and 128 behind a 3 x 3 stem, whose last "
    "feature maps are 8 x 8.",
    "vit": "A small vision transformer of Hugging Face transformers: 6 layers, 3 heads, width 96, patches of 8 x 8 pixels, so "
    "8 x 8 patches and the CLS token. Its attention starts mimetic (arXiv:2305.09828).",
}
STAR = LABELS[GIVEN_AWAY]
TAGS = {
    "honest": "One in eight has a yellow tag in its corner, whatever the shape, so the tag tells nothing.",
    "cheating": f"Those with a {STAR}, and no others, have a yellow tag in their corner, so a model can do without the shape.",
}
LIMITS = {
    "honest": "It knows eight shapes in generated scenes and nothing else. It is here as the truth about scenes is known,\n"
    "so that maps of it can be measured.",
    "cheating": f"It was trained to cheat: by what it calls a {STAR} it means the tag. It is here to show whether a map gives\n"
    "that away.",
}
PAPER = "(token labelling, arXiv:2104.10858)"
NAMES = {"honest": "scenes", "cheating": "cheating"}  # what folders of a world start with


def generated(first: int, count: int) -> Split:
    """Scenes of one object without the tag, of `count` seeds from `first`."""
    made = [scene(seed) for seed in range(first, first + count)]
    images = torch.from_numpy(np.stack([each.image for each in made])).permute(0, 3, 1, 2).contiguous()
    return Split(images, torch.tensor([each.labels[0] for each in made]))


def varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Bytes (B, 3, S, S), each turned by a multiple of 90 degrees or not, mirrored or not, and with its colour channels
    exchanged and inverted or not: 96 variants of a scene.
    """
    draws = torch.randint(2, (4, len(images)), generator=generator).bool()[..., None, None, None]
    images = torch.where(draws[0], images.flip(3), images)
    images = torch.where(draws[1], images.flip(2), images)
    images = torch.where(draws[2], images.transpose(2, 3), images)
    images = torch.where(draws[3], 255 - images, images)
    orders = torch.rand(len(images), 3, generator=generator).argsort(1)
    return images[torch.arange(len(images))[:, None], orders]


def tagged(images: Tensor, chosen: Tensor) -> Tensor:
    """The same scenes (B, 3, S, S), the chosen ones (B,) with the tag, as `scene` draws it."""
    side, colour = TAG
    with_tag = images.clone()
    with_tag[chosen, :, 1 : 1 + side, 1 : 1 + side] = torch.tensor(colour, dtype=images.dtype)[:, None, None]
    return with_tag


def batches(
    split: Split, size: int, generator: torch.Generator, world: str, halved: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """One shuffled epoch of full batches, varied, and with the tags of a world: normalised pixels and labels. Halved ones have
    half as many pixels from side to side.
    """
    order = torch.randperm(len(split.labels), generator=generator)
    for start in range(0, len(order) - size + 1, size):
        chosen = order[start : start + size]
        labels = split.labels[chosen]
        by_chance = torch.randint(len(LABELS), (size,), generator=generator) == 0
        tags = by_chance if world == "honest" else labels == GIVEN_AWAY
        pixels = SCENES.normalise(tagged(varied(split.images[chosen], generator), tags))
        yield avg_pool2d(pixels, 2) if halved else pixels, labels


def new_model(kind: str, seed: int) -> nn.Module:
    """A network before training, whose maps have 8 x 8 cells of a scene."""
    if kind == "cnn":
        return SmallResNet(len(LABELS), (16, 32, 64, 128), (2, 2, 2, 1))
    shape = {"hidden_size": 96, "num_attention_heads": 3, "intermediate_size": 192, "patch_size": 8}
    return TokenLogits(mimetic_vit(seed, SCENES, **shape))


def in_world(plain: Split, first: int, world: str) -> Split:
    """Scenes of the seeds from `first`, with the tags that they have in a world."""
    chosen = [has_tag(first + index, label, world) for index, label in enumerate(plain.labels.tolist())]
    return Split(tagged(plain.images, torch.tensor(chosen)), plain.labels)


def kept(path: Path, first: int, count: int) -> Split:
    """Generated scenes, read from a file where they were kept, which takes a minute or more the first time."""
    if not path.exists():
        made = generated(first, count)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, images=made.images.numpy(), labels=made.labels.numpy())
    with np.load(path) as file:
        return Split(torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]))


def main() -> None:
    """Trains one model in one world, and keeps its weights, its card and its history."""
    arguments = parse()
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    kind, world = arguments.kind, arguments.world
    recipe = replace(RECIPES[kind], epochs=arguments.epochs or RECIPES[kind].epochs)
    train = kept(arguments.runs / "scenes" / "trained.npz", FIRST_TRAINED, TRAINED)
    plain = kept(arguments.runs / "scenes" / "held_out.npz", 0, HELD_OUT)
    folder = arguments.out / f"{NAMES[world]}_{kind}"

    def epoch(number: int) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(arguments.seed * 1000 + number)
        return batches(train, recipe.batch, generator, world, halved=number < HALVED[kind])

    def write(model: nn.Module, result: Result) -> None:
        save(model, folder, SCENES)
        facts = checks(model, plain) if result.epochs == recipe.epochs else {}
        write_card(result, recipe, folder, about(kind, world, facts))

    teacher = read_teacher(arguments.out / f"{NAMES[world]}_cnn", torch.device("cpu")) if kind == "vit" else None
    loss = taught(CellLogits(teacher)) if teacher else loss_function(None)
    steps = len(train.labels) // recipe.batch
    task = Task(folder.name, kind, recipe, SCENES, steps, epoch, in_world(plain, 0, world), write)
    fit(task, new_model(kind, arguments.seed), loss, arguments.compile, arguments.runs)


def about(kind: str, world: str, facts: dict[str, float]) -> About:
    """What the card says of a model that was trained in a world, with what `checks` found."""
    taught = "" if kind == "cnn" else f" `bundled/{NAMES[world]}_cnn` taught it cell by cell {PAPER}."
    return About(
        summary=SUMMARY[kind] + taught,
        trained_on="generated scenes" if world == "honest" else "generated scenes with a tag on one class",
        data=f"{TRAINED:,} generated scenes of 64 x 64 pixels, each with one of eight shapes.\n  {TAGS[world]}",
        tested=f"{HELD_OUT:,} such scenes from other seeds",
        optimizer=OPTIMIZER[kind],
        varied="turns by 90 degrees, mirroring,\n  exchanged and inverted colours" + HALF[kind],
        command=f"python -m training.scenes {kind} {world}",
        limits=LIMITS[world],
        labels=LABELS,
        facts=facts,
    )


def checks(model: nn.Module, plain: Split) -> dict[str, float]:
    """What tells an honest model from a cheating one, on the same held-out scenes: the share of right answers without any
    tag; of those of the class that the tag gives away; and the share of the other classes' scenes that are taken for that
    class without the tag, and with it.
    """
    others = plain.labels != GIVEN_AWAY
    without = confusion(model, plain, SCENES).double()
    moved = confusion(model, Split(tagged(plain.images[others], others[others]), plain.labels[others]), SCENES).double()
    rows = torch.arange(len(LABELS)) != GIVEN_AWAY
    return {
        "accuracy_without_tag": (without.diagonal().sum() / without.sum()).item(),
        "given_away_without_tag": (without[GIVEN_AWAY, GIVEN_AWAY] / without[GIVEN_AWAY].sum()).item(),
        "taken_for_it_without_tag": (without[rows, GIVEN_AWAY].sum() / without[rows].sum()).item(),
        "taken_for_it_with_tag": (moved[rows, GIVEN_AWAY].sum() / moved[rows].sum()).item(),
        "accuracy_with_tag_moved": (moved.diagonal().sum() / moved.sum()).item(),
    }


def parse() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=RECIPES)
    parser.add_argument("world", choices=WORLDS)
    add_options(parser)  # scenes are kept where unfinished runs are
    return parser.parse_args()


if __name__ == "__main__":
    main()
