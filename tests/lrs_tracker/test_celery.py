import subprocess
import sys


def test_a_web_process_sends_tasks_to_the_configured_broker():
    """In a process of its own: here the fixtures have imported Celery already."""
    script = "import lrs_tracker.wsgi; from deals.tasks import apply_import; print(apply_import.app.conf.broker_url)"
    sent_to = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert sent_to.startswith(("redis", "unix", "socket")), sent_to
