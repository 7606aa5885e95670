"""A child's main loop: a task comes, messages go, and the flight recorder says all the while where it is."""

import gc
import os
import pickle
import traceback
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from typing import TypeVar

from pdf_reader import wire
from pdf_reader.child.limits import Timers, confine
from pdf_reader.document import SandboxLimits
from pdf_reader.wire import Step

_T = TypeVar("_T")
#: Objects that a child makes, less those that it gave up, before the garbage collector looks for cycles.
GC_THRESHOLD = 50_000


def serve(socket_fd: int, record_fd: int, parent_pid: int) -> None:
    """Answer tasks until the worker closes the socket. The first message is the limits."""
    connection = Connection(socket_fd)
    limits: SandboxLimits = pickle.loads(connection.recv_bytes())  # noqa: S301 (from the worker)
    confine(limits, parent_pid)
    server = None
    try:
        server = _Server(limits, wire.FlightRecorder(record_fd))
        # A page makes many objects and hardly a cycle: looking for cycles as often as Python does costs a fortieth.
        gc.set_threshold(GC_THRESHOLD)
        connection.send_bytes(wire.pack(wire.Ready()))
        while True:
            task = pickle.loads(connection.recv_bytes())  # noqa: S301 (from the worker)
            for message in server.answer(task):
                connection.send_bytes(wire.pack(message))
    except EOFError:
        return
    except MemoryError:
        # The page is to blame, and this process is good for nothing any more. Leaving in good order takes memory, too.
        os._exit(wire.OUT_OF_MEMORY)
    except Exception:  # noqa: BLE001 (a fault of ours: the worker logs it)
        connection.send_bytes(wire.pack(wire.Defect(traceback.format_exc())))


class _Server:
    def __init__(self, limits: SandboxLimits, recorder: wire.FlightRecorder) -> None:
        # MuPDF is imported under the limits, and by nobody who only wants to know about them; what reads pages, too,
        # before there is a page to be read.
        from pdf_reader.child.opening import Opener
        from pdf_reader.child.page import PageReader

        self._make_reader = PageReader
        self._limits = limits
        self._opener = Opener(limits)
        self._timers = Timers(limits)
        self._recorder = recorder

    def answer(self, task: wire.Task) -> Iterator[wire.Message]:
        """Timers run while a document is worked on, and never while a message waits to be taken."""
        self._recorder.write(0, Step.OPEN)
        if isinstance(task, wire.OpenTask):
            yield self._timed(lambda: self._opener.facts(task))
        else:
            yield from self._read(task)

    def _read(self, task: wire.ReadTask) -> Iterator[wire.Message]:
        document = self._timed(lambda: self._opener.document(task.path, task.password))
        if isinstance(document, wire.Refusal):
            yield document
            return
        reader = self._make_reader(document, self._limits, self._recorder, task)
        for number in range(task.first, task.last + 1):
            yield self._timed(lambda number=number: reader.read(number))  # type: ignore[misc]
            if reader.promises_image:
                yield self._timed(reader.write_image)
        yield wire.RangeDone(worn_out=reader.ran_out_of_memory)

    def _timed(self, work: Callable[[], _T]) -> _T:
        self._timers.start()
        try:
            return work()
        finally:
            self._timers.stop()
