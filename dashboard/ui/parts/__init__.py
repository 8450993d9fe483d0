"""Widgets and blocks that any page may use."""
