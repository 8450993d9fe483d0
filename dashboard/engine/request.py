"""What can be asked of the engine: one method's map of one photo for one model."""

from dataclasses import dataclass
from typing import Generic

from dashboard.evidence import Question
from dashboard.methods.base import M_co
from dashboard.models.classifier import Classifier
from dashboard.photo import Photo


@dataclass(frozen=True)
class Request(Generic[M_co]):
    """One method with its options, asked about a model and a photo. `target` is the class that is explained, None for the top
    prediction; `against` is the class that it is compared with, if any.
    """

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
        """The key of the map in a store: the model, the photo and the method; the classes only where they change the map."""
        question = (self.target, self.against) if self.method.class_specific else ()
        return self.model.key, self.photo.digest, self.method, *question
