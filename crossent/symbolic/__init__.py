"""Derivations whose every step is proved for all sizes, or refused.

A `Context` holds what a proof rests on: sizes, indices, families, totals, definitions. A
`Derivation` is a chain of steps, each of which is proved when it is written, or raises because it
is false or stays undecided. `crossent.symbolic.library` has the derivations that several chapters
share.
"""

from .context import Context, DeclarationError
from .derivation import Derivation
from .display import DisplayError
from .gate import ConditionError, RefutedStep, StepError, UndecidedStep
from .lemma import phi_lemma
from .vocabulary import Partial, Phi, iverson

__all__ = [
    "ConditionError",
    "Context",
    "DeclarationError",
    "Derivation",
    "DisplayError",
    "Partial",
    "Phi",
    "RefutedStep",
    "StepError",
    "UndecidedStep",
    "iverson",
    "phi_lemma",
]
