"""A function's package is larger than Lambda takes.

## Why
The function's code and its layers together may have 250 MB when unpacked. Beyond that the deployment fails, after the
upload.

## Fix
Leave out what the function does not need (tests, caches, an SDK that the runtime has), or use a container image.

```python
PythonCode.from_project("handlers/process")  # names the five largest entries when it is too large
```
```yaml
# before
PackageType: Zip
```
```yaml
# after: up to 10 GB
PackageType: Image
```
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.checks.rule import Pillar, Rule, Severity
from cdk_lambda_patterns.checks.template import Resource
from cdk_lambda_patterns.checks.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cdk_lambda_patterns.checks.rule import App, Finding, Undecided

_MB = 1024 * 1024


class PackageSize(Rule):
    severity = Severity.ERROR
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        sizes: dict[Path, int] = {}
        for function in app.flow.functions:
            packages = [(function, "Code")]
            if "Layers" in function.properties:
                layers = app.flow.addresses.of(function.template, function.properties["Layers"])
                packages += [(layer.node, "Content") for layer in layers if isinstance(layer.node, Resource)]
            files = [file for resource, key in packages if (file := _file(app, resource, key)) is not None]
            if not files:
                continue  # what is not beside the template cannot be weighed, and was when it was packed
            for file in files:
                if file not in sizes:
                    sizes[file] = _unpacked(file)
            total = sum(sizes[file] for file in files)
            if not quotas.PACKAGE_UNZIPPED.admits(total):
                layers_too = " with its layers" if len(files) > 1 else ""
                yield self.finding(
                    function,
                    f"the package of function {function.name}{layers_too} has {total / _MB:,.0f} MB unpacked; Lambda "
                    "takes "
                    f"{quotas.PACKAGE_UNZIPPED.maximum / _MB:,.0f}",
                    fix="leave out what it does not need, or use a container image",
                )


def _file(app: App, resource: Resource, key: str) -> Path | None:
    """The folder or archive that a package was made from, if it lies beside the template."""
    template = resource.template
    name = app.templates.one(resource, key, "S3Key")
    if isinstance(name, str) and name in template.assets:
        return _existing(template.assets[name])
    local = app.templates.one(resource, key)
    if isinstance(local, Unknown) or not isinstance(local, str) or template.folder is None or "://" in local:
        return None
    return _existing(template.folder / local)


def _existing(path: Path) -> Path | None:
    try:
        return path if path.exists() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _unpacked(path: Path) -> int:
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        return path.stat().st_size
