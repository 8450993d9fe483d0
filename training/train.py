"""Trains one of the two bundled models: `python -m training.train {cnn,vit} --data FOLDER`.

Training is seeded, and uses a GPU if there is one. Weights and card are written after every epoch, and a run that was
interrupted continues after its last finished epoch.
"""

import argparse
import copy
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F

from dashboard.models.families.small_resnet import SmallResNet
from training import data
from training.card import Result, about_photos, write_card
from training.data import CIFAR, Pictures
from training.models import Logits, new_cnn, new_vit, save_cnn, save_vit

BUNDLED = Path(__file__).parents[1] / "dashboard" / "bundled"

Loss = Callable[[Tensor, Tensor, Tensor], Tensor]  # of pixels (B, 3, H, W), a model's answers to them, and labels (B,)


@dataclass(frozen=True)
class Recipe:
    """How one model is trained; the rate is the peak of a one-cycle schedule, `zoomed` the number of last epochs with zoom."""

    epochs: int
    batch: int
    rate: float
    weight_decay: float
    warm_up: float
    zoomed: int


RECIPES = {
    "cnn": Recipe(epochs=70, batch=256, rate=0.25, weight_decay=5e-4, warm_up=0.3, zoomed=20),
    "vit": Recipe(epochs=90, batch=512, rate=3e-3, weight_decay=0.05, warm_up=0.2, zoomed=20),
}


class Worker:
    """A bfloat16 copy of a model that computes gradients for its float32 original.

    On CPUs with bfloat16 units this halves a step against autocast, which casts weights and
    normalisations back and forth.
    """

    def __init__(self, model: nn.Module, compiled: bool) -> None:
        self.model = model
        self.copy = copy.deepcopy(model).to(dtype=torch.bfloat16).to(memory_format=torch.channels_last)
        self.forward = torch.compile(self.copy) if compiled else self.copy

    def logits(self, pixels: Tensor) -> Tensor:
        return self.forward(pixels.bfloat16()).float()

    @torch.no_grad()
    def pull(self) -> None:
        for mine, original in zip(self.copy.parameters(), self.model.parameters(), strict=True):
            mine.copy_(original)
            mine.grad = None

    def push(self) -> None:
        for mine, original in zip(self.copy.parameters(), self.model.parameters(), strict=True):
            original.grad = None if mine.grad is None else mine.grad.float()


class Autocast:
    """Mixed precision on the model itself."""

    def __init__(self, model: nn.Module, compiled: bool) -> None:
        self.model = model
        self.forward = torch.compile(model) if compiled else model

    def logits(self, pixels: Tensor) -> Tensor:
        with torch.autocast(pixels.device.type, torch.bfloat16):
            return self.forward(pixels.contiguous(memory_format=torch.channels_last)).float()

    def pull(self) -> None:
        self.model.zero_grad()

    def push(self) -> None:
        pass


def optimizers(name: str, model: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Nesterov SGD for the CNN; Muon (Jordan 2024) for the ViT's matrices and AdamW for the rest."""
    if name == "cnn":
        return [torch.optim.SGD(model.parameters(), recipe.rate, 0.9, weight_decay=recipe.weight_decay, nesterov=True)]
    matrices = [p for key, p in model.named_parameters() if p.ndim == 2 and "classifier" not in key]
    chosen = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in chosen]
    return [
        torch.optim.Muon(matrices, recipe.rate, recipe.weight_decay, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, recipe.rate, weight_decay=0.0),
    ]


def distilled(logits: Tensor, labels: Tensor, teacher: Tensor, temperature: float = 2.0, share: float = 0.7) -> Tensor:
    """Label loss and the teacher's soft answer mixed (Hinton et al. 2015, arXiv:1503.02531)."""
    soft = F.kl_div((logits / temperature).log_softmax(1), (teacher / temperature).softmax(1), reduction="batchmean")
    return (1 - share) * F.cross_entropy(logits, labels, label_smoothing=0.1) + share * temperature**2 * soft


def loss_function(teacher: nn.Module | None) -> Loss:
    """The loss of pixels (B, 3, H, W), logits (B, K) and labels (B, K): cross entropy, or a teacher's answers as well."""
    if teacher is None:
        return lambda pixels, logits, labels: F.cross_entropy(logits, labels, label_smoothing=0.1)

    @torch.no_grad()
    def answer(pixels: Tensor) -> Tensor:
        return teacher(pixels.to(torch.bfloat16, memory_format=torch.channels_last)).float()

    return lambda pixels, logits, labels: distilled(logits, labels, answer(pixels))


@torch.inference_mode()
def confusion(model: nn.Module, split: data.Split, pictures: Pictures) -> Tensor:
    """(K, K) counts in float32 precision: rows the truth, columns the answer."""
    model.eval()
    guesses = torch.cat([model(pictures.normalise(images)).argmax(1) for images in split.images.split(500)])
    model.train()
    classes = len(pictures.labels)
    return torch.bincount(split.labels * classes + guesses, minlength=classes**2).view(classes, classes).cpu()


