from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions, aws_lambda as lambda_

from cdk_lambda_patterns import PythonLayer, ValidationError
from cdk_lambda_patterns.function.packaging.target import LOCAL_CLOUD
from tests.function.packaging.conftest import Limit, Packaging, Write, lock, names, staged, tree_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.function.packaging.wheels import WheelHouse


@pytest.fixture
def requirements(write: Write, wheels: WheelHouse) -> Path:
    """A file that lists a package of Python alone."""
    wheels.wheel("pure-one")
    return (
        write({"layers/excel/requirements.txt": wheels.requirements("pure-one==1.0")}) / "layers/excel/requirements.txt"
    )


@pytest.fixture
def scope(packaging: Packaging) -> cdk.Stack:
    """A stack that stages its assets."""
    return cdk.Stack(packaging.app(), "Stack")


def properties(scope: cdk.Stack) -> Mapping[str, Any]:
    (layer,) = assertions.Template.from_stack(scope).find_resources("AWS::Lambda::LayerVersion").values()
    return layer


def test_packages_are_under_python(scope: cdk.Stack, requirements: Path) -> None:
    layer = PythonLayer(scope, "Excel", requirements=requirements)

    assert {name for name in names(staged(layer)) if "dist-info" not in name} == {"python/pure_one/__init__.py"}


def test_a_layer_is_for_the_default_runtime_and_architecture(scope: cdk.Stack, requirements: Path) -> None:
    layer = PythonLayer(scope, "Excel", requirements=requirements)

    assert (layer.target_runtimes, layer.target_architecture) == (("python3.14",), "arm64")
    resource = properties(scope)
    assert resource["Properties"]["CompatibleRuntimes"] == ["python3.14"]
    assert resource["Properties"]["CompatibleArchitectures"] == ["arm64"]
    assert "DeletionPolicy" not in resource  # CloudFormation's own: deleted, and kept by the functions that use it


def test_options_pass_through(scope: cdk.Stack, requirements: Path) -> None:
    PythonLayer(
        scope,
        "Excel",
        requirements=requirements,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.X86_64],
        layer_version_name="excel",
        description="Reads and writes workbooks",
        license="MIT",
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )

    resource = properties(scope)
    assert resource["DeletionPolicy"] == "Retain"
    assert resource["Properties"] == {
        **resource["Properties"],
        "CompatibleRuntimes": ["python3.13"],
        "CompatibleArchitectures": ["x86_64"],
        "LayerName": "excel",
        "Description": "Reads and writes workbooks",
        "LicenseInfo": "MIT",
    }


def test_a_project_gives_its_dependencies_and_not_its_code(scope: cdk.Stack, write: Write, wheels: WheelHouse) -> None:
    wheels.wheel("pure-one")
    folder = write(
        {
            "layer/pyproject.toml": '[project]\nname = "layer"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["pure-one"]\n[tool.uv]\nno-index = true\nfind-links = ["../wheels"]\n',
            "layer/notes.py": "",
        }
    )
    lock(folder / "layer")

    layer = PythonLayer(scope, "Shared", project=folder / "layer")

    assert {name for name in names(staged(layer)) if "dist-info" not in name} == {"python/pure_one/__init__.py"}


def test_code_of_ones_own_can_be_a_layer(scope: cdk.Stack, write: Write) -> None:
    folder = write({"lib/common/models.py": "", "lib/tests/test_models.py": ""})

    layer = PythonLayer(scope, "Shared", source=folder / "lib")

    assert names(staged(layer)) == {"python/common/models.py"}


def test_code_of_ones_own_comes_with_packages(scope: cdk.Stack, requirements: Path, write: Write) -> None:
    folder = write({"lib/common/models.py": ""})

    layer = PythonLayer(scope, "Shared", requirements=requirements, source=folder / "lib")

    assert {"python/common/models.py", "python/pure_one/__init__.py"} <= names(staged(layer))


def test_packages_of_python_alone_are_for_several_targets(scope: cdk.Stack, requirements: Path) -> None:
    layer = PythonLayer(
        scope,
        "Excel",
        requirements=requirements,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_12, lambda_.Runtime.PYTHON_3_13],
        compatible_architectures=[lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64],
    )

    assert (layer.target_runtimes, layer.target_architecture) == (("python3.12", "python3.13"), None)


