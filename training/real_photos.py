"""How the bundled pair reads large real photos: `python -m training.real_photos FOLDER`.

FOLDER holds one folder per class. Each photo is read twice: squeezed to the input's size, and cropped to its centre. If it has
transparency, its opaque part is taken as the true place of the object. A map's score is the share of its top fifth of cells
that lies on this part; beside it stands the opaque part's share of the photo, which is what chance would give.
"""

import sys
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms._presets import ImageClassification

from dashboard.explain import read
from dashboard.methods import AttentionRollout, ClassActivationMap, Method
from dashboard.models.classifier import Classifier
from dashboard.models.preprocessing import from_preset
from dashboard.models.zoo import load
from dashboard.numerics.agreement import top_mask
from dashboard.photo import Photo, PhotoError, open_photo
from training.data import CLASSES, MEAN, STD

METHODS: dict[str, list[Method]] = {
    "bundled/cnn": [ClassActivationMap()],
    "bundled/vit": [AttentionRollout(heads, discard) for heads in ("mean", "max", "min") for discard in (0.0, 0.5, 0.9)],
}


def photos(folder: Path) -> list[tuple[str, Photo, Tensor | None]]:
    """The true class and the photo of each file, and its opaque part (H, W), or None if it has no transparency."""
    found = []
    for file in sorted(path for name in CLASSES for path in (folder / name).glob("*")):
        try:
            photo = open_photo(file.read_bytes(), file.name)
        except PhotoError as error:
            print(f"{file}: {error}", file=sys.stderr)
            continue
        image = Image.open(file)
        opaque = torch.tensor(list(image.convert("RGBA").getchannel("A").tobytes())).view(image.height, image.width) > 127
        found.append((file.parent.name, photo, opaque if not opaque.all() else None))
    return found


def pointing(heatmap: Tensor, opaque: Tensor) -> float:
    """The share of the top fifth of a map's cells that lies on the opaque part, on the map's own grid."""
    rows, columns = heatmap.shape
    on_grid = torch.nn.functional.adaptive_avg_pool2d(opaque[None].float(), (rows, columns))[0]
    return on_grid[top_mask(heatmap, 0.2)].mean().item()


def cropped(model: Classifier) -> Classifier:
    """The same model behind a centre crop."""
    preset = ImageClassification(crop_size=32, resize_size=32, mean=MEAN, std=STD)
    return replace(model, preprocessing=from_preset(preset))


def main() -> None:
    """Prints how each bundled model does on a folder of large photos: right answers, and where its map lies."""
    shown = photos(Path(sys.argv[1]))
    for key, methods in METHODS.items():
        model = load(key)
        for way, reader in (("squeezed", model), ("cropped", cropped(model))):
            seen = [reader.observe(photo, methods[0].needs) for _, photo, _ in shown]
            right = sum(s.prediction.top(1)[0][1] == truth for s, (truth, _, _) in zip(seen, shown, strict=True))
            print(f"{key} {way}: {right} of {len(shown)} right")
            if way == "cropped":
                continue
            for method in methods:
                scores = [(pointing(read(s, key, method).heatmap, o), o.float().mean().item())
                          for s, (_, _, o) in zip(seen, shown, strict=True) if o is not None]  # fmt: skip
                mean, chance = (torch.tensor(scores).mean(0)).tolist()
                print(f"  {method}: {mean:.2f} of its top fifth on the thing, which covers {chance:.2f} of the photo")


if __name__ == "__main__":
    main()
