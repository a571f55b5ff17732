"""The bibliography style ``by_author``: sorted as the chapters cite, by author and year.

Names are compared without accents and braces, so that Böhning stands before Boyd; a work without
authors stands where its title belongs, which is the name it is cited by.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from pybtex.plugin import register_plugin
from pybtex.richtext import Text
from pybtex.style.formatting.plain import Style
from pybtex.style.sorting.author_year_title import SortingStyle

if TYPE_CHECKING:
    from pybtex.database import Entry
    from sphinx.application import Sphinx


def fold(name: str) -> str:
    """Return `name` as it is compared: no accents, no LaTeX braces, no capitals."""
    letters = unicodedata.normalize("NFKD", str(Text.from_latex(name)))
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()


class ByAuthorYear(SortingStyle):
    """Sort by the folded names, then by year and title."""

    def sorting_key(self, entry: Entry) -> tuple[str, ...]:
        """Return what two entries are compared by."""
        names, year, title = super().sorting_key(entry)
        return fold(names or title), year, fold(title)


class ByAuthor(Style):
    """The plain style in that order, with family names first."""

    default_name_style = "lastfirst"
    default_sorting_style = "by_author_year"


def setup(app: Sphinx) -> dict[str, object]:
    """Register the style under the name that ``bibtex_default_style`` asks for."""
    register_plugin("pybtex.style.sorting", "by_author_year", ByAuthorYear)
    register_plugin("pybtex.style.formatting", "by_author", ByAuthor)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