def test_fails_when_packages_differ_between_targets(scope: cdk.Stack, write: Write, wheels: WheelHouse) -> None:
    for machine in ("aarch64", "x86_64"):
        wheels.wheel("compiled-one", tag=f"cp313-cp313-manylinux_2_28_{machine}", files={"compiled_one.so": machine})
    folder = write({"requirements.txt": wheels.requirements("compiled-one==1.0")})

    with pytest.raises(
        ValidationError,
        match=r"got another compiled_one\S* for python3.13 on x86_64 than for python3.13 on arm64; .*LayerNotPortable",
    ):
        PythonLayer(
            scope,
            "Compiled",
            requirements=folder / "requirements.txt",
            compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
            compatible_architectures=[lambda_.Architecture.ARM_64, lambda_.Architecture.X86_64],
        )


def test_the_local_cloud_replaces_all_targets(packaging: Packaging, write: Write, wheels: WheelHouse) -> None:
    wheels.wheel("compiled-one", tag="cp311-cp311-manylinux_2_28_x86_64")
    folder = write({"requirements.txt": wheels.requirements("compiled-one==1.0")})
    scope = cdk.Stack(packaging.app(context={LOCAL_CLOUD: "3.11/x86_64-manylinux_2_28"}), "Stack")

    layer = PythonLayer(scope, "Compiled", requirements=folder / "requirements.txt")

    assert "python/compiled_one/__init__.py" in names(staged(layer))
    assert layer.target_architecture == "arm64"


def test_the_layer_is_the_same_again(packaging: Packaging, requirements: Path) -> None:
    first, second = (
        staged(PythonLayer(cdk.Stack(packaging.app(), "Stack"), "Excel", requirements=requirements)) for _ in range(2)
    )

    assert first != second
    assert (first.name, tree_digest(first)) == (second.name, tree_digest(second))


def test_nothing_is_installed_when_the_cdk_needs_no_package(
    packaging: Packaging, requirements: Path, uv_calls: list[str]
) -> None:
    scope = cdk.Stack(packaging.app(context={"aws:cdk:bundling-stacks": []}), "Stack")

    PythonLayer(scope, "Excel", requirements=requirements)

    assert uv_calls == []


def test_fails_when_nothing_is_in_it(scope: cdk.Stack) -> None:
    with pytest.raises(ValidationError, match=r"got none of them; pass one \[Stack/Excel\] \(LayerWithoutContent\)"):
        PythonLayer(scope, "Excel")


def test_fails_when_what_is_named_is_empty(scope: cdk.Stack, write: Write) -> None:
    folder = write({"requirements.txt": "# nothing yet\n", "lib/.env": ""})

    with pytest.raises(ValidationError, match=r"'requirements' must bring something.*LayerWithoutContent"):
        PythonLayer(scope, "One", requirements=folder / "requirements.txt")
    with pytest.raises(ValidationError, match=r"'source' must bring something.*LayerWithoutContent"):
        PythonLayer(scope, "Two", source=folder / "lib")


