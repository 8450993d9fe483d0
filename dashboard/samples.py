"""The photos that a newcomer can choose, with where each is from. Nine ship with this project, six within scikit-image."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

__all__ = ["SAMPLES", "THUMBNAILS", "Sample"]
OURS = Path(__file__).with_name("bundled") / "photos"
THUMBNAILS = OURS / "thumbnails"


@dataclass(frozen=True)
class Sample:
    """A photo that ships: its `file`, its `title`, who made it and by which licence (`credit`), and where it is `from_`.

    `shows` is its class among the ten of CIFAR-10, which the bundled pair was trained on; empty where it shows none of them.
    """

    file: str
    title: str
    credit: str
    from_: str
    shows: str = ""

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


KDE, GCOMPRIS = "KDE Plasma's avatars", "GCompris"
# What the bundled pair knows comes first, so that a newcomer's first clicks have right answers.
SAMPLES = {
    "chelsea": Sample("chelsea.png", "Chelsea the cat", "Stéfan van der Walt, CC0", SKIMAGE, "cat"),
    "retriever": Sample("retriever.jpg", "Golden retriever", "Snapwire, CC0", KDE, "dog"),
    "osprey": Sample("osprey.jpg", "Osprey", "Budgie Desktop developers, CC0, cropped", "Budgie's backgrounds", "bird"),
    "toad": Sample("toad.jpg", "Golden toad", "US Fish and Wildlife Service, public domain", GCOMPRIS, "frog"),
    "moose": Sample("moose.jpg", "Moose", "Ryan Hagerty, public domain", GCOMPRIS, "deer"),
    "horses": Sample("horses.jpg", "Nokota horses", "Seth Zeigler, public domain", GCOMPRIS, "horse"),
    "car": Sample("car.jpg", "White car", "Pixabay, CC0", KDE, "automobile"),
    "fire_engine": Sample("fire_engine.jpg", "Fire engine", "Aaron M. Lang, CC BY 2.5, cut out", "Tux Paint's stamps", "truck"),
    "boat": Sample("boat.jpg", "Rowing boat", "Ian Hex, LGPL 3, cropped", "KDE Plasma's wallpapers", "ship"),
    "wing": Sample("wing.jpg", "Wing of an airliner", "GNOME developers, GPL 2 or later", "GNOME's avatars", "airplane"),
    "astronaut": Sample("astronaut.png", "Astronaut", "NASA, public domain", SKIMAGE),
    "coffee": Sample("coffee.png", "Cup of coffee", "Rachel Michetti, CC0", SKIMAGE),
    "rocket": Sample("rocket.jpg", "Rocket at night", "SpaceX, public domain", SKIMAGE),
    "motorcycle": Sample("motorcycle_left.png", "Motorcycle in a garage", "Middlebury 2014 stereo data", SKIMAGE),
    "camera": Sample("camera.png", "Man with a camera", "Lav Varshney, CC0", SKIMAGE),
}  # fmt: skip
