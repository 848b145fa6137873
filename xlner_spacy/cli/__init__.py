"""The command line: `xlner ...`, and the same commands as `spacy xl ...`.

One file a command, each a thin Typer function over a plain one.
"""
