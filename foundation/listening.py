"""Whether a program could listen at an address: known before it is started."""

import os
import socket


def why_not_free(host: str, port: int) -> str:
    """Why nothing can listen there, in lower case; empty when something can, as always at port 0."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: only a listener is in the way
        try:
            probe.bind((host, port))
        except OSError as error:
            return (os.strerror(error.errno) if error.errno else str(error)).lower()
    return ""
