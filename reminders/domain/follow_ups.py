"""What follows in reminders when something happens to a person's account."""

from accounts.domain.profile import register_after_move
from reminders.domain.hand_over import register_reminder_work
from reminders.domain.preferences import reschedule


def register_follow_ups() -> None:
    """Tell accounts that waiting reminders follow a person who moves, and go to whoever takes over."""
    register_after_move(reschedule)
    register_reminder_work()
