"""How large a package is, and what makes it so."""

from __future__ import annotations

import os
import zlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, aws_s3_assets as s3_assets

from cdk_lambda_patterns import quotas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from constructs import Construct

    from cdk_lambda_patterns.validation import Where

_NAMED = 5
_ZIP_HEADERS = 30 + 46
"""Bytes that a zip file spends on each file besides its name, twice, and its content."""


def unzipped_size(folder: Path) -> int:
    """The bytes of all files in a folder."""
    return sum(size for _, size in _sizes(folder))


def zipped_size(folder: Path) -> int:
    """The bytes of a zip file of a folder, compressed as the CDK does it."""
    total = 0
    for path in _files(folder):
        compressor = zlib.compressobj(level=9, wbits=-15)
        total += _ZIP_HEADERS + 2 * len(path.relative_to(folder).as_posix().encode())
        total += len(compressor.compress(path.read_bytes())) + len(compressor.flush())
    return total


def largest_entries(*folders: Path) -> str:
    """The five largest files and folders directly in some folders, for a message: `pandas 61.2 MB, numpy 44.9 MB`."""
    entries: dict[str, int] = {}
    for folder in folders:
        for path, size in _sizes(folder):
            name = path.relative_to(folder).parts[0]
            entries[name] = entries.get(name, 0) + size
    largest = sorted(entries.items(), key=lambda entry: (-entry[1], entry[0]))[:_NAMED]
    return ", ".join(f"{name} {size / 1_000_000:.1f} MB" for name, size in largest)


def check_unzipped(where: Where, prop: str, folder: Path, *, entries: Path) -> None:
    """Refuse a package that Lambda would not unzip, with the five largest entries.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

    Args:
        where: Who is told.
        prop: What makes the package.
        folder: The package, unzipped.
        entries: Whose files and folders are named: the package, or the one folder in it.
    """
    _check(where, prop, unzipped_size(folder), quotas.PACKAGE_UNZIPPED, entries)


def check_with_layers(where: Where, function: lambda_.Function, layers: Iterable[lambda_.ILayerVersion]) -> None:
    """Refuse a function that is too large together with its layers, which Lambda counts as one.

    What is not staged as a folder (a layer known by its ARN, code in a bucket, a synthesis without bundling) counts
    nothing.

    Args:
        where: The function, for messages.
        function: The function, constructed.
        layers: Its layers.

    Raises:
        ValidationError: The sum is over the limit.
    """
    layered = [folder for layer in layers if isinstance(layer, lambda_.LayerVersion) if (folder := _staged(layer))]
    own = _staged(function)
    folders = [*layered, *([own] if own else [])]
    if layered:
        size = sum(_staged_size(folder) for folder in folders)
        contents = [inner if (inner := folder / "python").is_dir() else folder for folder in folders]
        _check(where, "layers", size, quotas.PACKAGE_UNZIPPED, *contents)


def staged_zip_size(function: lambda_.Function, *, above: float) -> int | None:
    """The bytes of the zip file of what the CDK staged as a function's code.

    Args:
        function: The function, constructed.
        above: What is smaller than this even unzipped is not compressed to find out.

    Returns:
        None where nothing is staged (code in a bucket, a synthesis without bundling), or it is that small.
    """
    staged = _staged_asset(function)
    if staged is None:
        return None
    if staged.is_file():
        return staged.stat().st_size
    return zipped_size(staged) if _staged_size(staged) > above else None


def _staged(owner: Construct) -> Path | None:
    """The folder that the CDK staged as a function's or a layer's code."""
    staged = _staged_asset(owner)
    return staged if staged is not None and staged.is_dir() else None


def _staged_asset(owner: Construct) -> Path | None:
    """The folder or the file that the CDK staged as a function's or a layer's code."""
    asset = owner.node.try_find_child("Code")
    stage = cdk.Stage.of(owner)
    if not isinstance(asset, s3_assets.Asset) or stage is None or Path(asset.asset_path).is_absolute():
        return None
    staged = Path(stage.outdir, asset.asset_path)
    return staged if staged.exists() else None


@cache
def _staged_size(folder: Path) -> int:
    return unzipped_size(folder)  # the CDK names what it staged by its hash: it does not change


def check_zipped(where: Where, prop: str, folder: Path) -> None:
    """Refuse a package whose zip file is too large for where no upload through S3 is possible: Lambda@Edge.

    For all else this limit is that of a direct upload; the CDK uploads through S3, where Lambda counts unzipped bytes
    only.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    """
    if not quotas.PACKAGE_ZIPPED.admits(unzipped_size(folder)):  # what is smaller unzipped is smaller zipped
        _check(where, prop, zipped_size(folder), quotas.PACKAGE_ZIPPED, folder)


def _check(where: Where, prop: str, size: int, quota: quotas.Quota, *folders: Path) -> None:
    if not quota.admits(size):
        where.refuse(
            prop,
            f"must have at most {quota.maximum:,.0f} {quota.unit}",
            got=f"{size:,} ({largest_entries(*folders)})",
            fix=quota.fix,
            code=quota.code,
        )


def _sizes(folder: Path) -> Iterator[tuple[Path, int]]:
    return ((path, path.stat().st_size) for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        for name in names:
            yield Path(place, name)
