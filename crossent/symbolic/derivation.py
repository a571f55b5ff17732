"""Chains of equalities and inequalities whose every step is proved when it is written.

    Derivation(start, context).step(next, "why").step(last, "why", rel=">=", slack=...)

Each step passes three gates or raises: the side condition of its relation, a search for a
counterexample, and a proof for all sizes and values. So a derivation that is displayed is a
derivation that was proved.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import sympy as sp

from .context import Context
from .declarations import as_expression
from .display import checked
from .gate import OPTIMISING, ConditionError, Gate
from .latex import RELATIONS, reason_to_latex, to_latex


@dataclass(frozen=True)
class Step:
    """One line of a derivation."""

    expression: sp.Expr
    relation: str = "="
    why: str = ""
    slack: sp.Expr | None = None
    over: str | None = None  # the name of what is optimised over
    sizes: tuple = ()  # ((size, number), ...) if proved at these sizes only
    induction: sp.Symbol | None = None

    @property
    def general(self) -> bool:
        """Whether the step is proved for all sizes."""
        return not self.sizes

    def slack_is_visible(self, before: Step) -> bool:
        """Whether the slack is no more than the difference of the two lines, as they stand."""
        return self.slack in (
            before.expression - self.expression,
            self.expression - before.expression,
        )

    @property
    def remark(self) -> str:
        """What must be displayed beside the reason."""
        if self.sizes:
            return "(for " + ", ".join(f"${s} = {v}$" for s, v in self.sizes) + ")"
        return f"(by induction on ${self.induction}$)" if self.induction is not None else ""


class Derivation:
    """A proved chain ``start = e1 = e2 >= e3 ...``. Immutable: `step` returns a longer one.

    Parameters
    ----------
    start : sympy expression
        The first expression.
    context : Context
        What the proof rests on.

    Attributes
    ----------
    context
        What the proof rests on.
    steps
        All lines as a tuple, each with its expression, relation, reason and slack; the first
        has no relation.

    Examples
    --------
    >>> import sympy as sp
    >>> from crossent.symbolic import Context, Derivation
    >>> context = Context()
    >>> K = context.size("K")
    >>> k = context.index("k", K)
    >>> p = context.family("p", K, sign="positive", total=1)
    >>> c = context.scalar("c")
    >>> chain = Derivation(sp.Sum(c*p[k], (k, 1, K)), context).step(c, "the total of p is 1")
    >>> print(chain)
    Sum(c*p[k], (k, 1, K)) = c
    >>> chain.step(2*c, "doubling")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    crossent.symbolic.gate.RefutedStep: step 2 (doubling) is false: ...
    """

    def __init__(
        self, start: sp.Expr | int | None, context: Context, _steps: tuple[Step, ...] | None = None
    ) -> None:
        if not isinstance(context, Context):
            raise TypeError(f"a derivation rests on a Context; got {context!r}")
        self.context = context
        if _steps is None:
            start = as_expression(start)
            context.check(start)
            _steps = (Step(start),)
        self.steps = _steps

    @property
    def lhs(self) -> sp.Expr:
        """The first expression."""
        return self.steps[0].expression

    @property
    def rhs(self) -> sp.Expr:
        """The last expression, from which another derivation can start."""
        return self.steps[-1].expression

    @property
    def relation(self) -> str:
        """How `lhs` relates to `rhs`, by one of the words that `step` takes as `rel`."""
        kinds = {step.relation for step in self.steps[1:]} - {"="}
        return kinds.pop() if kinds else "="

    @property
    def general(self) -> bool:
        """Whether every step is proved for all sizes, and none at stated sizes only."""
        return all(step.general for step in self.steps)

    # ------------------------------------------------------------ steps

    def step(
        self,
        expression: sp.Expr | int,
        why: str,
        rel: str = "=",
        *,
        slack: sp.Expr | int | None = None,
        over: sp.Basic | None = None,
        factor: sp.Expr | int | None = None,
        shift: sp.Expr | int | None = None,
        vanishing: sp.Expr | int | None = None,
        sizes: dict[sp.Symbol, int] | None = None,
        induction: sp.Symbol | None = None,
    ) -> Derivation:
        """Prove that the last expression stands in relation `rel` to `expression`.

        Parameters
        ----------
        expression : sympy expression
            The next expression.
        why : str
            The reason, shown beside it; mathematics between dollar signs.
        rel : {"=", ">=", "<=", "∝", "same optimiser"}
            The relation; one chain uses "=" and at most one of the others.
        slack : sympy expression, for ">=" and "<="
            The difference of the two sides, in a form whose sign can be read off.
        over : symbol or family, for "∝" and "same optimiser"
            The variable that is optimised over.
        factor, shift : sympy expressions, for "∝" and "same optimiser"
            last = factor · expression + shift, with a positive factor, both free of `over`.
        vanishing : sympy expression
            A combination of quantities assumed to be zero: last = expression + vanishing.
        sizes : dict
            Prove only at these sizes, and say so in the display.
        induction : symbol
            Prove by induction on this size.

        Returns
        -------
        Derivation
            The chain with one more step.

        Raises
        ------
        RefutedStep
            If the step is false; the message gives sizes and values.
        UndecidedStep
            If it is neither refuted nor proved.
        ConditionError
            If a condition of the relation is not met.
        DeclarationError
            If `expression` uses names that are not declared.
        """
        expression = as_expression(expression)
        self.context.check(expression)
        if not isinstance(why, str) or not why.strip() or why.count("$") % 2:
            raise ConditionError(f"a step needs its reason, its mathematics between $: {why!r}")
        self._check_relation(rel)
        options = {
            "slack": slack,
            "over": over,
            "factor": factor,
            "shift": shift,
            "vanishing": vanishing,
        }
        options = {name: given for name, given in options.items() if given is not None}
        gate = Gate(self.context, f"step {len(self.steps)} ({why})")
        target = gate.target(expression, rel, options)
        if rel in OPTIMISING and {step.over for step in self.steps} - {None, gate.optimised(over)}:
            raise ConditionError(f"{gate.name}: one chain optimises over one variable")
        if rel in (">=", "<="):
            gate.refute(self.rhs, expression, rel)
        gate.prove(self.rhs, target, sizes, induction)
        variable = gate.optimised(over) if rel in OPTIMISING else None
        stated = tuple((sizes or {}).items())
        added = Step(expression, rel, why, slack, variable, stated, induction)
        return Derivation(None, self.context, (*self.steps, added))

    def _check_relation(self, rel: str) -> None:
        if rel not in RELATIONS:
            raise ConditionError(f"rel must be one of {list(RELATIONS)}, not {rel!r}")
        if rel != "=" and self.relation not in ("=", rel):
            raise ConditionError(f"a chain of {self.relation!r} cannot go on with {rel!r}")

    # ------------------------------------------------------------ display

    def __str__(self) -> str:
        parts = [str(self.lhs)]
        parts += [f"{s.relation} {s.expression} {s.remark}".rstrip() for s in self.steps[1:]]
        return " ".join(parts)

    __repr__ = __str__

    def to_latex(self) -> str:
        r"""One aligned block: an expression and its reason on each line.

        Raises
        ------
        DisplayError
            If an expression, read back from its LaTeX, is not the one that was proved.
        """
        lines = [f"& {self._shown(self.lhs, 'the first line')}"]
        for number, (before, step) in enumerate(itertools.pairwise(self.steps), start=1):
            where = f"step {number} ({step.why})"
            reason = f"{step.why} {step.remark}".strip()
            lines.append(
                rf"{RELATIONS[step.relation]}{{}}\; & {self._shown(step.expression, where)}"
                f" && {reason_to_latex(reason)}"
            )
            if step.slack is not None and not step.slack_is_visible(before):
                slack = self._shown(step.slack, f"the slack of {where}")
                lines.append(rf"& && \text{{slack }} {slack}")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _shown(self, expression: sp.Expr, where: str) -> str:
        """The LaTeX of an expression, read back before anybody sees it."""
        return checked(to_latex(expression, self.context), expression, self.context, where)

    def _repr_latex_(self) -> str:
        return f"$$\n{self.to_latex()}\n$$"
