"""Random sums, products, brackets, logarithms and powers of everything that can be declared."""

import sympy as sp

from crossent.symbolic import Partial, Phi, iverson


class Maker:
    """Makes random expressions from one setting; the same generator makes the same ones.

    An expression is positive where a logarithm, a root or a denominator needs it. Bound
    indices are taken from a few declared ones, so that sums often reuse a name that is
    already bound or free: the case in which careless renaming goes wrong.
    """

    def __init__(self, setting, rng):
        self.s, self.rng = setting, rng
        self.by_size = {}
        for index, size in setting.context.indices.items():
            self.by_size.setdefault(size, []).append(index)
        for names in self.by_size.values():
            names += names[:1] * 3 + names[1:2]  # few names, so that they are used often

    def number(self):
        """A small rational number."""
        return sp.Rational(
            self.rng.choice([-3, -2, -1, 1, 2, 3]), self.rng.choice([1, 1, 1, 2, 3])
        )

    def index(self, size, inside=True):
        """A place for an index of a size: mostly in its range, now and then outside."""
        s, rng = self.s, self.rng
        choices = [*self.by_size[size]] * 3 + [sp.S.One, size]
        if size == s.K:
            choices += [s.X[rng.choice(self.by_size[s.N])], s.Y[rng.choice(self.by_size[s.K])]]
        if rng.random() < 0.05:
            choices = [rng.choice(self.by_size[size]) + 1, sp.S(2), size - 1, size + 1]
            choices += self.by_size[rng.choice([s.N, s.K, s.M])]
        return rng.choice(choices)

    # ------------------------------------------------------------ leaves

    def positive_leaf(self):
        """A positive number."""
        s, rng = self.s, self.rng
        k = self.index(s.K)
        return rng.choice(
            [
                lambda: s.a[k],
                lambda: s.p[k],
                lambda: s.q[k],
                lambda: s.W[k, self.index(s.M)],
                lambda: s.s[k],
                lambda: s.f(k, rng.choice([s.x, s.t, s.d[self.index(s.N)]])),
                lambda: s.g(rng.choice([s.x, s.x + s.y, s.z[k]])),
                lambda: rng.choice([s.c, s.t, 1 - s.t]),
                lambda: rng.choice([s.N, s.K, s.M]),
                lambda: sp.Rational(rng.randint(1, 4), rng.randint(1, 3)),
            ]
        )()

    def leaf(self):
        """A number of either sign."""
        s, rng = self.s, self.rng
        k = self.index(s.K)
        return rng.choice(
            [
                self.positive_leaf,
                lambda: s.z[k],
                lambda: s.w[k],
                lambda: s.phat[k],
                lambda: s.R[k, self.index(s.M)],
                lambda: s.A[self.index(s.N), k],
                lambda: rng.choice([s.x, s.y, s.e, s.H]),
                lambda: iverson(self.index(s.K), k),
                lambda: iverson(self.index(s.N), self.index(s.N)),
                lambda: iverson(self.index(s.K), self.index(s.N)),
                lambda: rng.choice([k, s.X[self.index(s.N)]]),
                self.number,
            ]
        )()

    # ------------------------------------------------------------ what is made of them

    def positive(self, depth):
        """A positive expression."""
        if depth <= 0:
            return self.positive_leaf()
        part = lambda less=1: self.positive(depth - less)  # noqa: E731
        return self.rng.choice(
            [
                lambda: part() + part(),
                lambda: part() * part(),
                lambda: part() / part(),
                lambda: self.summed(part()),
                lambda: self.summed(part() * part(2)),
                lambda: 1 / self.summed(part()),
                lambda: sp.exp(self.expression(depth - 2)),
                lambda: self.multiplied(part(2)),
                lambda: part() ** self.rng.choice([2, -1, -2, sp.Rational(1, 2)]),
                lambda: part() ** iverson(self.index(self.s.K), self.index(self.s.K)),
                self.positive_leaf,
            ]
        )()

    def expression(self, depth):
        """An expression of either sign."""
        if depth <= 0:
            return self.leaf()
        part = lambda less=1: self.expression(depth - less)  # noqa: E731
        return self.rng.choice(
            [
                lambda: part() + part(),
                lambda: part() - part(),
                lambda: part() * part(),
                lambda: self.number() * part(),
                lambda: self.summed(part()),
                lambda: self.summed(part() * part(2)),
                lambda: self.summed(self.summed(part())),
                lambda: self.summed(iverson(self.index(self.s.K), self.index(self.s.K)) * part()),
                lambda: sp.log(self.positive(depth - 1)),
                lambda: Phi(self.positive(depth - 2)),
                lambda: part() / self.positive(depth - 1),
                lambda: part(2) ** 2,
                lambda: self.positive(depth),
                lambda: self.summed(self.positive(depth - 1)),
            ]
        )()

    def range(self):
        """A limit of a sum or product: mostly 1..size."""
        size = self.rng.choice([self.s.N, self.s.K, self.s.K, self.s.M])
        index = self.rng.choice(self.by_size[size])
        if self.rng.random() < 0.1:  # the index of another range runs here
            size = self.rng.choice([self.s.N, self.s.K, self.s.M])
        low, high = 1, size
        if self.rng.random() < 0.12:
            low, high = self.rng.choice(
                [(1, size - 1), (2, size), (1, size + 1), (1, 3), (2, size + 1)]
            )
        return index, low, high

    def summed(self, body):
        """A sum of it over some index, which it may or may not use."""
        return sp.Sum(body, self.range())

    def multiplied(self, body):
        """A product of it over some index."""
        return sp.Product(body, self.range())

    def partial(self, depth):
        """A derivative of an expression without products and functions of the variable."""
        s = self.s
        variable = self.rng.choice([s.z, s.a])[self.rng.choice(self.by_size[s.K])]
        return Partial(self.expression(depth), variable)


