"""Known words by language, and which language a page's words are of."""

from collections.abc import Set
from functools import lru_cache

from pdf_reader.child.word_list import words_of

#: Words that tell a language; the list that has most of a page's words wins.
_TELLING = {
    "en": frozenset(["the", "of", "and", "to", "in", "is", "that", "for", "with", "are"]),
    "de": frozenset(["der", "die", "das", "und", "ist", "nicht", "mit", "von", "den", "ein", "eine", "zu"]),
    "fr": frozenset(["le", "la", "les", "des", "et", "est", "une", "dans", "pour", "que", "qui", "du"]),
    "es": frozenset(["el", "los", "las", "que", "una", "por", "con", "para", "es", "del", "se"]),
    "it": frozenset(["il", "che", "di", "una", "per", "con", "sono", "della", "gli", "nel"]),
    "pt": frozenset(["o", "os", "que", "uma", "para", "com", "não", "da", "do", "em", "as"]),
    "nl": frozenset(["de", "het", "een", "van", "en", "niet", "dat", "met", "voor", "zijn"]),
}
#: In these languages compounds are written as one word: a hyphen before a small letter was only put in at the break.
CLOSED_COMPOUNDS = frozenset({"de", "nl"})
DEFAULT_LANGUAGE = "en"
#: Endings that a list may not have with every word.
_ENDINGS = ("s", "es", "ed", "d", "ing", "ly", "ness", "er")


def language_of(words: Set[str]) -> str:
    """The language of most of these lower-case words, a key of the lists; English when none stands out."""
    counts = {language: len(telling & words) for language, telling in _TELLING.items()}
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] else DEFAULT_LANGUAGE


@lru_cache(maxsize=16_384)
def is_known(word: str, language: str) -> bool:
    """Whether a lower-case word, or what it is an inflected form of, is in the language's list."""
    known = words_of(language)
    return word in known or any(
        word.endswith(ending) and len(word) - len(ending) > 3 and word[: -len(ending)] in known for ending in _ENDINGS
    )


@lru_cache(maxsize=16_384)
def is_listed(word: str, language: str) -> bool:
    """Whether a lower-case word itself is in the language's list."""
    return word in words_of(language)
