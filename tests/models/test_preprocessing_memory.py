"""What a large photo takes while a model's own preprocessing works on it, measured in a process of its own."""

import subprocess
import sys

from tests.conftest import ROOT

SIDE = 5000  # pixels
SCRIPT = """
import resource, sys
from PIL import Image
from dashboard.models.zoo import load
from dashboard.photo import Photo

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

preprocessing = load(sys.argv[1]).preprocessing
small, large = (Photo(Image.new("RGB", (side, side)), str(side), "plain") for side in (64, int(sys.argv[2])))
preprocessing.view(small)
before = peak()
preprocessing.view(large)
print((peak() - before) / int(sys.argv[2]) ** 2)
"""


def test_bytes_for_each_pixel_of_a_large_photo():
    """All channels in single precision would take 12, beside the 3 of the bytes that they are made of."""
    command = [sys.executable, "-c", SCRIPT, "bundled/cnn", str(SIDE)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(run.stdout.split()[-1]) < 9
