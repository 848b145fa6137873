"""Augmenters of training data (spaCy's `@augmenters`), one per file."""
