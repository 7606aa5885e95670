"""Uploads page images while later pages are still being read, and holds the reader back when it gets too far ahead."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import BoundedSemaphore

from pdf_reader.document import PageImage

#: On disk and not yet uploaded, of one document; about 40 MB at 150 dpi. Until so many wait, slow uploads hold up no
#: page on its way to the model.
MAX_WAITING = 128


class ImageUploads:
    """The uploads of one document. `put(path, key)` does one of them; the file is deleted afterwards.

    At most `max_waiting` images are on disk and not yet uploaded.
    """

    def __init__(self, put: Callable[..., None], executor: ThreadPoolExecutor, max_waiting: int = MAX_WAITING) -> None:
        self._put = put
        self._executor = executor
        self._slots = BoundedSemaphore(max_waiting)
        self._failure: BaseException | None = None
        self._pending: set[Future[None]] = set()
        self.count = 0

    def add(self, image: PageImage, key: str) -> None:
        """Queue one upload. Waits while too many are queued; raises what an earlier upload raised."""
        self._slots.acquire()
        if self._failure:
            self._slots.release()
            raise self._failure
        future = self._executor.submit(self._upload, image, key)
        self._pending.add(future)
        future.add_done_callback(self._pending.discard)
        self.count += 1

    def finish(self) -> None:
        """Wait for all of them. Raises what the first failed one raised."""
        for future in list(self._pending):
            future.exception()
        if self._failure:
            raise self._failure

    def cancel(self) -> None:
        """Drop what has not started and wait for the rest."""
        for future in list(self._pending):
            future.cancel()
        for future in list(self._pending):
            if not future.cancelled():
                future.exception()

    def _upload(self, image: PageImage, key: str) -> None:
        try:
            if self._failure is None:
                self._put(image.path, key)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            self._failure = error
        finally:
            image.path.unlink(missing_ok=True)
            self._slots.release()
