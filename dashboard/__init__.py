"""What a CNN and a vision transformer look at, side by side on one photo."""

__version__ = "0.3.0"
