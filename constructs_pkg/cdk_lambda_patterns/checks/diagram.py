"""Draws the event flow of an app: as Mermaid for pages that render it, as SVG for everything else."""

from __future__ import annotations

import shutil
import subprocess
from enum import StrEnum
from html import escape
from typing import TYPE_CHECKING

from .layered_layout import lay_out
from .picture import picture
from .rule import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .evaluation import Report
    from .layered_layout import Band, Layout, Place, Route
    from .picture import Box, Line, Picture


class Style(StrEnum):
    """How a picture is written."""

    MERMAID = "mermaid"
    SVG = "svg"


_MARKS = {Severity.ERROR: "✖", Severity.WARNING: "⚠", Severity.INFO: "•"}
_STROKES = {None: "#5a6b7b", Severity.ERROR: "#c62828", Severity.WARNING: "#b26a00", Severity.INFO: "#1565c0"}
_FILLS = {None: "#ffffff", Severity.ERROR: "#fdecea", Severity.WARNING: "#fff6e0", Severity.INFO: "#e8f1fc"}
_STRIPES = {"function": "#d86613", "store": "#3f8624", "queue": "#b0084d", "gate": "#6b3fa0", "other": "#5a6b7b"}
_FAILURE, _FLOW, _TEXT, _MUTED, _BAND = "#c62828", "#45545f", "#1b2730", "#5a6b7b", "#f4f6f8"
_LONGEST = 24
_LONGEST_LABEL = 18  # what fits between two boxes
_LONGEST_NAME, _LONGEST_NAME_IN_LARGE = 24, 20
_GRAPHVIZ_SECONDS = 30
_LEGEND = {
    False: (f'stroke="{_FLOW}" stroke-width="1.4" marker-end="url(#flow)"', "starts, delivers to, may write to"),
    True: (
        f'stroke="{_FAILURE}" stroke-width="1.4" stroke-dasharray="6 4" marker-end="url(#failure)"',
        "what fails goes to",
    ),
}
"""How a line looks and what it means, by whether only failures take it."""
_LEGEND_WIDTH = 242


def draw(report: Report, style: Style = Style.MERMAID, *, graphviz: bool = False) -> str:
    """Draw an app's event flow, grouped by stack, failures dashed, findings where they are.

    Args:
        report: What the checks said of the app.
        style: Mermaid, or SVG.
        graphviz: Whether Graphviz places the boxes of an SVG, if it is there. Without it the layout is the library's
            own, and the same everywhere.
    """
    drawn = picture(report)
    if style is Style.MERMAID:
        return _mermaid(drawn)
    return (_by_graphviz(drawn) if graphviz else None) or _svg(lay_out(drawn))


_SHAPES = {
    "function": ('["', '"]'),
    "store": ('[("', '")]'),
    "queue": ('[["', '"]]'),
    "gate": ('{{"', '"}}'),
    "other": ('(["', '"])'),
}


