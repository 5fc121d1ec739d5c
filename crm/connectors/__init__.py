"""Connectors: one module for each CRM, loaded when it is used, since their client libraries are large."""

from django.utils.module_loading import import_string

from crm.connectors.base import Connector, Credentials
from crm.enums import CrmKind

# Another CRM is a module of its own and a line here.
_CONNECTORS = {
    CrmKind.HUBSPOT: "crm.connectors.hubspot.HubSpotConnector",
    CrmKind.SALESFORCE: "crm.connectors.salesforce.SalesforceConnector",
}


def open_connector(kind: CrmKind, credentials: Credentials) -> Connector:
    """Return the connector of a CRM. Raise CrmError when it cannot sign in."""
    connector: Connector = import_string(_CONNECTORS[kind])(credentials)
    return connector