def test_fails_when_two_things_say_what_is_installed(scope: cdk.Stack, requirements: Path) -> None:
    with pytest.raises(ValidationError, match=r"got both; .*LayerContentTwice"):
        PythonLayer(scope, "Excel", requirements=requirements, project=requirements.parent)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layer_version_name": ""}, r"'layer_version_name' .*got 0; .*LayerNameLength"),
        ({"layer_version_name": "n" * 141}, r"'layer_version_name' .*got 141; .*LayerNameLength"),
        ({"layer_version_name": "excel tools"}, r"'layer_version_name' .*got 'excel tools'; .*LayerNameInvalid"),
        ({"layer_version_name": "excel:1"}, r"'layer_version_name' .*got 'excel:1'; .*LayerNameInvalid"),
        ({"extras": ["fast"]}, r"'extras' needs a project, got none; .*LayerOptionUnused"),
        ({"groups": ["data"]}, r"'groups' needs a project, got none; .*LayerOptionUnused"),
        ({"exclude": ["*.md"]}, r"'exclude' needs a source, got none; .*LayerOptionUnused"),
        ({"description": "d" * 257}, r"'description' .*got 257; .*LayerDescriptionLength"),
        ({"license": "l" * 513}, r"'license' .*got 513; .*LayerLicenseLength"),
        ({"compatible_runtimes": []}, r"'compatible_runtimes' .*got 0; .*LayerRuntimeCount"),
        (
            {"compatible_runtimes": [lambda_.Runtime.PYTHON_3_14] * 16},
            r"'compatible_runtimes' .*got 16; .*LayerRuntimeC",
        ),
        ({"compatible_runtimes": ["python3.14"]}, r"'compatible_runtimes' must be of type .*, got str; .*TypeMismatch"),
        (
            {"compatible_architectures": [lambda_.Architecture.ARM_64] * 3},
            r"architectures' .*got 3; .*LayerArchitectureC",
        ),
        (
            {"compatible_architectures": ["arm64"]},
            r"'compatible_architectures' must be of type .*, got str; .*TypeMism",
        ),
        (
            {"compatible_architectures": lambda_.Architecture.ARM_64},
            r"must consist of architectures, got aws_lambda.Architecture; ",
        ),
        ({"compatible_architectures": [lambda_.Architecture.custom("riscv64")]}, r"got riscv64; .*ArchitectureUnknown"),
        ({"compatible_architectures": []}, r"'compatible_architectures' .*got 0; .*LayerArchitectureCount"),
        ({"compatible_runtimes": [lambda_.Runtime.NODEJS_24_X]}, r"got nodejs24.x; .*RuntimeNotPython"),
        (
            {"exclude_packages": ["pure-one"]},
            r"must bring something into the layer, got nothing; .*LayerWithoutContent",
        ),
    ],
)
def test_fails_when_an_option_is_impossible(
    options: dict[str, Any], message: str, scope: cdk.Stack, requirements: Path
) -> None:
    with pytest.raises(ValidationError, match=message):
        PythonLayer(scope, "Excel", requirements=requirements, **options)


def test_the_longest_options_pass(scope: cdk.Stack, requirements: Path) -> None:
    PythonLayer(
        scope,
        "Excel",
        requirements=requirements,
        layer_version_name="n" * 140,
        description="d" * 256,
        license="l" * 512,
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_14] * 15,
    )
    PythonLayer(scope, "Shortest", requirements=requirements, layer_version_name="n", description="", license="")


def test_options_that_are_only_known_at_deployment_pass(scope: cdk.Stack, requirements: Path) -> None:
    later = cdk.CfnParameter(scope, "Later").value_as_string

    PythonLayer(scope, "Excel", requirements=requirements, layer_version_name=later, description=later, license=later)


def test_fails_when_the_layer_is_too_large(scope: cdk.Stack, write: Write, wheels: WheelHouse, limit: Limit) -> None:
    wheels.wheel("top-one", files={"top_one/data.txt": "0" * 500_000})
    folder = write({"requirements.txt": wheels.requirements("top-one==1.0")})
    limit("PACKAGE_UNZIPPED", 400_000)

    with pytest.raises(ValidationError, match=r"'requirements' .* got 500,\d+ \(top_one 0.5 MB, .*\[Stack/Excel\]"):
        PythonLayer(scope, "Excel", requirements=folder / "requirements.txt")


def test_fails_when_a_package_has_no_wheel(scope: cdk.Stack, write: Write, wheels: WheelHouse) -> None:
    wheels.sdist("source-one")
    folder = write({"requirements.txt": wheels.requirements("source-one==1.0")})

    with pytest.raises(
        ValidationError, match=r"for python3.14 on arm64, got source-one 1.0.*\[Stack/Excel\] \(NoWheel\)"
    ):
        PythonLayer(scope, "Excel", requirements=folder / "requirements.txt")


def test_fails_when_the_name_is_taken(scope: cdk.Stack, requirements: Path) -> None:
    PythonLayer(scope, "Excel", requirements=requirements)

    with pytest.raises(ValidationError, match=r"got 'Excel' a second time; .*\[Stack/Excel\]"):
        PythonLayer(scope, "Excel", requirements=requirements)
