"""Questions of the field, answered with figures that anyone can run again. See docs/studies/."""
