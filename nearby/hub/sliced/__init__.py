"""One live state made of slices: each has the cells of resolution 5 that are its own, and whoever is there.

People go from slice to slice as they go over the border of such a cell: never more often than a cell comes into force.
Whatever holds of somebody wherever they are, as who never meets whom, every slice knows.
"""

from nearby.hub.sliced.hub import SlicedHub

__all__ = ["SlicedHub"]
