"""Addresses of My day and the search."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
