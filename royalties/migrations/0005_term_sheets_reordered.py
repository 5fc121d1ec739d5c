"""Let two term sheets share a position until the transaction ends, so that they can be put in another order."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deals", "0002_rank_is_no_version"),
        ("royalties", "0004_filing_accepted_warnings"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="termsheet",
            name="royalties_termsheet_position_unique",
        ),
        migrations.AddConstraint(
            model_name="termsheet",
            constraint=models.UniqueConstraint(
                deferrable=models.Deferrable.DEFERRED,
                fields=("deal", "position"),
                name="royalties_termsheet_position_unique",
            ),
        ),
    ]
