"""A bar that shows how far a run is, if tqdm is there."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._run import Run


class Progress:
    """A bar of tqdm; nothing if it is not asked for or tqdm is not installed.

    Parameters
    ----------
    is_wanted : bool
        Whether there is to be one.
    step : int
        Where the run is.
    """

    def __init__(self, is_wanted: bool, step: int) -> None:
        self._bar: Any = None
        if not is_wanted:
            return
        try:
            tqdm = importlib.import_module("tqdm")
        except ImportError:
            return
        self._bar = tqdm.tqdm(initial=step, unit=" steps")

    def show(self, run: Run) -> None:
        """Show the step and the loss of the run."""
        if self._bar is None:
            return
        loss = {} if run.loss is None else {"loss": f"{run.loss:.4g}"}
        self._bar.set_postfix({**loss, "members": run.members}, refresh=False)
        self._bar.update(run.step - self._bar.n)

    def close(self) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
