"""Marks that items of a list begin with (bullets, numbers, letters), and how deep a list is in others."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from pdf_reader.child.annotations import FIELD_FONT
from pdf_reader.child.text import RawLine

#: An inner list is indented by at least this much more.
DEPTH_POINTS = 4.0
BULLETS = "-–—•*◦▪●○■□☐※·‣⁃➢➤✓►❍❏❑◆\uf0b7\uf0a7\uf0d8\uf0fc\uf076\uf0a8"
DASHES = "-–—*"
#: Marks that are nothing but bullets need no blank behind them: MuPDF often makes none of a narrow gap.
_ONLY_BULLETS = "•◦▪●○■·‣⁃➢➤►"
_BULLET = re.compile(rf"[{re.escape(BULLETS)}](?=\s|$)|[{_ONLY_BULLETS}](?=[^\W_])")
_NUMBER = re.compile(
    r"(?:\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|\(?[ivx]{1,5}[.)]|\(?[IVX]{1,5}[.)])(?=\s|$)"
    r"|[①-⑳]|[一二三四五六七八九十]{1,3}、|（[一二三四五六七八九十\d]{1,3}）"
)
_DECIMAL = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,4}[.)]?(?=\s|$)")
#: An item with a box to tick keeps it.
_BOX = re.compile(r"\[[ x]\](?=\s|$)")
_MARK = re.compile("|".join(f"(?:{kind.pattern})" for kind in (_BULLET, _BOX, _NUMBER, _DECIMAL)))
_BARE = re.compile(r"\d{1,2}(?=\s|$)")
_CORE = re.compile(r"\w+(?:\.\w+)*")
_ROMAN = frozenset({"i", "v", "x"})
#: What items are counted by instead of numbers, in order.
_LETTERS: Sequence[str] = "abcdefghijklmnopqrstuvwxyz"
_CAPITALS: Sequence[str] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CIRCLED: Sequence[str] = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_CHINESE: Sequence[str] = "一二三四五六七八九十"
_ROMANS: Sequence[str] = (
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii",
    "xviii", "xix", "xx",
)  # fmt: skip
_CAPITAL_ROMANS: Sequence[str] = tuple(map(str.upper, _ROMANS))
_SCALES = (_LETTERS, _CAPITALS, _ROMANS, _CAPITAL_ROMANS, _CIRCLED, _CHINESE)

#: What is said of a mark, or stands around its letter; its numbers, or a scale and the place in it.
MarkKey = tuple[str, tuple[int, ...]]
_WHOLE, _BEGINS = "whole", "begins"


def is_bullet(marker: str) -> bool:
    """Whether a mark only says that an item begins; Word's hollow bullet is the letter o."""
    return marker == "o" or (len(marker) == 1 and marker in BULLETS)


@lru_cache(maxsize=1_024)
def numbers_of(marker: str) -> tuple[int, ...]:
    """1.2.1 as three numbers; nothing for letters and bullets."""
    parts = _core_of(marker).split(".")
    return tuple(map(int, parts)) if parts and all(part.isdecimal() for part in parts) else ()


def marker_of(row: Sequence[RawLine]) -> str:
    """The mark that a row begins with and that something stands behind; "" when it is no item.

    Of numbers without a mark behind them only those of several parts: 1.2.
    """
    first = row[0].text.lstrip()
    if not row[0].horizontal or row[0].spans[0].font == FIELD_FONT:
        return ""
    found = _MARK.match(first)
    if not found and row[0].spans[0].text.strip() == "o" and first[1:2] in (" ", ""):
        found = re.match("o", first)
    return found.group() if found and _has_text(row, first, found.end()) else ""


def bare_number_of(row: Sequence[RawLine]) -> str:
    """A number without any mark that a row begins with: 1 above 1.1."""
    first = row[0].text.lstrip()
    found = _BARE.match(first) if row[0].horizontal else None
    return found.group() if found and _has_text(row, first, found.end()) else ""


def _has_text(row: Sequence[RawLine], first: str, end: int) -> bool:
    return bool(first[end:].strip()) or len(row) > 1


