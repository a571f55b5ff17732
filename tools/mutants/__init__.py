"""Mutation tests of `crossent`; see `tools.mutants.__main__`."""
