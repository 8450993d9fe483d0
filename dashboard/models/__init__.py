"""Models: families, which open checkpoints, and observers, which turn a pass over a photo into evidence."""
