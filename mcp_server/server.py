"""The MCP server: which tools and resources there are, and how their faults are said."""

from collections.abc import Callable
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError, UnexpectedToolError
from mcp.types import CallToolResult, InputRequiredResult, TextContent, ToolAnnotations
from pydantic import ValidationError

from composition.outages import describe_outage
from config import Settings
from data_ingestion.table_reading import FilesMissing, TableTooLong
from foundation.errors import DeploymentError, IngestionError, TransientError
from foundation.version import program_version
from mcp_server.caller import EVERYTHING, Caller, calling
from mcp_server.gate import CALLER
from mcp_server.library import NotThereError
from mcp_server.quoting import NOTICE
from mcp_server.tools import Tools

NAME = "leafmill"
INSTRUCTIONS = (
    "Searches and reads PDF documents. search finds passages, ask answers a question, list_documents and outline show"
    " what there is, read_page reads a page, table reads a table as rows. Pages are counted from 1. Say where an answer"
    " is from: file, page, and the link when there is one. " + NOTICE
)
#: Nothing is changed, and nothing but the project's own services is asked.
READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
DOCUMENTS_URI = "leafmill://documents"
DOCUMENT_URI = DOCUMENTS_URI + "/{document}"
PAGE_URI = DOCUMENT_URI + "/pages/{page}"
IMAGE_URI = PAGE_URI + "/image"


def make_server(tools: Tools, settings: Settings, *, with_ask: bool = True) -> "Server":
    """`with_ask` False leaves out the tool that asks a model, and so costs money."""
    server = Server(settings)
    for tool in (tools.search, tools.ask, tools.read_page, tools.list_documents, tools.outline, tools.table):
        if with_ask or tool != tools.ask:
            server.add_tool(tool, annotations=READS)
    _add_resources(server, tools)
    return server


class Server(MCPServer[Any]):
    """Says what went wrong in one sentence. The SDK withholds the text of errors that it doesn't know."""

    def __init__(self, settings: Settings) -> None:
        # What happens is logged by the program; the SDK logs arguments of refused calls, which hold questions.
        super().__init__(
            NAME, title=NAME, instructions=INSTRUCTIONS, version=program_version(), log_level="WARNING",
            subscriptions=False,
        )  # fmt: skip
        self._program_settings = settings

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: "Context[Any, Any] | None" = None
    ) -> CallToolResult | InputRequiredResult:
        """Raises ToolError."""
        try:
            caller = caller_of(context)
            if name == "ask" and (refusal := caller.refusal_to_ask()):
                raise ToolError(refusal)
            with calling(caller):
                return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause = error.__cause__
            # A result that doesn't fit its schema is a bug, arguments that don't are the caller's.
            is_bug = isinstance(error, UnexpectedToolError) and isinstance(cause, ValidationError)
            if not is_bug and (sentence := sentence_of(cause, self._program_settings)):
                raise ToolError(sentence) from None
            raise

    async def read_resource(self, uri: Any, context: "Context[Any, Any] | None" = None) -> Any:
        """Raises ResourceError."""
        try:
            with calling(caller_of(context)):
                return await super().read_resource(uri, context)
        except ResourceError as error:
            cause = error.__cause__
            if sentence := sentence_of(cause, self._program_settings):
                kind = ResourceNotFoundError if isinstance(cause, NotThereError) else ResourceError
                raise kind(sentence) from None
            raise


def caller_of(context: "Context[Any, Any] | None") -> Caller:
    """Whom the gate let in. Without HTTP it is who started the program. Raises KeyError for HTTP without the gate."""
    request = context.request_context.request if context else None
    if request is None:
        return EVERYTHING
    caller: Caller = request.scope[CALLER]
    return caller


def sentence_of(error: BaseException | None, settings: Settings) -> str | None:
    """What a fault means for who called; None for a bug, whose text stays here."""
    match error:
        case ValidationError():
            faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
            return "Wrong arguments. " + "; ".join(faults) + "."
        case DeploymentError():
            return str(error)
        case TransientError():
            return describe_outage(error, settings)
        case IngestionError() | NotThereError() | FilesMissing() | TableTooLong() | ToolError():
            return str(error)
    return None


def _add_resources(server: Server, tools: Tools) -> None:
    def first_text(call: Callable[..., Any], *arguments: Any) -> str:
        [text] = [part.text for part in call(*arguments).content if isinstance(part, TextContent)]
        return text

    @server.resource(DOCUMENTS_URI, name="documents", title="Documents", mime_type="text/markdown")
    def documents() -> str:
        """The first documents by key; the tool list_documents gives the others."""
        return first_text(tools.list_documents)

    @server.resource(DOCUMENT_URI, name="document", title="A document's outline", mime_type="text/markdown")
    def document(document: str) -> str:
        """Title, summary and headings of a document, by its id."""
        return first_text(tools.outline, document)

    @server.resource(PAGE_URI, name="page", title="A page", mime_type="text/markdown")
    def page(document: str, page: int) -> str:
        """A page of a document as Markdown; pages are counted from 1."""
        return first_text(tools.read_page, document, page)

    @server.resource(IMAGE_URI, name="page_image", title="A page's image", mime_type="image/jpeg")
    def page_image(document: str, page: int) -> bytes:
        """The image of a page."""
        return tools.page_image(document, page)
