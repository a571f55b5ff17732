"""Finish the pages: leave out what the book does not use, and mend what the theme leaves undone.

The structure of a page is in ``templates/layout.html``; here are the corrections that need to
know the document:

* figures get their width and height, so that nothing moves while a page loads, and load late;
* every page gets a description for search engines, and what a link to it shows elsewhere;
* a chapter's date takes its text source into account, and the services that run it are named in
  words;
* no script stands in a page, so that the policy can forbid them: those that extensions write into
  every page are settings, which ``_static/early.js`` holds;
* HTML that a text or the output of a cell would write into a page past the markup is refused;
* ids that sphinx-exercise and sphinx-proof repeat are dropped, and an ARIA role that is out of
  date is replaced;
* parameters on lines of their own become a list, where Sphinx writes definitions of nothing.
"""

from __future__ import annotations

import re
import struct
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

CSS_DPI = 96  # pixels per inch at which one image pixel is one CSS pixel
DESCRIPTION_LENGTH = 200
REPEATED_IDS = {
    nodes.section: {"exercise-content", "solution-content", "proof-content"},
    nodes.admonition: {"proof"},
}

#: Pages run the book's own scripts alone and fetch its own files alone. Style sheets hold small
#: icons and the icon font as data.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'self'"
)
#: How the scripts begin that extensions write into every page, and that do no work here or are
#: repeated in early.js.
INLINE_SCRIPTS = (
    "let toggleHint",
    "let toggleOpenOnPrint",
    "var togglebuttonSelector",
    "DOCUMENTATION_OPTIONS.pagename",
    "DOCUMENTATION_OPTIONS.search_as_you_type = false",
)

_IMAGE = re.compile(r"<img\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
#: docutils' role for an entry of the bibliography, which ARIA has withdrawn
OLD_ROLE, NEW_ROLE = 'role="doc-biblioentry"', 'role="listitem"'
_SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)


def png_size(path: Path) -> tuple[int, int] | None:
    """Return the width and height in CSS pixels at which to show a PNG, or None.

    A figure saved with twice 96 dots per inch is shown at half its size, hence sharp on screens
    with two pixels to the dot. A file that states no resolution is shown as it is.
    """
    data = path.read_bytes()
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", data[16:24])
    scale, offset = 1.0, 8
    while offset < len(data):
        length, kind = struct.unpack(">I4s", data[offset : offset + 8])
        if kind == b"pHYs":
            per_unit, _, unit = struct.unpack(">IIB", data[offset + 8 : offset + 17])
            if unit == 1 and per_unit:  # pixels per metre
                scale = min(1.0, CSS_DPI / (per_unit * 0.0254))
            break
        if kind == b"IDAT":
            break
        offset += length + 12
    return round(width * scale), round(height * scale)


def finish_images(html: str, files: dict[str, Path]) -> str:
    """Add sizes and lazy loading to the images of a page.

    Parameters
    ----------
    html : str
        The article.
    files : dict
        The source of each image by the last part of its address.
    """

    def finish(match: re.Match[str]) -> str:
        tag = match.group()
        attributes = dict(_ATTRIBUTE.findall(tag))
        path = files.get(attributes.get("src", "").rpartition("/")[2])
        extra = ' loading="lazy" decoding="async"'
        size = png_size(path) if path and path.is_file() else None
        if size and "width" not in attributes and "height" not in attributes:
            extra += ' width="{}" height="{}"'.format(*size)
        return tag[: tag.rindex(">")].rstrip(" /") + extra + ">"

    return _IMAGE.sub(finish, html)


def list_parameters(html: str) -> str:
    """Turn the parameters of a signature that takes several lines into a list."""

    def finish(match: re.Match[str]) -> str:
        html = match.group()
        for tag, name in (("dl", 'ul class="sig-params"'), ("dd", "li")):
            html = html.replace(f"<{tag}>", f"<{name}>").replace(f"</{tag}>", f"</{name[:2]}>")
        return html

    return _SIGNATURE.sub(finish, html)


def describe(doctree: nodes.document) -> str:
    """Return the page's own description, or the start of its first paragraph without a formula."""
    for meta in doctree.findall(nodes.meta):
        if meta.get("name") == "description":
            return meta["content"]
    for paragraph in doctree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, nodes.section) and not any(paragraph.findall(nodes.math)):
            words = " ".join(paragraph.astext().split())
            if len(words) <= DESCRIPTION_LENGTH:
                return words
            return words[:DESCRIPTION_LENGTH].rpartition(" ")[0] + " …"
    return ""


