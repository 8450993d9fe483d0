"""Numbers as people read them: no minus sign before zero, 100% only for the whole, and one patch, but two patches."""

import math

MEGABYTE = 10**6  # bytes
_WORDS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def short(value: float) -> str:
    """Three significant digits.

    >>> short(0.012345), short(-0.0)
    ('0.0123', '0')
    """
    return f"{value + 0.0:.3g}"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; what rounds to zero gets a plus.

    >>> signed(-0.123), signed(-0.001)
    ('-0.12', '+0.00')
    """
    return f"{round(value, digits) + 0.0:+.{digits}f}"


def signed_percent(share: float) -> str:
    """A difference of shares in percent, with its sign.

    >>> signed_percent(0.25), signed_percent(-0.001)
    ('+25%', '+0%')
    """
    return f"{signed(100 * share, 0)}%"


def percent(share: float) -> str:
    """A share in whole percent: only exactly 0 is 0%, and only exactly 1 is 100%.

    >>> percent(0.0), percent(0.001), percent(0.514), percent(0.999), percent(1.0)
    ('0%', 'less than 1%', '51%', 'over 99%', '100%')
    """
    if 0 < share < 0.01:
        return "less than 1%"
    return "over 99%" if 0.99 < share < 1 else f"{share:.0%}"


def place(percentile: float, cell: str) -> str:
    """Where a cell stands among the cells of its map: by the share of the others that it exceeds, ties counting half.

    >>> place(1.0, "patch"), place(0.514, "patch"), place(math.nan, "cell")
    ('the highest patch', 'above 51% of the other patches', 'as high as every other cell')
    """
    if math.isnan(percentile):
        return f"as high as every other {cell}"
    if percentile in (0, 1):
        return f"the {'highest' if percentile else 'lowest'} {cell}"
    return f"above {percent(percentile)} of the other {plural(cell)}"


def times(factor: float) -> str:
    """A factor, for sentences such as "43 times as much".

    >>> times(43.21), times(2.04)
    ('43', '2.0')
    """
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.1f}"


def in_megabytes(count: float, digits: int = 0) -> str:
    """A number of bytes; a megabyte is a million of them, everywhere.

    >>> in_megabytes(102_540_417), in_megabytes(20_512_000, 1)
    ('103 MB', '20.5 MB')
    """
    return f"{count / MEGABYTE:,.{digits}f} MB"


def plural(cell: str) -> str:
    """The plural of `cell` or `patch`."""
    return f"{cell}es" if cell.endswith("ch") else f"{cell}s"


def counted(count: int, cell: str) -> str:
    """A number of cells or patches, as a sentence begins with it.

    >>> counted(1, "patch"), counted(12, "cell")
    ('One patch', '12 cells')
    """
    number = _WORDS[count] if count < len(_WORDS) else f"{count:,}"
    return f"{number} {cell if count == 1 else plural(cell)}"
