"""How a question is put to the model: passages as fenced data, each under a line that says where it is from. Pure."""

import re
from collections.abc import Sequence

from answers.passages import Passage

_TAGS = re.compile(r"[<\uff1c\ufe64]([\s/\\]*(?:context|passage|question))", re.IGNORECASE)
#: Controls, bidi marks, and what has no width: a reader of the page would not see them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e0fff]"
)


def messages(system_prompt: str, question: str, passages: Sequence[Passage]) -> list[dict[str, str]]:
    """What is sent to chat.completions."""
    return [
        {"role": "system", "content": system_prompt},
        {"role": "user", "content": f"{context(passages)}\n\n<question>\n{harmless(question)}\n</question>"},
    ]


def context(passages: Sequence[Passage]) -> str:
    """The passages between `<context>` tags, as the system prompt speaks of them."""
    return "\n".join(["<context>", *(_passage(passage) for passage in passages), "</context>"])


def harmless(text: str) -> str:
    """`text` without what could close its fence or hide in it; a look-alike keeps it readable."""
    return _TAGS.sub(r"‹\1", _INVISIBLE.sub("", text))


def citation(metadata: dict[str, object]) -> str:
    """How a source is named in an answer: `[handbook.pdf, p. 12]`, by the page's printed label."""
    return f"[{metadata.get('filename')}, p. {metadata.get('page_label') or metadata.get('page')}]"


def _passage(passage: Passage) -> str:
    metadata = passage.hit.metadata
    place = harmless(" ".join(f"{citation(metadata)} {metadata.get('heading_path') or ''}".split()))
    return f'<passage number="{passage.number}">\n{place}\n\n{harmless(passage.text)}\n</passage>'
