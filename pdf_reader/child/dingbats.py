"""Signs that fonts of pictures show for letters, and boxes to tick: what a person sees instead of `l`, `n` and `3`."""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

#: The letters of ITC Zapf Dingbats and Microsoft's Wingdings that bullets, ticks and boxes are set with.
_ZAPF = dict(zip("lmnopqrstuv345678H", "●❍■❏❐❑❒▲▼◆❖✓✔✕✖✗✘★", strict=True))
_WINGDINGS = dict(zip("lmnopqrtuvwx§Ø¨üûþýà", "●❍■□❐❑❒◆◆❖◆☒▪➢□✓✗☑☒→", strict=True))
#: Fonts of pictures often have their letters in the private use area as well.
_PRIVATE_USE = 0xF000
_ZAPF_FONT = re.compile(r"dingbats", re.IGNORECASE)
_WINGDINGS_FONT = re.compile(r"wingdings(?!\s*[23])", re.IGNORECASE)
_BOXES = MappingProxyType({"☐": "[ ]", "☑": "[x]", "☒": "[x]", "\U0001f5f9": "[x]", "\U0001f5f7": "[x]"})
_BOX = re.compile(f"([{''.join(_BOXES)}])(?=(\\S)?)")


@lru_cache(maxsize=1_024)
def signs_of(font: str) -> Mapping[int, str] | None:
    """For `str.translate`; None for a font of letters."""
    signs = _ZAPF if _ZAPF_FONT.search(font) else _WINGDINGS if _WINGDINGS_FONT.search(font) else None
    if signs is None:
        return None
    return {ord(c): sign for c, sign in signs.items()} | {_PRIVATE_USE + ord(c): sign for c, sign in signs.items()}


def with_boxes(text: str) -> str:
    """Boxes to tick as forms have them: `[x]` and `[ ]`, a blank behind each."""
    if text.isascii():
        return text
    return _BOX.sub(lambda found: _BOXES[found[1]] + (" " if found[2] else ""), text)
