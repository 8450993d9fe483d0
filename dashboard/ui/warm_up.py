"""What a first visitor would wait for, done before anybody comes."""

from dashboard.compare import Pair, annotate
from dashboard.engine.fitting import first_fitting
from dashboard.explain import read
from dashboard.figures.maps import Look, map_figure
from dashboard.photo import SAMPLES
from dashboard.ui import caches
from dashboard.ui.parts.model_picker import DEFAULTS


def warm_up() -> None:
    """Imports the libraries, loads the default pair, explains the default photo and draws both maps once."""
    sample = next(iter(SAMPLES))
    photo = caches.sample(sample)
    behind = caches.screen_copy(photo.digest, photo)
    methods = Pair.of(lambda slot: first_fitting(caches.classifier(DEFAULTS[slot]))())
    shown = Pair.of(
        lambda slot: read(
            caches.observation(DEFAULTS[slot], photo.digest, methods[slot].needs, photo), DEFAULTS[slot], methods[slot]
        )
    )
    map_figure(shown.left, behind, Look(), annotate(shown.left, shown.right), shown.right.method.label)
