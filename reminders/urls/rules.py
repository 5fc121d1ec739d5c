"""Addresses of the reminder rules."""

from django.urls import path

from reminders.views import rule_actions, rules

urlpatterns = [
    path("settings/rules/", rules.list_rules, name="rules"),
    path("settings/rules/new/", rules.add, name="rule_new"),
    path("settings/rules/new/preview/", rules.preview, name="rule_new_preview"),
    path("settings/rules/<int:pk>/", rules.edit, name="rule"),
    path("settings/rules/<int:pk>/preview/", rules.preview, name="rule_preview"),
    path("settings/rules/<int:pk>/foreseen/", rules.foresee, name="rule_foreseen"),
    path("settings/rules/<int:pk>/switch/", rule_actions.switch, name="rule_switch"),
    path("settings/rules/<int:pk>/archive/", rule_actions.archive, name="rule_archive"),
    path("settings/rules/<int:pk>/held/send/", rule_actions.release, name="rule_release"),
    path("settings/rules/<int:pk>/held/discard/", rule_actions.discard, name="rule_discard"),
]
