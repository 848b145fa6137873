"""Does adversarial training on silver data help under distribution shift?"""
