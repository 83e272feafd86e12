"""Geometry of the pictures; the templates draw them. Widths are percent, so that type keeps its
size on every screen; heights are pixels."""
