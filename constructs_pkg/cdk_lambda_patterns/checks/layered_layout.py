"""A layout for pictures, without Graphviz: columns from left to right, a band for each stack.

What starts something stands left of it. Lines that pass a column get a place of their own there, so that they do not
cross boxes. Of a circle one line leads back, on a way of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .picture import Box, Line, Picture

_WIDTH, _LINE_HEIGHT, _PADDING = 200, 16, 10
_COLUMN_GAP, _ROW_GAP, _BAND_GAP, _BAND_TITLE = 110, 22, 26, 26
_MARGIN = 20
_PASSING_HEIGHT = 10
_PORT_GAP = 13
_ROUNDS = 6


@dataclass(eq=False, slots=True)
class Place:
    """Where a box is, or a line passes."""

    box: Box | None
    band: int
    column: int = 0
    x: float = 0
    y: float = 0
    width: float = _WIDTH
    height: float = 0

    @property
    def middle(self) -> float:
        """Its height on the page."""
        return self.y + self.height / 2


@dataclass(eq=False, slots=True)
class Route:
    """The way of a line."""

    line: Line
    places: list[Place]
    """From left to right."""
    back: bool
    """Whether it leads from right to left."""
    start: float = 0
    """The height at which it touches its left box."""
    end: float = 0
    """The height at which it touches its right box."""


@dataclass(eq=False, slots=True)
class Band:
    """The area of a stack."""

    name: str
    x: float = 0
    y: float = 0
    width: float = 0
    height: float = 0


@dataclass(slots=True)
class Layout:
    """A picture with positions."""

    places: list[Place]
    routes: list[Route]
    bands: list[Band]
    width: float = 0
    height: float = 0
    columns: dict[int, list[Place]] = field(default_factory=dict[int, list[Place]])


def lay_out(picture: Picture) -> Layout:
    """Find a place for everything."""
    bands = [Band(name) for name in picture.groups]
    places = {
        box: Place(box, band, height=_height(box))
        for band, boxes in enumerate(picture.groups.values())
        for box in boxes
    }
    forward = _without_circles(picture)
    _choose_columns(picture, places, forward)
    layout = Layout(list(places.values()), [], bands)
    for line in picture.lines:
        layout.routes.append(_route(line, places, layout, back=line not in forward))
    for place in layout.places:
        layout.columns.setdefault(place.column, []).append(place)
    _order(layout)
    _position(layout)
    _spread(layout)
    return layout


def _height(box: Box) -> float:
    return 2 * _PADDING + _LINE_HEIGHT * (2 + len(box.marks))


def _without_circles(picture: Picture) -> set[Line]:
    """The lines that lead forward: one of each circle does not."""
    leaving: dict[Box, list[Line]] = {}
    for line in picture.lines:
        leaving.setdefault(line.source, []).append(line)
    entered = {line.target for line in picture.lines if line.source is not line.target}
    starts = [box for box in picture.boxes if box not in entered] + picture.boxes
    forward: set[Line] = set()
    done: set[Box] = set()
    for start in starts:
        if start in done:
            continue
        path = {start}
        stack = [(start, iter(leaving.get(start, ())))]
        while stack:
            box, lines = stack[-1]
            onward = next(lines, None)
            if onward is None:
                stack.pop()
                path.discard(box)
                done.add(box)
            elif onward.target not in path:
                forward.add(onward)
                if onward.target not in done:
                    path.add(onward.target)
                    stack.append((onward.target, iter(leaving.get(onward.target, ()))))
    return forward


def _choose_columns(picture: Picture, places: dict[Box, Place], forward: set[Line]) -> None:
    """Put each box right of everything that leads to it."""
    for _ in picture.boxes:
        moved = False
        for line in picture.lines:
            if line in forward:
                least = places[line.source].column + 1
                if places[line.target].column < least:
                    places[line.target].column = least
                    moved = True
        if not moved:
            break
    # What nothing leads to stands right before what it leads to, instead of far to the left.
    entered = {line.target for line in forward}
    for box, place in places.items():
        targets = [places[line.target].column for line in forward if line.source is box]
        if box not in entered and targets:
            place.column = min(targets) - 1


def _route(line: Line, places: dict[Box, Place], layout: Layout, *, back: bool) -> Route:
    left, right = places[line.source], places[line.target]
    if back:
        left, right = right, left
    route = Route(line, [left], back)
    for column in range(left.column + 1, right.column):
        passing = Place(None, left.band, column, height=_PASSING_HEIGHT)
        layout.places.append(passing)
        route.places.append(passing)
    route.places.append(right)
    return route


def _order(layout: Layout) -> None:
    """Sort each column so that lines cross little: each place goes to the average of its neighbours."""
    neighbours: dict[Place, list[Place]] = {}
    for route in layout.routes:
        for first, second in zip(route.places, route.places[1:], strict=False):
            neighbours.setdefault(first, []).append(second)
            neighbours.setdefault(second, []).append(first)
    for round_ in range(_ROUNDS):
        ranks = {place: rank for column in layout.columns.values() for rank, place in enumerate(column)}
        backward = round_ % 2 == 1
        for column in sorted(layout.columns, reverse=backward):
            side = column + 1 if backward else column - 1

            def weight(place: Place, side: int = side, ranks: dict[Place, int] = ranks) -> tuple[float, ...]:
                beside = [ranks[n] for n in neighbours.get(place, ()) if n.column == side]
                return (place.band, sum(beside) / len(beside) if beside else ranks[place])

            layout.columns[column].sort(key=weight)
            ranks.update({place: rank for rank, place in enumerate(layout.columns[column])})


def _position(layout: Layout) -> None:
    top = float(_MARGIN)
    for number, band in enumerate(layout.bands):
        named = bool(band.name)
        band.x, band.y = _MARGIN, top
        inside = top + (_BAND_TITLE if named else 0)
        bottom = inside
        for column, places in layout.columns.items():
            y = inside
            for place in (place for place in places if place.band == number):
                place.x = 2 * _MARGIN + column * (_WIDTH + _COLUMN_GAP)
                place.y = y
                y += place.height + _ROW_GAP
            bottom = max(bottom, y)
        _center(layout, number, inside, bottom)
        band.height = bottom - top - _ROW_GAP + _PADDING
        top = bottom - _ROW_GAP + _PADDING + _BAND_GAP
    columns = max(layout.columns, default=0) + 1
    layout.width = 3 * _MARGIN + columns * (_WIDTH + _COLUMN_GAP) - _COLUMN_GAP + _MARGIN
    layout.height = top - _BAND_GAP + _MARGIN
    for band in layout.bands:
        band.width = layout.width - 2 * _MARGIN


def _center(layout: Layout, band: int, top: float, bottom: float) -> None:
    """Put what is alone in its column halfway down the band."""
    for places in layout.columns.values():
        mine = [place for place in places if place.band == band]
        if mine:
            used = mine[-1].y + mine[-1].height - top
            shift = max(bottom - _ROW_GAP - top - used, 0) / 2
            for place in mine:
                place.y += shift


def _spread(layout: Layout) -> None:
    """Let lines touch a box beside each other, in the order of where they come from or lead to."""
    right: dict[Place, list[tuple[float, int, Route]]] = {}
    left: dict[Place, list[tuple[float, int, Route]]] = {}
    for number, route in enumerate(layout.routes):
        right.setdefault(route.places[0], []).append((route.places[1].middle, number, route))
        left.setdefault(route.places[-1], []).append((route.places[-2].middle, number, route))
    for side, is_start in ((right, True), (left, False)):
        for place, touching in side.items():
            step = min(_PORT_GAP, (place.height - _PADDING) / len(touching))
            first = place.middle - step * (len(touching) - 1) / 2
            for position, (_, _, route) in enumerate(sorted(touching, key=lambda entry: entry[:2])):
                if is_start:
                    route.start = first + step * position
                else:
                    route.end = first + step * position
