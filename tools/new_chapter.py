"""Begin a chapter: a copy of the template that passes all checks, listed in the contents.

python tools/new_chapter.py NAME "Title with a verb" [--part "Caption of a part"]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "tools" / "chapter_template.myst.md"
DEFAULT_PART = "In practice"


class ChapterError(Exception):
    """A chapter that cannot be begun; the message says why."""


def write_chapter(root: Path, name: str, title: str) -> Path:
    """Write ``book/NAME.myst.md`` from the template and return its path."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise ChapterError(f"{name!r}: a name has small letters, digits and _ only")
    if not title.strip():
        raise ChapterError("a chapter needs a title")
    path = root / "book" / f"{name}.myst.md"
    if path.exists():
        raise ChapterError(f"book/{path.name} exists already")
    text = TEMPLATE.read_text(encoding="utf-8")
    text = text.replace("SLUG", name.replace("_", "-")).replace("TITLE", title.strip())
    path.write_text(text, encoding="utf-8")
    return path


def listed(contents: str, name: str, part: str) -> str:
    """The text of ``_toc.yml`` with the chapter as the last one of a part."""
    if re.search(rf"file: book/{name}$", contents, flags=re.MULTILINE):
        raise ChapterError(f"book/{name} is in _toc.yml already")
    lines = contents.splitlines(keepends=True)
    captions = [i for i, line in enumerate(lines) if "- caption:" in line]
    names = [lines[i].partition("- caption:")[2].strip() for i in captions]
    if part not in names:
        raise ChapterError(f"no part {part!r} in _toc.yml; there are: {', '.join(names)}")
    start, end = captions[names.index(part)], [*captions, len(lines)][names.index(part) + 1]
    last = max(i for i in range(start, end) if lines[i].lstrip().startswith("- file:"))
    indent = lines[last][: lines[last].index("-")]
    return "".join([*lines[: last + 1], f"{indent}- file: book/{name}\n", *lines[last + 1 :]])


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="of the file, such as weigh_two_models")
    parser.add_argument("title", help="with a verb, such as 'Weigh two models'")
    parser.add_argument("--part", default=DEFAULT_PART, help=f"default: {DEFAULT_PART}")
    options = parser.parse_args(arguments)
    contents = root / "_toc.yml"
    try:
        with_chapter = listed(contents.read_text(encoding="utf-8"), options.name, options.part)
        path = write_chapter(root, options.name, options.title)
    except ChapterError as error:
        print(f"new_chapter: {error}", file=sys.stderr)
        return 1
    contents.write_text(with_chapter, encoding="utf-8")
    print(f"book/{path.name} is written and listed: edit it, then run `make notebooks`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
