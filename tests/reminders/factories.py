"""Rules and reminders for tests."""

import datetime as dt

import factory

from reminders.enums import Channel, ChatFormat, MessageKind, RecipientKind, ReminderStatus, SubjectKind
from reminders.models import ChatEndpoint, Notification, Reminder, ReminderRule
from tests.accounts.factories import UserFactory
from tests.deals.factories import NOW, TODAY, DealFactory


class RuleFactory(factory.django.DjangoModelFactory):
    """A rule that tells the owner of a task on its day."""

    class Meta:
        model = ReminderRule

    name = factory.Sequence(lambda n: f"Rule {n}")
    kind = SubjectKind.TASK_DUE
    offsets = [0]
    recipients = [RecipientKind.OWNER]
    enabled_on = TODAY - dt.timedelta(days=30)


class ReminderFactory(factory.django.DjangoModelFactory):
    """A reminder that its recipient was told at NOW."""

    class Meta:
        model = Reminder

    rule = factory.SubFactory(RuleFactory)
    kind = factory.SelfAttribute("rule.kind")
    deal = factory.SubFactory(DealFactory)
    subject_id = factory.SelfAttribute("deal.pk")
    due_on = TODAY
    offset_days = 0
    recipient = factory.SubFactory(UserFactory)
    send_at = NOW
    status = ReminderStatus.TOLD
    told_at = NOW
    told_to = factory.SelfAttribute("recipient")
    title = factory.Sequence(lambda n: f"Task {n} is due today")
    url = factory.LazyAttribute(lambda reminder: reminder.deal.get_absolute_url())


class ChatEndpointFactory(factory.django.DjangoModelFactory):
    """A chat of everyone."""

    class Meta:
        model = ChatEndpoint

    name = factory.Sequence(lambda n: f"Chat {n}")
    format = ChatFormat.SLACK
    url = "https://chat.example/hooks/secret"


class NotificationFactory(factory.django.DjangoModelFactory):
    """A mail to be sent to the person who was told the `reminders` given."""

    class Meta:
        model = Notification
        skip_postgeneration_save = True

    channel = Channel.EMAIL
    kind = MessageKind.SINGLE
    recipient = factory.SubFactory(UserFactory)
    next_attempt_at = NOW

    @factory.post_generation
    def reminders(self, create, reminders, **kwargs):
        """Carry the reminders given."""
        for reminder in reminders or ():
            self.items.create(reminder=reminder)
