"""What a CRM offers for the mapping. It is read by workers and kept, since the client libraries are large."""

import datetime as dt
from dataclasses import asdict
from typing import Any

from crm.connectors import open_connector
from crm.connectors.base import Connector, CrmError
from crm.domain.connections import credentials_of
from crm.enums import CrmKind, Resource
from crm.models import ConnectionState, CrmConnection
from lrs_tracker.problems import DomainError


def schema_of(connector: Connector) -> dict[str, Any]:
    """Return the fields of each resource, by their labels, and the stages. Raise CrmError."""
    fields = {
        resource.value: sorted(
            (asdict(found) for found in connector.fields(resource)), key=lambda found: found["label"].casefold()
        )
        for resource in Resource
    }
    return {"fields": fields, "stages": [asdict(stage) for stage in connector.stages()]}


def read_schema(*, connection_id: int, at: dt.datetime) -> None:
    """Read what a CRM offers and keep it, or why it could not be read."""
    connection = CrmConnection.objects.get(pk=connection_id)
    values: dict[str, Any]
    try:
        schema = schema_of(open_connector(CrmKind(connection.kind), credentials_of(connection)))
        values = {"schema": schema, "schema_read_at": at, "schema_problem": ""}
    except (CrmError, DomainError) as error:
        values = {"schema_problem": str(error)[:300]}
    ConnectionState.objects.filter(connection=connection).update(**values)
