"""An answer's Markdown once it is checked: without citations that don't hold, with what people should know. Pure."""

from collections.abc import Callable, Sequence

from answers.checked_answer import CheckedSentence, Verdict
from answers.citation_marks import Mark, marks_within

#: What marks a sentence in plain text that no passage supports.
NOT_FOUND_MARK = "(not found in the sources)"
#: Around the number of a sentence, counted from 0, or of a passage, where a reader's program puts what it shows of it.
#: Unicode's private use: an answer's own are taken out.
SLOT_START, SLOT_END = "\ue000", "\ue001"


def corrected(answer: str, sentences: Sequence[CheckedSentence], marks: Sequence[Mark]) -> str:
    """For people and programs that read Markdown: the citations that were found are added in the answer's own way."""

    def behind(number: int, sentence: CheckedSentence) -> str:
        added = "".join(f" [{citation.place}]" for citation in sentence.citations if citation.is_added)
        return f"{added} *{NOT_FOUND_MARK}*" if sentence.verdict is Verdict.UNSUPPORTED else added

    dropped = [
        mark
        for sentence in sentences
        for mark in marks_within(marks, sentence.start, sentence.end)
        if mark.text in sentence.removed
    ]
    return _rewritten(answer, sentences, dropped, behind)


def with_slots(answer: str, sentences: Sequence[CheckedSentence], marks: Sequence[Mark]) -> str:
    """For a page that shows each sentence's citations and verdict itself: a slot behind it instead of citations."""

    def behind(number: int, sentence: CheckedSentence) -> str:
        is_shown = sentence.citations or sentence.verdict in (Verdict.WEAK, Verdict.UNSUPPORTED)
        return f"{SLOT_START}{number}{SLOT_END}" if is_shown else ""

    shown = [
        mark
        for sentence in sentences
        for mark in marks_within(marks, sentence.start, sentence.end)
        if mark.numbers or mark.text in sentence.removed
    ]
    return _rewritten(answer, sentences, shown, behind)


def with_passages(answer: str, cited: Sequence[tuple[Mark, Sequence[int]]]) -> str:
    """For a page that shows an answer as it is written: instead of each citation slots with its passages' numbers."""
    return _edited(
        answer,
        [
            (mark.start, mark.end, " ".join(f"{SLOT_START}{number}{SLOT_END}" for number in numbers))
            for mark, numbers in cited
        ],
    )


def _rewritten(
    answer: str,
    sentences: Sequence[CheckedSentence],
    dropped: Sequence[Mark],
    behind: Callable[[int, CheckedSentence], str],
) -> str:
    """The answer without these marks and the blanks before them, and with a text behind each sentence."""
    edits = [(mark.start, mark.end, "") for mark in dropped]
    for number, sentence in enumerate(sentences):
        text = behind(number, sentence)
        if text:
            at = _place_behind(answer, sentence)
            edits.append((at, at, text))
    return _edited(answer, edits)


def _edited(answer: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """The answer with a text instead of each `answer[start:end]`; where that is empty, the blanks before it go too."""
    parts: list[str] = []
    at = 0
    for start, end, text in sorted(edits, key=lambda edit: (edit[0], edit[1])):
        kept = _plain(answer[at : max(at, start)])
        parts.append(kept if text else kept.rstrip(" \t"))
        parts.append(text)
        at = max(at, end)
    parts.append(_plain(answer[at:]))
    return "".join(parts)


def _place_behind(answer: str, sentence: CheckedSentence) -> int:
    """The end of a sentence; of a table's row the end of its last cell."""
    end = sentence.end
    text = answer[sentence.start : end]
    if text.lstrip().startswith("|") and text.rstrip().endswith("|"):
        return sentence.start + len(text.rstrip()[:-1].rstrip())
    return end


def _plain(text: str) -> str:
    return text.replace(SLOT_START, "").replace(SLOT_END, "")
