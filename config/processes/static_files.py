"""Whether static files have to be collected again."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders


def fingerprint() -> str:
    """Changes with any static file, and with the way in which they are stored."""
    digest = hashlib.sha256(repr((settings.STORAGES["staticfiles"], str(settings.STATIC_ROOT))).encode())
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = Path(storage.path(name)).stat()
            digest.update(f"{name} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def are_collected(stamp: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == fingerprint() and Path(settings.STATIC_ROOT).is_dir()
