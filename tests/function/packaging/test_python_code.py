from __future__ import annotations

import dataclasses
import subprocess
import sys
from typing import TYPE_CHECKING

import aws_cdk as cdk
import pytest

from cdk_lambda_patterns import PythonCode, ValidationError
from tests.function.packaging.conftest import (
    HANDLER,
    Packaging,
    Requiring,
    Write,
    lock,
    modules,
    names,
    tree_digest,
)
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.function.packaging.wheels import WheelHouse

BACKEND = """
import zipfile
from pathlib import Path

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "shared-1.0-py3-none-any.whl"
    info = "shared-1.0.dist-info"
    with zipfile.ZipFile(Path(folder, name), "w") as archive:
        archive.write("src/shared/__init__.py", "shared/__init__.py")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: shared\\nVersion: 1.0\\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        archive.writestr(f"{info}/RECORD", "")
    return name
"""
"""A build backend that needs nothing from an index."""


def test_a_folder_alone_is_its_files(packaging: Packaging, write: Write, uv_calls: list[str]) -> None:
    folder = write({"process/process.py": HANDLER, "process/.env": "KEY=1", "process/tests/test_process.py": ""})

    package = packaging.package(PythonCode.from_folder(folder / "process"))

    assert names(package) == {"process.py"}
    assert uv_calls == []


