"""Addresses of the table of deals."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
