"""Cut the fonts that the pages load down to what the book can need.

    python tools/subset_math_font.py

writes two files again, byte for byte: ``book/_static/stix-two-math.woff2``, the maths font
(70 kB instead of 1.5 MB), and ``book/_static/icons.css``, the theme's icons (6 kB in place of
two fonts of 270 kB). Nothing of what it needs is needed to build the book, hence beside
requirements.txt::

    pip install ziamath==0.13 fonttools==4.68.0 brotli==1.2.1

STIX Two Math comes inside ziamath, Font Awesome Free inside pydata-sphinx-theme. Both are under
the SIL Open Font License; the texts lie beside the results.
"""

from __future__ import annotations

import base64
import importlib.util
import io
from collections.abc import Sequence
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"

#: Code points of the maths font to keep, as inclusive ranges.
MATH_RANGES = [
    (0x0020, 0x007E),  # basic Latin
    (0x00A0, 0x00BF),  # Latin-1 signs: ± · °
    (0x00D7, 0x00D7),  # times
    (0x00F7, 0x00F7),  # divided by
    (0x02C6, 0x02DD),  # spacing accents: hat, breve, dot, tilde
    (0x0300, 0x030C),  # combining accents
    (0x0332, 0x0333),  # combining low lines, which draw overlines and underlines
    (0x0391, 0x03F5),  # Greek
    (0x2002, 0x200A),  # spaces
    (0x2010, 0x2026),  # dashes, double bar, quotes, dots
    (0x2032, 0x2034),  # primes
    (0x203E, 0x203E),  # overline
    (0x2061, 0x2064),  # invisible operators
    (0x20D0, 0x20D7),  # vector arrows
    (0x2102, 0x2134),  # letter-like symbols: ℝ ℒ ℓ
    (0x2190, 0x2199),  # arrows
    (0x21A6, 0x21A6),  # maps to
    (0x21D0, 0x21D5),  # double arrows
    (0x2200, 0x222B),  # operators, from "for all" to the integral
    (0x2234, 0x2237),  # therefore, because, ratio
    (0x223C, 0x223D),  # similar
    (0x2243, 0x224D),  # approximately
    (0x2250, 0x2265),  # defined as, equivalent, at most, at least
    (0x226A, 0x226B),  # much less, much greater
    (0x2282, 0x228B),  # subsets
    (0x2295, 0x229B),  # circled operators
    (0x22A4, 0x22A5),  # top (the transpose), bottom
    (0x22C0, 0x22C6),  # n-ary operators, dot, star
    (0x22EE, 0x22F1),  # dots
    (0x2308, 0x230B),  # ceiling, floor
    (0x23B4, 0x23B5),  # horizontal brackets
    (0x23DC, 0x23DF),  # horizontal parentheses and braces
    (0x25A0, 0x25A1),  # end of proof
    (0x25B3, 0x25B3),  # triangle
    (0x27E8, 0x27EB),  # angle brackets
    (0x27F5, 0x27FA),  # long arrows
    (0x2A74, 0x2A75),  # colon equals
    (0x1D400, 0x1D467),  # bold, italic letters
    (0x1D468, 0x1D49B),  # bold italic letters
    (0x1D49C, 0x1D4B5),  # script capitals
    (0x1D538, 0x1D551),  # double-struck capitals
    (0x1D5B3, 0x1D5B3),  # sans-serif T, the transpose
    (0x1D6A4, 0x1D6A5),  # dotless i, j
    (0x1D6A8, 0x1D755),  # bold, italic, bold italic Greek
    (0x1D7CE, 0x1D7E1),  # bold, double-struck digits
]
#: Besides the MATH table, which keeps the stretched glyphs: script-size and flattened forms.
MATH_FEATURES = ["ccmp", "dtls", "flac", "ssty"]

#: The forms for scripts are kept for the primes, which without them would be far too large. Those
#: of the letters differ little from smaller letters, and are two fifths of the file.
PRIMES = [0x2032, 0x2033, 0x2034]

#: The icons that the theme, its admonitions and its buttons draw.
SOLID_ICONS = {
    "magnifying-glass": 0xF002,
    "xmark": 0xF00D,
    "magnifying-glass-minus": 0xF010,
    "download": 0xF019,
    "list": 0xF03A,
    "circle-half-stroke": 0xF042,
    "circle-xmark": 0xF057,
    "circle-check": 0xF058,
    "circle-info": 0xF05A,
    "arrow-up": 0xF062,
    "share": 0xF064,
    "expand": 0xF065,
    "circle-exclamation": 0xF06A,
    "triangle-exclamation": 0xF071,
    "chevron-up": 0xF077,
    "chevron-down": 0xF078,
    "bars": 0xF0C9,
    "lightbulb": 0xF0EB,
    "bell": 0xF0F3,
    "angle-left": 0xF104,
    "angle-right": 0xF105,
    "angle-down": 0xF107,
    "rocket": 0xF135,
    "file": 0xF15B,
    "sun": 0xF185,
    "moon": 0xF186,
    "file-pdf": 0xF1C1,
    "pencil": 0xF303,
    "external-link": 0xF35D,
}
BRAND_ICONS = {"github": 0xF09B}

