"""Models of the reminders app."""

from reminders.models.calendars import CalendarEntry, CalendarFeed
from reminders.models.notifications import MessageTotal, Notification, NotificationItem, UsedLink
from reminders.models.people import KindPreference, Preference
from reminders.models.reminders import Mute, Reminder
from reminders.models.rules import ChatEndpoint, ReminderRule
from reminders.models.scans import Scan, ScanState

__all__ = [
    "CalendarEntry",
    "CalendarFeed",
    "ChatEndpoint",
    "KindPreference",
    "MessageTotal",
    "Mute",
    "Notification",
    "NotificationItem",
    "Preference",
    "Reminder",
    "ReminderRule",
    "Scan",
    "ScanState",
    "UsedLink",
]
