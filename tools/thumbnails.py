"""Makes the samples' thumbnails, which ship so that no page decodes fifteen photos: `python -m tools.thumbnails`."""

from dashboard.photo import sample_photo, thumbnail_jpeg
from dashboard.samples import SAMPLES, THUMBNAILS


def main() -> None:
    """Writes one JPEG for each sample."""
    THUMBNAILS.mkdir(exist_ok=True)
    for sample in SAMPLES:
        (THUMBNAILS / f"{sample}.jpg").write_bytes(thumbnail_jpeg(sample_photo(sample)))


if __name__ == "__main__":
    main()