def test_paths_count_from_where_the_app_runs(
    packaging: Packaging, listed: PythonCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = packaging.package(listed)

    monkeypatch.chdir(tmp_path)

    assert packaging.package(PythonCode.from_requirements("process/requirements.txt")).name == expected.name


def test_listed_packages_are_installed_beside_the_code(packaging: Packaging, listed: PythonCode) -> None:
    package = packaging.package(listed)

    assert modules(package) == {"process.py", "top_one/__init__.py", "below_one/__init__.py"}


def test_packages_keep_their_metadata_and_nothing_of_the_install(packaging: Packaging, listed: PythonCode) -> None:
    package = packaging.package(listed)

    assert {path.name for path in (package / "top_one-1.0.dist-info").iterdir()} == {"METADATA", "WHEEL"}


def test_scripts_and_bytecode_of_packages_are_left_out(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.wheel(
        "top-one",
        files={
            "top_one/__init__.py": "",
            "top_one/__pycache__/x.pyc": "",
            "top_one-1.0.data/scripts/top": "#!python\n",
            "top_one-1.0.dist-info/entry_points.txt": "[console_scripts]\ntop-two = top_one:run\n",
        },
    )
    code = requiring("top-one==1.0")

    package = packaging.package(code)

    assert modules(package) == {"process.py", "top_one/__init__.py"}


def test_a_locked_project_is_installed_without_extras_and_groups(packaging: Packaging, locked: Path) -> None:
    package = packaging.package(PythonCode.from_project(locked))

    assert modules(package) == {"process.py", "top_one/__init__.py"}


def test_extras_and_groups_are_installed_when_asked_for(packaging: Packaging, locked: Path) -> None:
    package = packaging.package(PythonCode.from_project(locked, extras=["fast"], groups=["dev"]))

    assert {"top_one/__init__.py", "fast_one/__init__.py", "dev_one/__init__.py"} <= modules(package)


def test_a_project_may_require_a_newer_python_than_this_one(packaging: Packaging, locked: Path) -> None:
    for file in (locked / "pyproject.toml", locked / "uv.lock"):
        file.write_text(file.read_text().replace('requires-python = ">=3.11"', 'requires-python = ">=3.14"'))

    package = packaging.package(PythonCode.from_project(locked))

    assert "top_one/__init__.py" in modules(package)


def test_the_lock_is_never_written(packaging: Packaging, locked: Path) -> None:
    before = tree_digest(locked)

    packaging.package(PythonCode.from_project(locked))

    assert tree_digest(locked) == before


def test_another_folder_can_be_the_source(packaging: Packaging, locked: Path, write: Write) -> None:
    write({"process/src/app/main.py": HANDLER})

    package = packaging.package(PythonCode.from_project(locked, source=locked / "src"), handler="app.main.handler")

    assert modules(package) == {"app/main.py", "top_one/__init__.py"}


def test_shared_folders_are_included(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER, "lib/common/models.py": ""})

    package = packaging.package(PythonCode.from_folder(folder / "process", include=[folder / "lib/common"]))

    assert names(package) == {"process.py", "common/models.py"}


def test_packages_can_be_left_to_lambda(packaging: Packaging, listed: PythonCode) -> None:
    package = packaging.package(dataclasses.replace(listed, exclude_packages=("Below_One",)))

    assert modules(package) == {"process.py", "top_one/__init__.py"}


def test_projects_of_a_workspace_are_built_and_installed(
    packaging: Packaging, write: Write, wheels: WheelHouse, uv_calls: list[str]
) -> None:
    wheels.wheel("below-one")
    root = write(
        {
            "pyproject.toml": '[tool.uv]\nno-index = true\nfind-links = ["wheels"]\n'
            '[tool.uv.workspace]\nmembers = ["process", "shared"]\n',
            "process/process.py": HANDLER,
            "process/pyproject.toml": '[project]\nname = "process"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["shared"]\n[tool.uv.sources]\nshared = { workspace = true }\n',
            "shared/src/shared/__init__.py": "X = 1\n",
            "shared/backend.py": BACKEND,
            "shared/pyproject.toml": '[project]\nname = "shared"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
            'dependencies = ["below-one"]\n'
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
        }
    )
    lock(root / "process")
    code = PythonCode.from_project(root / "process")

    first = packaging.package(code)
    write({"shared/src/shared/__init__.py": "X = 22\n"})
    second = packaging.package(code)

    assert modules(first) == modules(second) == {"process.py", "shared/__init__.py", "below_one/__init__.py"}
    assert (second / "shared/__init__.py").read_text() == "X = 22\n"
    assert first.name != second.name
    assert uv_calls == ["export", "build", "pip", "export", "build", "pip"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda root: PythonCode.from_folder(root / "proces"), r"did you mean '.*/process'.*SourceNotFound"),
        (lambda root: PythonCode.from_requirements(root / "process/none.txt"), r"none.txt'?; .*RequirementsNotFound"),
        (lambda root: PythonCode.from_project(root / "process"), r"no .*/process/pyproject.toml; .*ProjectNotFound"),
        (lambda root: PythonCode.from_requirements(root / "process/loose.txt"), r"'top-one>=1' .*RequirementNotPinned"),
    ],
)
def test_fails_at_once_when(
    make: Callable[[Path], PythonCode], message: str, packaging: Packaging, write: Write, uv_calls: list[str]
) -> None:
    root = write({"process/process.py": HANDLER, "process/loose.txt": "top-one>=1\n"})

    with pytest.raises(ValidationError, match=message):
        packaging.package(make(root))

    assert uv_calls == []


def test_fails_at_once_when_the_handler_is_not_in_the_code(
    packaging: Packaging, listed: PythonCode, uv_calls: list[str]
) -> None:
    with pytest.raises(ValidationError, match=r"got 'process.handel'; did you mean 'process.handler'\?"):
        packaging.package(listed, handler="process.handel")

    assert uv_calls == []


def test_a_handler_of_a_dependency_is_found_in_it(
    packaging: Packaging, requiring: Requiring, wheels: WheelHouse
) -> None:
    wheels.wheel("top-one", files={"top_one/wrapper.py": HANDLER})
    code = requiring("top-one==1.0")

    packaging.package(code, handler="top_one.wrapper.handler")
    with pytest.raises(ValidationError, match=r"of top_one/wrapper.py, got 'top_one.wrapper.main'.*HandlerNotFound"):
        packaging.package(code, handler="top_one.wrapper.main")


def test_a_handler_of_a_layer_is_not_looked_for(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER})

    package = packaging.package(
        PythonCode.from_folder(folder / "process", check_handler=False), handler="datadog_lambda.handler.handler"
    )

    assert names(package) == {"process.py"}


