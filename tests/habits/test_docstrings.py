from __future__ import annotations

from tests.habits.docstrings import arguments

DOCSTRING = """Does something.

    Args:
        first: What it is,
            on two lines.
            Default: 5.
            Source: https://example.com/a.html
        second: Another. Default: - what the first
            says.
        **options: The rest.

    Raises:
        ValidationError: second: is not an argument here.
    """


def test_arguments_are_found_with_their_defaults() -> None:
    found = arguments(DOCSTRING)

    assert list(found) == ["first", "second", "options"]
    assert [argument.default for argument in found.values()] == ["5", "- what the first says", None]


def test_arguments_that_are_not_indented_are_none() -> None:
    assert arguments("Does something.\n\nArgs:\nonly: One.\n") == {}


def test_no_docstring_has_no_arguments() -> None:
    assert arguments(None) == {}
