"""How far passages support one sentence, by its words and its numbers: the rule and its limits. Pure.

A sentence is supported when its numbers stand in the passages that it cites (or are worked out of such numbers), and
most of its words do. Words are compared as terms of BM25, so that "closing" is "closes" and "the" is nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from answers.checked_answer import CheckedNumber, NumberOrigin, Verdict

#: Of a sentence's words, this share in its passages supports it. Learnt as docs/search.md says.
SUPPORTING_SHARE = 0.5
#: A smaller share than this says nothing.
WEAK_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found of a sentence in the passages that it keeps.

    `share` is that of its words, 1 where it has only numbers. `doubts` are reasons why it can't be more than weak.
    """

    share: float
    numbers: Sequence[CheckedNumber]
    has_citation: bool
    doubts: Sequence[str] = ()
    wrong_calculation: str = ""
    is_other_language: bool = False


def judge(found: Findings) -> tuple[Verdict, str]:
    """The verdict, and why it is no better."""
    missing = [number.text for number in found.numbers if number.origin is NumberOrigin.MISSING]
    if found.wrong_calculation:
        return Verdict.UNSUPPORTED, found.wrong_calculation
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        return Verdict.UNSUPPORTED, f"{', '.join(missing[:5])} {verb} not stand in the passages"
    if not found.has_citation:
        return Verdict.UNSUPPORTED, "no passage says it"
    if found.is_other_language:
        return Verdict.WEAK, "its source is in another language, so that only its numbers could be compared"
    has_figures = any(number.origin in (NumberOrigin.SOURCE, NumberOrigin.CALCULATED) for number in found.numbers)
    is_calculated = any(number.origin is NumberOrigin.CALCULATED for number in found.numbers)
    needed = WEAK_SHARE if is_calculated else SUPPORTING_SHARE
    if found.share >= needed:
        return (Verdict.WEAK, found.doubts[0]) if found.doubts else (Verdict.SUPPORTED, "")
    if found.share >= WEAK_SHARE or has_figures:
        return Verdict.WEAK, "only some of its words stand in the passages"
    return Verdict.UNSUPPORTED, "hardly any of its words stand in the passages"


#: What turns a sentence round; stop words to a search.
NEGATIONS = {
    language: frozenset(words.split())
    for language, words in {
        "en": """not no never none neither nor without cannot can't don't doesn't didn't isn't aren't wasn't weren't
            won't""",
        "de": "nicht kein keine keinen keiner nie niemals weder ohne",
        "fr": "ne pas jamais aucun aucune sans ni",
        "es": "no nunca ningún ninguna ninguno sin ni tampoco",
        "it": "non mai nessun nessuna nessuno senza né",
        "pt": "não nunca nenhum nenhuma sem nem",
        "nl": "niet geen nooit zonder noch",
        "ar": "لا ليس ليست لم لن غير دون",
    }.items()
}


def is_negated(text: str, language: str) -> bool:
    """Whether a sentence says that something is not so; only of languages whose words are known."""
    words = text.casefold().replace("’", "'").split()
    known = NEGATIONS.get(language, frozenset())
    return any(word.strip(".,;:!?()\"'“”«»") in known for word in words)
