"""Serves a folder on loopback: `python -m development_stack.qdrant_server --path DIR [--port N]`.

Prints the address on one line once it serves. SIGTERM and SIGINT end it cleanly; everything that was acknowledged
survives SIGKILL as well. With `--parent-pid` it ends when that process does, however that came about.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from development_stack.parent_watch import LOOK_SECONDS, watch
from development_stack.qdrant_server.folder import FolderError, notice_of_old_data
from development_stack.qdrant_server.server import Server

#: A mistake of use, as argparse exits with one.
_EXIT_USAGE = 2


def main() -> int:
    options = _arguments()
    parent_has_ended = watch(options.parent_pid) if options.parent_pid is not None else lambda: False
    ending = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if notice := notice_of_old_data(options.path):
        print(notice, file=sys.stderr, flush=True)
    try:
        server = Server(options.path, options.host, options.port, options.api_key or None)
    except FolderError as error:
        print(error, file=sys.stderr)
        return _EXIT_USAGE
    except OSError as error:
        print(f"{options.host}:{options.port} cannot be served: {error.strerror or error}", file=sys.stderr)
        return _EXIT_USAGE
    print(server.url, flush=True)
    while not ending.wait(LOOK_SECONDS):
        if parent_has_ended():
            break
    server.close()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m development_stack.qdrant_server", description=__doc__)
    parser.add_argument("--path", type=Path, required=True, help="the folder that keeps the points")
    parser.add_argument("--port", type=int, default=0, help="0, the default, takes a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--parent-pid", type=int, help="end when this process does")
    parser.add_argument(
        "--api-key",
        default=os.environ.get("QDRANT__SERVICE__API_KEY", ""),
        help="asked of every call; the default is QDRANT__SERVICE__API_KEY, as for Qdrant",
    )
    return parser.parse_args()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # connections that are kept have threads
