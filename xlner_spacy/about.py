"""Name and version, readable without importing anything."""

__title__ = "xlner-spacy"
__version__ = "0.1.0"
