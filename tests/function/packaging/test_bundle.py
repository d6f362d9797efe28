from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import PythonCode, ValidationError, WellArchitectedFunction
from cdk_lambda_patterns.function.packaging import bundle, check_with_layers, package_size, resolve
from cdk_lambda_patterns.validation import Where
from tests.function.packaging.conftest import (
    HANDLER,
    Limit,
    Packaging,
    Requiring,
    Write,
    staged,
    tree_digest,
)
from tests.function.packaging.wheels import WheelHouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_no_error_shows_javascript(packaging: Packaging, listed: PythonCode, wheels: WheelHouse) -> None:
    assert listed.requirements is not None
    listed.requirements.write_text(wheels.requirements("nowhere-one==1.0"))

    with pytest.raises(ValidationError) as refused:
        packaging.package(listed)

    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__
    for word in ("jsii", "JavaScript", "RuntimeError", "Bundling", ".js:"):
        assert word not in str(refused.value)


def test_other_failures_of_a_package_come_out_as_they_are(
    packaging: Packaging, listed: PythonCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bundle, "_set_modes", fail)

    with pytest.raises(OSError, match="No space left on device"):
        packaging.package(listed)


def test_a_function_of_this_library_fails_with_the_reason(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.sdist("source-one")
    stack = cdk.Stack(packaging.app(), "Stack")

    with pytest.raises(ValidationError, match=r"^'requirements' must name .* source-one 1.0.*Process\] \(NoWheel\)$"):
        WellArchitectedFunction(stack, "Process", code=requiring("source-one==1.0"), handler="process.handler")


def test_other_errors_of_a_constructor_pass_through(packaging: Packaging, listed: PythonCode) -> None:
    stack = cdk.Stack(packaging.app(), "Stack")
    packaging.function(stack, listed)

    with pytest.raises(RuntimeError, match="already a Construct with name 'Process'"):
        packaging.function(stack, listed)


def test_the_package_is_the_same_in_another_folder(packaging: Packaging, tmp_path: Path, uv_calls: list[str]) -> None:
    packages = []
    for place in ("one", "elsewhere/two"):
        root = tmp_path / place
        house = WheelHouse(root / "wheels")
        house.wheel("top-one", requires=["below-one"])
        house.wheel("below-one")
        (root / "process").mkdir()
        (root / "process/process.py").write_text(HANDLER)
        (root / "process/run.sh").write_text("")
        (root / "process/run.sh").chmod(0o711 if place == "one" else 0o755)
        (root / "process/process.py").chmod(0o600 if place == "one" else 0o664)
        (root / "process/requirements.txt").write_text(
            "--no-index\n--find-links ../wheels\ntop-one==1.0\nbelow-one==1.0\n"
        )
        packages.append(packaging.package(PythonCode.from_requirements(root / "process/requirements.txt")))

    assert packages[0] != packages[1]
    assert packages[0].name == packages[1].name
    assert tree_digest(packages[0]) == tree_digest(packages[1])
    assert uv_calls == ["pip", "pip"]


@pytest.mark.parametrize(
    "change",
    [
        lambda code: (code.source / "process.py").write_text(HANDLER + "# more\n"),
        lambda code: (code.source / "process.py").chmod(0o755),
        lambda code: (code.source / "more.py").write_text(""),
        lambda code: code.requirements.write_text(
            code.requirements.read_text().replace("top-one==1.0", "top-one==2.0")
        ),
    ],
)
def test_a_change_gives_another_asset(
    change: Callable[[PythonCode], object], packaging: Packaging, listed: PythonCode, wheels: WheelHouse
) -> None:
    wheels.wheel("top-one", "2.0")
    before = packaging.package(listed)

    change(listed)

    assert packaging.package(listed).name != before.name


def test_options_give_another_asset(packaging: Packaging, listed: PythonCode) -> None:
    assets = {
        packaging.package(listed).name,
        packaging.package(listed, runtime="python3.13").name,
        packaging.package(listed, architecture="x86_64").name,
        packaging.package(dataclasses.replace(listed, exclude_packages=("below-one",))).name,
    }

    assert len(assets) == 4


def test_what_does_not_matter_gives_the_same_asset(packaging: Packaging, listed: PythonCode) -> None:
    before = packaging.package(listed)
    assert listed.requirements is not None

    (listed.source / "__pycache__").mkdir()
    (listed.source / "__pycache__/process.pyc").write_bytes(b"0")
    (listed.source / "process.py").touch()
    listed.requirements.write_text(listed.requirements.read_text() + "# a remark\n")

    assert packaging.package(listed).name == before.name


def test_functions_with_the_same_packages_install_once(
    packaging: Packaging, listed: PythonCode, write: Write, uv_calls: list[str]
) -> None:
    root = write({"other/other.py": HANDLER})
    stack = cdk.Stack(packaging.app(), "Stack")

    packaging.function(stack, listed)
    packaging.function(
        stack, dataclasses.replace(listed, source=root / "other"), construct_id="B", handler="other.handler"
    )

    assert uv_calls == ["pip"]


def test_a_lock_is_exported_once(packaging: Packaging, locked: Path, uv_calls: list[str]) -> None:
    packaging.package(PythonCode.from_project(locked))
    packaging.package(PythonCode.from_project(locked), architecture="x86_64")

    assert uv_calls == ["export", "pip", "pip"]


def test_a_staged_package_is_not_made_again(
    packaging: Packaging, listed: PythonCode, tmp_path: Path, uv_calls: list[str]
) -> None:
    packaging.package(listed, outdir=tmp_path / "kept")
    resolve._install.cache_clear()

    packaging.package(listed, outdir=tmp_path / "kept")

    assert uv_calls == ["pip"]


def test_nothing_is_installed_when_the_cdk_needs_no_package(
    packaging: Packaging, locked: Path, uv_calls: list[str]
) -> None:
    stack = cdk.Stack(packaging.app(context={"aws:cdk:bundling-stacks": []}), "Stack")

    packaging.function(stack, PythonCode.from_project(locked))

    assert uv_calls == []


@pytest.fixture
def large(requiring: Requiring, wheels: WheelHouse) -> PythonCode:
    """Code with a package of half a megabyte, which compresses well."""
    wheels.wheel("top-one", files={"top_one/data.txt": "0" * 500_000})
    return requiring("top-one==1.0")


def test_fails_when_the_package_is_too_large_and_names_the_largest_entries(
    packaging: Packaging, large: PythonCode, limit: Limit
) -> None:
    limit("PACKAGE_UNZIPPED", 400_000)

    with pytest.raises(ValidationError) as refused:
        packaging.package(large)

    assert "'code' must have at most 400,000 bytes unzipped, layers included, got 500," in str(refused.value)
    assert "(top_one 0.5 MB, " in str(refused.value)
    assert str(refused.value).endswith("[Stack/Process] (PackageUnzippedTooLarge)")


def test_zipped_bytes_count_only_where_asked_for(packaging: Packaging, large: PythonCode, limit: Limit) -> None:
    limit("PACKAGE_ZIPPED", 1_000)

    packaging.package(large)
    with pytest.raises(ValidationError, match=r"at most 1,000 bytes zipped, got .* \(top_one 0.5 MB.*ZippedTooLarge"):
        packaging.package(large, limit_zipped=True)


def test_layers_count_with_the_function(packaging: Packaging, large: PythonCode, write: Write, limit: Limit) -> None:
    root = write({"layer/python/big/data.txt": "0" * 300_000})
    stack = cdk.Stack(packaging.app(), "Stack")
    layer = cdk.aws_lambda.LayerVersion(stack, "Layer", code=cdk.aws_lambda.Code.from_asset(str(root / "layer")))
    known_by_arn = cdk.aws_lambda.LayerVersion.from_layer_version_arn(
        stack, "Arn", "arn:aws:lambda:eu-central-1:111111111111:layer:x:1"
    )
    function = packaging.function(stack, large, layers=[layer])
    where = Where(stack, "Process")
    size = package_size.unzipped_size(staged(function)) + 300_000

    limit("PACKAGE_UNZIPPED", size)
    check_with_layers(where, function, [layer, known_by_arn])
    limit("PACKAGE_UNZIPPED", size - 1)
    with pytest.raises(ValidationError) as refused:
        check_with_layers(where, function, [layer, known_by_arn])

    assert f"'layers' must have at most {size - 1:,} bytes unzipped" in str(refused.value)
    assert f"got {size:,} (top_one 0.5 MB, big 0.3 MB" in str(refused.value)


def test_a_function_is_refused_when_it_is_too_large_with_its_layers(
    packaging: Packaging, large: PythonCode, write: Write, limit: Limit
) -> None:
    root = write({"layer/python/big/data.txt": "0" * 300_000})
    stack = cdk.Stack(packaging.app(), "Stack")
    layer = cdk.aws_lambda.LayerVersion(stack, "Layer", code=cdk.aws_lambda.Code.from_asset(str(root / "layer")))
    limit("PACKAGE_UNZIPPED", 700_000)

    WellArchitectedFunction(stack, "Small", code=large, handler="process.handler")
    with pytest.raises(ValidationError, match=r"'layers' must have at most 700,000 bytes.*\[Stack/Process\]"):
        WellArchitectedFunction(stack, "Process", code=large, handler="process.handler", layers=[layer])


def test_without_bundling_sizes_are_unknown_and_nothing_fails(
    packaging: Packaging, large: PythonCode, write: Write, limit: Limit
) -> None:
    root = write({"layer/python/big/data.txt": "0" * 300_000})
    stack = cdk.Stack(packaging.app(context={"aws:cdk:bundling-stacks": []}), "Stack")
    layer = cdk.aws_lambda.LayerVersion(stack, "Layer", code=cdk.aws_lambda.Code.from_asset(str(root / "layer")))
    limit("PACKAGE_UNZIPPED", 300_001)

    check_with_layers(Where(stack, "Process"), packaging.function(stack, large, layers=[layer]), [layer])
