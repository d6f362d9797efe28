from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns import ContainerImage, PythonCode, PythonLayer, ValidationError
from cdk_lambda_patterns.function.given import given_list, given_path, given_paths, given_texts
from cdk_lambda_patterns.validation import Where
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk


@pytest.mark.parametrize("value", ["", None, 5, b"", ["lib"]])
def test_fails_when_a_path_is_none(value: object) -> None:
    """Above all the empty text, which stands for the current folder with all that is in it."""
    with pytest.raises(ValidationError, match=r"'source' must be a path, got .*; name a folder") as caught:
        given_path("source", value)

    assert f"got {value!r};" in str(caught.value)
    assert caught.value.code == "PathInvalid"


def test_paths_are_accepted() -> None:
    assert given_path("source", ".") == Path()
    assert given_paths("include", ["a", Path("b")]) == (Path("a"), Path("b"))


@pytest.mark.parametrize("value", ["*.md", None, 5])
def test_fails_when_a_list_is_none(value: object) -> None:
    """Above all one text, which is a list of its letters."""
    with pytest.raises(ValidationError, match=r"'exclude' must be a list, got .*; write it in brackets") as caught:
        given_texts("exclude", value)

    assert f"got {value!r};" in str(caught.value)
    assert caught.value.code == "ListExpected"


def test_fails_when_a_list_holds_something_else() -> None:
    with pytest.raises(ValidationError, match="'exclude' must be a list of texts, got 5 in it"):
        given_texts("exclude", ["*.md", 5])
    with pytest.raises(ValidationError, match="'include' must be a path, got ''"):
        given_paths("include", [""])


@pytest.mark.parametrize("make", [PythonCode.from_folder, PythonCode.from_project, PythonCode.from_requirements])
@pytest.mark.parametrize(
    "options", [{"include": "lib"}, {"exclude": "*.md"}, {"source": ""}], ids=lambda options: next(iter(options))
)
def test_code_is_refused_before_it_means_something_else(make: object, options: dict[str, str]) -> None:
    assert callable(make)
    first = () if make == PythonCode.from_folder and "source" in options else ("handlers",)

    with pytest.raises(ValidationError, match=f"'{next(iter(options))}' must be a"):
        make(*first, **options)


@pytest.mark.parametrize("option", ["extras", "groups", "exclude_packages"])
def test_a_list_of_a_layer_is_one(option: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=f"'{option}' must be a list, got 'dev'"):
        PythonLayer(stack, "Layer", **{"project": "handlers", option: "dev"})  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["requirements", "project", "source"])
def test_a_layer_is_not_of_the_current_folder_by_mistake(option: str, stack: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=f"'{option}' must be a path, got ''"):
        PythonLayer(stack, "Layer", **{option: ""})  # type: ignore[arg-type]


@pytest.mark.parametrize("option", ["command", "entrypoint"])
def test_the_start_of_an_image_is_a_list(option: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").touch()

    with pytest.raises(ValidationError, match=f"'{option}' must be a list, got 'app.handler'"):
        ContainerImage.from_folder(tmp_path, **{option: "app.handler"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [["a", "b"], ("a", "b"), (letter for letter in "ab"), {"a": 1, "b": 2}.keys()],
    ids=["list", "tuple", "generator", "keys"],
)
def test_a_list_is_read_once_whatever_gives_it(stack: cdk.Stack, values: Sequence[str]) -> None:
    assert given_list(Where(stack, "Topic"), "names", values) == ["a", "b"]


def test_a_list_is_a_copy(stack: cdk.Stack) -> None:
    names = ["a"]

    given = given_list(Where(stack, "Topic"), "names", names)
    names.append("b")

    assert given == ["a"]


def test_no_list_is_an_empty_one(stack: cdk.Stack) -> None:
    assert given_list(Where(stack, "Topic"), "names", None) == []


@pytest.mark.parametrize("values", ["ab", b"ab", 5, {"a": 1}, {"a"}, frozenset("a"), object()])
def test_fails_when_the_elements_have_no_order_or_there_are_none(stack: cdk.Stack, values: Any) -> None:  # noqa: ANN401
    refusal(
        lambda: given_list(Where(stack, "Topic"), "names", values),
        "ListExpected",
        type(values).__name__,
        path="Stack/Topic",
    )
