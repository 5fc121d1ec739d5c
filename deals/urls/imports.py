"""Addresses of imports."""

from django.urls import URLPattern, path

from deals.views import imports

urlpatterns: list[URLPattern] = [
    path("import/", imports.upload, name="import"),
    path("import/<int:pk>/", imports.batch_page, name="import_batch"),
    path("import/<int:pk>/check/", imports.check, name="import_check"),
    path("import/<int:pk>/apply/", imports.apply, name="import_apply"),
    path("import/<int:pk>/undo/", imports.undo, name="import_undo"),
    path("import/<int:pk>/confirm/", imports.confirm, name="import_confirm"),
    path("import/<int:pk>/map.json", imports.map_file, name="import_map"),
    path("import/<int:pk>/problems.csv", imports.problems_file, name="import_problems"),
]
