"""Addresses: the overview, and statements with their files."""

from django.urls import path

from royalties.views import overview, statement, statement_actions, statement_files, statements

urlpatterns = [
    path("royalties/", overview.show_overview, name="overview"),
    path("royalties/statements/", statements.list_statements, name="statements"),
    path("royalties/statements/<int:pk>/", statement.show_statement, name="statement"),
    path("royalties/statements/<int:pk>/calculate/", statement_actions.calculate, name="statement_calculate"),
    path("royalties/statements/<int:pk>/issue/", statement_actions.issue, name="statement_issue"),
    path("royalties/statements/<int:pk>/dispute/", statement_actions.dispute, name="statement_dispute"),
    path("royalties/statements/<int:pk>/resolve/", statement_actions.resolve, name="statement_resolve"),
    path("royalties/statements/<int:pk>/pdf/", statement_files.download_pdf, name="statement_pdf"),
    path("royalties/statements/<int:pk>/csv/", statement_files.download_csv, name="statement_csv"),
    path("royalties/statements/<int:pk>/json/", statement_files.download_json, name="statement_json"),
    path("royalties/agreements/<int:pk>/statement/", statement_actions.draft, name="statement_draft"),
]
