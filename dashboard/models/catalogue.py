"""The checkpoints that the families know: what they are, and how large a download is, before anything is loaded."""

from dashboard.models.families import FAMILIES
from dashboard.models.families.family import Checkpoint

__all__ = ["KNOWN", "MODELS", "OTHERS", "Checkpoint"]

MODELS: tuple[Checkpoint, ...] = tuple(checkpoint for family in FAMILIES for checkpoint in family.well_known)
OTHERS: tuple[Checkpoint, ...] = tuple(checkpoint for family in FAMILIES for checkpoint in family.others)
KNOWN = {checkpoint.key: checkpoint for checkpoint in (*MODELS, *OTHERS)}
