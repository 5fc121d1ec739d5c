"""Addresses: reports of licensees."""

from django.urls import path

from royalties.views import filing_entry, filings, report_files, report_link, report_links, reports

urlpatterns = [
    path("royalties/reports/", reports.list_reports, name="reports"),
    path("royalties/agreements/<int:pk>/reports/new/", filing_entry.start, name="report_new"),
    path("royalties/agreements/<int:pk>/report-links/", report_links.show_links, name="report_links"),
    path("royalties/report-links/<int:pk>/revoke/", report_links.revoke, name="report_link_revoke"),
    path("report/<str:token>/", report_link.report, name="report_link"),
    path("report/<str:token>/template/<slug:ending>/", report_link.template, name="report_link_template"),
    path("royalties/filings/<int:pk>/", filings.show_filing, name="filing"),
    path("royalties/filings/<int:pk>/edit/", filing_entry.edit, name="filing_edit"),
    path("royalties/filings/<int:pk>/file/", report_files.use_file, name="filing_file"),
    path("royalties/filings/<int:pk>/file/original/", report_files.download_file, name="filing_original"),
    path("royalties/filings/<int:pk>/template/<slug:ending>/", report_files.download_template, name="filing_template"),
    path("royalties/filings/<int:pk>/submit/", filings.submit_one, name="filing_submit"),
    path("royalties/filings/<int:pk>/accept/", filings.accept_one, name="filing_accept"),
    path("royalties/filings/<int:pk>/warning/", filings.accept_warning, name="filing_warning"),
    path("royalties/filings/<int:pk>/send-back/", filings.send_back, name="filing_send_back"),
    path("royalties/filings/<int:pk>/withdraw/", filings.withdraw_one, name="filing_withdraw"),
]
