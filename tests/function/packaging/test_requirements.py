from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging.requirements import (
    Requirements,
    normalized,
    parse_requirements,
    read_requirements,
)
from tests.function.packaging.wheels import WheelHouse, sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where

    Write = Callable[[Mapping[str, str]], Path]
    Parse = Callable[[str], Requirements]


@pytest.fixture
def parse(where: Where, tmp_path: Path) -> Parse:
    return lambda text: parse_requirements(where, "requirements", text, folder=tmp_path, origin="requirements.txt")


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("openpyxl==3.1.5", "openpyxl", "3.1.5"),
        ("et_xmlfile == 2.0.0", "et-xmlfile", "2.0.0"),
        ("Zope.Interface===7.2", "zope-interface", "7.2"),
        ("boto3[crt]==1.40.0", "boto3", "1.40.0"),
        ('tomli==2.0 ; python_version < "3.11"', "tomli", "2.0"),
        ("six==1.17.0  # via python-dateutil", "six", "1.17.0"),
        ("torch==2.9.0+cpu", "torch", "2.9.0+cpu"),
        ("six @ https://example.com/six-1.17.0-py2.py3-none-any.whl#sha256=00", "six", None),
    ],
)
def test_a_pinned_package_is_read(line: str, name: str, version: str | None, parse: Parse) -> None:
    (package,) = parse(line).packages

    assert (package.name, package.version, package.hashed) == (name, version, False)


def test_hashes_on_following_lines_belong_to_the_package(parse: Parse) -> None:
    text = "six==1.17.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via dateutil\nattrs==25.1.0\n"

    hashed, plain = parse(text).packages

    assert hashed.hashed
    assert hashed.line == "six==1.17.0 --hash=sha256:aa --hash=sha256:bb"
    assert not plain.hashed


@pytest.mark.parametrize(
    "line", ["pandas", "pandas>=2", "pandas==2.*", "pandas==2.1,<3", "pandas~=2.1", "pandas (==2.1)"]
)
def test_fails_when_a_package_is_not_pinned(line: str, parse: Parse) -> None:
    with pytest.raises(ValidationError) as refused:
        parse(f"six==1.17.0\n{line}\n")

    assert refused.value.code == "RequirementNotPinned"
    assert f"got '{line}' (requirements.txt:2); pin it" in str(refused.value)


@pytest.mark.parametrize(
    "line",
    [
        "six @ git+https://example.com/six.git@abc",
        "git+https://example.com/six.git",
        "-e git+https://example.com/six.git#egg=six",
        "https://example.com/six-1.17.0.tar.gz",
        "six @ https://example.com/six-1.17.0.tar.gz",
    ],
)
def test_fails_when_a_package_would_have_to_be_built(line: str, parse: Parse) -> None:
    with pytest.raises(ValidationError, match=r"must name wheels.*requirements.txt:1.*RequirementNotWheel"):
        parse(line)


def test_a_password_in_an_address_is_not_repeated(parse: Parse) -> None:
    with pytest.raises(ValidationError, match="RequirementNotWheel") as refused:
        parse("six @ https://me:s3cret@example.com/six.tar.gz")

    assert "s3cret" not in str(refused.value)


