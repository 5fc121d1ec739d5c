"""Whether a port can be listened on. Run as a module before anything is installed: standard library only."""

import socket
import sys


def port_problem(host: str, port: int) -> str:
    """Return one sentence that says why the port cannot be used, or nothing when it can."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1)
        except (OSError, OverflowError):
            return (
                f"Port {port} is in use or not allowed: stop what uses it, or choose another: make run PORT={port + 1}"
            )
    return ""


if __name__ == "__main__":
    HOST, PORT = sys.argv[1:]
    sys.exit((port_problem(HOST, int(PORT)) if PORT.isdecimal() else "PORT must be a number.") or 0)
