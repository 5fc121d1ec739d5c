"""The kinds of subject, by name."""

from functools import cache

from reminders.domain.subjects.base import Subject
from reminders.enums import SubjectKind


@cache
def subjects() -> dict[SubjectKind, Subject]:
    """Return every kind of subject."""
    from reminders.domain.subjects import deals, plants, royalties, weekly

    parts = (deals.SUBJECTS, plants.SUBJECTS, royalties.SUBJECTS, weekly.SUBJECTS)
    return {subject.kind: subject for part in parts for subject in part}
