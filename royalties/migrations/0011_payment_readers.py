"""Payments list who alone may see them, so that they are told of when a deal of theirs becomes secret, or open."""

import django.contrib.postgres.fields
from django.db import migrations, models

CREATE = """
-- Who may see a payment: everybody (null), or those who may see each secret deal that it settled something of, or that
-- its payer has an agreement in. See `deals_readers` for the 0.
CREATE FUNCTION royalties_payment_readers(payment bigint, payer bigint) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
    linked bigint[];
    secret bigint[];
    found bigint[];
BEGIN
    linked := ARRAY(
        SELECT a.deal_id FROM royalties_allocation l
        JOIN royalties_invoice i ON i.id = l.invoice_id JOIN royalties_agreement a ON a.id = i.agreement_id
        WHERE l.payment_id = payment
        UNION SELECT a.deal_id FROM royalties_agreement a WHERE a.licensee_id = payer
        ORDER BY 1
    );
    -- Whoever makes one of them secret at this moment is waited for.
    PERFORM 1 FROM deals_deal WHERE id = ANY (linked) ORDER BY id FOR SHARE;
    secret := ARRAY(SELECT id FROM deals_deal WHERE id = ANY (linked) AND is_confidential ORDER BY 1);
    IF secret = '{}' THEN
        RETURN NULL;
    END IF;
    SELECT array_agg(reader ORDER BY reader) INTO found FROM (
        SELECT reader FROM unnest(secret) deal, unnest(deals_readers(deal, true)) reader
        GROUP BY reader HAVING count(*) = cardinality(secret)
    ) readers;
    RETURN found;
END;
$$;

CREATE FUNCTION royalties_keep_payment_readers(payments bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept record;
    found bigint[];
BEGIN
    FOR kept IN
        SELECT id, payer_id, readers FROM royalties_payment WHERE id = ANY (payments) ORDER BY id FOR NO KEY UPDATE
    LOOP
        found := royalties_payment_readers(kept.id, kept.payer_id);
        IF found IS DISTINCT FROM kept.readers THEN
            UPDATE royalties_payment SET readers = found WHERE id = kept.id;
        END IF;
    END LOOP;
END;
$$;

-- What other deals show of one whose secrecy changed: payments, and that its credit notes settled invoices of theirs.
CREATE FUNCTION royalties_tell_deal(deal bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM royalties_keep_payment_readers(ARRAY(
        SELECT l.payment_id FROM royalties_agreement a
        JOIN royalties_invoice i ON i.agreement_id = a.id JOIN royalties_allocation l ON l.invoice_id = i.id
        WHERE a.deal_id = deal AND l.payment_id IS NOT NULL
        UNION
        SELECT p.id FROM royalties_agreement a JOIN royalties_payment p ON p.payer_id = a.licensee_id
        WHERE a.deal_id = deal
    ));
    PERFORM sync_tell('invoice', ARRAY(
        SELECT l.invoice_id FROM royalties_agreement a
        JOIN royalties_creditnote c ON c.agreement_id = a.id JOIN royalties_allocation l ON l.credit_note_id = c.id
        WHERE a.deal_id = deal
    ));
END;
$$;

CREATE FUNCTION royalties_deal_secrecy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM royalties_tell_deal(NEW.id);
    RETURN NULL;
END;
$$;
CREATE TRIGGER royalties_secrecy AFTER UPDATE ON deals_deal FOR EACH ROW
WHEN (OLD.is_confidential <> NEW.is_confidential OR NEW.is_confidential AND OLD.owner_id IS DISTINCT FROM NEW.owner_id)
EXECUTE FUNCTION royalties_deal_secrecy();

CREATE FUNCTION royalties_team_secrecy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    secret bigint;
BEGIN
    FOR secret IN
        SELECT id FROM deals_deal WHERE id IN (OLD.deal_id, NEW.deal_id) AND is_confidential ORDER BY id
    LOOP
        PERFORM royalties_tell_deal(secret);
    END LOOP;
    RETURN NULL;
END;
$$;
CREATE TRIGGER royalties_secrecy AFTER INSERT OR UPDATE OR DELETE ON deals_dealteammember FOR EACH ROW
EXECUTE FUNCTION royalties_team_secrecy();

-- An agreement names its signed text to those who may see that.
CREATE FUNCTION royalties_document_readers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM sync_tell('agreement', ARRAY(SELECT id FROM royalties_agreement WHERE document_id = NEW.id));
    RETURN NULL;
END;
$$;
CREATE TRIGGER royalties_tell_agreements AFTER UPDATE ON deals_document FOR EACH ROW
WHEN (OLD.readers IS DISTINCT FROM NEW.readers)
EXECUTE FUNCTION royalties_document_readers();
"""
DROP = """
DROP TRIGGER royalties_tell_agreements ON deals_document;
DROP FUNCTION royalties_document_readers();
DROP TRIGGER royalties_secrecy ON deals_dealteammember;
DROP FUNCTION royalties_team_secrecy();
DROP TRIGGER royalties_secrecy ON deals_deal;
DROP FUNCTION royalties_deal_secrecy();
DROP FUNCTION royalties_tell_deal(bigint);
DROP FUNCTION royalties_keep_payment_readers(bigint[]);
DROP FUNCTION royalties_payment_readers(bigint, bigint);
"""


class Migration(migrations.Migration):
    """Add `readers` and what keeps them."""

    dependencies = [("royalties", "0010_tell"), ("deals", "0007_document_readers")]
    operations = [
        migrations.AddField(
            model_name="payment",
            name="readers",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                blank=True,
                editable=False,
                null=True,
                size=None,
                verbose_name="who alone may see it",
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
