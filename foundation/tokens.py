"""How many tokens a text costs: tiktoken when its vocabulary is at hand, an estimate otherwise.

The vocabulary is read from `TIKTOKEN_CACHE_DIR` (tiktoken looks there itself) or downloaded; it is loaded on first use.
Without it every count is an estimate, which the log says once, and which stays so for the life of the process: chunks
cut by two measures would not match.
"""

import codecs
import itertools
import math
import re
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    import tiktoken

#: The vocabulary of the gpt-4o, gpt-4.1 and gpt-5 families; that of text-embedding-3 counts within a few percent.
DEFAULT_ENCODING = "o200k_base"
#: A network that swallows packets must not hold a document up; a local file takes half a second.
LOAD_TIMEOUT_SECONDS = 15.0
#: tiktoken is quadratic in the length of one run without a blank, and its regex overflows on very long ones.
MAX_PIECE_CHARACTERS = 8_000
#: What the estimate counts: English words, words of other letters, digits in threes, line breaks, blanks, punctuation.
_ESTIMATE_UNITS = re.compile(r"[A-Za-z]+|[^\W\d_A-Za-z]+|\d{1,3}|\n+|[^\S\n]{2,}|[^\w\s]+|_")
#: Letters that go into one token: English, other alphabets, and CJK (from U+2E80). Fitted to the corpus, within 25 %.
_LETTERS_PER_TOKEN = 7.0
_OTHER_LETTERS_PER_TOKEN = 2.2
_CJK_LETTERS_PER_TOKEN = 1.25
_FIRST_CJK = "\u2e80"

_log = structlog.get_logger(__name__)


class TokenCounter:
    """Counts and cuts by the tokens of one encoding. Thread-safe."""

    def __init__(self, encoding_name: str = DEFAULT_ENCODING) -> None:
        self._encoding = _load(encoding_name)

    @property
    def is_exact(self) -> bool:
        """False when the vocabulary could not be loaded."""
        return self._encoding is not None

    def count(self, text: str) -> int:
        """Tokens of `text`; special tokens written in it count as the plain text that they are."""
        return sum(self._count_piece(text[start:end]) for start, end in _pieces(text))

    def truncate(self, text: str, max_tokens: int) -> str:
        """The longest beginning of `text` that this counts as at most `max_tokens`, whole characters."""
        left = max_tokens
        for start, end in _pieces(text):
            tokens = self._count_piece(text[start:end])
            if tokens > left:
                return text[: start + self._characters(text[start:end], left)]
            left -= tokens
        return text

    def spans(self, text: str, max_tokens: int) -> Iterator[tuple[int, int]]:
        """Offsets (start, end) that cut all of `text` into parts of at most `max_tokens`, never inside a character.

        Cuts fall anywhere: this is for what has no sentence or line to cut at. A single character is never cut, even
        if it alone takes more than `max_tokens`.
        """
        start = position = used = pending = 0
        for length in self._token_lengths(text):
            if used >= max_tokens and position > start:
                yield start, position
                start, used = position, pending
            used += 1
            position += length
            pending = 0 if length else pending + 1  # tokens of a character that isn't complete yet
        if position > start:
            yield start, position

    def _count_piece(self, text: str) -> int:
        if self._encoding is None:
            return _estimate(text)
        return len(self._encoding.encode_ordinary(text))

    def _characters(self, piece: str, max_tokens: int) -> int:
        """How many whole characters the first `max_tokens` tokens of `piece` hold."""
        return sum(itertools.islice(self._token_lengths(piece), max(max_tokens, 0)))

    def _token_lengths(self, text: str) -> Iterator[int]:
        """How many characters each token completes, in order; they add up to the length of `text`."""
        for start, end in _pieces(text):
            piece = text[start:end]
            if self._encoding is None:
                yield from _estimated_lengths(piece)
                continue
            decoder = codecs.getincrementaldecoder("utf-8")()
            # A lone surrogate becomes one "?", so that offsets stay those of `text`.
            whole = piece.encode("utf-8", "replace").decode("utf-8")
            for token in self._encoding.decode_tokens_bytes(self._encoding.encode_ordinary(whole)):
                yield len(decoder.decode(token))


