"""The version of the package, which is that of the programs it belongs to."""

__version__ = "0.1.0"
