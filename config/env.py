"""Typed readers of the environment: each problem is one sentence that names the variable and the remedy."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

NEW_FERNET_KEY = (
    'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'  # shown in remedies
)


def read_file(path: Path) -> None:
    """Load KEY=value lines; what is already in the environment wins."""
    if path.is_file():
        environ.Env.read_env(path, overwrite=False)


def text(name: str, default: str | None = None) -> str:
    value = env.str(name, default="").strip()
    if value:
        return str(value)
    if default is None:
        raise ImproperlyConfigured(f"{name} is not set. Run `make setup`, which writes .env, or set it yourself.")
    return default


def flag(name: str, *, default: bool) -> bool:
    value = env.str(name, default="").strip().lower()
    if value in {"", "true", "false", "1", "0", "yes", "no", "on", "off"}:
        return default if not value else value in {"true", "1", "yes", "on"}
    raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")


def number(name: str, default: int, *, at_least: int = 0) -> int:
    value = env.str(name, default="").strip() or str(default)
    if not value.isdecimal() or int(value) < at_least:
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number of {at_least} or more.")
    return int(value)


def names(name: str, default: list[str]) -> list[str]:
    value = env.str(name, default="").strip()
    return [part.strip() for part in value.split(",") if part.strip()] or default


def url(name: str, default: str, *, schemes: tuple[str, ...]) -> str:
    value = text(name, default)
    parts = urlsplit(value)
    if parts.scheme not in schemes or not (parts.netloc or parts.path):
        wanted = ", ".join(f"{scheme}://…" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} does not start like an address that Midway can use: write {wanted}")
    return value.rstrip("/")


def database(name: str, default: str) -> dict[str, object]:
    schemes = ("sqlite", "postgres", "postgresql")
    try:
        return dict(environ.Env.db_url_config(url(name, default, schemes=schemes)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} cannot be read: write postgres://user:password@host:5432/name") from error


def cache(address: str) -> dict[str, object]:
    """Django's cache at the queue's server, or in this process where there is none.

    It shares that server's database with the queue: nobody may clear it whole.
    """
    if address.startswith("memory"):
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    location = address.replace("redis+socket:", "unix:", 1)
    patience = {"socket_timeout": 2, "socket_connect_timeout": 2}
    backend = "django.core.cache.backends.redis.RedisCache"
    return {"BACKEND": backend, "LOCATION": location, "KEY_PREFIX": "midway", "OPTIONS": patience}


def mail(name: str) -> dict[str, object]:
    """Django's EMAIL_… settings; without an address mails go nowhere."""
    schemes = ("smtp", "smtp+tls", "smtp+ssl", "filemail", "consolemail", "dummymail")
    found = dict(environ.Env.email_url_config(url(name, "dummymail://nobody", schemes=schemes)))
    if folder := found["EMAIL_FILE_PATH"]:
        found["EMAIL_FILE_PATH"] = f"/{folder}"  # the reader drops the slash that makes it absolute
    return found


def fernet_keys(name: str) -> list[str]:
    """One or more Fernet keys: the first encrypts, all of them decrypt."""
    keys = names(name, [])
    if not keys:
        raise ImproperlyConfigured(f"{name} is not set. Run `make setup`, or make a key with {NEW_FERNET_KEY}")
    for position, key in enumerate(keys, start=1):
        try:
            Fernet(key)
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}: key {position} is no Fernet key (32 bytes in URL-safe base64). Make one with {NEW_FERNET_KEY}"
            ) from error
    return keys
