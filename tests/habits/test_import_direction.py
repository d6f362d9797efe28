"""Who may import whom: the constructs stand on the function, the checks stand alone, the commands on top."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import cdk_lambda_patterns

PACKAGE = Path(cdk_lambda_patterns.__file__).parent
ROOT_NAME = "cdk_lambda_patterns"

FACTS = {"errors", "json_values", "lazy_names", "plaintext", "practices", "quotas", "tokens", "validation"}
ON_THE_FUNCTION = {
    "alarms",
    "blueprint",
    "edge",
    "front_doors",
    "mixins",
    "network",
    "release",
    "triggers",
    "workflow",
}
ON_TOP = {"cli", "local_cloud", "testing"}

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "json_values": set(),
    "lazy_names": set(),
    "plaintext": set(),
    "practices": set(),
    "quotas": set(),
    # A handler imports it, where nothing else of this package is.
    "settings": set(),
    "tokens": set(),
    "validation": FACTS,
    "function": FACTS | {"settings"},
    **dict.fromkeys(ON_THE_FUNCTION, FACTS | {"function"}),
    # Over JSON alone, so that a template which somebody else's tool wrote is read as well.
    "checks": FACTS,
    **dict.fromkeys(ON_TOP, FACTS | ON_THE_FUNCTION | ON_TOP | {"checks", "function"}),
}
"""What each part of the package may import besides itself. The package's root imports anything, lazily."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source: str, module: str, *, is_package: bool) -> set[str]:
    """The absolute names of all that a module imports, for type checkers too."""
    package = module if is_package else module.rpartition(".")[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            parent = ".".join([*base, *([node.module] if node.module else [])])
            found.update(f"{parent}.{name.name}" for name in node.names)
    return found


def imports_of(file: Path) -> set[str]:
    return imports(file.read_text(), module_name(file), is_package=file.name == "__init__.py")


def part(name: str) -> str | None:
    """The part of the package that an absolute name belongs to."""
    names = name.split(".")
    return names[1] if names[0] == ROOT_NAME and len(names) > 1 else None


def test_relative_and_absolute_imports_are_understood() -> None:
    source = "from .. import practices\nfrom ..quotas import X\nfrom . import sibling\nimport aws_cdk.aws_sqs as sqs"

    assert imports(source, "cdk_lambda_patterns.function.packaging", is_package=False) == {
        "cdk_lambda_patterns.practices",
        "cdk_lambda_patterns.quotas.X",
        "cdk_lambda_patterns.function.sibling",
        "aws_cdk.aws_sqs",
    }
    assert imports("from . import packaging", "cdk_lambda_patterns.function", is_package=True) == {
        "cdk_lambda_patterns.function.packaging"
    }


@pytest.mark.parametrize("file", MODULES, ids=module_name)
def test_a_module_imports_only_what_is_below_it(file: Path) -> None:
    own = part(module_name(file))
    if own is None:
        return  # the package's root, which gathers the public names
    assert own in MAY_IMPORT, f"say in {Path(__file__).name} what {own} may import"

    forbidden = {name for name in imports_of(file) if part(name) not in {None, own, *MAY_IMPORT[own]}}

    assert not forbidden


def test_the_checks_are_python_alone() -> None:
    checks = [file for file in MODULES if part(module_name(file)) == "checks" and file.name != "plugin.py"]
    beyond = {"aws_cdk", "constructs", "jsii"}

    assert {
        module_name(file): found for file in checks if (found := {n.split(".")[0] for n in imports_of(file)} & beyond)
    } == {}


def test_the_package_has_one_name() -> None:
    """By its folder's name it would be imported a second time, with a second copy of every class."""
    assert [module_name(file) for file in MODULES if "constructs_pkg" in file.read_text()] == []
