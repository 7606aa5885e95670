"""Words of texts that don't separate them, and of Hebrew: this project's own, because Qdrant's BM25 has none for them.

Chinese, Japanese and Thai give overlapping pairs of characters. They need no dictionary and find about what a
dictionary's words find (Nie et al., On the Use of Words and N-grams for Chinese Information Retrieval, 2000). Korean
words give pairs of syllables, so that endings don't matter. Hebrew words lose one leading particle.
"""

import re
import unicodedata
from collections.abc import Iterator

SEGMENTED_LANGUAGES = frozenset({"zh", "ja", "ko", "th", "he"})
_PAIRED = (
    "\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af\u1100-\u11ff\U00020000-\U0003134f"
)
_RUNS = re.compile(rf"[{_PAIRED}]+|[^\W_{_PAIRED}]+")
_IS_PAIRED = re.compile(rf"[{_PAIRED}]")
#: And, the, in, to, from, as, that: written at the front of the word. A rest of fewer letters is the word itself.
_HEBREW_PARTICLES = "והבלמכש"
_MIN_HEBREW_REST = 3


def segment(text: str, language: str) -> Iterator[str]:
    """The terms of a text in one of SEGMENTED_LANGUAGES, in order, in lower case."""
    for run in _RUNS.findall(unicodedata.normalize("NFKC", text).lower()):
        if _IS_PAIRED.match(run):
            yield from (run[at : at + 2] for at in range(max(1, len(run) - 1)))
        elif language == "he":
            yield _without_particle(run)
        else:
            yield run


def _without_particle(word: str) -> str:
    return word[1:] if word[0] in _HEBREW_PARTICLES and len(word) > _MIN_HEBREW_REST else word