#: The licence reserves the name "Font Awesome" for the whole fonts, hence a name of our own, and
#: rules that put it in the place of the theme's families, which then are never loaded.
ICON_FAMILY = "Book Icons"
ICON_CSS = """\
/* Written by tools/subset_math_font.py from the fonts of Font Awesome Free 6 by Fonticons, Inc.
   (https://fontawesome.com), under the SIL Open Font License: see icons.OFL.txt. */
:root {{
  --fa-style-family-classic: "{family}";
  --fa-style-family-brands: "{family}";
  --fa-font-solid: normal 900 1em/1 "{family}";
  --fa-font-regular: normal 900 1em/1 "{family}";
  --fa-font-brands: normal 400 1em/1 "{family}";
}}
.fa, .fa-classic, .fa-regular, .fa-solid, .far, .fas, .fa-brands, .fab,
.bd-sidebar-secondary.hide:not(:hover) .onthispage::after {{
  font-family: "{family}";
}}
"""
ICON_FACE = """\
@font-face {{
  font-family: "{family}";
  font-weight: {weight};
  font-display: block;
  src: url("data:font/woff2;base64,{data}") format("woff2");
}}
"""


def package_file(package: str, path: str) -> Path:
    """Return the file `path` inside an installed `package`, which is not imported."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed; see the top of this file")
    return Path(spec.origin).parent / path


def cut(
    source: Path, codes: list[int], features: Sequence[str] = (), family: str | None = None
) -> bytes:
    """Return the font `source` as WOFF2, cut down to some code points and features.

    If `family` is given, the font is called that and no longer by its reserved name.
    """
    options = subset.Options(
        flavor="woff2",
        layout_features=list(features),
        hinting=False,  # browsers scale and smooth; the instructions are a third of the size
        notdef_outline=True,
        name_IDs=[0, 1, 2, 3, 4, 5, 6, 7, 13, 14],  # the copyright and licence must stay
        drop_tables=["DSIG", "GPOS"],
        recalc_timestamp=False,
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=codes)
    font = TTFont(source, recalcTimestamp=False)
    if "ssty" in features:
        keep_script_forms(font, PRIMES)
    subsetter.subset(font)
    if family:
        for record in font["name"].names:
            if record.nameID in (1, 3, 4, 6):
                record.string = family.replace(" ", "") if record.nameID == 6 else family
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()


def keep_script_forms(font: TTFont, codes: list[int]) -> None:
    """Take the forms for sub- and superscripts from all glyphs but those of some code points."""
    names = {font.getBestCmap()[code] for code in codes}
    table = font["GSUB"].table
    indices = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "ssty"
        for index in record.Feature.LookupListIndex
    }
    for index in indices:
        for lookup in table.LookupList.Lookup[index].SubTable:
            forms = getattr(lookup, "ExtSubTable", lookup)
            for attribute in ("alternates", "mapping"):
                if hasattr(forms, attribute):
                    kept = {k: v for k, v in getattr(forms, attribute).items() if k in names}
                    setattr(forms, attribute, kept)


def math_font() -> bytes:
    """Return the maths font."""
    codes = [code for first, last in MATH_RANGES for code in range(first, last + 1)]
    return cut(package_file("ziamath", "fonts/STIXTwoMath-Regular.ttf"), codes, MATH_FEATURES)


def icon_css() -> bytes:
    """Return a style sheet that holds the icons."""
    webfonts = "theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts/"
    css = ICON_CSS.format(family=ICON_FAMILY)
    for weight, name, icons in [
        (900, "fa-solid-900.ttf", SOLID_ICONS),
        (400, "fa-brands-400.ttf", BRAND_ICONS),
    ]:
        source = package_file("pydata_sphinx_theme", webfonts + name)
        data = base64.b64encode(cut(source, [*icons.values()], family=ICON_FAMILY))
        css += ICON_FACE.format(family=ICON_FAMILY, weight=weight, data=data.decode("ascii"))
    return css.encode()


def main() -> None:
    """Write both files into the book and say how large they are."""
    for name, content in [("stix-two-math.woff2", math_font()), ("icons.css", icon_css())]:
        (STATIC / name).write_bytes(content)
        print(f"{STATIC / name}: {len(content) / 1000:.1f} kB")


if __name__ == "__main__":
    main()
