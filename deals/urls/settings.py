"""Addresses of the pipeline settings."""

from django.urls import path

from deals.views import settings_pipelines, settings_stages

_ACTIONS = ("archive", "restore", "delete")
urlpatterns = [
    path("settings/pipelines/", settings_pipelines.list_pipelines, name="settings_pipelines"),
    path("settings/pipeline-order/", settings_pipelines.reorder, name="settings_pipeline_order"),
    path("settings/pipeline-default/", settings_pipelines.add_default, name="settings_pipeline_default"),
    path("settings/pipelines/<str:slug>/", settings_pipelines.show_pipeline, name="settings_pipeline"),
    path("settings/pipelines/<str:slug>/stages/", settings_pipelines.add_stage, name="settings_stage_add"),
    path("settings/pipelines/<str:slug>/order/", settings_pipelines.reorder_stages, name="settings_stage_order"),
    path("settings/stages/<int:pk>/", settings_stages.show_stage, name="settings_stage"),
    path("settings/stages/<int:pk>/empty/", settings_stages.empty, name="settings_stage_empty"),
    path("settings/stages/<int:pk>/gates/", settings_stages.add_gate, name="settings_gate_add"),
    path("settings/stages/<int:pk>/gates/preview/", settings_stages.preview_gate, name="settings_gate_preview"),
    path("settings/stages/<int:pk>/gates/order/", settings_stages.reorder_gates, name="settings_gate_order"),
    path("settings/gates/<int:pk>/", settings_stages.show_gate, name="settings_gate"),
]
for _action in _ACTIONS:
    urlpatterns += [
        path(f"settings/{place}/{key}/{_action}/", view, {"action": _action}, name=f"settings_{name}_{_action}")
        for place, key, view, name in (
            ("pipelines", "<str:slug>", settings_pipelines.act, "pipeline"),
            ("stages", "<int:pk>", settings_stages.act, "stage"),
            ("gates", "<int:pk>", settings_stages.act_on_gate, "gate"),
        )
    ]
