"""Models: where checkpoints come from, and one adapter per family that turns a pass into evidence."""
