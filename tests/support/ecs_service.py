"""An ECS service as its tasks see it: an agent that knows how many tasks there shall be and which are protected."""

import json
import threading
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from work_queue.protection import PATH, TaskProtection


class EcsService:
    """Grants protection to no more tasks than `desired`. A task that is protected already may renew.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
    """

    def __init__(self, server: HTTPServer, desired: int) -> None:
        self._server = server
        self.desired = desired
        self.protected: set[str] = set()
        self.refused: list[str] = []
        self.changed = threading.Condition()

    def task(self, name: str) -> TaskProtection:
        """The protection of one more task."""

        def answer(request: Request) -> Response:
            wanted: bool = json.loads(request.get_data())["ProtectionEnabled"]
            return Response(json.dumps(self._set(name, wanted)), content_type="application/json")

        self._server.expect_request(f"/{name}{PATH}", method="PUT").respond_with_handler(answer)
        return TaskProtection(self._server.url_for(f"/{name}"))

    def wait_until_free(self, name: str, seconds: float) -> bool:
        """Whether the scheduler could stop the task within `seconds`."""
        with self.changed:
            return self.changed.wait_for(lambda: name not in self.protected, seconds)

    def wait_until_protected(self, name: str, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: name in self.protected, seconds)

    def stays_free(self, name: str, seconds: float) -> bool:
        return not self.wait_until_protected(name, seconds)

    def stays_protected(self, name: str, seconds: float) -> bool:
        return not self.wait_until_free(name, seconds)

    def wait_until_refused(self, name: str, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: name in self.refused, seconds)

    def _set(self, name: str, wanted: bool) -> dict[str, Any]:
        arn = f"arn:aws:ecs:us-east-1:123456789012:task/{name}"
        with self.changed:
            self.changed.notify_all()
            if not wanted:
                self.protected.discard(name)
            elif name in self.protected or len(self.protected) < self.desired:
                self.protected.add(name)
            else:
                self.refused.append(name)
                return {"failure": {"Arn": arn, "Detail": None, "Reason": "DEPLOYMENT_BLOCKED"}}
            return {"protection": {"ProtectionEnabled": wanted, "TaskArn": arn, "ExpirationDate": None}}
