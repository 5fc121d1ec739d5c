import subprocess
import sys

SCRIPT = """
import sys

from lrs_tracker.wsgi import application
from django.template import engines
from django.urls import resolve, reverse

engines["django"].get_template("base.html")
reverse("account_login"), resolve("/healthz")
print({"lrs_tracker.api.urls", "rest_framework.serializers"} & set(sys.modules))
print(reverse("api:docs"), resolve("/api/docs/").view_name, reverse("account_login"))
"""


def test_api_is_loaded_when_it_is_first_asked_for():
    said = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout

    assert said.splitlines() == ["set()", "/api/docs/ api:docs /accounts/login/"]
