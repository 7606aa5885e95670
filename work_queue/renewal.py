"""Renewal: a message that has been received too often through no fault of its document is sent anew.

SQS counts receives and can't be told to forget one, so that the message is sent anew and the old one deleted. Dying in
between leaves both; the document is then found to be done by the second that comes.
"""

from datetime import datetime

from foundation.timestamps import utc_iso
from work_queue.dead_letter_writer import fitting
from work_queue.queue import Message, Outgoing, Queue

#: When a message first came, across its lives; the dead-letter queue shows it, too.
FIRST_SEEN = "first_seen"
#: SQS's limit: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
MAX_DELAY_SECONDS = 900


class Renewals:
    """Sends into `queue`. Deleting the original is the caller's, afterwards."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def put(self, message: Message, delay_seconds: float) -> None:
        """Raises TransientError."""
        self._queue.send(renewed(message), delay_seconds=min(MAX_DELAY_SECONDS, max(0, round(delay_seconds))))


def renewed(message: Message) -> Outgoing:
    """The same message, which knows since when it is there."""
    return fitting(message.body, {FIRST_SEEN: utc_iso(first_seen(message), "seconds"), **message.attributes})


def first_seen(message: Message) -> float:
    """Epoch seconds: in this life or an earlier one."""
    try:
        return min(message.sent_at, datetime.fromisoformat(message.attributes[FIRST_SEEN]).timestamp())
    except (KeyError, ValueError):
        return message.sent_at
