"""Notes stored answers in the table, so that workers look in S3 for no others."""

from command_line.output import JsonFlag, counted, one_line_errors, out, print_json
from composition.enrichment import make_asked_questions
from composition.parts import Parts
from config import load_settings


def index_answers(as_json: JsonFlag = False) -> None:
    """Note in the table which model's answers S3 holds.

    Workers then look in S3 for no others. Needed once after an upgrade from 0.2.0 or earlier, after a restore of the
    table, and after going back to an older version. First end all workers of older versions: what they store
    afterwards is not noted. Running it again is harmless.
    """
    with one_line_errors():
        parts = Parts(load_settings())
        cache = parts.artifacts.answer_cache()
        noted = make_asked_questions(parts.settings, parts.aws, cache).complete(cache.stored())
        parts.close()
    if as_json:
        print_json({"answers": noted})
    else:
        out.print(f"noted {counted(noted, 'answer')}")
