"""Extension point of My day: apps above add panels, each about the person whose day it is."""

from lrs_tracker.panels import Panels

panels = Panels()
