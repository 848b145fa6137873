"""Reviewing silver data without a browser: choosing texts, keeping decisions, agreement, files of other tools."""