def test_files_that_are_named_are_read_too(where: Where, write: Write) -> None:
    folder = write({"requirements.txt": "-r more/common.txt\nattrs==25.1.0\n", "more/common.txt": "six==1.17.0\n"})

    requirements = read_requirements(where, "requirements", folder / "requirements.txt")

    assert [package.name for package in requirements.packages] == ["six", "attrs"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_is_read_as_editors_of_every_system_write_it(encoding: str, where: Where, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("six==1.17.0\r\n", encoding=encoding)

    assert [package.written for package in read_requirements(where, "requirements", file).packages] == ["six==1.17.0"]


def test_fails_when_the_file_is_no_text(where: Where, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_bytes(b"six==1.17.0 # f\xfcr alle\n")

    with pytest.raises(ValidationError, match=r"got .*/requirements.txt, which is not; .*RequirementsNotText"):
        read_requirements(where, "requirements", file)


def test_fails_when_files_name_each_other(where: Where, write: Write) -> None:
    folder = write({"requirements.txt": "-r more/common.txt\n", "more/common.txt": "-r ../requirements.txt\n"})

    with pytest.raises(ValidationError, match=r"got .*/requirements.txt, which is read already; .*RequirementsCircle"):
        read_requirements(where, "requirements", folder / "requirements.txt")


def test_a_file_can_be_named_twice(where: Where, write: Write) -> None:
    folder = write({"requirements.txt": "-r common.txt\n-r common.txt\n", "common.txt": "six==1.17.0\n"})

    requirements = read_requirements(where, "requirements", folder / "requirements.txt")

    assert {package.name for package in requirements.packages} == {"six"}


def test_fails_when_the_file_is_missing(where: Where, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match=r"got .*/none.txt; correct the path .*RequirementsNotFound"):
        read_requirements(where, "requirements", tmp_path / "none.txt")


def test_fails_when_a_file_that_is_named_is_missing(parse: Parse) -> None:
    with pytest.raises(ValidationError, match=r"none.txt.*RequirementsNotFound"):
        parse("-r none.txt")


def test_paths_count_from_the_file(parse: Parse, tmp_path: Path, wheels: WheelHouse) -> None:
    path = wheels.wheel("local-one")

    requirements = parse("--find-links ./wheels\n./wheels/local_one-1.0-py3-none-any.whl ; python_version > '3'\n")

    assert requirements.options == (f"--find-links {(tmp_path / 'wheels').as_uri()}",)
    assert requirements.packages[0].name == "local-one"
    assert requirements.packages[0].line == f"{path.as_uri()} ; python_version > '3'"


def test_a_project_on_this_machine_has_its_own_name(parse: Parse, write: Write) -> None:
    write({"lib/pyproject.toml": '[project]\nname = "Shared_Code"\nversion = "1"\n'})

    plain, editable = parse("./lib\n-e lib\n").packages

    assert plain.name == editable.name == "shared-code"
    assert plain.local == editable.local


def test_fails_when_a_folder_is_no_project(parse: Parse) -> None:
    with pytest.raises(ValidationError, match=r"got 'lib' \(requirements.txt:1\).*RequirementNotFound"):
        parse("./lib")


def test_packages_can_be_left_out(parse: Parse) -> None:
    requirements = parse("boto3==1.40.0\nsix==1.17.0\n").without(frozenset({"boto3"}))

    assert [package.name for package in requirements.packages] == ["six"]


def test_the_digest_does_not_depend_on_folder_order_and_comments(where: Where, tmp_path: Path) -> None:
    digests = set()
    for name, order in (("one", ("a-a", "b-b")), ("two", ("b-b", "a-a"))):
        house = WheelHouse(tmp_path / name / "wheels")
        house.wheel("a-a"), house.wheel("b-b")
        text = "--find-links ./wheels\n" + "".join(f"{package}==1.0  # {name}\n" for package in order)
        requirements = parse_requirements(where, "requirements", text, folder=tmp_path / name, origin="r.txt")
        digests.add(requirements.digest(where))

    assert len(digests) == 1


def test_the_digest_sees_a_wheel_built_again(where: Where, parse: Parse, wheels: WheelHouse) -> None:
    text = "--find-links ./wheels\nlocal-one==1.0\n"
    wheels.wheel("local-one")
    before = parse(text).digest(where)

    wheels.wheel("local-one", files={"local_one.py": "X = 2\n"})

    assert parse(text).digest(where) != before


def test_the_digest_sees_a_hash(where: Where, parse: Parse, wheels: WheelHouse) -> None:
    hashed = f"local-one==1.0 {sha256(wheels.wheel('local-one'))}"

    assert parse(hashed).digest(where) != parse("local-one==1.0").digest(where)


def test_the_digest_sees_the_code_of_a_project_on_this_machine(where: Where, parse: Parse, write: Write) -> None:
    write({"lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\n', "lib/lib.py": "X = 1\n"})
    before = parse("./lib").digest(where)

    write({"lib/lib.py": "X = 22\n"})

    assert parse("./lib").digest(where) != before


@pytest.mark.parametrize("spelling", ["et-xmlfile", "ET_XmlFile", "et.xmlfile", "et__xmlfile"])
def test_all_spellings_of_a_name_are_one(spelling: str) -> None:
    assert normalized(spelling) == "et-xmlfile"
