"""Changes to labelled texts that keep their labels right, one per file.

Each is a function of a `Labelled`, a `random.Random` and a strength, and returns a new `Labelled`,
which knows where every word came from. Augmenters and tests of robustness are made of them.
"""