def follows(numbers: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """Whether a number is the next one behind another: 1.1, 1.3 or 2 behind 1.2, 1.2.1 behind 1.2."""
    if numbers == (*before, 1):
        return True
    last = len(numbers) - 1
    return last < len(before) and numbers == (*before[:last], before[last] + 1)


@lru_cache(maxsize=1_024)
def keys_of(marker: str) -> frozenset[MarkKey]:
    """What a mark is found by among many, to look for the one that another comes behind in a list (`keys_before`): 1.2
    behind 1.1, (b) behind (a), iv. behind iii., the same bullet.

    A number has a key for itself and one for each of its beginnings, which another part may count on from.
    """
    if is_bullet(marker):
        return frozenset({(marker, ())})
    if numbers := numbers_of(marker):
        begins = {(_BEGINS, numbers[:length]) for length in range(1, len(numbers) + 1)}
        return frozenset({(_WHOLE, numbers), *begins})
    around, places = _places_of(marker)
    return frozenset((around, place) for place in places)


@lru_cache(maxsize=1_024)
def keys_before(marker: str) -> frozenset[MarkKey]:
    """Keys of which every mark that this one comes behind has one, and no other mark."""
    if is_bullet(marker):
        return frozenset({(marker, ())})
    if numbers := numbers_of(marker):
        *first, last = numbers
        outer = {(_WHOLE, tuple(first))} if last == 1 else set()
        return frozenset({(_BEGINS, (*first, last - 1)), *outer})
    around, places = _places_of(marker)
    return frozenset((around, (scale, index - 1)) for scale, index in places)


def _places_of(marker: str) -> tuple[str, list[tuple[int, int]]]:
    """What stands around a letter, and the scales and the places in them where it is found."""
    core = _core_of(marker)
    places = [(number, scale.index(core)) for number, scale in enumerate(_SCALES) if core in scale]
    return marker.replace(core, "#", 1), places


def first_parts(markers: Iterable[str]) -> frozenset[int]:
    """The numbers before the first point of those of several parts."""
    return frozenset(found[0] for marker in markers if len(found := numbers_of(marker)) > 1)


@dataclass(slots=True)
class _OpenList:
    left: float
    style: str
    last: str = ""  # letter of an item


@dataclass(slots=True)
class OpenLists:
    """The lists that are open at some place of a page, outermost first: left ends of their marks, and their style.

    A list is an inner one when it is indented, or when another kind of number begins at 1, a or i.
    """

    lists: list[_OpenList] = field(default_factory=list)

    def depth(self, left: float, marker: str) -> int:
        """That of an item; 0 for one of an outermost list."""
        while self.lists and left < self.lists[-1].left - DEPTH_POINTS:
            self.lists.pop()
        style, last = self._style_of(marker), _core_of(marker)
        if not self.lists or left > self.lists[-1].left + DEPTH_POINTS:
            self.lists.append(_OpenList(left, style))
        elif self.lists[-1].style != style:
            aligned = [abs(known.left - left) <= DEPTH_POINTS and known.style == style for known in self.lists]
            if any(aligned):
                del self.lists[len(aligned) - aligned[::-1].index(True) :]
            elif self.lists[-1].style and _is_first(marker):
                self.lists.append(_OpenList(left, style))
            else:
                self.lists[-1].style = style
        self.lists[-1].last = last
        return len(self.lists) - 1

    def _style_of(self, marker: str) -> str:
        """How an item is counted, "" for bullets. A lone i, v or x is a Roman number unless the letter before it is the
        mark of an open list's last item."""
        if is_bullet(marker):
            return ""
        core = _core_of(marker)
        around = marker.replace(core, "#", 1)
        if numbers := numbers_of(marker):
            return f"{around.rstrip('.') if len(numbers) > 1 else around}{len(numbers)}"
        letters = f"{around}{'a' if core.islower() else 'A'}"
        before = chr(ord(core) - 1) if len(core) == 1 else ""
        is_letter = any(known.style == letters and known.last == before for known in self.lists)
        return letters if is_letter or not set(core.lower()) <= _ROMAN else f"{letters} roman"

    def close(self, left: float) -> None:
        """A paragraph ends the lists that are not further left than it: one within an item is indented."""
        while self.lists and left <= self.lists[-1].left + DEPTH_POINTS:
            self.lists.pop()


def _core_of(marker: str) -> str:
    """A mark without points and brackets."""
    found = _CORE.search(marker)
    return found.group() if found else marker


def _is_first(marker: str) -> bool:
    return _core_of(marker).lower() in ("a", "i", "①", "一") or numbers_of(marker)[-1:] == (1,)
