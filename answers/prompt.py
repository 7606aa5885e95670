"""How a question is put to the model: passages as fenced data, each under a line that says where it is from. Pure."""

from collections.abc import Sequence
from itertools import pairwise

from answers import conversation
from answers.conversation import Turn
from answers.neighbours import Run, runs_of, without_repetition
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
    """The passages between `<context>` tags, as the system prompt speaks of them; neighbours stand in one."""
    return "\n".join(["<context>", *(_run(run) for run in runs_of(passages)), "</context>"])


def texts_of(passages: Sequence[Passage]) -> list[str]:
    """What the documents say in `context`, without fences and places."""
    return [text for run in runs_of(passages) for text in _texts(run)]


def citation(metadata: dict[str, object]) -> str:
    """How a source is named in an answer: `[handbook.pdf, p. 12]`, by the page's printed label."""
    return f"[{metadata.get('filename')}, p. {metadata.get('page_label') or metadata.get('page')}]"


def _run(run: Run) -> str:
    """Where the page or the section changes, the line that says where it is from stands again."""
    numbers = ",".join(str(passage.number) for passage in run)
    parts: list[str] = []
    place = ""
    for passage, text in zip(run, _texts(run), strict=True):
        if (own := _place(passage)) != place:
            parts += ["", own, ""] if parts else [own, ""]
            place = own
        parts.append(harmless(text, *_ALL_TAGS))
    return "\n".join([f'<passage number="{numbers}">', *parts, "</passage>"])


def _texts(run: Run) -> list[str]:
    """The texts of a run, each without what the one before it says already."""
    texts = [run[0].text]
    for before, after in pairwise(run):
        goes_on = _place(before) == _place(after)
        texts.append(without_repetition(before.text, after.text, goes_on=goes_on))
    return texts


def _place(passage: Passage) -> str:
    metadata = passage.hit.metadata
    return harmless(" ".join(f"{citation(metadata)} {metadata.get('heading_path') or ''}".split()), *_ALL_TAGS)
