"""AppConfig: read, save with If-Match, see who changed what."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from web.panel import panel
from web.problems import ProblemError, bad_input

blueprint = Blueprint("config", __name__)

MAX_CHANGES = 100
HISTORY_ROWS = 20


@blueprint.get("/api/admin/config")
def read() -> ResponseReturnValue:
    found = panel().config_editor.read()
    return jsonify(found), {"ETag": f'"{found["version"]}"'}


@blueprint.post("/api/admin/config")
def save() -> ResponseReturnValue:
    """The keys to change (null: back to the profile), over the version that `If-Match` names."""
    version = request.headers.get("If-Match", "").strip().strip('"')
    if not version:
        raise ProblemError(
            HTTPStatus.PRECONDITION_REQUIRED, "if_match", "Say with If-Match which version you changed."
        )  # fmt: skip
    changes: Any = request.get_json(silent=True)
    if not isinstance(changes, dict) or len(changes) > MAX_CHANGES:
        raise bad_input(f"A JSON object of at most {MAX_CHANGES} keys is expected.")
    found = panel().config_editor.save(changes, version, g.who)
    panel().app_config.expire()
    return jsonify(found), {"ETag": f'"{found["version"]}"'}


@blueprint.get("/api/admin/config/history")
def history() -> ResponseReturnValue:
    return jsonify(changes=panel().config_editor.changes.newest(HISTORY_ROWS))
