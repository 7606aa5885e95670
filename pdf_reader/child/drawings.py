"""The lines, boxes and curves of a page, from the display list that its text and its image come from, too.

PyMuPDF's own `Page.get_cdrawings` interprets the page's content once more, a twelfth of all that reading takes.
"""

from typing import Any

from pdf_reader.child.mupdf import mupdf, run_page
from pdf_reader.document import Rect
from pdf_reader.tables.rules import Drawing, Part, Shape

_Point = tuple[float, float]
_MOVE, _LINE, _CURVE, _CLOSE = "mlcz"
#: A rectangle is drawn by so many lines before its path is closed, any other box by so many.
_RECTANGLE_LINES, _QUAD_LINES = 3, 4
#: A page with more steps of paths is a map or a plot of data, and takes seconds.
MAX_STEPS = 200_000


def read_drawings(page: Any, content: Any, turn: Any) -> list[Drawing]:
    """What is painted on a `pymupdf.Page`, annotations and fields of forms included.

    `content` is the display list of the page's content, None without one. `turn` (a `pymupdf.Matrix`) is applied to
    the displayed coordinates. Nothing when it is more than a table can have.
    """
    matrix, cookie = mupdf.FzMatrix(*turn), mupdf.FzCookie()
    device = _PathDevice(cookie)
    run_page(page, content, device, matrix, cookie=cookie)
    return device.drawings if device.steps_left >= 0 else []