@dataclass(frozen=True)
class Task:
    """What one run trains, and on what.

    `kind` is cnn or vit, `name` that of the folder which is written. `epoch` gives the `steps` batches of the epoch with this
    number. `write` is given the model and what it reached.
    """

    name: str
    kind: str
    recipe: Recipe
    pictures: Pictures
    steps: int
    epoch: Callable[[int], Iterator[tuple[Tensor, Tensor]]]
    test: data.Split
    write: Callable[[nn.Module, Result], None]


def main() -> None:
    """Trains one of the bundled models, and keeps its weights, its card and its history."""
    arguments = parse()
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train, test = (data.read_split(arguments.data, part).to(device) for part in ("train", "test"))
    name, recipe = arguments.model, RECIPES[arguments.model]
    recipe = replace(recipe, epochs=arguments.epochs or recipe.epochs)

    def epoch(number: int) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(arguments.seed * 1000 + number)
        return data.batches(train, recipe.batch, generator, zoomed=number >= recipe.epochs - recipe.zoomed)

    def write(model: nn.Module, result: Result) -> None:
        save(model, arguments.out / name, CIFAR)
        write_card(result, recipe, arguments.out / name, about_photos(name, recipe))

    model = (new_cnn() if name == "cnn" else Logits(new_vit(arguments.seed))).to(device)
    teacher = read_teacher(arguments.teacher, device) if name == "vit" else None
    task = Task(name, name, recipe, CIFAR, len(train.labels) // recipe.batch, epoch, test, write)
    fit(task, model, loss_function(teacher), arguments.compile, arguments.runs)


def save(model: nn.Module, folder: Path, pictures: Pictures) -> None:
    """Writes a trained model in the form of its kind."""
    if isinstance(model, Logits):
        save_vit(model.model, folder, pictures)
    elif isinstance(model, SmallResNet):
        save_cnn(model, folder, pictures)


def fit(task: Task, model: nn.Module, loss: Loss, compiled: bool, runs: Path) -> None:
    """Trains a model from the start, or from the last finished epoch; each epoch writes the weights, the card and the state."""
    recipe, compute = task.recipe, (Autocast if task.kind == "cnn" else Worker)(model, compiled)
    optims = optimizers(task.kind, model, recipe)
    schedules = [
        torch.optim.lr_scheduler.OneCycleLR(
            o, recipe.rate, total_steps=recipe.epochs * task.steps, pct_start=recipe.warm_up, cycle_momentum=False,
            final_div_factor=1e3,
        )
        for o in optims
    ]  # fmt: skip
    state = runs / f"{task.name}.pt"
    first, seconds = resume(state, model, optims, schedules) if state.exists() else (0, 0.0)
    for epoch in range(first, recipe.epochs):
        started, value = time.monotonic(), torch.tensor(torch.nan)
        for pixels, labels in task.epoch(epoch):
            compute.pull()
            value = loss(pixels, compute.logits(pixels), labels)
            value.backward()
            compute.push()
            for step in (*optims, *schedules):
                step.step()
        seconds += time.monotonic() - started
        device = str(next(model.parameters()).device)
        result = Result(task.name, epoch + 1, seconds, device, confusion(model, task.test, task.pictures))
        print(f"epoch {epoch + 1}/{recipe.epochs} loss {value:.3f} test {result.accuracy:.4f} {seconds:.0f} s", flush=True)
        task.write(model, result)
        keep(state, model, optims, schedules, epoch + 1, seconds)


def keep(path: Path, model, optims, schedules, epochs: int, seconds: float) -> None:
    """Saves everything that the next epoch needs. An interrupted save leaves the previous epoch's file intact."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = {"model": model.state_dict(), "steps": [part.state_dict() for part in (*optims, *schedules)]}
    torch.save({**parts, "epochs": epochs, "seconds": seconds}, path.with_suffix(".new"))
    path.with_suffix(".new").replace(path)


def resume(path: Path, model, optims, schedules) -> tuple[int, float]:
    """Restores what `keep` wrote; gives the epochs done and the seconds that they took."""
    parts = torch.load(path, weights_only=True)
    model.load_state_dict(parts["model"])
    for part, saved in zip((*optims, *schedules), parts["steps"], strict=True):
        part.load_state_dict(saved)
    return parts["epochs"], parts["seconds"]


def read_teacher(folder: Path, device: torch.device) -> SmallResNet:
    """The trained CNN whose answers a ViT learns from, in half precision."""
    config = json.loads((folder / "config.json").read_text())
    model = SmallResNet(len(config["labels"]), tuple(config["widths"]), tuple(config["strides"]))
    model.load_state_dict(
        {
            key: value.float() if value.is_floating_point() else value
            for key, value in load_file(folder / "model.safetensors").items()
        }
    )
    return model.to(device, torch.bfloat16).to(memory_format=torch.channels_last).eval()


def parse() -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="folder with cifar10-train.parquet and cifar10-test.parquet")
    parser.add_argument("--teacher", type=Path, default=BUNDLED / "cnn", help="the trained CNN that teaches the ViT")
    add_options(parser)
    return parser.parse_args()


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options that every command which trains has."""
    parser.add_argument("--out", type=Path, default=BUNDLED, help="where the model's folder is written")
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where unfinished runs are kept")
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="torch threads on the CPU")
    parser.add_argument("--compile", action="store_true", help="fuse operations; needs a C++ compiler")


if __name__ == "__main__":
    main()
