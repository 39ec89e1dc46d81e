"""The test kit: a clock by hand, an ear that checks what it hears, and the suite every hub must pass."""
