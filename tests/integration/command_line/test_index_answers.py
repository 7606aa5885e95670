"""`leafmill index-answers`: answers of older versions are found afterwards, and others no longer looked for."""

import json

from typer import Typer
from typer.testing import CliRunner

from command_line.index_answers import index_answers
from composition.enrichment import make_asked_questions
from composition.parts import Parts
from config import Settings
from model_api.asked_questions import Seen

OLD, NEW = "a" * 64, "b" * 64


def test_stored_answers_are_noted(settings: Settings, parts: Parts) -> None:
    cache = parts.artifacts.answer_cache()
    cache.put(OLD, {"answer": {}})
    assert make_asked_questions(settings, parts.aws, cache).note([]) == {}
    app = Typer()
    app.command()(index_answers)

    printed = CliRunner().invoke(app, ["--json"])
    again = CliRunner().invoke(app, [])

    assert json.loads(printed.stdout) == {"answers": 1}
    assert again.stdout == "noted 1 answer\n"
    assert make_asked_questions(settings, parts.aws, cache).note([OLD, NEW]) == {OLD: Seen.ASKED, NEW: Seen.NEW}
