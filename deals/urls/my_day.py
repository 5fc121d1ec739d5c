"""Addresses of My day and the search."""

from django.urls import path

from deals.views import my_day, search

urlpatterns = [
    path("", my_day.show_my_day, name="my_day"),
    path("my-day/read/", my_day.read_news, name="my_day_read"),
    path("my-day/steps/<int:pk>/done/", my_day.finish_step, name="my_day_finish"),
    path("my-day/steps/<int:pk>/reopen/", my_day.reopen_step, name="my_day_reopen"),
    path("my-day/steps/<int:pk>/date/", my_day.redate_step, name="my_day_redate"),
    path("search/", search.show_search, name="search"),
]
