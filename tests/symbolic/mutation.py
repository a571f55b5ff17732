"""Mutants: an expression with one node changed, as a slip of the pen would change it.

With CROSSENT_THOROUGH=1 in the environment the prover is asked about every one of them.
"""

import itertools
import os
import random
from collections import Counter
from types import SimpleNamespace

import sympy as sp
from sympy.core.function import AppliedUndef

from crossent.symbolic import (
    ConditionError,
    DeclarationError,
    Derivation,
    Partial,
    Phi,
    RefutedStep,
    UndecidedStep,
)
from crossent.symbolic.evaluation import Undefined
from crossent.symbolic.prover import Prover
from crossent.symbolic.refuter import find_counterexample
from crossent.symbolic.terms import Undecided

UNCHANGED = object()


def replaced(node, path, new):
    """`node` with the subexpression at `path` replaced; sympy may refuse the result."""
    if not path:
        return new
    args = list(node.args)
    args[path[0]] = replaced(args[path[0]], path[1:], new)
    return node.func(*args)


def places(node, path=()):
    """Every subexpression with its path, the names of bound indices and bases left out."""
    yield path, node
    if isinstance(node, sp.Sum | sp.Product):
        yield from places(node.function, (*path, 0))
        return  # the ranges are changed as a whole, see `_of_a_range`
    first = 1 if isinstance(node, sp.Indexed) else 0
    for position, child in enumerate(node.args[first:], start=first):
        if isinstance(child, sp.Expr):
            yield from places(child, (*path, position))


def mutants(expression, context):
    """Yield (what was changed, mutant): single changes, without repetitions or no-changes."""
    seen = {expression}
    for path, node in places(expression):
        for what, new in changes(node, context):
            try:
                mutant = replaced(expression, path, new)
            except (TypeError, ValueError):  # no such expression
                continue
            if mutant not in seen:
                seen.add(mutant)
                yield f"{what} in {node}", mutant


def random_mutant(expression, context, rng):
    """One mutant, or None if the place that was chosen allows none."""
    path, node = rng.choice(list(places(expression)))
    found = list(changes(node, context))
    if not found:
        return None
    try:
        mutant = replaced(expression, path, rng.choice(found)[1])
    except (TypeError, ValueError):  # no such expression
        return None
    return None if mutant == expression else mutant


def changes(node, context):
    """Yield (what, new node) for one node."""
    if isinstance(node, sp.Symbol):
        yield from _of_a_symbol(node, context)
    elif isinstance(node, sp.Rational):
        yield from (("number + 1", node + 1), ("number - 1", node - 1), ("sign", -node))
    elif isinstance(node, sp.Add | sp.Mul):
        yield from _of_terms(node)
    elif isinstance(node, sp.Pow):
        base, exponent = node.args
        yield from (
            ("exponent + 1", base ** (exponent + 1)),
            ("exponent - 1", base ** (exponent - 1)),
            ("power dropped", base),
        )
    elif isinstance(node, sp.Sum | sp.Product):
        yield from _of_a_range(node, context)
    elif isinstance(node, sp.Indexed | AppliedUndef):
        yield from _of_a_member(node, context)
    elif isinstance(node, sp.KroneckerDelta):
        yield from (("bracket dropped", sp.S.One), ("bracket negated", 1 - node))
    elif isinstance(node, sp.log | sp.exp | sp.factorial | Phi):
        yield from _of_a_function(node)
    elif isinstance(node, Partial):
        yield ("derivative dropped", node.args[0])


def _of_a_symbol(node, context):
    sizes = list(context.sizes.values())
    if node in context.indices:
        for other, size in context.indices.items():
            same = "same" if size == context.indices[node] else "another"
            if other != node:
                yield f"index of {same} range", other
        yield from (("index + 1", node + 1), ("index - 1", node - 1))
        yield "last index", context.indices[node]
    elif node in sizes:
        yield from (("another size", other) for other in sizes if other != node)
        yield from (("size + 1", node + 1), ("size - 1", node - 1), ("size dropped", sp.S.One))
    else:
        others = [*context.scalars, *sizes]
        yield from (("another number", other) for other in others if other != node)
        yield from (("sign", -node), ("twice", 2 * node), ("dropped", sp.S.One))


