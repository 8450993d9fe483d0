"""What a first visitor would wait for, done before anybody comes."""

from dashboard.compare import annotate
from dashboard.explain import read
from dashboard.figures.maps import Look, map_figure
from dashboard.methods import AttentionRollout, ClassActivationMap
from dashboard.photo import SAMPLES
from dashboard.ui import caches
from dashboard.ui.parts.model_picker import SIDES


def warm_up() -> None:
    """Imports the libraries, loads the default pair, explains the default photo and draws both maps once."""
    sample = next(iter(SAMPLES))
    photo = caches.sample(sample)
    behind = caches.screen_copy(photo)
    shown = []
    for side, method in (("cnn", ClassActivationMap()), ("vit", AttentionRollout())):
        key = SIDES[side][2]
        shown.append(read(caches.STORE.look(key, photo, method.needs), key, method))
    map_figure(shown[0], behind, Look(), annotate(*shown), shown[1].method.label)
