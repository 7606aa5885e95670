"""A message that nobody should try again goes to the dead-letter queue, unchanged, with a reason on it."""

import re
from collections.abc import Mapping

from foundation.timestamps import utc_iso
from work_queue.queue import MAX_ATTRIBUTES, MAX_MESSAGE_BYTES, Message, Outgoing, Queue

#: The code of messages that name no document; errors.FailureCode has the codes of documents.
MALFORMED_MESSAGE = "malformed_message"
MAX_REASON_CHARACTERS = 1_000

#: What SQS refuses in a text: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class DeadLetterWriter:
    """Sends to the dead-letter queue in the name of `worker`."""

    def __init__(self, dead_letters: Queue, worker: str) -> None:
        self._dead_letters = dead_letters
        self._worker = worker

    def put(self, message: Message, code: str, reason: str, *, s3_keys: tuple[str, ...] = ()) -> None:
        """Copy the message there; deleting the original is the caller's, afterwards. Raises TransientError."""
        self._dead_letters.send(label(message, code=code, reason=reason, worker=self._worker, s3_keys=s3_keys))


def label(message: Message, *, code: str, reason: str, worker: str, s3_keys: tuple[str, ...] = ()) -> Outgoing:
    """The message with attributes that say why it was given up; those that it had stay as far as there is room.

    SQS takes ten attributes and counts them into the size of the message, so that they come in order of importance.
    """
    labels: dict[str, str] = {
        "error_code": code,
        "reason": reason[:MAX_REASON_CHARACTERS],
        "first_seen": message.attributes.get("first_seen", utc_iso(message.sent_at, "seconds")),
        "worker": worker,
        "message_id": message.attributes.get("message_id", message.message_id),
        "receive_count": str(message.receive_count),
    }
    if s3_keys:
        labels["s3_key"] = s3_keys[0]
    wanted = labels | {name: value for name, value in message.attributes.items() if name not in labels}
    return fitting(message.body, wanted)


def fitting(body: str, wanted: Mapping[str, str]) -> Outgoing:
    """A message with as many of the attributes as SQS takes, in their order, and characters that it takes."""
    fitting: dict[str, str] = {}
    for name, value in wanted.items():
        cleaned = _REFUSED.sub("\N{REPLACEMENT CHARACTER}", value) or "-"
        larger = Outgoing(body, {**fitting, name: cleaned})
        if len(larger.attributes) <= MAX_ATTRIBUTES and larger.size_bytes <= MAX_MESSAGE_BYTES:
            fitting[name] = cleaned
    return Outgoing(body, fitting)
