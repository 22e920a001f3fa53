"""A page as HTML that needs nothing else: no network, no script, no style sheet beside it.

Every text is escaped, because labels come from files of others; hidden numbers are not in the page,
because they are not in the grid.
"""

from __future__ import annotations

from html import escape

from childdata.table.grid import Cell, Grid, Page
from childdata.words import word

STYLE = """
.childdata{font:14px/1.45 "Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;color:#1d2733;
max-width:100%;overflow-x:auto}
.childdata table{border-collapse:collapse;margin:.4em 0;font-variant-numeric:tabular-nums;
border-bottom:1.5px solid #1d2733}
.childdata caption{text-align:left;font-weight:600;font-size:1.1em;padding:0 0 .5em}
.childdata caption .subtitle{display:block;font-weight:400;font-size:.88em;color:#55606e}
.childdata thead{border-top:1.5px solid #1d2733;border-bottom:1px solid #1d2733}
.childdata th,.childdata td{padding:.28em .8em;vertical-align:bottom;border:0;background:none}
.childdata thead th{font-weight:600;text-align:right;max-width:11em}
.childdata thead th.label,.childdata tbody th{text-align:left}
.childdata thead th.span{text-align:center;border-bottom:1px solid #b8c0ca}
.childdata tbody th{font-weight:400}
.childdata tbody th.group{font-weight:600;padding-top:.7em}
.childdata tbody td{text-align:right;white-space:nowrap}
.childdata tbody tr:nth-child(even) td,.childdata tbody tr:nth-child(even) th{background:#f5f7f9}
.childdata td.mark{color:#6b7683}
.childdata td.flagged{color:#55606e}
.childdata tfoot td{text-align:left;font-size:.82em;color:#55606e;padding:.15em .8em;white-space:normal}
.childdata tfoot tr:first-child td{padding-top:.6em;border-top:1px solid #1d2733}
.childdata details{font-size:.82em;color:#55606e}
.childdata dl{display:grid;grid-template-columns:max-content 1fr;gap:.1em 1em;margin:.3em 0}
.childdata dd{margin:0}
""".strip()


def fragment(page: Page) -> str:
    """The page as one `<div>`, for a notebook or for a page of one's own."""
    parts = [
        f'<div class="childdata" lang="{page.lang}"><style>{STYLE}</style><table class="childdata-table">',
        _caption(page),
        _head(page.grid),
        _body(page.grid),
        _foot(page),
        "</table>",
        _about(page),
        "</div>",
    ]
    return "\n".join(part for part in parts if part)


def document(page: Page) -> str:
    """The page as a whole HTML file."""
    title = escape(page.title or word("table.estimates", page.lang))
    return (
        f'<!DOCTYPE html>\n<html lang="{page.lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"</head>\n<body>\n{fragment(page)}\n</body>\n</html>\n"
    )


def _caption(page: Page) -> str:
    if not (page.title or page.subtitle):
        return ""
    subtitle = f'<span class="subtitle">{escape(page.subtitle)}</span>' if page.subtitle else ""
    return f"<caption>{escape(page.title)}{subtitle}</caption>"


def _head(grid: Grid) -> str:
    lines = []
    for depth, row in enumerate(grid.headings):
        cells = []
        for place, one in enumerate(row):
            kind = "label" if place < grid.labels else "span" if one.span > 1 else "number"
            span = f' colspan="{one.span}"' if one.span > 1 else ""
            tag = "th" if one.text else "td"
            scope = (' scope="colgroup"' if one.span > 1 else ' scope="col"') if one.text else ""
            cells.append(f'<{tag} class="{kind}"{span}{scope}>{escape(one.text)}</{tag}>')
        lines.append(f'<tr class="level-{depth}">{"".join(cells)}</tr>')
    return "<thead>" + "\n".join(lines) + "</thead>"


def _body(grid: Grid) -> str:
    lines = []
    for row in grid.rows:
        if row[0].kind == "group":
            lines.append(f'<tr><th class="group" scope="rowgroup" colspan="{len(row)}">{escape(row[0].text)}</th></tr>')
            continue
        cells = [_body_cell(cell, label=place < grid.labels) for place, cell in enumerate(row)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return "<tbody>" + "\n".join(lines) + "</tbody>"


def _body_cell(cell: Cell, *, label: bool) -> str:
    text = "" if cell.repeated else escape(cell.text)
    if label:
        return f'<th scope="row">{text}</th>'
    return f'<td class="{cell.kind}">{text}</td>'


def _foot(page: Page) -> str:
    if not page.notes:
        return ""
    width = len(page.grid.flat_headings())
    notes = "\n".join(f'<tr><td colspan="{width}">{escape(note)}</td></tr>' for note in page.notes)
    return f"<tfoot>{notes}</tfoot>"


def _about(page: Page) -> str:
    if not page.about:
        return ""
    entries = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in page.about)
    summary = escape(word("table.provenance", page.lang))
    return f"<details><summary>{summary}</summary><dl>{entries}</dl></details>"
