"""Addresses of the deal's workspace."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
