"""The model card that is written beside every trained model."""

import json
from dataclasses import asdict, dataclass
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


SUMMARY = {
    "cnn": "A small ResNet: four basic blocks of torchvision at widths 64, 128, 256 and 256 behind a 3 x 3 stem, "
    "whose last feature maps are 8 x 8.",
    "vit": "A small vision transformer of Hugging Face transformers: 6 layers, 3 heads, width 192, patches of 4 x 4 "
    "pixels, so 8 x 8 patches and the CLS token. Its attention starts mimetic (arXiv:2305.09828); the bundled CNN "
    "taught it (distillation, arXiv:1503.02531).",
}


def write_card(result: Result, recipe: Any, folder: Path) -> None:
    """Writes `card.json` for programs and `README.md` for people."""
    facts = {
        "trained_on": "CIFAR-10",
        "test_accuracy": round(result.accuracy, 4),
        "licence": "MIT",
        "epochs": result.epochs,
        "seconds": round(result.seconds),
        "device": result.device,
        "recipe": asdict(recipe),
        "confusion": result.confusion.tolist(),
    }
    (folder / "card.json").write_text(json.dumps(facts, indent=1) + "\n")
    (folder / "README.md").write_text(_readme(result, recipe))


def _readme(result: Result, recipe: Any) -> str:
    header = "| truth \\ answer | " + " | ".join(CLASSES) + " |\n" + "|---" * (len(CLASSES) + 1) + "|\n"
    rows = "".join(
        f"| {name} | " + " | ".join(str(count) for count in counts) + " |\n"
        for name, counts in zip(CLASSES, result.confusion.tolist(), strict=True)
    )
    zoomed = f"; the last {recipe.zoomed} epochs also zoomed on plain grounds" if recipe.zoomed else ""
    optimizer = "Nesterov SGD" if result.model == "cnn" else "Muon for matrices and AdamW for the rest"
    return f"""# bundled/{result.model}

{SUMMARY[result.model]}

- **Data**: CIFAR-10 (Krizhevsky 2009), 50,000 training photos of 32 x 32 pixels in ten classes.
- **Test accuracy**: {result.accuracy:.2%} on the 10,000 test photos, after {result.epochs} of {recipe.epochs} epochs.
- **Recipe**: {optimizer}, one-cycle schedule with peak rate {recipe.rate} and {recipe.warm_up:.0%} warm-up, weight decay
  {recipe.weight_decay}, batches of {recipe.batch}, label smoothing 0.1, shifts of up to 4 pixels, mirroring,
  cut-out of 8 x 8{zoomed}.
- **Time**: {result.seconds / 60:.0f} minutes on {result.device}. The weights are stored in half precision.
- **Made by**: `python -m training.train {result.model} --data FOLDER`.

## Limits

It knows ten classes and nothing else, and gives one of them to whatever it is shown. It sees 32 x 32 pixels: small or
off-centre things in a large photo are lost. It is here to try the dashboard without a download, not for decisions.

## Confusion on the test photos

{header}{rows}"""
