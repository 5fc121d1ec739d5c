"""The admin of the royalties app, by what it is about."""

from royalties.admin import agreements, receivables, reports, sandbox, statements

__all__ = ["agreements", "receivables", "reports", "sandbox", "statements"]