class _Walker(mupdf.FzPathWalker2):  # type: ignore[misc]
    """Notes the steps of a path, and the points that they lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.use_virtual_moveto()
        self.use_virtual_lineto()
        self.use_virtual_curveto()
        self.use_virtual_closepath()
        self._steps: list[str] = []
        self._points: list[_Point] = []

    def walk(self, path: Any) -> tuple[list[str], list[_Point]]:
        self._steps, self._points = [], []
        mupdf.ll_fz_walk_path(path, self.m_internal, self.m_internal)
        return self._steps, self._points

    def moveto(self, _: Any, x: float, y: float) -> None:
        self._steps.append(_MOVE)
        self._points.append((x, y))

    def lineto(self, _: Any, x: float, y: float) -> None:
        self._steps.append(_LINE)
        self._points.append((x, y))

    def curveto(self, _: Any, *numbers: float) -> None:
        self._steps.append(_CURVE)
        x1, y1, x2, y2, x3, y3 = numbers
        self._points += (x1, y1), (x2, y2), (x3, y3)

    def closepath(self, _: Any) -> None:
        self._steps.append(_CLOSE)


class _PathDevice(mupdf.FzDevice2):  # type: ignore[misc]
    """Gathers paths. MuPDF calls it for nothing else."""

    def __init__(self, cookie: Any) -> None:
        super().__init__()
        self.use_virtual_fill_path()
        self.use_virtual_stroke_path()
        self.drawings: list[Drawing] = []
        self._cookie = cookie
        self.steps_left = MAX_STEPS
        self._walker = _Walker()
        self._bounds = mupdf.fz_rect()
        #: By colour space and values.
        self._darkest: dict[tuple[float, ...], float] = {}
        self._rgb = mupdf.FzColorspace(mupdf.FzColorspace.Fixed_RGB)
        self._how = mupdf.FzColorParams()

    def fill_path(self, *given: Any) -> None:
        _context, path, _even_odd, ctm, colorspace, color, *_rest = given
        parts, box = self._parts_of(path, ctm, is_stroked=False)
        if parts:
            self.drawings.append(Drawing(parts, box, self._darkest_channel(colorspace, color)))

    def stroke_path(self, *given: Any) -> None:
        _context, path, _stroke, ctm, *_rest = given
        parts, box = self._parts_of(path, ctm, is_stroked=True)
        # The outline of what was filled before it says nothing new.
        if parts and not (self.drawings and self.drawings[-1].fill is not None and self.drawings[-1].parts == parts):
            self.drawings.append(Drawing(parts, box, None))

    def _parts_of(self, path: Any, ctm: Any, *, is_stroked: bool) -> tuple[list[Part], Rect]:
        """The parts of a path and the box around it. Most paths are a rectangle or a single line, which MuPDF tells."""
        bounds = self._bounds
        if mupdf.ll_fz_path_is_rect_with_bounds(path, ctm, bounds):
            box = bounds.x0, bounds.y0, bounds.x1, bounds.y1
            self._spend(1)
            return [(box, Shape.BOX)], box
        a, b, c, d, e, f = ctm.a, ctm.b, ctm.c, ctm.d, ctm.e, ctm.f
        steps, points = self._walker.walk(path)
        self._spend(len(steps))
        shown = [(a * x + c * y + e, b * x + d * y + f) for x, y in points]
        return _parts_of_steps(steps, shown, is_stroked=is_stroked)

    def _spend(self, steps: int) -> None:
        self.steps_left -= steps
        if self.steps_left < 0:
            self._cookie.m_internal.abort = 1  # MuPDF stops before the next path

    def _darkest_channel(self, colorspace: Any, color: Any) -> float:
        """Of red, green and blue, 0 to 1; 0 when the colour is not known."""
        if not colorspace:
            return 0.0
        known = int(colorspace.this), *[mupdf.floats_getitem(color, place) for place in range(colorspace.n)]
        if known not in self._darkest:
            rgb = mupdf.ll_fz_convert_color(colorspace, color, self._rgb.m_internal, None, self._how.internal())
            self._darkest[known] = min(rgb[:3])
        return self._darkest[known]


def _parts_of_steps(steps: list[str], points: list[_Point], *, is_stroked: bool) -> tuple[list[Part], Rect]:
    """As PyMuPDF sees them: three lines that are closed to a rectangle are one, and so are four lines of a stroke that
    come back to where they began."""
    parts: list[Part] = []
    inside: list[_Point] = []
    #: Where the lines since the last move, curve or closed path began and ended.
    chain: list[_Point] = []
    here = begin = (0.0, 0.0)
    is_open = False
    coming = iter(points)
    for step in steps:
        if step == _LINE:
            before, here = here, next(coming)
            parts.append(_line(before, here))
            chain.append(here)
            inside.append(here)
            if is_stroked and len(chain) == _QUAD_LINES + 1 and here == chain[0]:
                parts[-_QUAD_LINES:] = [(_box(chain), Shape.BOX)]
                chain = [here]
        elif step == _CURVE:
            curve = [here, next(coming), next(coming), next(coming)]
            parts.append((_box(curve), Shape.CURVE))
            inside += curve[1:]
            here = curve[-1]
            chain = [here]
        elif step == _MOVE:
            here = begin = next(coming)
            chain = [here]
            is_open = True
            if not inside:
                inside.append(here)
        elif len(chain) == _RECTANGLE_LINES + 1 and (rectangle := _rectangle(chain)):
            parts[-_RECTANGLE_LINES:] = [(rectangle, Shape.BOX)]
            here = chain[0]
            chain = [here]
        else:
            if is_open and here != begin:
                parts.append(_line(here, begin))
                here = begin
            chain = [here]
            is_open = False
    return parts, _box(inside) if inside else (0.0, 0.0, 0.0, 0.0)


def _rectangle(corners: list[_Point]) -> Rect | None:
    """What a horizontal line, a vertical and a horizontal one are three sides of."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    if y0 != y1 or x0 != x3 or y2 != y3 or x2 != x1:
        return None
    return (x0 if x0 < x1 else x1), (y0 if y0 < y2 else y2), (x1 if x0 < x1 else x0), (y2 if y0 < y2 else y0)


def _line(begin: _Point, end: _Point) -> Part:
    (x0, y0), (x1, y1) = begin, end
    if x0 > x1:
        x0, x1 = x1, x0
    if y0 > y1:
        y0, y1 = y1, y0
    return (x0, y0, x1, y1), Shape.CURVE if x1 - x0 > 1 and y1 - y0 > 1 else Shape.LINE


def _box(points: list[_Point]) -> Rect:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
