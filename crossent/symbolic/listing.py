"""A context as lines, to stand beside the proof that rests on it: as text, and as LaTeX."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .declarations import Family
from .display import checked
from .latex import to_latex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .declared import Declarations

SIGN = {"positive": "> 0", "nonnegative": ">= 0", "real": "real"}
ANY = sp.Symbol("·")  # any argument
LATEX = {"> 0": "> 0", ">= 0": r"\ge 0", "real": r"\text{ real}", "<=": r"\le", "=": "="}


def lines(context: Declarations) -> list[str]:
    """Each declaration as a line of text."""
    lines = [f"{name} = 1, 2, 3, ..." for name in context.sizes]
    for names, size in _indices(context):
        lines.append(f"{', '.join(map(str, names))} = 1, ..., {size}")
    for symbol, between in context.scalars.items():
        lines.append(
            f"{between[0]} < {symbol} < {between[1]}" if between else f"{symbol} {_sign(symbol)}"
        )
    for family in context.families.values():
        head = f"{family.name}[{', '.join(map(str, arguments(context, family)))}]"
        lines.append(_family_line(context, family, head))
    for definition in context.definitions.values():
        inside = ", ".join(map(str, definition.parameters))
        head = f"{definition.name}[{inside}]" if inside else definition.name
        zero = ", assumed to be 0" if definition.name in context.zeros else ""
        lines.append(f"{head} := {definition.body}{zero}")
    return lines


def latex(context: Declarations) -> str:
    """All declarations as one aligned block in the book's notation."""

    def show(expression: sp.Expr) -> str:
        text = to_latex(expression, context)
        if expression.has(ANY):  # no expression that could be read back
            return text.replace(str(ANY), r"\cdot ")
        return checked(text, expression, context, "a declaration")

    rows = []
    if context.sizes:
        sizes = ", ".join(map(show, context.sizes.values()))
        rows.append((rf"{sizes} = 1, 2, 3, \ldots", "any size"))
    for names, size in _indices(context):
        rows.append((rf"{', '.join(map(show, names))} = 1, \ldots, {show(size)}", "index"))
    for symbol, between in context.scalars.items():
        inside = f"{show(symbol)} {LATEX[_sign(symbol)]}"
        if between:
            inside = f"{show(between[0])} < {show(symbol)} < {show(between[1])}"
        rows.append((inside, "given"))
    rows += [_family_row(context, family, show) for family in context.families.values()]
    for definition in context.definitions.values():
        head = context.declared[definition.name]
        head = head[definition.parameters] if definition.parameters else head
        zero = definition.name in context.zeros
        rows.append(
            (
                f"{show(head)} = {show(definition.body)}" + (" = 0" if zero else ""),
                "definition, assumed to vanish" if zero else "definition",
            )
        )
    body = " \\\\\n".join(rf"& {row} && \text{{{kind}}}" for row, kind in rows)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def _indices(context: Declarations) -> Iterator[tuple[list[sp.Symbol], sp.Symbol]]:
    """Yield the indices of each size."""
    for size in context.sizes.values():
        names = [s for s, end in context.indices.items() if end == size]
        if names:
            yield names, size


def _sign(symbol: sp.Symbol) -> str:
    return "> 0" if symbol.is_positive else ">= 0" if symbol.is_nonnegative else "real"


def _family_line(context: Declarations, family: Family, head: str) -> str:
    if family.values is not None:
        return f"{head} = 1, ..., {family.values}"
    sign = SIGN[family.sign] + (" and whole" if family.integer else "")
    if family.bound is None:
        return f"{head} {sign}"
    k, size = arguments(context, family)[family.axis], family.ranges[family.axis]
    relation = "=" if family.total is not None else "<="
    return f"{head} {sign}, with Sum({head}, ({k}, 1, {size})) {relation} {family.bound}"


def _family_row(
    context: Declarations, family: Family, show: Callable[[sp.Expr], str]
) -> tuple[str, str]:
    symbols = arguments(context, family)
    head = context.declared[family.name]
    member = head[tuple(symbols)] if isinstance(head, sp.IndexedBase) else head(*symbols)
    if family.values is not None:
        return rf"{show(member)} = 1, \ldots, \text{{ or }} {show(family.values)}", "label"
    row = f"{show(member)} {LATEX[SIGN[family.sign]]}"
    row += r" \text{ and whole}" if family.integer else ""
    if family.bound is not None:
        summed = sp.Sum(member, (symbols[family.axis], 1, family.ranges[family.axis]))
        relation = LATEX["=" if family.total is not None else "<="]
        row += rf", \quad {show(summed)} {relation} {show(family.bound)}"
    return row, "given"


def arguments(context: Declarations, family: Family) -> list[sp.Symbol]:
    """An index symbol (or a dot) for each argument of a family, for display."""
    chosen: list[sp.Symbol] = []
    for position, size in enumerate(family.ranges):
        stand_in = family.parameters[position] if family.parameters else None
        fitting = [
            s
            for s, end in context.indices.items()
            if end == size and s not in chosen and s not in family.parameters
        ]
        chosen.append(stand_in or (fitting[0] if fitting else ANY))
    return chosen
