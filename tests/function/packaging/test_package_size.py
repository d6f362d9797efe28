from __future__ import annotations

import random
import zipfile
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging import package_size

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where
    from tests.function.packaging.conftest import Limit


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """2,101,000 bytes that hardly compress, in seven entries."""
    noise = random.Random(7)  # noqa: S311 - content for files
    for index in range(6):
        folder = tmp_path / f"part{index}" / "inner"
        folder.mkdir(parents=True)
        (folder / "data.bin").write_bytes(noise.randbytes(100_000 * (index + 1)))
    (tmp_path / "process.py").write_bytes(b"#" * 1_000)
    return tmp_path


def test_sizes_of_all_files_are_summed(package: Path) -> None:
    assert package_size.unzipped_size(package) == 2_101_000


def test_the_zipped_size_is_that_of_a_zip_file(package: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("zip") / "package.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in package.rglob("*.*"):
            archive.write(path, path.relative_to(package))

    assert package_size.zipped_size(package) == pytest.approx(file.stat().st_size, abs=100)


def test_the_five_largest_entries_are_named_largest_first(package: Path) -> None:
    assert package_size.largest_entries(package) == (
        "part5 0.6 MB, part4 0.5 MB, part3 0.4 MB, part2 0.3 MB, part1 0.2 MB"
    )


def test_a_package_of_exactly_the_limit_passes(where: Where, package: Path, limit: Limit) -> None:
    limit("PACKAGE_UNZIPPED", 2_101_000)

    package_size.check_unzipped(where, "code", package, entries=package)


def test_fails_when_a_package_is_one_byte_too_large(where: Where, package: Path, limit: Limit) -> None:
    limit("PACKAGE_UNZIPPED", 2_100_999)

    with pytest.raises(ValidationError) as refused:
        package_size.check_unzipped(where, "code", package, entries=package)

    assert refused.value.code == "PackageUnzippedTooLarge"
    assert str(refused.value).startswith(
        "'code' must have at most 2,100,999 bytes unzipped, layers included, got 2,101,000 (part5 0.6 MB, part4 0.5 MB,"
    )


def test_a_small_package_is_not_compressed_to_know_its_size(
    where: Where, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_size, "zipped_size", lambda _: pytest.fail("compressed"))

    package_size.check_zipped(where, "code", package)


def test_fails_when_the_zip_file_is_too_large(where: Where, package: Path, limit: Limit) -> None:
    limit("PACKAGE_ZIPPED", 2_100_000)

    with pytest.raises(
        ValidationError, match=r"at most 2,100,000 bytes zipped, got 2,10\d,\d+ \(part5.*ZippedTooLarge"
    ):
        package_size.check_zipped(where, "code", package)


def test_a_package_that_compresses_well_passes(where: Where, tmp_path: Path, limit: Limit) -> None:
    limit("PACKAGE_ZIPPED", 10_000)
    (tmp_path / "zeros").write_bytes(bytes(1_000_000))

    package_size.check_zipped(where, "code", tmp_path)
