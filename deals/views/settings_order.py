"""Reading a new order of rows from a form."""

from django.http import QueryDict


def read_order(post: QueryDict) -> list[int]:
    """Return the ids of the rows in the order sent, with the row of the pressed arrow (`up`, `down`) moved by one."""
    order = [int(pk) for pk in post.getlist("order") if pk.isdecimal()]
    for button, step in (("up", -1), ("down", 1)):
        pressed = post.get(button, "")
        if pressed.isdecimal() and int(pressed) in order:
            old = order.index(int(pressed))
            new = min(max(old + step, 0), len(order) - 1)
            order.insert(new, order.pop(old))
    return order
