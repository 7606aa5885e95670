"""What must let this worker receive: its protection, the tasks that wait for its place, and an operator."""

from dataclasses import dataclass

from work_queue.handover import Handover
from work_queue.operator_pause import PauseWatch
from work_queue.protection import TaskProtection


@dataclass(frozen=True, slots=True)
class ReceiveGates:
    """For the poll loop alone. Without `handover` no task waits, and without `pause` nobody pauses the workers."""

    protection: TaskProtection
    handover: Handover | None = None
    pause: PauseWatch | None = None

    def must_make_room(self) -> bool:
        """Whether a task waits for this one to go."""
        return self.handover is not None and self.handover.must_make_room()

    def is_paused(self) -> bool:
        """Whether an operator wants nothing to be received now."""
        return self.pause is not None and self.pause.is_on()

    def protect(self) -> bool:
        """Whether the worker may receive: it is protected now. If not, it waits in line."""
        if self.protection.acquire():
            return True
        if self.handover:
            self.handover.wait_in_line()
        return False
