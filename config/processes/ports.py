"""Loopback ports: a free one, or the one that was asked for."""

import socket

from config.processes.errors import CannotStart

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def require_free(port: int, *, purpose: str, variable: str) -> int:
    """The port as given, once it is known that we could listen there."""
    if port not in range(1, 65_536):
        raise CannotStart(f"{variable} is {port}: a port is a number from 1 to 65535.")
    with socket.socket() as probe:
        # As servers do: connections of an earlier run that are still closing are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except PermissionError:
            remedy = f"choose one above 1023: {variable}={port + 8000} make demo"
            raise CannotStart(f"Port {port} for {purpose} needs root: {remedy}") from None
        except OSError:
            remedy = f"stop that program, or choose another port: {variable}={free_port()} make demo"
            raise CannotStart(f"Port {port} for {purpose} is in use by another program: {remedy}") from None
    return port
