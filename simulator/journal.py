"""The last requests, for people to look at; card numbers and secrets are blotted out."""

from __future__ import annotations

import re
import threading
from collections import deque
from typing import Any
from urllib.parse import unquote_plus

from simulator.messages import Request, Response

_NUMBER = re.compile(r"\b\d(?:[ -]?\d){11,18}\b")
_SECRET = re.compile(r"(whsec_|_secret_)\w+")
_CVC = re.compile(r"(cvc\]?\"?[=:]\s*\"?)\d{3,4}")


class Journal:
    def __init__(self, length: int = 200) -> None:
        self._lock = threading.Lock()
        self._lines: deque[tuple[int, str, str, bytes, int, bytes, str]] = deque(maxlen=length)

    def add(self, at: int, request: Request, answer: Response) -> None:
        line = (at, request.method, request.target, request.body, answer.status, answer.body)
        with self._lock:
            self._lines.append((*line, request.header("idempotency-key")))

    def last(self, count: int) -> list[dict[str, Any]]:
        """Newest first."""
        with self._lock:
            lines = list(self._lines)[::-1][:count]
        return [
            {
                "at": at,
                "method": method,
                "path": blot(target),
                "request": blot(unquote_plus(body.decode("utf-8", "replace"))),
                "status": status,
                "answer": blot(answer.decode("utf-8", "replace")),
                "idempotency_key": key,
            }
            for at, method, target, body, status, answer, key in lines
        ]

    def clear(self) -> None:
        with self._lock:
            self._lines.clear()


def blot(text: str) -> str:
    text = _NUMBER.sub(lambda match: f"…{match[0][-4:]}", text)
    return _CVC.sub(r"\1…", _SECRET.sub(r"\1…", text))
