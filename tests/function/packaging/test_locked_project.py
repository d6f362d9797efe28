from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging.locked_project import LockedProject, read_project
from tests.function.packaging.conftest import lock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where
    from tests.function.packaging.wheels import WheelHouse

    Write = Callable[[Mapping[str, str]], Path]
    Read = Callable[..., LockedProject]

PYPROJECT = """
[project]
name = "process"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["needs-base>=1,<3", "plain"]

[project.optional-dependencies]
fast = ["only-fast==1.0"]
everything = ["process[fast]", "late"]

[dependency-groups]
base = ["only-base"]
more = [{ include-group = "base" }, "only-more"]
dev = ["only-dev"]

[tool.uv]
no-index = true
find-links = ["../wheels"]
"""


@pytest.fixture
def project(write: Write, wheels: WheelHouse) -> Path:
    """A project with a lock."""
    wheels.wheel("needs-base", requires=["base"])
    for name in ("base", "plain", "only-fast", "only-base", "only-more", "only-dev", "late"):
        wheels.wheel(name)
    folder = write({"process/pyproject.toml": PYPROJECT}) / "process"
    lock(folder)
    return folder


@pytest.fixture
def read(where: Where, project: Path) -> Read:
    def read(
        *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = (), runtime: str = "python3.14"
    ) -> LockedProject:
        return read_project(where, project, extras=extras, groups=groups, runtime=runtime)

    return read


def edit(project: Path, old: str, new: str, *, file: str = "pyproject.toml") -> None:
    text = (project / file).read_text()
    assert old in text
    (project / file).write_text(text.replace(old, new))


def test_what_the_project_reaches_is_known_without_uv(read: Read) -> None:
    assert read().names == {"base", "needs-base", "plain"}


def test_extras_and_groups_add_to_it(read: Read) -> None:
    names = read(extras=("Fast",), groups=("more",)).names

    assert names == {"base", "needs-base", "only-base", "only-fast", "only-more", "plain"}


def test_an_extra_may_name_another_of_the_same_project(read: Read) -> None:
    assert read(extras=("everything",)).names == {"base", "late", "needs-base", "only-fast", "plain"}


def test_the_digest_does_not_see_what_is_not_asked_for(read: Read, project: Path, where: Where) -> None:
    before = read().digest(where)

    edit(project, 'dev = ["only-dev"]', 'dev = ["only-dev", "late"]')
    lock(project)

    assert read().digest(where) == before


def test_the_digest_sees_another_version(read: Read, project: Path, where: Where, wheels: WheelHouse) -> None:
    before = read().digest(where)

    wheels.wheel("base", "2.0")
    (project / "uv.lock").unlink()
    lock(project)

    assert read().digest(where) != before


def test_fails_when_there_is_no_project(where: Where, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"got no .*/process/pyproject.toml; .*ProjectNotFound"):
        read_project(where, tmp_path / "process", extras=(), groups=(), runtime="python3.14")


def test_fails_when_there_is_no_lock(read: Read, project: Path) -> None:
    (project / "uv.lock").unlink()

    with pytest.raises(ValidationError, match=r"got none for .*/process; run `uv lock --project .*LockNotFound"):
        read()


def test_fails_when_a_file_is_no_toml(read: Read, project: Path) -> None:
    edit(project, "version = 1", "version = = 1", file="uv.lock")

    with pytest.raises(ValidationError, match=r"uv.lock: Invalid value \(at line 1.*ProjectNotToml"):
        read()


def test_fails_when_the_project_has_no_name(read: Read, project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.uv]\n")

    with pytest.raises(ValidationError, match=r"got .*/process; .*ProjectWithoutName"):
        read()


@pytest.mark.parametrize(
    ("old", "new", "got"),
    [
        ('"plain"]', '"plain", "late"]', "'late' in pyproject.toml and not in uv.lock"),
        (', "plain"]', "]", "'plain' in uv.lock and not in pyproject.toml"),
        (">=1,<3", ">=1,<4", "'needs-base<4,>=1' in pyproject.toml and other versions in uv.lock"),
        ('"process"', '"renamed"', "no project 'renamed' in .*uv.lock"),
        ("only-fast==1.0", "only-quick==1.0", "'only-quick' in pyproject.toml and not in uv.lock"),
    ],
)
def test_fails_when_the_lock_is_older_than_the_project(old: str, new: str, got: str, read: Read, project: Path) -> None:
    edit(project, old, new)

    with pytest.raises(ValidationError, match=rf"got {got}; run `uv lock --project .*LockStale"):
        read()


