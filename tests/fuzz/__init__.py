"""Hostile input by the thousand, seeded: `make fuzz`, and a short run of each kind in the tests.

A kind is a module here with three names, and a place in `__main__.KINDS`:

- `KIND: str`, its name on the command line;
- `cases(seed: int, count: int) -> Iterator[Case]`: the same `count` cases for the same seed, made only when they are asked
  for; `str(case)` names one in a line;
- `check(case) -> None`: raises AssertionError where the case did what none may do. Any other exception counts as one too.
"""
