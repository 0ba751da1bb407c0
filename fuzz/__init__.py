"""Fuzzing: every place where bytes come in from outside, with what must hold whatever they are.

A target is a function from bytes to nothing that asserts its invariants. Hypothesis runs each in the tests, the same
way every time; `make fuzz` runs them with coverage-guided atheris. `docs/fuzzing.md` has the list and the figures.
"""
