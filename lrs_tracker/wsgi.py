"""The WSGI entry point, served by Granian."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from lrs_tracker.unread_bodies import ReadBodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lrs_tracker.settings")

application = ReadBodies(get_wsgi_application(), most_bytes=settings.REQUEST_MAX_BYTES)