def refuse_raw(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of everything that would be written into the page as it stands."""
    for node in doctree.findall(nodes.raw):
        text = " ".join(node.astext().split())[:80]
        logger.warning("raw %s in a page: %s", node.get("format"), text, location=node, type="raw")


def preview(app: Sphinx, address: str, title: str, description: str) -> str:
    """Return the tags from which a messenger or a social network draws a link to a page."""
    contents = {
        "og:type": "article",
        "og:site_name": app.config.html_title,
        "og:title": title,
        "og:description": description,
        "og:url": address,
        "og:image": app.config.html_baseurl + app.config.preview_image,
        "og:image:alt": app.config.preview_image_alt,
    }
    tags = [f'<meta property="{key}" content="{escape(contents[key])}" />' for key in contents]
    return "\n".join([*tags, '<meta name="twitter:card" content="summary_large_image" />'])


def note_text_source(app: Sphinx, docname: str, content: list[str]) -> None:
    """Let the text source of a notebook count as a source of its page."""
    source = Path(app.srcdir, f"{docname}.myst.md")
    if source.is_file():
        app.env.dependencies[docname].add(f"{docname}.myst.md")


def keep_sources(app: Sphinx, env: BuildEnvironment) -> None:
    """Keep the links to the pages' sources where there is no git to ask for their dates."""
    for docname, dated in env.git_last_updated.items():
        env.git_last_updated[docname] = dated or (None, True)


def name_services(buttons: list[dict[str, Any]], *, colab: bool) -> None:
    """Name the services that run a chapter in words: their logos would be fetched by every page.

    Colab gets the notebook alone, so it is left out if a chapter reads other files of the project
    and says so in its front matter: ``needs_project: true``.
    """
    for group in buttons:
        if group.get("label") == "launch-buttons":
            group["buttons"] = [
                {key: value for key, value in button.items() if key != "icon"}
                for button in group["buttons"]
                if colab or button["text"] != "Colab"
            ]


def drop_repeated_ids(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take away the one id that every proof, and the text of every exercise and theorem, gets."""
    for kind, ids in REPEATED_IDS.items():
        for node in doctree.findall(kind):
            if node["ids"] and set(node["ids"]) <= ids:
                node["ids"] = []


def without_inline_scripts(scripts: list[Any]) -> list[Any]:
    """Return the scripts that are files.

    Raises
    ------
    ExtensionError
        If another script stands in the page, which the policy would keep from running.
    """
    for script in scripts:
        text = getattr(script, "attributes", {}).get("body", "")
        if text and not text.startswith(INLINE_SCRIPTS):
            raise ExtensionError(f"an extension writes a script into every page: {text[:80]!r}")
    return [script for script in scripts if getattr(script, "filename", script)]


def finish_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Correct the article and the head of one page."""
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    if "body" in context:
        body = list_parameters(finish_images(context["body"], files))
        context["body"] = body.replace(OLD_ROLE, NEW_ROLE)
    context["content_security_policy"] = CONTENT_SECURITY_POLICY
    context["script_files"] = without_inline_scripts(context["script_files"])
    # docutils repeats the viewport that the template sets
    tags = re.sub(r'\s*<meta name="viewport"[^>]*>', "", context.get("metatags") or "")
    if doctree:
        description = describe(doctree)
        if 'name="description"' not in tags:
            tags += f'\n<meta name="description" content="{escape(description)}" />'
        title = next(doctree.findall(nodes.title)).astext()
        tags += "\n" + preview(app, context["pageurl"], title, description)
    context["metatags"] = tags
    alone = not app.env.metadata.get(pagename, {}).get("needs_project")
    name_services(context.get("header_buttons", []), colab=alone)


def setup(app: Sphinx) -> dict[str, object]:
    """Connect the corrections."""
    # Jupyter Book always sets this value of an extension that the book does without.
    app.add_config_value("comments_config", {}, "html")
    app.add_config_value("preview_image", "", "html")
    app.add_config_value("preview_image_alt", "", "html")
    app.connect("source-read", note_text_source)
    app.connect("env-updated", keep_sources, priority=900)
    app.connect("doctree-read", refuse_raw)
    app.connect("doctree-resolved", drop_repeated_ids)
    app.connect("html-page-context", finish_page, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
