"""`manage.py check --deploy` in a production configuration, with every warning an error."""

import os
import secrets
import subprocess
import sys

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "lrs.example.com",
    "DATABASE_URL": "postgresql://lrs@db.example.com/lrs",
    "REDIS_URL": "rediss://valkey.example.com/0",
    "BASE_URL": "https://lrs.example.com",
    "PATH": os.environ["PATH"],
}

if __name__ == "__main__":
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level=WARNING"]
    sys.exit(subprocess.run(command, env=PRODUCTION, check=False).returncode)
