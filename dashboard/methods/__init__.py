"""The explanation methods: each a frozen dataclass whose fields are its options.

To add one, write its formula in `numerics/`, a dataclass in one of these modules, and its name into `METHODS`.
"""

from typing import Any

from dashboard.methods.attention import (
    AttentionFlow,
    AttentionRollout,
    GenericRelevance,
    GradientRollout,
    LeGrad,
    PatchLogitMap,
    RawAttention,
    TokenGradCAM,
    TransformerAttribution,
)  # fmt: skip
from dashboard.methods.base import Attraction as Attraction
from dashboard.methods.base import Backward as Backward
from dashboard.methods.base import Meaning as Meaning
from dashboard.methods.base import Method
from dashboard.methods.base import Pick as Pick
from dashboard.methods.base import Progressive as Progressive
from dashboard.methods.base import Span as Span
from dashboard.methods.base import option_texts as option_texts
from dashboard.methods.cam import (
    ISCAM,
    SSCAM,
    AblationCAM,
    ClassActivationMap,
    EigenCAM,
    FinerCAM,
    GradCAM,
    GradCAMPlusPlus,
    HiResCAM,
    LayerCAM,
    RefineCAM,
    ScoreCAM,
    SmoothGradCAMPlusPlus,
    XGradCAM,
)  # fmt: skip
from dashboard.methods.perturbation import (
    RISE,
    IntegratedGradients,
    Occlusion,
    SmoothGrad,
)  # fmt: skip

METHODS: tuple[type[Method[Any]], ...] = (
    ClassActivationMap, GradCAM, GradCAMPlusPlus, SmoothGradCAMPlusPlus, XGradCAM, HiResCAM, LayerCAM, FinerCAM, RefineCAM,
    ScoreCAM, SSCAM, ISCAM, AblationCAM, EigenCAM,
    AttentionRollout, RawAttention, GradientRollout, GenericRelevance, TransformerAttribution, LeGrad, AttentionFlow,
    TokenGradCAM, PatchLogitMap,
    Occlusion, IntegratedGradients, SmoothGrad, RISE,
)  # fmt: skip
