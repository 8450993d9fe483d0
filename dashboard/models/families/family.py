"""What a family of checkpoints is to the rest of the app."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import torch

from dashboard.evidence import Evidence
from dashboard.models.device import Report
from dashboard.models.fetching import Download
from dashboard.models.network import Network

IMAGENET = "ImageNet-1k"


@dataclass(frozen=True)
class Checkpoint:
    """What is known of a checkpoint before it is loaded.

    `gives` is the evidence of the first method that fits it: CAM, else Grad-CAM, or rollout. `megabytes` is the size of its
    download in millions of bytes, 0 where it ships with the project. `parameters` are in millions. `accuracy` is top-1 in
    percent on the test set of the data that it was trained on last. Numbers are None, and texts empty, where they are not
    known.
    """

    key: str
    title: str
    gives: type[Evidence]
    training_data: str
    megabytes: float | None = None
    parameters: float | None = None
    accuracy: float | None = None
    licence: str = ""


class Family(Protocol):
    """One source of checkpoints, whose keys are `<prefix>/<name>`.

    `well_known` are the rows of the catalogue that a person sees first, `others` the rest of what the family knows. A name may
    be anything that a person typed: only `open` refuses a wrong one.
    """

    prefix: ClassVar[str]
    well_known: ClassVar[tuple[Checkpoint, ...]]
    others: ClassVar[tuple[Checkpoint, ...]]

    def is_here(self, name: str) -> bool:
        """Whether `open` can open the checkpoint, or refuse the name, without a download. Asks no network."""
        ...

    def own_path(self, name: str) -> str:
        """Where a person's own files for this name lie below `DASHBOARD_MODELS`; empty where the family reads none."""
        ...

    def own_title(self, name: str, title: str) -> str:
        """What a person's own files are called where `title` is known by the same name."""
        ...

    def own_names(self, files: Sequence[Path]) -> list[str]:
        """The names that a person's own `files` can be opened by; paths are relative to `DASHBOARD_MODELS`."""
        ...

    def inspect(self, name: str, title: str) -> None:
        """Looks at a person's own files without reading the weights.

        Raises:
            ModelError: `open` would refuse them; the text says what was expected.
        """
        ...

    def fetch(self, name: str, title: str, download: Download) -> None:
        """Downloads a checkpoint's files.

        Raises:
            ModelError: the files did not come whole, or do not exist; the text says why.
            Forsaken: no caller waits for the download any longer.
        """
        ...

    def open(self, name: str, title: str, report: Report, device: torch.device) -> Network:
        """Opens a checkpoint from files on this machine, frozen and in evaluation mode, on `device`.

        Raises:
            NotHere: its files are not on this machine.
            ModelError: the name is no checkpoint of this family, or its files can't be used; the text says what was expected.
        """
        ...
