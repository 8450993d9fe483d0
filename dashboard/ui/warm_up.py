"""Work that the first visitor would wait for, done before they come."""

from dashboard.compare import Pair, Slot, annotate
from dashboard.engine.fitting import first_fitting
from dashboard.explain import Explanation, read
from dashboard.figures.maps import Style, map_figure
from dashboard.photo import SAMPLES
from dashboard.ui import caches
from dashboard.ui.parts.model_picker import DEFAULTS


def warm_up() -> None:
    """Imports the libraries, loads the default pair, explains the default photo and draws both maps once."""
    sample = next(iter(SAMPLES))
    photo = caches.sample(sample)
    behind = caches.screen_copy(photo)
    methods = Pair.of(lambda slot: first_fitting(caches.classifier(DEFAULTS[slot]))())

    def shown(slot: Slot) -> Explanation:
        key, method = DEFAULTS[slot], methods[slot]
        return read(caches.STORE.look(key, photo, method.needs), key, method)

    maps = Pair.of(shown)
    map_figure(maps.left, behind, Style(), annotate(maps.left, None))
