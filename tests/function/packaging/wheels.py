"""Makes small real wheels and source distributions, so that tests install packages without a network."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class WheelHouse:
    """A folder of distributions."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder

    def wheel(
        self,
        name: str,
        version: str = "1.0",
        *,
        tag: str = "py3-none-any",
        files: Mapping[str, str] | None = None,
        requires: Sequence[str] = (),
    ) -> Path:
        """A wheel with one module, or with the files given."""
        stem = f"{name.replace('-', '_')}-{version}"
        info = f"{stem}.dist-info"
        contents = {
            **(files or {f"{name.replace('-', '_')}/__init__.py": f"VERSION = '{version}'\n"}),
            f"{info}/METADATA": "\n".join(
                [
                    "Metadata-Version: 2.1",
                    f"Name: {name}",
                    f"Version: {version}",
                    *(f"Requires-Dist: {requirement}" for requirement in requires),
                    "",
                ]
            ),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        contents[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
        path = self.folder / f"{stem}-{tag}.whl"
        with zipfile.ZipFile(path, "w") as archive:
            for file, text in contents.items():
                archive.writestr(zipfile.ZipInfo(file), text)
        return path

    def sdist(self, name: str, version: str = "1.0") -> Path:
        """A source distribution without a wheel."""
        stem = f"{name.replace('-', '_')}-{version}"
        path = self.folder / f"{stem}.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            for file, text in {
                "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
                "pyproject.toml": f"[project]\nname = '{name}'\nversion = '{version}'\n",
            }.items():
                member = tarfile.TarInfo(f"{stem}/{file}")
                member.size = len(text)
                archive.addfile(member, io.BytesIO(text.encode()))
        return path

    def requirements(self, *lines: str) -> str:
        """The text of a file of requirements that takes these distributions and no others."""
        return "\n".join(["--no-index", f"--find-links {self.folder}", *lines, ""])


def sha256(path: Path) -> str:
    """A file's hash, as requirements give it."""
    return f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
