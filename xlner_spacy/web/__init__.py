"""What the pages that run in a browser share: `xlner serve` and `xlner review`."""
