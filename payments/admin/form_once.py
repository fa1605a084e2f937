"""A form that may be sent once: its token is taken from the session under a lock, so that a double click finds none."""

import uuid

from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

TAKEN = "forms_taken"
REMEMBERED = 50


@transaction.atomic
def take(request: HttpRequest, token: uuid.UUID) -> bool:
    """False when this token was taken before."""
    row = Session.objects.select_for_update().filter(session_key=request.session.session_key).first()
    if row is None:
        return False
    kept = row.get_decoded()
    taken = kept.get(TAKEN, [])
    if str(token) in taken:
        return False
    taken = [*taken, str(token)][-REMEMBERED:]
    row.session_data = Session.objects.encode({**kept, TAKEN: taken})
    row.save(update_fields=["session_data"])
    request.session[TAKEN] = taken  # what this request may write back at its end
    return True
