"""The moto_server of the tests: an empty queue is waited for a tenth as long as asked.

A worker that runs until its queue is empty asks twice for a second each, and the suite runs hundreds of workers. How
long a worker asks SQS to wait is a setting, which the service is free to cut short.

    python -m tests.support.moto_process PORT     takes the options of the development server
"""

from typing import Any

from moto.sqs.models import Queue, SQSBackend

from development_stack import moto_process

SHARE_OF_WAIT = 0.1


def wait_shorter() -> None:
    """From now on, in this process."""
    receive, wait = SQSBackend.receive_message, Queue.wait_for_messages

    def receive_message(backend: Any, name: str, count: int, seconds: float, *rest: Any, **named: Any) -> Any:
        return receive(backend, name, count, seconds * SHARE_OF_WAIT, *rest, **named)  # type: ignore[arg-type]

    def wait_for_messages(queue: Any, seconds: float) -> None:
        wait(queue, seconds * SHARE_OF_WAIT)  # type: ignore[arg-type]

    SQSBackend.receive_message = receive_message  # type: ignore[method-assign]
    Queue.wait_for_messages = wait_for_messages  # type: ignore[method-assign]


if __name__ == "__main__":
    wait_shorter()
    moto_process.main()
