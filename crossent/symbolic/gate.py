"""What a step must pass: side conditions, a search for a counterexample, a proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from .context import Context
from .declarations import as_expression
from .evaluation import TooLong
from .induction import equal_by_induction
from .instances import InstanceError, check_sizes, equal_at
from .prover import Prover
from .refuter import Undefined, find_counterexample
from .signs import Signs
from .terms import Undecided

if TYPE_CHECKING:
    from typing import NoReturn

OPTIMISING = ("∝", "same optimiser")
OPTIONS = {  # what each relation may be given, beside the next expression
    "=": ("vanishing",),
    ">=": ("slack",),
    "<=": ("slack",),
    "∝": ("over", "factor"),
    "same optimiser": ("over", "factor", "shift"),
}


class StepError(ValueError):
    """A step that may not be published: what the next three have in common."""


class RefutedStep(StepError):
    """A step that is false; the message holds a counterexample."""


class UndecidedStep(StepError):
    """A step that is neither refuted nor proved."""


class ConditionError(StepError):
    """A step that lacks what its relation demands: a slack, a factor, a sign."""


class Gate:
    """The checks of one step, with the words that name it."""

    def __init__(self, context: Context, name: str) -> None:
        self.context = context
        self.name = name
        self.prover = Prover(context)
        self.signs = Signs(self.prover)

    def target(self, expression: sp.Expr, rel: str, options: dict) -> sp.Expr:
        """What the last expression must equal, once the side conditions of `rel` hold."""
        if rel == "∝" and "shift" in options:
            self._fail("a shift keeps the optimiser but not proportionality")
        foreign = set(options) - set(OPTIONS[rel])
        if foreign:
            self._fail(f"{', '.join(sorted(foreign))} belongs to other relations than {rel!r}")
        if rel in (">=", "<="):
            slack = self.slack(options.get("slack"))
            return expression + slack if rel == ">=" else expression - slack
        if rel in OPTIMISING:
            factor = as_expression(options.get("factor", 1))
            shift = as_expression(options.get("shift", 0))
            self.free_of(options.get("over"), factor, shift)
            self.positive(factor)
            return factor * expression + shift
        return expression + self.vanishing(options.get("vanishing", 0))

    def _fail(self, words: str) -> NoReturn:
        raise ConditionError(f"{self.name}: {words}")

    # ------------------------------------------------------------ side conditions

    def slack(self, slack: sp.Expr | int | None) -> sp.Expr:
        """The slack of an inequality, if it is known to be nonnegative."""
        if slack is None:
            self._fail("an inequality needs its slack")
        slack = as_expression(slack)
        self.context.check(slack)
        if not self.signs.is_nonnegative(slack):
            self.refute(slack, sp.Integer(0), ">=", "its slack is negative")
            self._fail(f"the slack {slack} is not shown to be nonnegative")
        return slack

    def vanishing(self, term: sp.Expr | int) -> sp.Expr:
        """A combination of hypotheses, if it is one."""
        term = as_expression(term)
        self.context.check(term)
        if not self.signs.vanishes(term):
            self._fail(f"{term} does not vanish by the hypotheses")
        return term

    def free_of(self, over: sp.Basic | None, *parts: sp.Expr) -> None:
        """Raise if a part depends on the variable optimised over."""
        name = self.optimised(over)
        tied = self._tied_by_hypotheses(name)
        for part in parts:
            self.context.check(part)
            found = tied & self.context.names_below(part)
            if found:
                self._fail(
                    f"{part} depends on {name}, which is optimised over"
                    + ("" if name in found else f", through {', '.join(sorted(found))}")
                )

    def optimised(self, over: sp.Basic | None) -> str:
        """The name of the variable optimised over, if it is one that can be."""
        if over is None:
            self._fail("say what is optimised over")
        name = str(getattr(over, "base", over))
        family = self.context.families.get(name)
        if over not in self.context.scalars and (family is None or family.values is not None):
            self._fail(f"{over} is neither a declared number nor a family or function")
        return name

    def _tied_by_hypotheses(self, name: str) -> set[str]:
        """What the equations assumed to hold may make depend on `name`, one through another."""
        context = self.context
        fixed = set(context.sizes) | {index.name for index in context.indices}
        bodies = (context.definitions[zero].body for zero in context.zeros)
        equations = [context.names_below(body) - fixed for body in bodies]
        tied = {name}
        while True:
            more = tied.union(*(names for names in equations if names & tied))
            if more == tied:
                return tied
            tied = more

    def positive(self, factor: sp.Expr) -> None:
        """Raise unless a factor is known to be positive."""
        if not self.signs.is_positive(factor):
            self.refute(factor, sp.Integer(0), ">=", "its factor is negative")
            self._fail(f"the factor {factor} is not shown to be positive")

    # ------------------------------------------------------------ refutation and proof

    def refute(self, left: sp.Expr, right: sp.Expr, rel: str, what: str = "is false") -> None:
        """Raise if numbers contradict the claim."""
        try:
            found = find_counterexample(left, right, self.context, relation=rel)
        except Undefined:
            raise UndecidedStep(f"{self.name}: both sides never have a value") from None
        except TooLong:
            raise UndecidedStep(f"{self.name}: its sides take too long to evaluate") from None
        if found is not None:
            claim = f"\n    {left}\n    {rel} {right}\n"
            raise RefutedStep(f"{self.name} {what}:{claim}{found}")

    def prove(
        self,
        left: sp.Expr,
        right: sp.Expr,
        sizes: dict[sp.Symbol, int] | None,
        induction: sp.Symbol | None,
    ) -> None:
        """Raise unless left = right survives the search and is proved."""
        if sizes is not None and induction is not None:
            self._fail("a step is proved at stated sizes or by induction, not both")
        self.refute(left, right, "=")
        reason = "its two sides have different normal forms"
        try:
            if sizes is not None:
                check_sizes(sizes, self.context)
                proved = equal_at(left, right, sizes, self.context)
            elif induction is not None:
                if not self.context.is_size(induction):
                    self._fail(f"{induction} is not a declared size")
                proved = equal_by_induction(left, right, induction, self.context)
            else:
                proved = self.prover.equal(left, right)
        except Undecided as why:
            proved, reason = False, str(why)
        except InstanceError as error:
            raise ConditionError(f"{self.name}: {error}") from None
        if not proved:
            raise UndecidedStep(
                f"{self.name} is neither refuted nor proved: {reason}\n    {left}\n    = {right}"
            )