def count_tokens(text: str) -> int:
    """Tokens of `text` in the default encoding."""
    return _default_counter().count(text)


def truncate(text: str, max_tokens: int) -> str:
    """The longest beginning of `text` of at most `max_tokens` tokens in the default encoding."""
    return _default_counter().truncate(text, max_tokens)


def token_spans(text: str, max_tokens: int) -> Iterator[tuple[int, int]]:
    """`TokenCounter.spans` in the default encoding."""
    return _default_counter().spans(text, max_tokens)


@cache
def _default_counter() -> TokenCounter:
    return TokenCounter()


@cache
def _load(encoding_name: str) -> "tiktoken.Encoding | None":
    """The encoding, or None when its vocabulary can't be had in time."""
    loaded: list[tiktoken.Encoding] = []
    reasons = [f"not loaded within {LOAD_TIMEOUT_SECONDS:g} s"]

    def load() -> None:
        try:
            loaded.append(_made(encoding_name))
        except Exception as error:  # noqa: BLE001 - no network, no such file, a torn download: each means an estimate
            reasons[0] = type(error).__name__

    loader = threading.Thread(target=load, name=f"load-{encoding_name}", daemon=True)
    loader.start()
    loader.join(LOAD_TIMEOUT_SECONDS)
    if loaded:
        return loaded[0]
    _log.warning("tokens-estimated", encoding=encoding_name, reason=reasons[0], remedy="set TIKTOKEN_CACHE_DIR")
    return None


def _made(encoding_name: str) -> "tiktoken.Encoding":
    """As `tiktoken.get_encoding`, in 28 MB less: of the vocabulary, only the copy in Rust is kept."""
    import tiktoken  # 30 ms that the panel and the command line mostly don't need
    from tiktoken_ext import openai_public

    parts = openai_public.ENCODING_CONSTRUCTORS[encoding_name]()
    encoding = tiktoken.Encoding(**parts)
    parts["mergeable_ranks"].clear()
    return encoding


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Offsets that cut `text` where a token hardly spans: before a blank, after a line break, else anywhere."""
    start = 0
    while len(text) - start > MAX_PIECE_CHARACTERS:
        earliest, latest = start + MAX_PIECE_CHARACTERS // 2, start + MAX_PIECE_CHARACTERS
        cut = text.rfind(" ", earliest, latest)
        if cut < 0:
            cut = text.rfind("\n", earliest, latest) + 1 or latest
        yield start, cut
        start = cut
    if start < len(text):
        yield start, len(text)


def _estimate(text: str) -> int:
    return sum(_unit_tokens(unit.group()) for unit in _ESTIMATE_UNITS.finditer(text))


def _unit_tokens(unit: str) -> int:
    """How many tokens one match of `_ESTIMATE_UNITS` takes, at least one."""
    if not unit.isalpha():
        return 1
    if unit.isascii():
        return math.ceil(len(unit) / _LETTERS_PER_TOKEN)
    per_token = _CJK_LETTERS_PER_TOKEN if max(unit) >= _FIRST_CJK else _OTHER_LETTERS_PER_TOKEN
    return max(1, round(len(unit) / per_token))


def _estimated_lengths(text: str) -> Iterator[int]:
    """Each unit's characters in equal shares; blanks before a unit belong to its first token."""
    position = 0
    for unit in _ESTIMATE_UNITS.finditer(text):
        tokens = _unit_tokens(unit.group())
        for share in range(1, tokens + 1):
            end = unit.start() + len(unit.group()) * share // tokens
            yield end - position
            position = end
    if position < len(text):
        yield len(text) - position
