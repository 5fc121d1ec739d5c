"""Addresses of the board, of moves and of saved views."""

from django.urls import path

from deals.urls import converters  # noqa: F401  # registers <deal:…>
from deals.views import board, moves, saved_views

urlpatterns = [
    path("board/", board.show_first_board, name="board"),
    path("board/<str:slug>/", board.show_board, name="board"),
    path("board/<str:slug>/live/", board.show_live, name="live"),
    path("board/<str:slug>/column/<int:stage_id>/", board.show_column, name="board_column"),
    path("deals/<deal:pk>/move/", moves.move, name="move"),
    path("views/", saved_views.list_views, name="views"),
    path("views/new/", saved_views.new_view, name="view_new"),
    path("views/<int:pk>/", saved_views.change_view, name="view_change"),
    path("views/<int:pk>/delete/", saved_views.delete_view, name="view_delete"),
]
