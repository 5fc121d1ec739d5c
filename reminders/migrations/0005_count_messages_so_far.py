"""Count the messages that came to something before there was a trigger; run again, it counts nothing twice."""

from django.db import migrations

# No sender has this slot.
_BEFORE = """
INSERT INTO reminders_messagetotal (channel, outcome, slot, count)
SELECT channel, status, -1, count(*) FROM reminders_notification
WHERE status IN ('sent', 'failed', 'skipped') GROUP BY channel, status
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    """Run one statement."""

    dependencies = [("reminders", "0004_reason_handed_over")]

    operations = [
        migrations.RunSQL(_BEFORE, "DELETE FROM reminders_messagetotal WHERE slot = -1", elidable=True),
    ]
