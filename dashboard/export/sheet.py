"""What a figure is made for: its format, its width and how fine it is. Needs no library, so that a menu can offer it."""

from dataclasses import dataclass
from typing import Literal, get_args

Format = Literal["PDF", "SVG", "PNG"]
Width = Literal["One column", "Two columns", "Slide"]
DOTS = (150, 300, 600)  # per inch, that a menu offers


@dataclass(frozen=True)
class Size:
    """A width in millimetres, the sizes of letters in points, and how many dots per inch a photo in it has."""

    millimetres: float
    points: float
    small: float
    dpi: int


SIZES: dict[Width, Size] = {  # the widths that Nature, Science and Elsevier's journals take differ by 1 or 2 mm
    "One column": Size(89, 7, 6, 300),
    "Two columns": Size(183, 8, 7, 300),
    "Slide": Size(320, 16, 13, 150),  # a slide of 13.33 inches, less its margins
}
MEDIA = {"PDF": "application/pdf", "SVG": "image/svg+xml", "PNG": "image/png"}


@dataclass(frozen=True)
class Sheet:
    """A figure's `format`, its width and, for a PNG, its dots per inch.

    Raises:
        ValueError: there is no such format or width, or the dots are not from 50 to 1,200 per inch.
    """

    format: Format = "PDF"
    width_of: Width = "Two columns"
    dpi: int = 300

    def __post_init__(self) -> None:
        for name, value, hint in (("format", self.format, Format), ("width", self.width_of, Width)):
            if value not in get_args(hint):
                raise ValueError(f"expected {name} in {get_args(hint)}, got {value!r}")
        if not 50 <= self.dpi <= 1_200:
            raise ValueError(f"expected 50 to 1,200 dots per inch, got {self.dpi}")

    @property
    def size(self) -> Size:
        """The width in millimetres, and the sizes of letters that go with it."""
        return SIZES[self.width_of]

    @property
    def width(self) -> float:
        """The width in points."""
        return self.size.millimetres * 72 / 25.4

    @property
    def ending(self) -> str:
        """How the file's name ends."""
        return f".{self.format.lower()}"
