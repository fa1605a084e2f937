"""The environment that the suite runs in; loaded before Django reads its settings (`-p tests.environment`)."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

DATA = Path(tempfile.mkdtemp(prefix="midway-tests-"))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)

(DATA / "static").mkdir()

os.environ.update(
    {
        "ENV_FILE": str(DATA / "no.env"),  # a developer's own .env may hold real keys
        "DATA_DIR": str(DATA),
        "SECRET_KEY": "for tests only: nothing outside this process is signed with it, ever",
        "FERNET_KEYS": Fernet.generate_key().decode(),
        "DATABASE_URL": os.environ.get("TEST_DATABASE_URL") or f"sqlite:///{DATA / 'midway.sqlite3'}",
        "REDIS_URL": "memory://localhost",
        "HTTPS": "false",
        "DEBUG": "true",  # static files without a manifest; pytest-django switches the debug pages off
        "EMAIL_URL": "consolemail://tests",  # pytest-django keeps mails in an outbox
        "PUBLIC_URL": "http://testserver",
        "STRIPE_API_BASE": "https://api.stripe.com",
        "STRIPE_SESSION_FACTORY": "tests.local_stripe.session",
        "STRIPE_NETWORK_RETRIES": "0",
        "LOG_FORMAT": "plain",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright runs a loop in the test's thread
    }
)
