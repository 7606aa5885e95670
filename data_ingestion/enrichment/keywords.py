"""What stands out in a text, by counting: keywords, names, and the sentences that hold most of them.

Follows RAKE (Rose et al., 2010) in taking phrases between stop words, and weighs them by frequency. Scripts without
blanks have no words to count: there the pieces that repeat are taken.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

MAX_KEYWORDS = 15
MAX_ENTITIES = 20
MAX_PHRASE_WORDS = 3
MIN_WORD_LETTERS = 3
#: A word in more than this share of all sentences says little in any language.
COMMON_SENTENCE_SHARE = 0.2
#: In fewer sentences than this, what is common can't be told from what matters.
MIN_SENTENCES_TO_JUDGE = 40
MIN_SENTENCE_CHARACTERS = 40
MAX_SENTENCE_CHARACTERS = 350
#: Sentences that share more of their words than this say the same.
MAX_SENTENCE_OVERLAP = 0.4
#: Sentences near the beginning introduce what follows.
OPENING_SHARE = 0.15
OPENING_BONUS = 1.3

_SENTENCE_ENDS = re.compile(r"(?<=[.!?…])\s+(?=\S)|(?<=[。！？])|\n\s*\n")
_ENDS = (".", "!", "?", "…", "。", "！", "？", "۔", "؟", "।", ".”", '."', ".)")
_WORDS = re.compile(r"[^\W\d_][\w’'\-]*[^\W_]|[^\W\d_]")
_PHRASE_BREAKS = re.compile(r"[^\w’'\- ]+|\s[-–—]\s")
#: Scripts that don't put blanks between words, and how long a repeated piece of them may be.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]+")
_UNSPACED_LENGTHS = range(2, 7)
#: What may stand between the capitalised words of one name.
_JOINING_WORDS = frozenset(("of", "the", "de", "von", "van", "la", "del", "der", "du"))


def sentences(text: str) -> list[str]:
    """The sentences of `text`, each on one line."""
    found = (" ".join(part.split()) for part in _SENTENCE_ENDS.split(text))
    return [sentence for sentence in found if sentence]


def keywords(text: str, stop_words: Collection[str], limit: int = MAX_KEYWORDS) -> list[str]:
    """The phrases that `text` repeats most, lower case; a phrase stands for the words that it is made of."""
    unspaced = _UNSPACED.findall(text)
    if sum(map(len, unspaced)) > len(text) * 0.3:
        counts = _repeated_pieces(unspaced)
    else:
        ignored = _common_words(text) | set(stop_words)
        parts = _PHRASE_BREAKS.split(text.lower())
        counts = Counter(phrase for part in parts for phrase in _phrases(part.split(), ignored))
    at_least = 2 if counts.total() > 50 else 1
    scored = [(count * _weight(phrase), phrase) for phrase, count in counts.items() if count >= at_least]
    return _without_parts((phrase for _, phrase in sorted(scored, key=lambda item: (-item[0], item[1]))), counts, limit)


def names(text: str, language: str, stop_words: Collection[str], limit: int = MAX_ENTITIES) -> list[str]:
    """Capitalised words, and runs of them, that recur inside sentences; none in scripts without capitals.

    German capitalises every noun: there a name takes two words.
    """
    counts = Counter(run for sentence in sentences(text) for run in _capitalised_runs(sentence.split(" "), stop_words))
    found = {name: n for name, n in counts.items() if n >= 2 and (" " in name or (language != "de" and len(name) > 3))}
    return sorted(found, key=lambda name: (-found[name] * _weight(name), name))[:limit]


def best_sentences(text: str, weights: Counter[str], count: int) -> list[str]:
    """The `count` sentences that hold most of what the text is about, each something new, in the text's order."""
    candidates = sentences(text)
    scored: list[tuple[float, int, frozenset[str]]] = []
    for index, sentence in enumerate(candidates):
        if not MIN_SENTENCE_CHARACTERS <= len(sentence) <= MAX_SENTENCE_CHARACTERS or not _is_prose(sentence):
            continue
        words = frozenset(_WORDS.findall(sentence.lower()))
        if _UNSPACED.search(sentence):
            words |= {word for word in weights if word in sentence}
        bonus = OPENING_BONUS if index < len(candidates) * OPENING_SHARE else 1.0
        scored.append((bonus * sum(weights[word] for word in words) / (len(words) + 8), -index, words))
    chosen: list[tuple[int, frozenset[str]]] = []
    for _, negative_index, words in sorted(scored, reverse=True, key=lambda item: item[:2]):
        if all(len(words & other) < len(words | other) * MAX_SENTENCE_OVERLAP for _, other in chosen):
            chosen.append((-negative_index, words))
        if len(chosen) == count:
            break
    return [candidates[index] for index, _ in sorted(chosen, key=lambda item: item[0])]


