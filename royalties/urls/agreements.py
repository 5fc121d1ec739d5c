"""Addresses: agreements and their terms."""

from django.urls import path

from royalties.views import agreement, agreement_facts, agreements, amendments, fees, new_agreement, terms

_ONE = "royalties/agreements/<int:pk>"
_TERM = f"{_ONE}/terms/<int:term_pk>"
_FEE = f"{_ONE}/fees/<int:fee_pk>"
_SERVICE = f"{_ONE}/services/<int:service_pk>"
_AMENDMENT = f"{_ONE}/amendments/<int:amendment_pk>"

urlpatterns = [
    path("royalties/agreements/", agreements.list_agreements, name="agreements"),
    path("royalties/agreements/new/", new_agreement.create, name="agreement_new"),
    path("royalties/agreements/deals/", new_agreement.find_deals, name="agreement_deals"),
    path(f"{_ONE}/", agreement.show_agreement, name="agreement"),
    path(f"{_ONE}/edit/", agreement_facts.edit, name="agreement_edit"),
    path(f"{_ONE}/rules/", agreement_facts.edit_rules, name="agreement_rules"),
    path(f"{_ONE}/clauses/", agreement_facts.edit_clauses, name="agreement_clauses"),
    path(f"{_ONE}/minimums/", agreement_facts.edit_minimums, name="minimums"),
    path(f"{_ONE}/caps/", agreement_facts.edit_caps, name="caps"),
    path(f"{_ONE}/sign/", agreement_facts.sign, name="agreement_sign"),
    path(f"{_ONE}/terminate/", agreement_facts.terminate, name="agreement_terminate"),
    path(f"{_ONE}/expire/", agreement_facts.expire, name="agreement_expire"),
    path(f"{_ONE}/delete/", agreement_facts.delete, name="agreement_delete"),
    path(f"{_ONE}/terms/new/", terms.add, name="term_new"),
    path(f"{_ONE}/terms/preview/", terms.preview, name="tier_preview"),
    path(f"{_TERM}/edit/", terms.edit, name="term_edit"),
    path(f"{_TERM}/remove/", terms.remove, name="term_remove"),
    path(f"{_ONE}/fees/new/", fees.add, name="fee_new"),
    path(f"{_ONE}/fees/instalments/", fees.add_in_instalments, name="fee_instalments"),
    path(f"{_FEE}/edit/", fees.edit, name="fee_edit"),
    path(f"{_FEE}/remove/", fees.remove, name="fee_remove"),
    path(f"{_ONE}/services/new/", fees.add_service_term, name="service_new"),
    path(f"{_SERVICE}/edit/", fees.edit_service_term, name="service_edit"),
    path(f"{_SERVICE}/remove/", fees.remove_service_term, name="service_remove"),
    path(f"{_ONE}/amendments/new/", amendments.record, name="amendment_new"),
    path(f"{_AMENDMENT}/edit/", amendments.edit, name="amendment_edit"),
    path(f"{_AMENDMENT}/end/", amendments.edit_end, name="amendment_end"),
    path(f"{_AMENDMENT}/withholding/", amendments.edit_withholding, name="amendment_withholding"),
    path(f"{_AMENDMENT}/terms/<int:term_pk>/replace/", terms.replace, name="term_replace"),
    path(f"{_AMENDMENT}/terms/<int:term_pk>/end/", terms.end, name="term_end"),
]
