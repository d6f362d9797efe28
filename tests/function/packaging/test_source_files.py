from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging.source_files import SourceFile, digest, gather, project_files
from tests.refusals import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cdk_lambda_patterns.validation import Where

    Write = Callable[[Mapping[str, str]], Path]


def code_digest(files: Mapping[str, Path]) -> str:
    return digest(SourceFile(name, path) for name, path in files.items())


def test_names_are_sorted_and_count_from_the_folder(where: Where, write: Write) -> None:
    folder = write({"code/process.py": "", "code/app/b.py": "", "code/app/a.py": "", "code/data.json": "{}"}) / "code"

    assert list(gather(where, folder)) == ["app/a.py", "app/b.py", "data.json", "process.py"]


@pytest.mark.parametrize(
    "name",
    [
        ".env",
        ".env.production",
        ".git/config",
        ".venv/lib/x.py",
        "venv/lib/x.py",
        "__pycache__/process.cpython-311.pyc",
        "app/__pycache__/a.pyc",
        "app/old.pyc",
        ".pytest_cache/x",
        ".mypy_cache/x",
        ".ruff_cache/x",
        ".idea/x",
        ".aws/credentials",
        "app/.netrc",
        ".npmrc",
        ".pypirc",
        ".ssh/id_ed25519",
        ".coverage",
        ".#process.py",
        "poetry.lock",
        "Pipfile",
        "Pipfile.lock",
        ".DS_Store",
        "cdk.out/manifest.json",
        "cdk.out.test/manifest.json",
        "node_modules/aws-cdk/x.js",
        "process.egg-info/PKG-INFO",
        "tests/test_process.py",
        "conftest.py",
        "pyproject.toml",
        "uv.lock",
        "requirements.txt",
        "requirements-dev.txt",
    ],
)
def test_is_no_part_of_a_package(name: str, where: Where, write: Write) -> None:
    folder = write({"code/process.py": "", f"code/{name}": "secret"}) / "code"

    assert list(gather(where, folder)) == ["process.py"]


@pytest.mark.parametrize(
    "name", ["app/tests/cases.py", "app/requirements.txt", "environment.py", "git.py", "app/.keep"]
)
def test_is_part_of_a_package(name: str, where: Where, write: Write) -> None:
    assert name in gather(where, write({f"code/{name}": ""}) / "code")


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.md", {"process.py", "data/big.csv", "app/data/small.csv"}),
        ("data", {"process.py", "notes.md", "app/notes.md"}),
        ("/data", {"process.py", "notes.md", "app/notes.md", "app/data/small.csv"}),
        ("app/data/*.csv", {"process.py", "notes.md", "app/notes.md", "data/big.csv"}),
        ("/notes.md", {"process.py", "app/notes.md", "data/big.csv", "app/data/small.csv"}),
    ],
)
def test_a_pattern_leaves_out(pattern: str, left: set[str], where: Where, write: Write) -> None:
    names = ["process.py", "notes.md", "app/notes.md", "data/big.csv", "app/data/small.csv"]
    folder = write({f"code/{name}": "" for name in names}) / "code"

    assert gather(where, folder, exclude=[pattern]).keys() == left


def test_a_pattern_can_leave_out_at_the_top_and_below(where: Where, write: Write) -> None:
    folder = write({f"code/{name}": "" for name in ("a.py", "data/x.csv", "app/data/x.csv", "app/x.csv")}) / "code"

    assert gather(where, folder, exclude=["**/data/*.csv"]).keys() == {"a.py", "app/x.csv"}
    assert gather(where, folder, exclude=["./data/x.csv"]).keys() == {"a.py", "app/data/x.csv", "app/x.csv"}


@pytest.mark.parametrize("pattern", ["", "/", ".", "..", "./", "../lib", "!process.py", "data\\*.csv"])
def test_fails_when_a_pattern_could_match_nothing(pattern: str, where: Where, write: Write) -> None:
    folder = write({"code/process.py": ""}) / "code"

    refusal(lambda: gather(where, folder, exclude=[pattern]), "ExcludeInvalid", repr(pattern))


@pytest.mark.parametrize("name", ["env", "app/python3.14"])
def test_environments_of_any_name_are_left_out(name: str, where: Where, write: Write) -> None:
    files = {"code/process.py": "", f"code/{name}/pyvenv.cfg": "", f"code/{name}/lib/x.py": ""}

    assert list(gather(where, write(files) / "code")) == ["process.py"]


def test_shared_folders_and_files_come_under_their_own_names(where: Where, write: Write) -> None:
    root = write({"code/process.py": "", "lib/common/models.py": "", "lib/common/x.pyc": "", "lib/settings.json": ""})

    files = gather(where, root / "code", include=[root / "lib/common", root / "lib/settings.json"])

    assert list(files) == ["common/models.py", "process.py", "settings.json"]