def _is_prose(sentence: str) -> bool:
    """A whole sentence: not a line of a table, not a fragment, not an item of a list."""
    letters = sum(c.isalpha() or c.isspace() for c in sentence)
    begins = sentence[0].isalpha() and not sentence[0].islower()
    return begins and sentence.endswith(_ENDS) and letters > len(sentence) * 0.88


def _weight(phrase: str) -> float:
    """Two words say more than one, so a phrase may be rarer than its words and still come first."""
    return (1.0, 2.0, 2.5)[min(phrase.count(" "), 2)]


def _common_words(text: str) -> set[str]:
    """Words that stand in so many sentences that they tell none apart, whatever the language."""
    found = sentences(text)
    if len(found) < MIN_SENTENCES_TO_JUDGE:
        return set()
    counts = Counter(word for sentence in found for word in set(_WORDS.findall(sentence.lower())))
    return {word for word, n in counts.items() if n > len(found) * COMMON_SENTENCE_SHARE}


def _phrases(words: list[str], ignored: Collection[str]) -> Iterator[str]:
    """Every run of up to MAX_PHRASE_WORDS words that are worth something."""
    worthy = [len(word) >= MIN_WORD_LETTERS and not word[0].isdigit() and word not in ignored for word in words]
    for start in range(len(words)):
        for end in range(start + 1, min(start + MAX_PHRASE_WORDS, len(words)) + 1):
            if not worthy[end - 1]:
                break
            yield " ".join(words[start:end]).strip("-'’")


def _repeated_pieces(runs: Iterable[str]) -> Counter[str]:
    return Counter(
        run[start : start + length]
        for run in runs
        for length in _UNSPACED_LENGTHS
        for start in range(len(run) - length + 1)
    )


def _without_parts(ranked: Iterable[str], counts: Counter[str], limit: int) -> list[str]:
    """Leave out what overlaps a better phrase, unless it is also found much more often on its own."""
    kept: list[str] = []
    for phrase in ranked:
        rivals = [other for other in kept if phrase in other or other in phrase]
        if all(counts[phrase] > 3 * counts[other] for other in rivals):
            kept.append(phrase)
        if len(kept) == limit:
            break
    return kept


def _capitalised_runs(words: list[str], stop_words: Collection[str]) -> Iterator[str]:
    """Names in a sentence; its first word is capital for another reason, so alone it doesn't count."""
    run: list[str] = []
    for index, raw in enumerate([*words, ""]):
        word = raw.strip("()[]{}\"“”«»‘’'*_")
        bare = word.rstrip(".,;:!?")
        is_name = len(bare) > 1 and bare[0].isupper() and not bare.isupper() and bare.lower() not in stop_words
        if is_name:
            run.append(bare)
        elif run and bare in _JOINING_WORDS and bare == raw:
            run.append(bare)
            continue
        if run and (not is_name or bare != word):
            while run[-1] in _JOINING_WORDS:
                run.pop()
            began_at = index - len(run) + (1 if is_name else 0)
            if 1 < len(run) <= 5 or (len(run) == 1 and began_at > 0):
                yield " ".join(run)
            run = []
