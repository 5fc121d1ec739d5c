"""Addresses of the deal's workspace and of everything in it."""

from django.urls import path

from deals.urls import converters  # noqa: F401  # registers <deal:…>
from deals.views import (
    approvals,
    deal_contacts,
    deal_plants,
    documents,
    facts,
    gate_checks,
    new_deal,
    notes,
    tasks,
    team,
    workspace,
)

_DEAL = "deals/<deal:pk>"

urlpatterns = [
    path("deals/new/", new_deal.create, name="new"),
    path("deals/new/similar/", new_deal.show_similar, name="new_similar"),
    path(f"{_DEAL}/", workspace.show_deal, name="workspace"),
    path(f"{_DEAL}/facts/<slug:name>/", facts.edit_fact, name="fact"),
    path(f"{_DEAL}/gates/<int:gate_id>/tick/", gate_checks.tick, name="gate_tick"),
    path(f"{_DEAL}/gates/<int:gate_id>/untick/", gate_checks.untick, name="gate_untick"),
    path(f"{_DEAL}/tasks/add/", tasks.add, name="task_add"),
    path(f"{_DEAL}/tasks/<int:task_id>/", tasks.change, name="task_change"),
    path(f"{_DEAL}/tasks/<int:task_id>/finish/", tasks.finish, name="task_finish"),
    path(f"{_DEAL}/tasks/<int:task_id>/reopen/", tasks.reopen, name="task_reopen"),
    path(f"{_DEAL}/tasks/<int:task_id>/delete/", tasks.delete, name="task_delete"),
    path(f"{_DEAL}/notes/add/", notes.add, name="note_add"),
    path(f"{_DEAL}/notes/people/", notes.suggest_people, name="note_people"),
    path(f"{_DEAL}/notes/<int:note_id>/", notes.edit, name="note_edit"),
    path(f"{_DEAL}/notes/<int:note_id>/delete/", notes.delete, name="note_delete"),
    path(f"{_DEAL}/documents/add/", documents.upload, name="document_add"),
    path(f"{_DEAL}/documents/<int:document_id>/", documents.download, name="document_download"),
    path(f"{_DEAL}/documents/<int:document_id>/change/", documents.change, name="document_change"),
    path(f"{_DEAL}/documents/<int:document_id>/delete/", documents.delete, name="document_delete"),
    path(f"{_DEAL}/approvals/add/", approvals.add, name="approval_add"),
    path(f"{_DEAL}/approvals/<int:approval_id>/", approvals.change, name="approval_change"),
    path(f"{_DEAL}/plants/add/", deal_plants.link, name="plant_link"),
    path(f"{_DEAL}/plants/<int:plant_id>/unlink/", deal_plants.unlink, name="plant_unlink"),
    path(f"{_DEAL}/contacts/add/", deal_contacts.add, name="contact_add"),
    path(f"{_DEAL}/contacts/<int:link_id>/remove/", deal_contacts.remove, name="contact_remove"),
    path(f"{_DEAL}/team/add/", team.add, name="team_add"),
    path(f"{_DEAL}/team/<int:user_id>/remove/", team.remove, name="team_remove"),
    path(f"{_DEAL}/team/confidential/", team.change_confidentiality, name="confidential"),
]
