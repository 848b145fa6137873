"""How fast it is, beside others on the same sentences, in one run: `make bench`."""
