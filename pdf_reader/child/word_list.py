"""A word list of pyspellchecker (from OpenSubtitles, with inflected forms), searched as it is stored."""

import gzip
from functools import lru_cache
from importlib import resources


class WordList:
    """Lower-case words of a language: `word in words`.

    The text is JSON, an entry a line in the order of code points: `"word": count,`. Searched by halves it costs some
    microseconds a word. Parsed it would cost every child a quarter of a second and tens of megabytes, and most children
    ask for few words.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text

    def __contains__(self, word: str) -> bool:
        sought, text = word.encode(), self._text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high) // 2
            begin = text.rfind(b'\n"', low, middle + 1) + 2
            if begin < 2:
                # No entry begins before the middle.
                begin = text.find(b'\n"', middle, high) + 2
                if begin < 2:
                    return False
            end = text.find(b'": ', begin)
            found = text[begin:end]
            if found == sought:
                return True
            if found < sought:
                low = end
            else:
                high = begin - 2
        return False


@lru_cache(maxsize=2)
def words_of(language: str) -> WordList:
    """The list of a language: `en`, `de`, `fr`, `es`, `it`, `pt` or `nl`."""
    packed = resources.files("spellchecker").joinpath("resources", f"{language}.json.gz").read_bytes()
    return WordList(gzip.decompress(packed))
