from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import PythonCode, ValidationError
from cdk_lambda_patterns.function.packaging.target import LOCAL_CLOUD
from tests.function.packaging.conftest import (
    HANDLER,
    PYPROJECT,
    Packaging,
    Requiring,
    Write,
    lock,
    modules,
)
from tests.function.packaging.wheels import WheelHouse, sha256

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def compiled(requiring: Requiring, wheels: WheelHouse) -> PythonCode:
    """Code with a package that has another wheel for each of three targets."""
    for tag in (
        "cp314-cp314-manylinux_2_34_aarch64",
        "cp314-cp314-manylinux_2_34_x86_64",
        "cp311-cp311-manylinux_2_17_x86_64",
    ):
        wheels.wheel("compiled-one", tag=tag, files={"compiled_one/tag.py": f"TAG = '{tag}'\n"})
    return requiring("compiled-one==1.0")


@pytest.mark.parametrize(
    ("runtime", "architecture", "tag"),
    [
        ("python3.14", "arm64", "cp314-cp314-manylinux_2_34_aarch64"),
        ("python3.14", "x86_64", "cp314-cp314-manylinux_2_34_x86_64"),
        ("python3.11", "x86_64", "cp311-cp311-manylinux_2_17_x86_64"),
    ],
)
def test_wheels_are_those_of_the_function(
    runtime: str, architecture: str, tag: str, packaging: Packaging, compiled: PythonCode
) -> None:
    package = packaging.package(compiled, runtime=runtime, architecture=architecture)

    assert tag in (package / "compiled_one/tag.py").read_text()


def test_the_local_cloud_gets_wheels_for_this_machine(packaging: Packaging, compiled: PythonCode) -> None:
    for_lambda = packaging.package(compiled)
    for_local_cloud = packaging.package(compiled, context={LOCAL_CLOUD: "3.11/x86_64-manylinux_2_28"})

    assert "cp311-cp311-manylinux_2_17_x86_64" in (for_local_cloud / "compiled_one/tag.py").read_text()
    assert for_local_cloud.name != for_lambda.name