# ---------------------------------------------------------------- rewritings that change nothing


def rewritten(expression, setting, rng):
    """An expression that is equal to `expression` for all sizes and values, written otherwise."""
    ways = [way for node in sp.preorder_traversal(expression) for way in _ways(node, setting, rng)]
    old, new = rng.choice(ways) if ways else (expression, expression)
    return _put(expression, old, new)


def _put(node, old, new):
    """`node` with every occurrence of `old` replaced, scopes and all."""
    if node == old:
        return new
    if not node.args or isinstance(node, sp.Indexed):
        return node
    if isinstance(node, Partial):  # a variable is no expression
        return Partial(_put(node.args[0], old, new), node.args[1])
    return node.func(*(_put(part, old, new) for part in node.args))


def _ways(node, setting, rng):
    """Equal forms of one node."""
    s = setting
    if isinstance(node, sp.Sum | sp.Product):
        yield from _ways_of_a_range(node, setting, rng)
    elif isinstance(node, sp.Mul | sp.Pow) and node != sp.expand(node, deep=False):
        yield node, sp.expand(node, deep=False)
    elif isinstance(node, sp.log) and isinstance(node.args[0], sp.Mul):
        parts = node.args[0].args
        if all(part.is_positive for part in parts):
            yield node, sp.Add(*map(sp.log, parts))
    elif isinstance(node, sp.exp) and isinstance(node.args[0], sp.Add):
        yield node, sp.Mul(*map(sp.exp, node.args[0].args), evaluate=False)
    elif isinstance(node, Phi):
        yield node, node.unfolded()
    elif isinstance(node, sp.Indexed) and str(node.base.label) in "abz":
        fresh = sp.Dummy("fresh", integer=True, positive=True)
        (place,) = node.indices
        if s.context.indices.get(place) == s.K:
            yield node, sp.Sum(iverson(fresh, place) * node.base[fresh], (fresh, 1, s.K))
        yield node, node * sp.Sum(s.p[fresh], (fresh, 1, s.K))


def _ways_of_a_range(node, setting, rng):
    """Rename the binders, exchange them, split a term off, pull a constant out."""
    fresh = {
        symbol: sp.Dummy(symbol.name, integer=True, positive=True) for symbol, *_ in node.limits
    }
    if len(fresh) == len(node.limits):  # no name is bound twice here
        body = renamed(node.function, fresh)
        limits = [(fresh[symbol], low, high) for symbol, low, high in node.limits]
        yield node, node.func(body, *limits)
        yield node, node.func(body, *reversed(limits))
    *inner, (symbol, low, high) = node.limits
    body = node.func(node.function, *inner) if inner else node.function
    if low == 1 and high in setting.context.sizes.values():
        join = sp.Add if isinstance(node, sp.Sum) else sp.Mul
        yield node, join(node.func(body, (symbol, 1, high - 1)), renamed(body, {symbol: high}))
        yield node, join(node.func(body, (symbol, 2, high)), renamed(body, {symbol: sp.S.One}))


def renamed(node, names):
    """Free indices replaced by something whose own indices occur nowhere as binders."""
    if isinstance(node, sp.Sum | sp.Product):
        for limit in node.limits:
            names = {old: new for old, new in names.items() if old != limit[0]}
        return node.func(renamed(node.function, names), *node.limits) if names else node
    if isinstance(node, sp.Symbol):
        return names.get(node, node)
    if isinstance(node, sp.Indexed):
        return node.func(node.base, *(renamed(part, names) for part in node.indices))
    return node.func(*(renamed(part, names) for part in node.args)) if node.args else node


def cost(node, context, size=4):
    """About how many numbers have to be looked up to evaluate an expression at one size."""
    if isinstance(node, sp.Sum | sp.Product):
        return size ** len(node.limits) * cost(node.function, context, size)
    if isinstance(node, sp.Indexed | sp.Symbol):
        name = str(node.base.label) if isinstance(node, sp.Indexed) else node.name
        definition = context.definitions.get(name)
        return 1 if definition is None else cost(definition.body, context, size)
    if isinstance(node, Partial):
        return 3 * cost(node.args[0], context, size)
    return 1 + sum(cost(part, context, size) for part in node.args)
