"""Addresses of the plants app."""

from django.urls import path

from plants.views import directory, facts, key_facts, milestones, phases, plants, ramps

app_name = "plants"
urlpatterns = [
    path("plants/", directory.list_plants, name="list"),
    path("plants/new/", plants.add_new_plant, name="new"),
    path("plants/<int:pk>/", plants.show_plant, name="detail"),
    path("plants/<int:pk>/edit/", plants.edit_plant, name="edit"),
    path("plants/<int:pk>/edit/<slug:part>/", key_facts.edit_fact, name="edit_fact"),
    path("plants/<int:pk>/archive/", plants.archive, name="archive"),
    path("plants/<int:pk>/restore/", plants.restore, name="restore"),
    path("plants/<int:pk>/phases/new/", phases.add, name="phase_new"),
    path("plants/<int:pk>/phases/<int:phase_pk>/edit/", phases.edit, name="phase_edit"),
    path("plants/<int:pk>/phases/<int:phase_pk>/remove/", phases.remove, name="phase_remove"),
    path("plants/<int:pk>/milestones/defaults/", milestones.add_defaults, name="milestone_defaults"),
    path("plants/<int:pk>/milestones/new/", milestones.add, name="milestone_new"),
    path("plants/<int:pk>/milestones/<int:milestone_pk>/edit/", milestones.edit, name="milestone_edit"),
    path("plants/<int:pk>/ramps/new/", ramps.add, name="ramp_new"),
    path("plants/<int:pk>/facts/new/", facts.add, name="fact_new"),
    path("plants/<int:pk>/facts/<int:fact_pk>/edit/", facts.edit, name="fact_edit"),
    path("plants/<int:pk>/facts/<int:fact_pk>/delete/", facts.delete, name="fact_delete"),
]