@pytest.mark.parametrize(
    ("tag", "target"),
    [
        ("cp314-cp314-manylinux_2_34_aarch64", "python3.14 on x86_64"),
        ("cp314-cp314-manylinux_2_34_aarch64", "python3.13 on arm64"),
        ("cp39-cp39-manylinux_2_17_aarch64", "python3.14 on arm64"),
        ("py3-none-manylinux_2_39_aarch64", "python3.14 on arm64"),  # newer than Amazon Linux 2023
        ("py3-none-manylinux_2_28_aarch64", "python3.11 on arm64"),  # newer than Amazon Linux 2
        ("cp314-cp314-macosx_11_0_arm64", "python3.14 on arm64"),
    ],
)
def test_fails_when_no_wheel_is_for_the_function(
    tag: str, target: str, packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.wheel("compiled-one", "2.5", tag=tag)
    code = requiring("compiled-one==2.5")
    runtime, _, architecture = target.split()

    with pytest.raises(ValidationError) as refused:
        packaging.package(code, runtime=runtime, architecture=architecture)

    assert str(refused.value) == (
        f"'requirements' must name packages that have a wheel for {target}, got compiled-one 2.5, which has none; "
        "choose another version or architecture, build a wheel and name its folder with --find-links, or use a "
        "container image [Stack/Process] (NoWheel)"
    )


def test_fails_when_there_is_source_only(packaging: Packaging, requiring: Requiring, wheels: WheelHouse) -> None:
    wheels.sdist("source-one", "3.1")
    code = requiring("source-one==3.1")

    with pytest.raises(ValidationError, match=r"got source-one 3.1, which has none; .*\(NoWheel\)"):
        packaging.package(code)


def test_fails_when_there_is_no_wheel_of_the_version_that_a_condition_chooses(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.wheel("compiled-one", "1.0", tag="cp311-cp311-manylinux_2_28_aarch64")
    wheels.wheel("compiled-one", "2.0", tag="cp314-cp314-manylinux_2_34_aarch64")
    code = requiring(
        "compiled-one==1.0 ; python_full_version < '3.12'", "compiled-one==2.0 ; python_full_version >= '3.12'"
    )

    with pytest.raises(ValidationError, match=r"got compiled-one 1.0, which has none; .*\(NoWheel\)"):
        packaging.package(code, runtime="python3.11")
    assert "cp314" in (packaging.package(code) / "compiled_one-2.0.dist-info/WHEEL").read_text()


@pytest.mark.parametrize(
    "setting",
    [
        "UV_COMPILE_BYTECODE=1",  # as images for CI have it
        "UV_CONSTRAINT=none.txt",
        "UV_EXCLUDE=none.txt",
        "UV_NO_SOURCES=1",
        "UV_OVERRIDE=none.txt",
        "UV_PROJECT=/",
        "UV_WORKING_DIR=/",
        "UV_WORKING_DIRECTORY=/",
    ],
)
def test_settings_for_other_environments_do_not_count(
    setting: str, packaging: Packaging, locked: Path, uv_calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*setting.split("=", 1))

    package = packaging.package(PythonCode.from_project(locked))

    assert modules(package) == {"process.py", "top_one/__init__.py"}
    assert uv_calls == ["export", "pip"]


@pytest.mark.parametrize("columns", ["40", "80"])
def test_fails_when_a_named_wheel_is_for_another_machine(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    path = wheels.wheel("compiled-one", tag="cp314-cp314-manylinux_2_34_x86_64")
    code = requiring(str(path))

    with pytest.raises(ValidationError, match=r"got compiled-one 1.0, which has none; .*\(NoWheel\)"):
        packaging.package(code)


def test_fails_when_a_locked_package_has_no_wheel(packaging: Packaging, write: Write, wheels: WheelHouse) -> None:
    wheels.wheel("compiled-one", tag="cp314-cp314-manylinux_2_34_x86_64")
    for name in ("fast-one", "dev-one"):
        wheels.wheel(name)
    pyproject = PYPROJECT.format(python="3.14", dependencies='"compiled-one"')
    folder = write({"process/process.py": HANDLER, "process/pyproject.toml": pyproject}) / "process"
    folder.joinpath("pyproject.toml").write_text(pyproject.replace(">=3.14", ">=3.11"))
    lock(folder)

    with pytest.raises(
        ValidationError, match=r"'project' must .* python3.14 on arm64, got compiled-one 1.0.*\(NoWheel\)"
    ):
        packaging.package(PythonCode.from_project(folder))


def test_fails_with_the_words_of_uv_when_a_package_is_unknown(packaging: Packaging, requiring: Requiring) -> None:
    code = requiring("nowhere-one==1.0")

    with pytest.raises(ValidationError) as refused:
        packaging.package(code)

    message = str(refused.value)
    assert "nowhere-one was not found in the provided package locations" in message
    assert message.endswith("[Stack/Process] (PackagingFailed)")
    assert "\n" not in message


def test_fails_when_a_hash_is_wrong(packaging: Packaging, requiring: Requiring, wheels: WheelHouse) -> None:
    wheels.wheel("top-one")
    code = requiring(f"top-one==1.0 --hash=sha256:{'0' * 64}")

    with pytest.raises(ValidationError, match=rf"Hash mismatch for `top-one==1.0`.*{'0' * 64}.*PackagingFailed"):
        packaging.package(code)


def test_right_hashes_pass(packaging: Packaging, requiring: Requiring, wheels: WheelHouse) -> None:
    hashed = f"top-one==1.0 {sha256(wheels.wheel('top-one'))}"
    code = requiring(hashed)

    package = packaging.package(code)

    assert "top_one/__init__.py" in modules(package)


def test_fails_when_a_dependency_is_not_listed(packaging: Packaging, listed: PythonCode, wheels: WheelHouse) -> None:
    assert listed.requirements is not None
    listed.requirements.write_text(wheels.requirements("top-one==1.0"))

    with pytest.raises(
        ValidationError,
        match=r"got the package `top-one` requires `below-one`, but it's not installed; .*RequirementMissing",
    ):
        packaging.package(listed)


def test_fails_when_a_dependency_is_listed_in_another_version(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.wheel("top-one", requires=["below-one>=2", "gone; python_version < '3.12'"])
    wheels.wheel("below-one")
    code = requiring("top-one==1.0", "below-one==1.0")

    with pytest.raises(ValidationError, match=r"requires `below-one>=2`, but `1.0` is installed; .*RequirementMissing"):
        packaging.package(code)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runtime", "architecture", "machine"),
    [("python3.14", "arm64", 0xB7), ("python3.13", "x86_64", 0x3E)],
)
def test_a_compiled_package_from_the_index_is_for_the_function(
    runtime: str, architecture: str, machine: int, tmp_path: Path, write: Write
) -> None:
    folder = write({"process/process.py": HANDLER, "process/requirements.txt": "markupsafe==3.0.3\n"})
    code = PythonCode.from_requirements(folder / "process/requirements.txt")

    package = Packaging(tmp_path).package(code, runtime=runtime, architecture=architecture)

    (library,) = package.glob("markupsafe/_speedups.*.so")
    assert runtime.removeprefix("python").replace(".", "") in library.name
    assert library.read_bytes()[18] == machine  # e_machine of its ELF header
