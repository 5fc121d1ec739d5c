"""Addresses of the pipeline settings."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
