"""What can be asked for: one method, about one photo of one model."""

from dataclasses import dataclass
from typing import Generic

from dashboard.evidence import Question
from dashboard.methods.base import M_co
from dashboard.models.classifier import Classifier
from dashboard.photo import Photo


@dataclass(frozen=True)
class Request(Generic[M_co]):
    """One method with its options, asked about one class of one photo, or about it rather than another class."""

    model: Classifier
    photo: Photo
    method: M_co
    target: int | None = None
    against: int | None = None

    @property
    def question(self) -> Question:
        """The score that is explained."""
        return self.method.question(self.target, self.against)

    @property
    def meaning(self) -> tuple:
        """What its answer is kept by: the model, the photo and the method; the classes only where they can change the map."""
        question = (self.target, self.against) if self.method.class_specific else ()
        return self.model.key, self.photo.digest, self.method, *question
