"""Which kinds of evidence a network gives, tried in a fixed order, and the reason for each kind that it does not give."""

from collections.abc import Callable

from torch import Tensor

from dashboard.evidence import Evidence, FeatureMaps, Probe
from dashboard.models.answers import accepted
from dashboard.models.classifier import Classifier, DoesNotFit, Fit, ModelError, probe_observer, refused, said
from dashboard.models.device import is_out_of_memory
from dashboard.models.network import Network
from dashboard.models.observers.attention import OF_TOKENS, WHAT_FITS, attention_observers
from dashboard.models.observers.pooled import cam_observer
from dashboard.models.observers.stages import OF_STAGES, stage_observers


def classifier_of(network: Network) -> Classifier:
    """The second half of loading a model: the network answers one photo, and its observers are built and tried on that photo.

    Raises:
        ModelError: the network does not answer as a classifier does; the text says what came instead.
    """
    title = network.title
    example, operations = accepted(network.answer, network.preprocessing, len(network.labels), title, network.device)
    try:
        fit = fit_of(network, example)
    except (RuntimeError, ValueError) as error:
        if is_out_of_memory(error):
            raise  # the loader answers this
        raise ModelError(f"{title} can't look at a photo that its own processor prepared: {said(error)}") from error
    return Classifier(
        key=network.key, title=title, labels=network.labels, training_data=network.training_data, source=network.source,
        device=network.device, parameters=network.parameters, memory=network.memory, dtype=network.dtype,
        preprocessing=network.preprocessing, network=network, observers=fit.observers, refusals=fit.refusals, extent=fit.extent,
        activation=network.activation, licence=network.licence, accuracy=network.accuracy, note=network.note,
        operations=operations,
    )  # fmt: skip


def fit_of(network: Network, example: Tensor) -> Fit:
    """The observers of a network, and the reasons for the kinds of evidence that it does not give.

    Questions about whole photos are always possible. Then each rung of the ladder is tried on `example` (1, 3, H, W), unless
    the family, or a rung above it, has already refused its kinds of evidence. Where both give a reason, the family's stands.

    Raises:
        ModelError: an observer's evidence contradicts the network's answer.
    """
    fit = Fit({Probe: probe_observer(network.answer, example)}, network.refusals)
    for kinds, observers in LADDER:
        if fit.refusals.keys() >= set(kinds):
            continue
        try:
            fit |= observers(network, example)
        except DoesNotFit as reason:
            fit |= refused(kinds, str(reason))
    return fit | Fit(refusals=network.refusals)


def _pooled(network: Network, example: Tensor) -> Fit:
    return Fit({FeatureMaps: cam_observer(network.module, network.title, example)})


def _tokens(network: Network, example: Tensor) -> Fit:
    """The rung for transformers. Where every layer attends globally, it also refuses stages of feature maps."""
    title, record = network.title, network.record
    if record is None:
        raise DoesNotFit(f"{title} has no global attention: rollout is undefined. {WHAT_FITS}")
    fit = attention_observers(
        lambda pixels: record(network.module, pixels), network.answer, network.module, title, example, network.layers
    )
    return fit | refused(OF_STAGES, f"{title} is a transformer without stages of feature maps.")


def _stages(network: Network, example: Tensor) -> Fit:
    return stage_observers(network.graph(network.module, network.title, example), network.title, example)


LADDER: tuple[tuple[tuple[type[Evidence], ...], Callable[[Network, Tensor], Fit]], ...] = (
    ((FeatureMaps,), _pooled),
    (OF_TOKENS, _tokens),
    (OF_STAGES, _stages),
)
