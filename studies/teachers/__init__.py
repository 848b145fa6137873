"""Several teachers, or synthetic data?"""