def _mermaid(drawn: Picture) -> str:
    ids = {box: f"n{number}" for number, box in enumerate(drawn.boxes)}
    lines = ["flowchart LR"]
    for number, (stack, boxes) in enumerate(drawn.groups.items()):
        indent = "  "
        if stack:
            lines.append(f'  subgraph s{number}["{_quoted(stack)}"]')
            indent = "    "
        for box in boxes:
            before, after = _SHAPES[box.shape]
            marks = "".join(f"<br/>{_MARKS[severity]}#160;{mark}" for severity, mark in box.marks)
            css = f":::{box.severity}" if box.severity else ""
            text = f"{_quoted(box.name)}<br/><small>{_quoted(box.what)}</small>{marks}"
            lines.append(f"{indent}{ids[box]}{before}{text}{after}{css}")
        if stack:
            lines.append("  end")
    for line in drawn.lines:
        arrow = "-.->" if line.failure else "-->"
        text = f'|"{_quoted(line.label)}"|' if line.label else ""
        lines.append(f"  {ids[line.source]} {arrow}{text} {ids[line.target]}")
    lines += [f"  classDef {s} fill:{_FILLS[s]},stroke:{_STROKES[s]},color:{_TEXT}" for s in Severity]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text as a label of Mermaid takes it: what has a meaning there by its number."""
    return "".join(c if c.isalnum() or c in " .,:/_-()+=@" else f"#{ord(c)};" for c in text) or " "


def _svg(layout: Layout) -> str:
    width, height = round(layout.width), round(layout.height) + 30
    size = f'width="{width}" height="{height}"'
    markers = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path d="M0,0 L8,4 L0,8 z" fill="{color}"/></marker>'
        for name, color in (("flow", _FLOW), ("failure", _FAILURE))
    )
    font = 'font-family="Helvetica, Arial, sans-serif"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width} {height}" {font} role="img">',
        f'<title>Event flow</title><defs>{markers}</defs><rect {size} fill="#ffffff"/>',
        *(_band(band) for band in layout.bands if band.name),
        *(_route(route) for route in layout.routes),
        *(_route_label(route) for route in layout.routes if route.line.label),  # above every line
        *(_place(place) for place in layout.places if place.box is not None),
        _legend([route.line for route in layout.routes], height),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _band(band: Band) -> str:
    return (
        f'<rect x="{band.x:g}" y="{band.y:g}" width="{band.width:g}" height="{band.height:g}" rx="8" fill="{_BAND}" '
        f'stroke="#d5dce2"/><text x="{band.x + 10:g}" y="{band.y + 18:g}" font-size="12" font-weight="bold" '
        f'fill="{_MUTED}">{_xml(band.name)}</text>'
    )


def _place(place: Place) -> str:
    box = place.box
    assert box is not None  # noqa: S101 - places of lines are not drawn
    x, y, w, h = place.x, place.y, place.width, place.height
    told = "".join(f"{severity}: {rule}: {message}\n" for severity, rule, message in box.findings)
    look = f'fill="{_FILLS[box.severity]}" stroke="{_STROKES[box.severity]}" stroke-width="{2 if box.severity else 1}"'
    marks = [
        _label(x + 14, y + 52 + 16 * number, f"{_MARKS[severity]} {mark}", size=11, color=_STROKES[severity], most=29)
        for number, (severity, mark) in enumerate(box.marks)
    ]
    parts = [
        f"<g><title>{_xml(f'{box.name} ({box.what})')}\n{_xml(told)}</title>",
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6" {look}/>',
        f'<rect x="{x:g}" y="{y:g}" width="5" height="{h:g}" rx="2" fill="{_STRIPES[box.shape]}"/>',
        _label(x + 14, y + 20, box.name, size=_name_size(box.name), color=_TEXT, weight="bold", most=_LONGEST_NAME),
        _label(x + 14, y + 36, box.what, size=11, color=_MUTED),
        *marks,
        "</g>",
    ]
    return "".join(parts)


def _name_size(name: str) -> int:
    """Long names in smaller type rather than cut: `Orders/DeadLetterQueue`."""
    return 13 if len(name) <= _LONGEST_NAME_IN_LARGE else 11


def _label(
    x: float, y: float, text: str, *, size: int, color: str, weight: str = "normal", most: int = _LONGEST
) -> str:
    shown = text if len(text) <= most else f"{text[: most // 2 - 1]}…{text[-(most // 2 - 1) :]}"
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}" fill="{color}">{_xml(shown)}</text>'


def _route(route: Route) -> str:
    color, name = (_FAILURE, "failure") if route.line.failure else (_FLOW, "flow")
    dash = ' stroke-dasharray="6 4"' if route.line.failure else ""
    path, _ = _way(route)
    end = "start" if route.back else "end"
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.4"{dash} marker-{end}="url(#{name})"/>'


def _route_label(route: Route) -> str:
    color = _FAILURE if route.line.failure else _FLOW
    _, (x, y) = _way(route)
    label = route.line.label
    text = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
    look = f'font-size="10" text-anchor="end" fill="{color}" stroke="#ffffff" stroke-width="3" paint-order="stroke"'
    return f'<text x="{x:g}" y="{y:g}" {look}>{_xml(text)}</text>'


def _way(route: Route) -> tuple[str, tuple[float, float]]:
    """Curves from the right of each place to the left of the next, and where a label stands beside the last."""
    first, *others = route.places
    x, y = first.x + first.width, route.start
    if others[-1] is first:
        return f"M{x:g},{y:g} c34,-6 34,20 0,14", (x + 60, y - 6)
    path = f"M{x:g},{y:g}"
    for place in others:
        half, end = (x + place.x) / 2, place.middle if place.box is None else route.end
        path += f" C{half:g},{y:g} {half:g},{end:g} {place.x:g},{end:g}"
        if place.box is None:
            path += f" L{place.x + place.width:g},{end:g}"
        x, y = place.x + place.width, end
    return path, (others[-1].x - 14, route.end - 6)  # clear of the arrowhead


def _legend(lines: Sequence[Line], height: int) -> str:
    """What the lines mean that are there."""
    x, y = 20, height - 16
    parts: list[str] = []
    for kind in sorted({line.failure for line in lines}):
        look, meaning = _LEGEND[kind]
        parts.append(f'<path d="M{x},{y} h34" {look}/><text x="{x + 42}" y="{y + 4}">{meaning}</text>')
        x += _LEGEND_WIDTH
    return f'<g font-size="11" fill="{_MUTED}">{"".join(parts)}</g>'


def _xml(text: str) -> str:
    return escape("".join(c if c.isprintable() or c == "\n" else " " for c in text).encode("utf-8", "replace").decode())


def _by_graphviz(drawn: Picture) -> str | None:
    """The same, placed by Graphviz; None if there is none, or if it fails."""
    program = shutil.which("dot")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a program of the user's, on text that is quoted
            [program, "-Tsvg"],
            input=_dot(drawn).encode(),
            capture_output=True,
            timeout=_GRAPHVIZ_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 and done.stdout else None


def _dot(drawn: Picture) -> str:
    ids = {box: f"n{number}" for number, box in enumerate(drawn.boxes)}
    lines = [
        "digraph events {",
        'rankdir=LR; compound=true; nodesep=0.3; ranksep=0.9; fontname="Helvetica,Arial,sans-serif";',
        'node [shape=box style="rounded,filled" fontname="Helvetica,Arial,sans-serif" fontsize=12];',
        f'edge [fontname="Helvetica,Arial,sans-serif" fontsize=9 color="{_FLOW}" fontcolor="{_FLOW}" arrowsize=0.7];',
    ]
    for number, (stack, boxes) in enumerate(drawn.groups.items()):
        if stack:
            look = f'style="rounded,filled"; color="#d5dce2"; fillcolor="{_BAND}"; fontsize=12; labeljust=l;'
            lines.append(f"subgraph cluster_{number} {{ label={_dot_text(stack)}; {look}")
        lines += [f"{ids[box]} [{_dot_box(box)}];" for box in boxes]
        lines += ["}"] if stack else []
    for line in drawn.lines:
        look = f'style=dashed color="{_FAILURE}" fontcolor="{_FAILURE}"' if line.failure else ""
        lines.append(f"{ids[line.source]} -> {ids[line.target]} [label={_dot_text(line.label)} {look}];")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_box(box: Box) -> str:
    text = "\n".join([box.name, box.what, *(f"{_MARKS[severity]} {mark}" for severity, mark in box.marks)])
    width = 2 if box.severity else 1
    tooltip = "\n".join(message for _, _, message in box.findings) or box.name
    return (
        f'label={_dot_text(text)} tooltip={_dot_text(tooltip)} fillcolor="{_FILLS[box.severity]}" '
        f'color="{_STROKES[box.severity]}" penwidth={width}'
    )


def _dot_text(text: str) -> str:
    clean = "".join(c if c.isprintable() or c == "\n" else " " for c in text).encode("utf-8", "replace").decode()
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