def _of_terms(node):
    word = "term" if isinstance(node, sp.Add) else "factor"
    for position, part in enumerate(node.args):
        rest = [*node.args[:position], *node.args[position + 1 :]]
        yield f"{word} dropped", node.func(*rest)
        yield f"{word} twice", node.func(*node.args, part)
        if word == "term":
            yield "sign of a term", node.func(*rest, -part)
        else:
            yield "factor inverted", node.func(*rest, 1 / part)
    other = sp.Mul if isinstance(node, sp.Add) else sp.Add
    yield f"{other.__name__} for {node.func.__name__}", other(*node.args)
    yield "sign", -node


def _of_a_range(node, context):
    other = sp.Product if isinstance(node, sp.Sum) else sp.Sum
    yield f"{other.__name__} for {node.func.__name__}", other(node.function, *node.limits)
    yield "sign", -node
    for position, (symbol, low, high) in enumerate(node.limits):
        rest = node.limits

        def with_limit(*limit, at=position, limits=rest):
            return node.func(node.function, *limits[:at], limit, *limits[at + 1 :])

        yield "range from 2", with_limit(symbol, low + 1, high)
        yield "range one longer", with_limit(symbol, low, high + 1)
        yield "range one shorter", with_limit(symbol, low, high - 1)
        for size in context.sizes.values():
            if size != high:
                yield "range of another size", with_limit(symbol, low, size)
        for index, size in context.indices.items():
            if index != symbol and size == context.indices.get(symbol):
                yield "index of the sum", with_limit(index, low, high)
        left = [limit for i, limit in enumerate(node.limits) if i != position]
        yield "sum dropped", node.func(node.function, *left) if left else node.function


def _of_a_member(node, context):
    indexed = isinstance(node, sp.Indexed)
    arguments = node.indices if indexed else node.args
    name = str(node.base.label) if indexed else str(node.func)
    for other, family in context.families.items():
        if other != name and len(family.ranges) == len(arguments):
            yield f"{other} for {name}", member(context, other, arguments)
    for other, definition in context.definitions.items():
        if other != name and len(definition.parameters) == len(arguments):
            yield f"{other} for {name}", member(context, other, arguments)
    for a, b in itertools.combinations(range(len(arguments)), 2):
        swapped = list(arguments)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        yield "arguments exchanged", member(context, name, swapped)
    yield from (("sign", -node), ("squared", node**2), ("dropped", sp.S.One))
    yield "inverted", 1 / node


def member(context, name, arguments):
    """A member of a family, definition or function by name."""
    head = context.declared[name]
    return head[tuple(arguments)] if isinstance(head, sp.IndexedBase) else head(*arguments)


def _of_a_function(node):
    (inner,) = node.args
    for other in (sp.log, sp.exp, Phi):
        if not isinstance(node, other):
            yield f"{other.__name__} for {node.func.__name__}", other(inner)
    yield "function dropped", inner
    yield "argument inverted", node.func(1 / inner)
    yield "argument + 1", node.func(inner + 1)
    yield "sign", -node


# ---------------------------------------------------------------- steps


def recorded(function, monkeypatch):
    """The steps that a function takes: what was claimed, with all that stands beside it."""
    steps = []
    original = Derivation.step

    def step(self, expression, why, rel="=", **options):
        steps.append(
            SimpleNamespace(
                context=self.context,
                left=self.rhs,
                right=sp.sympify(expression),
                why=why,
                rel=rel,
                options=options,
                before=self,
            )
        )
        return original(self, expression, why, rel, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Derivation, "step", step)
        function()
    return steps


def target(step, right=UNCHANGED, **changed):
    """What the left side of a step must equal, from the words of the relation alone."""
    right = step.right if right is UNCHANGED else right
    options = step.options | changed
    if step.rel in (">=", "<="):
        slack = sp.sympify(options["slack"])
        return right + slack if step.rel == ">=" else right - slack
    factor, shift = (
        sp.sympify(options.get(name) or d) for name, d in (("factor", 1), ("shift", 0))
    )
    return factor * right + shift + sp.sympify(options.get("vanishing") or 0)


