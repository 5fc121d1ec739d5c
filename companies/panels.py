"""What other apps show on a company's page and in the directory."""

from lrs_tracker.panels import Panels

panels = Panels()
