"""Template tags of LRS Tracker: load `lrs` for the frame and icons, `figures` for numbers and dates."""
