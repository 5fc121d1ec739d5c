"""Where a place lies on the map: the Natural Earth projection of static/world.js.

The polynomial is that of Šavrič et al., “A polynomial equation for the Natural Earth projection” (2011).
"""

import math
from decimal import Decimal

# The part of the projected world that static/world.js draws: 1000 units wide, from 84° north to 58° south.
WIDTH = 1000
HEIGHT = 438
_SCALE = WIDTH / (2 * math.pi * 0.8707)
_TOP = 84.0


def project(*, latitude: Decimal, longitude: Decimal) -> tuple[float, float]:
    """Return the place on the map as x from its left and y from its top, in the map's units."""
    x, y = _natural_earth(float(latitude), float(longitude))
    _left, top = _natural_earth(_TOP, 0)
    return round(WIDTH / 2 + _SCALE * x, 1), round(_SCALE * (top - y), 1)


def _natural_earth(latitude: float, longitude: float) -> tuple[float, float]:
    phi, across = math.radians(latitude), math.radians(longitude)
    square = phi * phi
    fourth = square * square
    x = across * (0.8707 - 0.131979 * square + fourth * (-0.013791 + fourth * (0.003971 * square - 0.001529 * fourth)))
    y = phi * (1.007226 + square * (0.015085 + fourth * (-0.044475 + 0.028874 * square - 0.005916 * fourth)))
    return x, y
