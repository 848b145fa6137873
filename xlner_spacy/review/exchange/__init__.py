"""Files of other tools for labelling."""
