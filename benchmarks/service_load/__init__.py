"""A service under load: `python -m benchmarks.service_load`."""
