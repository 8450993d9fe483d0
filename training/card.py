"""The model card that is written beside every trained model."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from training.data import CLASSES


@dataclass(frozen=True)
class Result:
    """What a run gave: `confusion` (K, K) counts over the test split, rows the truth, columns the answer."""

    model: str
    epochs: int
    seconds: float
    device: str
    confusion: Tensor

    @property
    def accuracy(self) -> float:
        return (self.confusion.diagonal().sum() / self.confusion.sum()).item()


@dataclass(frozen=True)
class About:
    """What a card says besides the numbers: a `summary` of the network, the data's name and description, what was tested on,
    how the pictures were `varied`, the `command`, the `limits`, the `labels`, and further `facts` by their names.
    """

    summary: str
    trained_on: str
    data: str
    tested: str
    optimizer: str
    varied: str
    command: str
    limits: str
    labels: tuple[str, ...]
    facts: Mapping[str, float] = field(default_factory=dict)


SUMMARY = {
    "cnn": "A small ResNet: four basic blocks of torchvision at widths 64, 128, 256 and 256 behind a 3 x 3 stem, "
    "whose last feature maps are 8 x 8.",
    "vit": "A small vision transformer of Hugging Face transformers: 6 layers, 3 heads, width 192, patches of 4 x 4 "
    "pixels, so 8 x 8 patches and the CLS token. Its attention starts mimetic (arXiv:2305.09828); the bundled CNN "
    "taught it (distillation, arXiv:1503.02531).",
}
OPTIMIZER = {"cnn": "Nesterov SGD", "vit": "Muon for matrices and AdamW for the rest"}


def about_photos(model: str, recipe: Any) -> About:
    """What the cards of the pair say that was trained on CIFAR-10."""
    zoomed = f"; the last {recipe.zoomed} epochs also zoomed on plain grounds" if recipe.zoomed else ""
    return About(
        summary=SUMMARY[model],
        trained_on="CIFAR-10",
        data="CIFAR-10 (Krizhevsky 2009), 50,000 training photos of 32 x 32 pixels in ten classes.",
        tested="the 10,000 test photos",
        optimizer=OPTIMIZER[model],
        varied=f"shifts of up to 4 pixels, mirroring,\n  cut-out of 8 x 8{zoomed}",
        command=f"python -m training.train {model} --data FOLDER",
        limits="It knows ten classes and nothing else, and gives one of them to whatever it is shown. It sees 32 x 32 pixels: "
        "small or\noff-centre things in a large photo are lost. It is here to try the dashboard without a download, not for "
        "decisions.",
        labels=CLASSES,
    )


def write_card(result: Result, recipe: Any, folder: Path, about: About) -> None:
    """Writes `card.json` for programs and `README.md` for people."""
    facts = {
        "trained_on": about.trained_on,
        "test_accuracy": round(result.accuracy, 4),
        "licence": "MIT",
        "epochs": result.epochs,
        "seconds": round(result.seconds),
        "device": result.device,
        "recipe": asdict(recipe),
        **{name: round(value, 4) for name, value in about.facts.items()},
        "confusion": result.confusion.tolist(),
    }
    (folder / "card.json").write_text(json.dumps(facts, indent=1) + "\n")
    (folder / "README.md").write_text(_readme(result, recipe, about))


def _readme(result: Result, recipe: Any, about: About) -> str:
    header = "| truth \\ answer | " + " | ".join(about.labels) + " |\n" + "|---" * (len(about.labels) + 1) + "|\n"
    rows = "".join(
        f"| {name} | " + " | ".join(str(count) for count in counts) + " |\n"
        for name, counts in zip(about.labels, result.confusion.tolist(), strict=True)
    )
    facts = "".join(f"- **{name.replace('_', ' ').capitalize()}**: {value:.2%}.\n" for name, value in about.facts.items())
    return f"""# bundled/{result.model}

{about.summary}

- **Data**: {about.data}
- **Test accuracy**: {result.accuracy:.2%} on {about.tested}, after {result.epochs} of {recipe.epochs} epochs.
{facts}- **Recipe**: {about.optimizer}, one-cycle schedule with peak rate {recipe.rate} and {recipe.warm_up:.0%} warm-up,
  weight decay {recipe.weight_decay}, batches of {recipe.batch}, label smoothing 0.1, {about.varied}.
- **Time**: {result.seconds / 60:.0f} minutes on {result.device}. The weights are stored in half precision.
- **Made by**: `{about.command}`.

## Limits

{about.limits}

## Confusion on the test pictures

{header}{rows}"""
