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


def test_arguments_on_the_first_line_are_found() -> None:
    assert list(arguments("Args:\n    only: One.\n    ")) == ["only"]


def test_no_docstring_has_no_arguments() -> None:
    assert arguments(None) == {}
