"""Chaos for Python: provably fastest plans for pulling training state from many neighbours.

The interface to the optimizer is `chaos.plan`, whose names stand here too.
"""

from . import plan
from ._version import __version__
from .plan import *  # noqa: F403 - its list of names is that of this package too

__all__ = ["__version__"]
__all__ += plan.__all__
