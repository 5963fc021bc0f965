"""Texts from documents, made fit for one line of a message."""

from __future__ import annotations

_MOST = 400


def single_line(text: str, most: int = _MOST) -> str:
    r"""Return the text as one printable line.

    Parameters
    ----------
    text : str
        Any text, with whatever a document or a program has put into it.
    most : int, default 400
        The most characters that are taken from the text; a longer one is cut and ends with ``…``.

    Returns
    -------
    str
        The text with control characters, line ends, lone surrogates and invisible marks of
        direction as escapes such as ``\u{7}``, so that a terminal shows it and obeys none of it.
    """
    shown = "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[:most])
    return shown + "…" if len(text) > most else shown