@pytest.mark.parametrize("name", ["top_one.py", "top_one/__init__.py", "below_one.py"])
def test_fails_when_the_code_hides_a_dependency(
    name: str, packaging: Packaging, requiring: Requiring, write: Write, wheels: WheelHouse
) -> None:
    wheels.wheel("top-one")
    wheels.wheel("below-one", files={"below_one.py": ""})
    code = requiring("top-one==1.0", "below-one==1.0")
    write({f"process/{name}": ""})

    with pytest.raises(ValidationError, match=rf"got '{name}'; rename it.*SourceHidesDependency"):
        packaging.package(code)


def test_a_namespace_can_be_shared_with_a_dependency(
    packaging: Packaging, requiring: Requiring, write: Write, wheels: WheelHouse
) -> None:
    wheels.wheel("top-one", files={"company/top/__init__.py": ""})
    code = requiring("top-one==1.0")
    write({"process/company/own/__init__.py": ""})

    package = packaging.package(code)

    assert modules(package) == {"process.py", "company/top/__init__.py", "company/own/__init__.py"}


@pytest.mark.parametrize(
    "line",
    [
        "from cdk_lambda_patterns.settings import Secret",
        "import cdk_lambda_patterns.settings",
        "from cdk_lambda_patterns import settings",
    ],
)
def test_the_settings_module_comes_along_where_it_is_imported(packaging: Packaging, write: Write, line: str) -> None:
    folder = write({"process/process.py": f"{line}\n\n{HANDLER}", "other/process.py": f"# {line}\n{HANDLER}"})

    package = packaging.package(PythonCode.from_folder(folder / "process"))
    without = packaging.package(PythonCode.from_folder(folder / "other"))

    script = "import sys; sys.path.insert(0, sys.argv[1]); import process, cdk_lambda_patterns.settings"
    subprocess.run([sys.executable, "-I", "-S", "-c", script, str(package)], check=True)
    assert not (package / "cdk_lambda_patterns/errors.py").exists()
    assert not (without / "cdk_lambda_patterns").exists()


def test_fails_when_the_settings_module_is_newer_than_the_runtime(packaging: Packaging, write: Write) -> None:
    code = f"from cdk_lambda_patterns.settings import Secret\n{HANDLER}"
    folder = write({"process/process.py": code, "other/process.py": HANDLER})

    refusal(
        lambda: packaging.package(PythonCode.from_folder(folder / "process"), runtime="python3.10"),
        "SettingsRuntime",
        "python3.10",
    )
    packaging.package(PythonCode.from_folder(folder / "other"), runtime="python3.10")


def test_fails_when_a_flag_is_no_flag(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER})
    code = PythonCode.from_folder(folder / "process", check_handler="no")  # type: ignore[arg-type] # what is refused

    refusal(lambda: packaging.package(code), "TypeMismatch", "'no'")


def test_fails_with_the_file_that_is_wanted_when_a_folder_is_given(packaging: Packaging, write: Write) -> None:
    folder = write({"handlers/process/process.py": HANDLER}) / "handlers/process"

    refusal(
        lambda: packaging.package(PythonCode.from_requirements(folder)), "RequirementsNotFound", f"{folder}, a folder"
    )


def test_a_handler_that_is_only_known_at_deployment_is_not_looked_for(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER})

    package = packaging.package(PythonCode.from_folder(folder / "process"), handler=cdk.Fn.ref("Handler"))

    assert names(package) == {"process.py"}


def test_fails_with_the_word_that_was_typed_when_a_project_is_not_there(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER})

    with pytest.raises(
        ValidationError, match=r"'project' must be a folder, got '.*/proces'; did you mean '.*/process'"
    ):
        packaging.package(PythonCode.from_project(folder / "proces"))


def test_fails_when_the_source_is_a_file(packaging: Packaging, write: Write) -> None:
    folder = write({"process/process.py": HANDLER})

    with pytest.raises(ValidationError, match=r"got '.*/process.py', a file; correct the path"):
        packaging.package(PythonCode.from_folder(folder / "process" / "process.py"))
