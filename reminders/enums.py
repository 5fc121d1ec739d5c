"""Kinds, recipients, channels and states of reminders."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SubjectKind(models.TextChoices):
    """What a rule reminds of; `reminders.domain.subjects` finds the open ones and their dates."""

    DEAL_STUCK = "deal_stuck", _("Deal stuck in its stage")
    DEAL_WITHOUT_STEP = "deal_without_step", _("Deal without a next step")
    TASK_DUE = "task_due", _("Task due")
    GATE_DUE = "gate_due", _("Gate item due")
    APPROVAL_FILING = "approval_filing", _("Approval to be filed")
    APPROVAL_DECISION = "approval_decision", _("Approval to be decided")
    APPROVAL_EXPIRY = "approval_expiry", _("Approval expires")
    DOCUMENT_EXPIRY = "document_expiry", _("Document expires")
    MILESTONE_DUE = "milestone_due", _("Milestone due")
    MILESTONE_SLIPPED = "milestone_slipped", _("Milestone slipped")
    REPORT_DUE = "report_due", _("Production report due")
    STATEMENT_DUE = "statement_due", _("Statement not issued")
    INVOICE_DUE = "invoice_due", _("Invoice due")
    MINIMUM_AT_RISK = "minimum_at_risk", _("Minimum at risk")
    AGREEMENT_NOTICE = "agreement_notice", _("Notice date of an agreement")
    AGREEMENT_EXPIRY = "agreement_expiry", _("Agreement expires")
    HOLD_RESUME = "hold_resume", _("Deal on hold to be resumed")
    WEEKLY_DIGEST = "weekly_digest", _("Weekly digest")


class DayCount(models.TextChoices):
    """How the days of an offset are counted."""

    CALENDAR = "calendar", _("Calendar days")
    BUSINESS = "business", _("Business days")


class RecipientKind(models.TextChoices):
    """Who is told. The owner of a task is whoever has to do it; an inactive owner's manager stands in."""

    OWNER = "owner", _("Owner")
    TEAM = "team", _("Team of the deal")
    MANAGER = "manager", _("Owner's manager")
    ROLE = "role", _("Everyone with a role")
    PERSON = "person", _("One person")
    LICENSEE = "licensee", _("Licensee's contacts for finance")


class Channel(models.TextChoices):
    """A way to a person besides the inbox, where every reminder stands."""

    EMAIL = "email", _("E-mail")
    CHAT = "chat", _("Chat")


class ReminderStatus(models.TextChoices):
    """State of a reminder. `told` is final but for a snooze, which makes it wait again."""

    WAITING = "waiting", _("Waiting")
    HELD = "held", _("Held")
    TOLD = "told", _("Told")
    SKIPPED = "skipped", _("Skipped")


class SkipReason(models.TextChoices):
    """Why nobody was told."""

    TOO_LATE = "too_late", _("Older than its grace")
    OVERTAKEN = "overtaken", _("A later reminder of the same went out")
    CLOSED = "closed", _("Done, closed or moved to another date")
    UNSEEN = "unseen", _("The person may not see it any more")
    INACTIVE = "inactive", _("The person is not active")
    MUTED = "muted", _("Muted by the person")
    RULE_OFF = "rule_off", _("The rule was switched off")
    NOTHING_NEW = "nothing_new", _("Nothing to tell")
    DISCARDED = "discarded", _("Discarded while it was held")
    NO_ADDRESS = "no_address", _("No address")
    HANDED_OVER = "handed_over", _("Whoever took over is told of the same")


class MessageKind(models.TextChoices):
    """What a notification carries."""

    SINGLE = "single", _("One reminder")
    DIGEST = "digest", _("Digest of the day")
    WEEKLY = "weekly", _("Weekly digest")


class MessageStatus(models.TextChoices):
    """State of a notification on its way."""

    PENDING = "pending", _("To be sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SKIPPED = "skipped", _("Not needed any more")


class ChatFormat(models.TextChoices):
    """The shape of a message that a chat's incoming webhook takes."""

    SLACK = "slack", _("Slack")
    TEAMS = "teams", _("Microsoft Teams")
    JSON = "json", _("Plain JSON")


class LinkAction(models.TextChoices):
    """What a signed link of a mail does."""

    DONE = "done", _("Done")
    SNOOZE_DAY = "snooze_day", _("Snooze for a day")
    SNOOZE_WEEK = "snooze_week", _("Snooze for a week")
    MUTE = "mute", _("Mute")
    UNSUBSCRIBE = "unsubscribe", _("No e-mail of this kind")


class InboxAction(models.TextChoices):
    """What a person does with reminders in the inbox."""

    READ = "read", _("Mark as read")
    DONE = "done", _("Done")
    SNOOZE_DAY = "snooze_day", _("Snooze until tomorrow")
    SNOOZE_WEEK = "snooze_week", _("Snooze for a week")
    SNOOZE = "snooze", _("Snooze until a day")
    MUTE = "mute", _("Mute")
    UNDO = "undo", _("Put back")
    UNDO_MUTE = "undo_mute", _("Put back and let speak again")


class InboxView(models.TextChoices):
    """Which of the reminders that a person was told the inbox shows."""

    STANDING = "standing", _("Inbox")
    SNOOZED = "snoozed", _("Snoozed")
    DONE = "done", _("Done")


class InboxGrouping(models.TextChoices):
    """What the headings of the inbox are."""

    DAY = "day", _("By day")
    DEAL = "deal", _("By deal")