# ---------------------------------------------------------------- what becomes of them

ASKED = None if os.environ.get("CROSSENT_THOROUGH") else 6
MORE_DRAWS = (1, 2, 3, 4) if ASKED is None else (1,)  # seeds other than that of steps


def fates(function, monkeypatch):
    """What becomes of every mutant of every step: a Counter, and those accepted or false.

    Those that numbers do not refute are offered as steps, and so are some of the others (6
    of each step; all if CROSSENT_THOROUGH is set). About these the prover is also asked by
    itself: what it says must not lean on the numbers.
    """
    counts, equivalent, unsound = Counter(), [], []
    for number, step in enumerate(recorded(function, monkeypatch), start=1):
        refuted = []
        for what, changed in changed_steps(step):
            counts["total"] += 1
            claim = target(step, **changed)
            fate = first_look(step, claim)
            if fate == "refuted":
                refuted.append((what, changed, claim))
            elif fate == "open":
                fate = offered(step, changed)
                if fate in ("accepted", "undecided") and not differs(step, claim, MORE_DRAWS):
                    equivalent.append(f"{fate}: step {number}, {what}")
                    fate = "equivalent"
                elif fate == "accepted":
                    unsound.append(f"accepted: step {number}, {what}: {changed}")
            counts[fate] += 1
        chosen = refuted if ASKED is None else some(refuted, ASKED, number)
        prover = Prover(step.context)
        for what, changed, claim in chosen:
            counts["of these asked of the prover too"] += 1
            if offered(step, changed) == "accepted":
                unsound.append(f"accepted: step {number}, {what}: {changed}")
            if is_proved(prover, step.left, claim):
                unsound.append(f"proved: step {number}, {what}: {step.left} = {claim}")
    return counts, equivalent, unsound


def some(things, count, seed):
    """At most `count` of them, always the same."""
    return random.Random(seed).sample(things, min(count, len(things)))


def first_look(step, claim):
    """Whether the claim uses names as declared, and what one search through numbers says."""
    try:
        step.context.check(claim)
        found = find_counterexample(step.left, claim, step.context)
    except DeclarationError:
        return "not declared"
    except Undefined:
        return "open"
    return "open" if found is None else "refuted"


def is_proved(prover, left, right):
    """Whether the prover by itself proves an equality."""
    try:
        return prover.equal(left, right)
    except Undecided:
        return False


def changed_steps(step):
    """Yield (what, the changed part as options of `target`) for each mutant of a step."""
    for what, mutant in mutants(step.right, step.context):
        yield what, {"right": mutant}
    for option in ("slack", "vanishing", "factor", "shift"):
        part = step.options.get(option)
        if part is not None:
            for what, mutant in mutants(sp.sympify(part), step.context):
                yield f"{what} of the {option}", {option: mutant}


def offered(step, changed):
    """What becomes of a changed step."""
    options = step.options | {name: part for name, part in changed.items() if name != "right"}
    try:
        step.before.step(changed.get("right", step.right), step.why, step.rel, **options)
    except RefutedStep:
        return "refuted"
    except UndecidedStep:
        return "undecided"
    except ConditionError:
        return "lacking its condition"
    except DeclarationError:
        return "not declared"
    return "accepted"


def differs(step, claim, seeds):
    """Whether numbers tell the two sides apart; sides without a value count as apart."""
    try:
        return any(
            find_counterexample(step.left, claim, step.context, seed=seed) is not None
            for seed in seeds
        )
    except Undefined:
        return True


def require_refused(function, monkeypatch, record_property):
    """Fail unless the mutants of a derivation are refused, most of them by numbers."""
    counts, equivalent, unsound = fates(function, monkeypatch)
    line = f"{function.__name__}: {dict(counts)}; equivalent: {equivalent}"
    record_property("mutants", line)
    print(line)
    assert unsound == []
    assert counts["accepted"] == 0
    assert counts["refuted"] >= 0.6 * counts["total"] > 0
    assert counts["equivalent"] <= max(6, counts["total"] / 16)
