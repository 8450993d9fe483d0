"""Formulas: tensors in, tensors out. Nothing here knows a model, a device or a page."""
