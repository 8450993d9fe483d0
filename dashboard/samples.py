"""The photos that a newcomer can choose, with where each is from. Nine ship with this project, six within scikit-image."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

__all__ = ["SAMPLES", "THUMBNAILS", "Sample"]
OURS = Path(__file__).with_name("bundled") / "photos"
THUMBNAILS = OURS / "thumbnails"


@dataclass(frozen=True)
class Sample:
    """A photo that ships: its `file`, its `title`, who it is `by`, its `licence`, where it is `from_`, how it was `changed`.

    `shows` is its class among the ten of CIFAR-10, which the bundled pair was trained on; empty where it shows none of them.
    """

    file: str
    title: str
    by: str
    licence: str
    from_: str
    shows: str = ""
    changed: str = ""

    @property
    def credit(self) -> str:
        """What stands beside the photo wherever it is shown or printed: who it is by, its licence, and how it was changed."""
        return ", ".join(filter(None, (self.by, self.licence, self.changed)))

    def data(self) -> bytes:
        """The file's bytes."""
        return (_folder(self.from_) / self.file).read_bytes()


SKIMAGE = "scikit-image"


def _folder(source: str) -> Path:
    if source != SKIMAGE:
        return OURS
    package = find_spec("skimage")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("expected scikit-image, which some samples come with")
    return Path(package.submodule_search_locations[0], "data")


KDE, GCOMPRIS, TUX_PAINT = "KDE Plasma's avatars", "GCompris", "Tux Paint's stamps"
MIDDLEBURY = "Middlebury College, Scharstein et al. 2014"
FREE = "free to use and publish"  # in its makers' own words: the data set names no licence
# What the bundled pair knows comes first, so that a newcomer's first clicks have right answers.
SAMPLES = {
    "chelsea": Sample("chelsea.png", "Chelsea the cat", "Stéfan van der Walt", "CC0", SKIMAGE, "cat"),
    "retriever": Sample("retriever.jpg", "Golden retriever", "Snapwire", "CC0", KDE, "dog"),
    "osprey": Sample("osprey.jpg", "Osprey", "Budgie Desktop developers", "CC0", "Budgie's backgrounds", "bird", "cropped"),
    "toad": Sample("toad.jpg", "Golden toad", "US Fish and Wildlife Service", "public domain", GCOMPRIS, "frog"),
    "moose": Sample("moose.jpg", "Moose", "Ryan Hagerty", "public domain", GCOMPRIS, "deer"),
    "horses": Sample("horses.jpg", "Nokota horses", "Seth Zeigler", "public domain", GCOMPRIS, "horse"),
    "car": Sample("car.jpg", "White car", "Pixabay", "CC0", KDE, "automobile"),
    "fire_engine": Sample("fire_engine.jpg", "Fire engine", "Aaron M. Lang", "CC BY 2.5", TUX_PAINT, "truck", "cut out"),
    "boat": Sample("boat.jpg", "Rowing boat", "Ian Hex", "LGPL 3", "KDE Plasma's wallpapers", "ship", "cropped"),
    "wing": Sample("wing.jpg", "Wing of an airliner", "GNOME developers", "GPL 2 or later", "GNOME's avatars", "airplane"),
    "astronaut": Sample("astronaut.png", "Astronaut", "NASA", "public domain", SKIMAGE),
    "coffee": Sample("coffee.png", "Cup of coffee", "Rachel Michetti", "CC0", SKIMAGE),
    "rocket": Sample("rocket.jpg", "Rocket at night", "SpaceX", "public domain", SKIMAGE),
    "motorcycle": Sample("motorcycle_left.png", "Motorcycle in a garage", MIDDLEBURY, FREE, SKIMAGE),
    "camera": Sample("camera.png", "Man with a camera", "Lav Varshney", "CC0", SKIMAGE),
}  # fmt: skip
