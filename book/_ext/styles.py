"""Give the pages one style sheet in the place of a dozen, each of which delays the first paint.

When the pages are written, the sheets that they name are joined in their order, imports in their
places, into ``_static/styles.css``.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAME = "styles.css"
_LINK = re.compile(r'\s*<link\b(?=[^>]*\brel="stylesheet")[^>]*\bhref="([^"?]*)[^>]*>')
_IMPORT = re.compile(r'@import\s+"([^"]+)"\s*;')
_URL = re.compile(r"""url\((["']?)(?!data:|#)([^"')]+)\1\)""")
_COMMENT = re.compile(r"/\*(?!!).*?\*/\s*", re.DOTALL)  # licences begin with /*!


def joined(sheets: list[Path], static: Path) -> str:
    """Return the rules of several style sheets as one that lies in `static`."""
    return "".join(rules(sheet, static) for sheet in sheets)


def rules(sheet: Path, static: Path) -> str:
    """Return one style sheet, with what it imports, as it must read in `static`."""

    def moved(match: re.Match[str]) -> str:
        target = posixpath.normpath(folder.joinpath(match[2]).as_posix())
        return f'url("{target}")'

    folder = sheet.parent.relative_to(static)
    text = sheet.read_text("utf-8").removeprefix('@charset "UTF-8";')
    text = _COMMENT.sub("", text)
    text = _URL.sub(moved, text)
    return _IMPORT.sub(lambda found: rules((sheet.parent / found[1]).resolve(), static), text)


def join(app: Sphinx, exception: Exception | None) -> None:
    """Write the one style sheet, and name it on every page."""
    if exception or app.builder.name != "html":
        return
    out = Path(app.outdir).resolve()
    static = out / "_static"
    wanted: list[Path] = []
    for page in sorted(out.rglob("*.html")):
        if static in page.parents:
            continue
        html = page.read_text("utf-8")
        sheets = [(page.parent / href).resolve() for href in _LINK.findall(html)]
        if not wanted:
            wanted = sheets
            css = joined(wanted, static).encode()
            digest = hashlib.sha256(css).hexdigest()[:8]
            (static / NAME).write_bytes(css)
        if sheets != wanted:
            raise ExtensionError(f"{page.name} has other style sheets than the pages before it")
        up = "../" * len(page.relative_to(out).parents[:-1])
        link = f'\n  <link rel="stylesheet" href="{up}_static/{NAME}?v={digest}" />'
        start = _LINK.search(html).start()
        page.write_text(html[:start] + link + _LINK.sub("", html[start:]), "utf-8")


def setup(app: Sphinx) -> dict[str, object]:
    """Run after everything else has been written."""
    app.connect("build-finished", join, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
