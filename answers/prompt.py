"""How a question is put to the model: passages as fenced data, each under a line that says where it is from. Pure."""

from collections.abc import Sequence

from answers import conversation
from answers.conversation import Turn
from answers.passages import Passage
from model_api.fence import harmless

#: What fences the parts of a question.
TAGS = ("context", "passage", "question")
_ALL_TAGS = (*TAGS, *conversation.TAGS)


def messages(
    system_prompt: str, question: str, passages: Sequence[Passage], earlier: Sequence[Turn] = ()
) -> list[dict[str, str]]:
    """What is sent to chat.completions; `earlier` turns are kept within bounds by `conversation.fit`."""
    parts = [context(passages), f"<question>\n{harmless(question, *_ALL_TAGS)}\n</question>"]
    if earlier:
        system_prompt = f"{system_prompt}\n\n{conversation.EXPLANATION}"
        parts.insert(0, conversation.fenced(earlier, TAGS))
    return [{"role": "system", "content": system_prompt}, {"role": "user", "content": "\n\n".join(parts)}]


def context(passages: Sequence[Passage]) -> str:
    """The passages between `<context>` tags, as the system prompt speaks of them."""
    return "\n".join(["<context>", *(_passage(passage) for passage in passages), "</context>"])


def citation(metadata: dict[str, object]) -> str:
    """How a source is named in an answer: `[handbook.pdf, p. 12]`, by the page's printed label."""
    return f"[{metadata.get('filename')}, p. {metadata.get('page_label') or metadata.get('page')}]"


def _passage(passage: Passage) -> str:
    metadata = passage.hit.metadata
    place = harmless(" ".join(f"{citation(metadata)} {metadata.get('heading_path') or ''}".split()), *_ALL_TAGS)
    return f'<passage number="{passage.number}">\n{place}\n\n{harmless(passage.text, *_ALL_TAGS)}\n</passage>'