def test_fails_when_the_lock_is_older_than_a_group_that_is_asked_for(read: Read, project: Path) -> None:
    edit(project, 'base = ["only-base"]', 'base = ["only-base", "late"]')

    read()
    with pytest.raises(ValidationError, match=r"got 'late' in pyproject.toml.*LockStale"):
        read(groups=("more",))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (">=1,<3", "<3, >= 1"),
        (">=1,<3", " (>=1,<3)"),
        (">=1,<3", ">=01,<3"),
        ('"plain"', '"Plain"'),
        ('"plain"', "\"plain ; python_version >= '3'\""),
    ],
)
def test_another_spelling_of_the_same_is_no_older_lock(old: str, new: str, read: Read, project: Path) -> None:
    edit(project, old, new)

    assert "plain" in read().names


def test_the_version_of_what_comes_from_a_path_is_not_compared(where: Where, write: Write) -> None:
    root = write(
        {
            "process/pyproject.toml": '[project]\nname = "process"\nversion = "1"\nrequires-python = ">=3.11"\n'
            'dependencies = ["shared>=1"]\n[tool.uv.sources]\nshared = { path = "../shared" }\n',
            "shared/pyproject.toml": '[project]\nname = "shared"\nversion = "1.0"\nrequires-python = ">=3.11"\n',
        }
    )
    lock(root / "process")

    assert read_project(where, root / "process", extras=(), groups=(), runtime="python3.14").names == {"shared"}


def test_fails_when_a_dependency_was_of_an_extra_only(read: Read, project: Path) -> None:
    edit(project, '"plain"]\n\n', '"plain", "only-fast"]\n\n')

    with pytest.raises(ValidationError, match=r"got 'only-fast' in pyproject.toml and not in uv.lock; .*LockStale"):
        read()


def test_dependencies_that_are_not_written_down_are_not_compared(read: Read, project: Path) -> None:
    edit(project, 'dependencies = ["needs-base>=1,<3", "plain"]', 'dynamic = ["dependencies"]')

    assert "plain" in read().names


def test_fails_when_an_extra_is_unknown(read: Read) -> None:
    with pytest.raises(ValidationError, match=r"'extras' .*got 'fats'; choose of: everything, fast .*ExtraNotFound"):
        read(extras=("fats",))


def test_fails_when_a_group_is_unknown(read: Read) -> None:
    with pytest.raises(ValidationError, match=r"'groups' .*got 'moar'; choose of: base, dev, more .*GroupNotFound"):
        read(groups=("moar",))


@pytest.mark.parametrize(
    ("requires", "runtime"),
    [
        (">=3.11", "python3.14"),
        (">=3.11, <3.15", "python3.14"),
        (">=3.14.2", "python3.14"),
        ("<3.14.2", "python3.14"),
        ("<4", "python3.14"),
        (">3.13", "python3.14"),
        ("<=3.14", "python3.14"),
        ("==3.14.*", "python3.14"),
        ("==3.14", "python3.14"),
        ("==3.*", "python3.14"),
        ("~=3.11", "python3.14"),
        ("~=3.14.2", "python3.14"),
        ("!=3.13.*", "python3.14"),
        ("!=3.14.1", "python3.14"),
    ],
)
def test_a_runtime_that_the_project_supports_passes(requires: str, runtime: str, read: Read, project: Path) -> None:
    edit(project, 'requires-python = ">=3.11"', f'requires-python = "{requires}"', file="uv.lock")

    assert "plain" in read(runtime=runtime).names


@pytest.mark.parametrize(
    ("requires", "runtime"),
    [
        (">=3.15", "python3.14"),
        (">=3.11, <3.14", "python3.14"),
        ("<3.14", "python3.14"),
        (">3.14.2", "python3.13"),
        ("<=3.13", "python3.14"),
        ("==3.13.*", "python3.14"),
        ("~=3.13.2", "python3.14"),
        ("~=3.13", "python3.12"),
        ("!=3.14.*", "python3.14"),
    ],
)
def test_fails_when_the_project_does_not_support_the_runtime(
    requires: str, runtime: str, read: Read, project: Path
) -> None:
    edit(project, 'requires-python = ">=3.11"', f'requires-python = "{requires}"', file="uv.lock")

    with pytest.raises(ValidationError, match=rf"got {runtime}; .*RuntimeNotSupported") as refused:
        read(runtime=runtime)

    assert f'requires-python = "{requires}"' in str(refused.value)