def test_fails_when_a_shared_file_has_a_name_of_the_source(where: Where, write: Write) -> None:
    root = write({"code/process.py": "", "lib/process.py": ""})

    with pytest.raises(ValidationError, match=r"got .*lib/process.py, for 'process.py'; .*IncludeHidesSource"):
        gather(where, root / "code", include=[root / "lib/process.py"])


@pytest.mark.parametrize("path", [".", "../common", "models/..", "../common/"])
def test_a_shared_folder_has_a_name_however_it_is_written(
    path: str, where: Where, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"code/process.py": "", "common/models/order.py": ""})
    monkeypatch.chdir(root / "common")

    assert list(gather(where, root / "code", include=[Path(path)])) == ["common/models/order.py", "process.py"]


def test_fails_when_the_whole_disk_is_shared(where: Where, write: Write) -> None:
    root = write({"code/process.py": ""})

    with pytest.raises(ValidationError, match=r"'include' must be .*got '/'; .*SourceNotFound"):
        gather(where, root / "code", include=[Path("/")])


def test_fails_when_the_folder_is_missing(where: Where, write: Write) -> None:
    root = write({"handlers/process/process.py": ""})

    with pytest.raises(
        ValidationError, match=r"'source' .*got '.*/proces'; did you mean '.*/process'\?.*SourceNotFound"
    ):
        gather(where, root / "handlers/proces")


def test_fails_when_a_shared_folder_is_missing(where: Where, write: Write) -> None:
    root = write({"code/process.py": ""})

    with pytest.raises(ValidationError, match=r"'include' must be .*got '.*/zzz'; correct the path.*SourceNotFound"):
        gather(where, root / "code", include=[root / "zzz"])


def test_links_are_followed(where: Where, write: Write) -> None:
    root = write({"code/process.py": "", "lib/common.py": "X = 1"})
    (root / "code/shared").symlink_to(root / "lib")
    (root / "code/one.py").symlink_to(root / "lib/common.py")

    assert list(gather(where, root / "code")) == ["one.py", "process.py", "shared/common.py"]


def test_fails_when_a_link_leads_in_a_circle(where: Where, write: Write) -> None:
    root = write({"code/app/a.py": ""})
    (root / "code/app/back").symlink_to(root / "code")

    with pytest.raises(ValidationError, match=r"got '?.*code/app/back'?; .*SourceLinkCircle"):
        gather(where, root / "code")


def test_fails_when_a_link_leads_nowhere(where: Where, write: Write) -> None:
    root = write({"code/process.py": ""})
    (root / "code/data.json").symlink_to(root / "none.json")

    with pytest.raises(ValidationError, match=r"got .*code/data.json, a link to nothing; .*SourceUnreadable"):
        gather(where, root / "code")
    assert list(gather(where, root / "code", exclude=["data.json"])) == ["process.py"]
    assert [file.name for file in project_files(where, root / "code")] == ["process.py"]


@pytest.mark.parametrize("name", ["secret.txt", "app"])
def test_fails_when_something_may_not_be_read(
    name: str, where: Where, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"code/process.py": "", "code/secret.txt": "", "code/app/a.py": ""})
    # Modes do not keep the superuser out, who may run this.
    monkeypatch.setattr(os, "access", lambda path, _mode: Path(path).name != name)

    with pytest.raises(ValidationError, match=rf"got .*code/{name}, which may not be read; .*SourceUnreadable"):
        gather(where, root / "code")


def test_fails_when_a_name_is_not_utf_8(where: Where, write: Write) -> None:
    root = write({"code/process.py": ""})
    Path(os.fsdecode(os.fsencode(root / "code") + b"/\xff.txt")).touch()

    with pytest.raises(ValidationError, match=r"got '.*\\udcff.txt', whose name is not UTF-8; .*SourceUnreadable"):
        gather(where, root / "code")


def test_the_digest_is_the_same_in_another_folder(where: Where, write: Write) -> None:
    root = write({"one/app/a.py": "X = 1", "one/b.py": "", "two/b.py": "", "two/app/a.py": "X = 1"})

    assert code_digest(gather(where, root / "one")) == code_digest(gather(where, root / "two"))


def test_the_digest_sees_names_contents_and_executable_bits(where: Where, write: Write) -> None:
    folder = write({"code/a.py": "X = 1"}) / "code"
    digests = [code_digest(gather(where, folder))]

    (folder / "a.py").write_text("X = 22")
    digests.append(code_digest(gather(where, folder)))
    (folder / "a.py").chmod(0o755)
    digests.append(code_digest(gather(where, folder)))
    (folder / "a.py").rename(folder / "b.py")
    digests.append(code_digest(gather(where, folder)))

    assert len(set(digests)) == 4


def test_the_digest_sees_no_other_modes_and_no_times(where: Where, write: Write) -> None:
    folder = write({"code/a.py": "X = 1"}) / "code"
    before = code_digest(gather(where, folder))

    (folder / "a.py").chmod(0o600)
    (folder / "a.py").touch()

    assert code_digest(gather(where, folder)) == before
