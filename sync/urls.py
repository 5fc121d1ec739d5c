"""Addresses of the sync app."""

from django.urls import path

from sync.views import webhook_actions, webhook_deliveries, webhooks

app_name = "sync"
_ENDPOINT = "settings/webhooks/<int:pk>/"
_DELIVERY = f"{_ENDPOINT}deliveries/<int:delivery_pk>/"
urlpatterns = [
    path("settings/webhooks/", webhooks.list_webhooks, name="webhooks"),
    path("settings/webhooks/new/", webhooks.add, name="webhook_new"),
    path(_ENDPOINT, webhooks.show, name="webhook"),
    path(f"{_ENDPOINT}edit/", webhooks.edit, name="webhook_edit"),
    path(f"{_ENDPOINT}replay/", webhooks.replay, name="webhook_replay"),
    path(f"{_ENDPOINT}test/", webhook_actions.try_out, name="webhook_test"),
    path(f"{_ENDPOINT}rotate/", webhook_actions.rotate, name="webhook_rotate"),
    path(f"{_ENDPOINT}disable/", webhook_actions.disable, name="webhook_disable"),
    path(f"{_ENDPOINT}enable/", webhook_actions.enable, name="webhook_enable"),
    path(f"{_ENDPOINT}delete/", webhook_actions.delete, name="webhook_delete"),
    path(_DELIVERY, webhook_deliveries.show, name="webhook_delivery"),
    path(f"{_DELIVERY}redeliver/", webhook_deliveries.send_again, name="webhook_redeliver"),
]
