"""Sends one body to chat.completions through the `openai` client, and types what comes back."""

import time
from typing import TYPE_CHECKING, Any, Protocol

from model_api.faults import Fault, FaultKind
from model_api.statuses import ErrorReply, classify_status, parse_retry_after

if TYPE_CHECKING:
    import openai

#: To find a server that is down quickly; reading an answer may take as long as `timeout_seconds`.
CONNECT_TIMEOUT_SECONDS = 5.0


class Transport(Protocol):
    """The wire. `send` returns the decoded JSON reply, or what went wrong."""

    async def send(self, body: dict[str, Any]) -> Any | Fault: ...

    async def close(self) -> None: ...


class OpenAiTransport:
    """Any server that speaks chat.completions. Belongs to the event loop that first uses it."""

    def __init__(
        self,
        api_key: str,
        base_url: str | None,
        timeout_seconds: float,
        connections: int,
        *,
        key_setting: str = "OPENAI_API_KEY",
    ) -> None:
        import httpx2
        import openai  # 0.9 s of CPU: only a worker that enriches pays it

        self._openai = openai
        self._key_setting = key_setting
        self._raw_reply = httpx2.Response
        self._connect_timeout = httpx2.ConnectTimeout
        # Retries are ours: only here is known who else is waiting, and whether the document is still ours.
        self._client = openai.AsyncOpenAI(
            api_key=api_key,
            base_url=base_url,
            max_retries=0,
            timeout=httpx2.Timeout(timeout_seconds, connect=CONNECT_TIMEOUT_SECONDS),
            # Before each call httpx asks the system whether idle connections are still open. That takes as much CPU as
            # the rest of the call, and lets other threads have the interpreter each time.
            http_client=openai.DefaultAioHttpClient(
                limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections)
            ),
        )

    async def send(self, body: dict[str, Any]) -> Any | Fault:
        # `chat.completions.create` would first walk through and copy the messages and then build a typed reply that
        # compatible servers don't always fit: 3.2 ms of CPU a call, where this takes 1.7.
        try:
            reply = await self._client.post("/chat/completions", cast_to=self._raw_reply, body=body)
        except self._openai.APITimeoutError as error:
            # What aiohttp says of a connection comes as this, be it refused, lost or not there in time.
            if isinstance(error.__cause__, self._connect_timeout):
                return _no_connection(error.__cause__.__cause__)
            return Fault(FaultKind.TIMED_OUT, "the model did not answer in time")
        except self._openai.APIConnectionError as error:
            return _no_connection(error.__cause__)
        except self._openai.APIStatusError as error:
            return _status_fault(error, self._key_setting, body)
        try:
            return reply.json()
        except ValueError:
            return Fault(FaultKind.SERVER, "the reply is not JSON")

    async def close(self) -> None:
        await self._client.close()


def _no_connection(cause: BaseException | None) -> Fault:
    return Fault(FaultKind.UNREACHABLE, f"no connection to the model's server ({type(cause).__name__})")


def _status_fault(error: "openai.APIStatusError", key_setting: str, body: dict[str, Any]) -> Fault:
    sent = [str(message.get("content")) for message in body.get("messages", ())]
    details = error.body if isinstance(error.body, dict) else {}
    headers = error.response.headers
    reply = ErrorReply(
        error.status_code,
        code=str(details.get("code") or details.get("type") or ""),
        message=str(details.get("message") or error.message),
        parameter=str(details.get("param") or ""),
        retry_after_seconds=parse_retry_after(headers.get("retry-after-ms"), headers.get("retry-after"), time.time()),
    )
    return classify_status(reply, key_setting=key_setting, sent=sent)
