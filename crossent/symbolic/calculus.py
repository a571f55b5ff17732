"""A partial derivative that sums cannot confuse.

sympy differentiates ``Sum(p[k]*log(q[k]), (k, 1, K))`` with respect to ``q[k]`` as if the
two k were one. Here an index of a sum that also occurs in the variable is renamed first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .declared import Declarations, free_symbols
from .vocabulary import Partial, Phi

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .declarations import Definition


def partial_derivative(expression: sp.Expr, variable: sp.Expr, context: Declarations) -> sp.Expr:
    r"""Return :math:`\partial` `expression` / :math:`\partial` `variable`, written out.

    `variable` is a declared number or a member ``q[j]`` of a declared family; the members of
    a family count as independent of each other, so a declared total does not enter.

    Examples
    --------
    >>> import sympy as sp
    >>> from crossent.symbolic import Context
    >>> from crossent.symbolic.prover import Prover
    >>> context = Context()
    >>> K = context.size("K")
    >>> k = context.index("k", K)
    >>> q = context.family("q", K, sign="positive")
    >>> slope = partial_derivative(sp.Sum(sp.log(q[k]), (k, 1, K)), q[k], context)
    >>> Prover(context).equal(slope, 1 / q[k])
    True
    """
    name = variable_name(variable)
    family = context.families.get(name)
    if not (variable in context.scalars or (family is not None and family.values is None)):
        raise TypeError(f"{variable} is neither a declared number nor a member of a family")
    return _derivative(sp.sympify(expression), variable, name, context)


def variable_name(variable: sp.Expr) -> str:
    """The declared name behind ``t`` or ``q[j]``."""
    return str(variable.base.label) if isinstance(variable, sp.Indexed) else variable.name


def _derivative(node: sp.Expr, variable: sp.Expr, name: str, context: Declarations) -> sp.Expr:
    def inner(part: sp.Expr) -> sp.Expr:
        return _derivative(part, variable, name, context)

    if name not in context.names_below(node):
        return sp.Integer(0)
    if isinstance(node, sp.Add):
        return sp.Add(*map(inner, node.args))
    if isinstance(node, sp.Mul):
        rest = [
            sp.Mul(*(a for j, a in enumerate(node.args) if j != i)) for i in range(len(node.args))
        ]
        return sp.Add(*(inner(a) * others for a, others in zip(node.args, rest, strict=True)))
    if isinstance(node, sp.Pow):
        base, exponent = node.args
        return exponent * base ** (exponent - 1) * inner(base) + node * sp.log(base) * inner(
            exponent
        )
    if isinstance(node, sp.log):
        return inner(node.args[0]) / node.args[0]
    if isinstance(node, sp.exp):
        return node * inner(node.args[0])
    if isinstance(node, Phi):
        return inner(node.unfolded())
    if isinstance(node, sp.Sum):
        node = _renamed_apart(node, variable)
        return sp.Sum(inner(node.function), *node.limits)
    if isinstance(node, Partial):
        return inner(partial_derivative(node.args[0], node.args[1], context))
    return _leaf(node, variable, context, inner)


def _leaf(
    node: sp.Expr, variable: sp.Expr, context: Declarations, inner: Callable[[sp.Expr], sp.Expr]
) -> sp.Expr:
    body = definition_body(node, context)
    if body is not None:
        return inner(body)
    if isinstance(node, sp.Symbol):
        return sp.Integer(int(node == variable))
    if isinstance(node, sp.Indexed) and node.base == getattr(variable, "base", None):
        pairs = zip(node.indices, variable.indices, strict=True)
        return sp.Mul(*(sp.KroneckerDelta(a, b) for a, b in pairs))
    raise NotImplementedError(f"no rule to differentiate {node} with respect to {variable}")


def _renamed_apart(node: sp.Sum, variable: sp.Expr) -> sp.Sum:
    """The same sum, its indices renamed where the variable uses the same name."""
    taken = free_symbols(variable)
    renaming = {limit[0]: _fresh(limit[0]) for limit in node.limits if limit[0] in taken}
    return rename_bound(node, renaming)


def _fresh(symbol: sp.Symbol) -> sp.Dummy:
    return sp.Dummy(symbol.name, integer=True, positive=True)


def rename_bound(node: sp.Expr, renaming: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """A sum or product with its own indices renamed."""
    if not renaming:
        return node
    limits = []
    for position, (symbol, *ends) in enumerate(node.limits):
        outer = {limit[0] for limit in node.limits[position + 1 :]}
        seen = {s: t for s, t in renaming.items() if s in outer}  # the ends see these only
        ends = (_rename_free(end, seen) for end in ends)
        limits.append((renaming.get(symbol, symbol), *ends))
    return node.func(_rename_free(node.function, renaming), *limits)


def _rename_free(node: sp.Expr, renaming: dict[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """Rename free symbols; a sum that binds one of the names keeps its own."""
    if isinstance(node, sp.Sum | sp.Product):
        own = {limit[0] for limit in node.limits}
        outer = {s: t for s, t in renaming.items() if s not in own}
        limits = [
            (symbol, *(_rename_free(end, renaming) for end in ends))
            for symbol, *ends in node.limits
        ]
        return node.func(_rename_free(node.function, outer), *limits)
    if isinstance(node, sp.Symbol):
        return renaming.get(node, node)
    if isinstance(node, sp.Indexed):
        return node.func(node.base, *(_rename_free(a, renaming) for a in node.indices))
    return node.func(*(_rename_free(a, renaming) for a in node.args)) if node.args else node


def definition_body(node: sp.Expr, context: Declarations) -> sp.Expr | None:
    """What a defined name stands for, its arguments put in; None for other names."""
    if isinstance(node, sp.Indexed):
        definition = context.definitions.get(str(node.base.label))
        return None if definition is None else _unfolded(definition, node.indices)
    if isinstance(node, sp.Symbol) and node.name in context.definitions:
        return context.definitions[node.name].body
    return None


def _unfolded(definition: Definition, arguments: Sequence[sp.Expr]) -> sp.Expr:
    """The body of a definition with its parameters replaced, its sums renamed apart first."""
    taken = set().union(*map(free_symbols, arguments))
    body = _all_renamed(definition.body, taken)
    return _rename_free(body, dict(zip(definition.parameters, arguments, strict=True)))


def _all_renamed(node: sp.Expr, taken: set[sp.Symbol]) -> sp.Expr:
    """Rename every bound index of `node` that is among `taken`."""
    if isinstance(node, sp.Sum | sp.Product):
        renaming = {limit[0]: _fresh(limit[0]) for limit in node.limits if limit[0] in taken}
        node = rename_bound(node, renaming)
        return node.func(_all_renamed(node.function, taken), *node.limits)
    if isinstance(node, sp.Indexed) or not node.args:
        return node
    return node.func(*(_all_renamed(a, taken) for a in node.args))
