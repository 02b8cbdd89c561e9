"""The page of a gallery: one HTML file that needs nothing else, with everybody's templates, who is alike, and a map.

It knows the overview of a gallery and HTML, and neither where the page is written nor how anything was compared.
"""

from __future__ import annotations

import base64
import zlib
from html import escape
from typing import TYPE_CHECKING

from edged.cli.metrics import converted, name_of, told
from edged.errors import counted
from edged.gallery.templates import Origin
from edged.system.times import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edged.gallery.overview import Overview, SeenPerson, SeenTemplate

MAP_SIDE, MAP_EDGE, DOT = 640.0, 40.0, 5.0
"""Side of the map, its empty edge, and the radius of a template's dot, in pixels."""
DEGREES = 360
"""Hues of the circle of colours."""
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #222; background: #fff; }
h1, h2, h3 { line-height: 1.2; } h2 { margin-top: 2.5rem; } h3 { margin: 1.5rem 0 .3rem; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .2rem .8rem .2rem 0; vertical-align: middle; }
th { font-weight: 600; border-bottom: 1px solid #bbb; } img { display: block; border-radius: 3px; }
svg { max-width: 100%; height: auto; border: 1px solid #ddd; } text { font: 12px system-ui, sans-serif; fill: #222; }
.alike { color: #a00; } .small { color: #555; font-size: 13px; }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""What a browser may load for the page: nothing but what stands in it."""


def page(seen: Overview, *, made_at: str, pictures: bool, metric: str) -> str:
    """Write the page; pictures is whether the faces that are kept are shown."""
    names = {one.person.id: one.person.display_name for one in seen.people}
    templates = sum(len(one.templates) for one in seen.people)
    size = f"{counted(len(names), 'person', 'people')} with {counted(templates, 'template')}, {escape(made_at)}"
    parts = [
        f"<h1>People of edged</h1><p>{size}. This page tells whose faces are known here: keep it like a key.</p>",
        "<h2>Look-alikes</h2>",
        *_look_alikes(seen, names, metric),
        "<h2>Map</h2>",
        *_map(seen, names),
        "<h2>People</h2>",
        *(line for one in seen.people for line in _person(one, names, pictures=pictures, metric=metric)),
    ]
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}"><title>People of edged</title>'
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _look_alikes(seen: Overview, names: Mapping[str, str], metric: str) -> Iterator[str]:
    if not seen.look_alikes:
        yield "<p>No two people are.</p>"
        return
    yield f"<table><tr><th>one</th><th>the other</th><th>{name_of(metric)}</th></tr>"
    for pair in seen.look_alikes:
        one, other = (_link(person, names) for person in (pair.person, pair.other_person))
        yield f'<tr class="alike"><td>{one}</td><td>{other}</td><td>{converted(pair.similarity, metric):.2f}</td></tr>'
    yield "</table>"


def _map(seen: Overview, names: Mapping[str, str]) -> Iterator[str]:
    places = {one.person.id: [row.place for row in one.templates if row.place] for one in seen.people}
    everywhere = [place for of in places.values() for place in of]
    if not everywhere:
        yield "<p>There is no template to show.</p>"
        return
    reach = max(max(map(abs, place)) for place in everywhere) or 1.0
    scale = (MAP_SIDE / 2 - MAP_EDGE) / reach
    yield f'<svg viewBox="0 0 {MAP_SIDE:.0f} {MAP_SIDE:.0f}" width="{MAP_SIDE:.0f}" role="img" aria-label="Map of all templates">'
    for person, of in places.items():
        yield from _dots(names[person], _hue(person), [(MAP_SIDE / 2 + x * scale, MAP_SIDE / 2 - y * scale) for x, y in of])
    yield "</svg>"
    share = f"{seen.shown_share:.0%} of the differences between all templates"
    note = f"Each dot is a template. The two directions in which they differ most show {share}; who is near here need not be alike."
    yield f'<p class="small">{note}</p>'


def _dots(name: str, hue: int, places: list[tuple[float, float]]) -> Iterator[str]:
    if not places:
        return
    title = f"<title>{escape(name)}</title>"
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{DOT:g}" fill="hsl({hue} 65% 45%)" fill-opacity=".75">{title}</circle>'
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    yield f'<text x="{x + DOT:.1f}" y="{y - DOT:.1f}">{escape(name)}</text>'


def _person(one: SeenPerson, names: Mapping[str, str], *, pictures: bool, metric: str) -> Iterator[str]:
    person = one.person
    yield f'<h3 id="{escape(person.id)}">{escape(person.display_name)} <span class="small">({escape(person.id)})</span></h3>'
    yield f'<p class="small">Enrolled {rfc3339(person.enrolled_at)}, {counted(len(one.templates), "template")}.</p>'
    yield "<table><tr><th></th><th>made</th><th>from</th><th>quality</th><th>nearest other person</th></tr>"
    for row in one.templates:
        yield f"<tr><td>{_picture(row) if pictures else ''}</td>{_cells(row, names, metric)}</tr>"
    yield "</table>"


def _cells(row: SeenTemplate, names: Mapping[str, str], metric: str) -> str:
    template = row.template
    source = f"{template.source}, learned" if template.origin is Origin.LEARNED else template.source
    alone = "" if row.place else f"of another network, {escape(template.embedding.model_id)}: not compared"
    nearest = f"{_link(row.nearest_person, names)}, {told(metric, row.nearest_similarity)}" if row.nearest_person else alone
    return f"<td>{rfc3339(template.created_at)}</td><td>{escape(source)}</td><td>{template.quality:.2f}</td><td>{nearest}</td>"


def _picture(row: SeenTemplate) -> str:
    content = row.template.aligned_png
    if content is None:
        return ""
    return f'<img width="56" height="56" loading="lazy" alt="" src="data:image/png;base64,{base64.b64encode(content).decode()}">'


def _link(person: str, names: Mapping[str, str]) -> str:
    return f'<a href="#{escape(person)}">{escape(names.get(person, person))}</a>'


def _hue(person: str) -> int:
    """A colour that stays somebody's own."""
    return zlib.crc32(person.encode()) % DEGREES
