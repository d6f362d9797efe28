"""What of a template belongs into a snapshot: everything but what changes by itself.

An asset's hash changes with every line of a handler and every new version of a dependency, a version's logical id with
the function's hash, the bootstrap parameter with the CDK. None of it is a decision about infrastructure.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASSET_HASH = re.compile(r"(?<!sha256:)(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")
# The CDK puts the hash of their content behind the logical ids of what CloudFormation cannot change.
_CONTENT_HASH = re.compile(r"((?:CurrentVersion|Deployment)[0-9A-F]{8})[0-9a-f]{32}")
_BOOTSTRAP = {"Parameters": "BootstrapVersion", "Rules": "CheckBootstrapVersion"}


def normalized(template: Mapping[str, Any]) -> dict[str, Any]:
    """The template without what changes by itself, its keys sorted.

    The hashes of assets become `<asset>` (the digest of an image that was chosen stays), those in the logical ids of
    versions and deployments `<hash>`, and the CDK's bootstrap parameter and rule are left out.
    """
    kept = {section: _without(_BOOTSTRAP.get(section), content) for section, content in template.items()}
    return cast("dict[str, Any]", _without_hashes({section: content for section, content in kept.items() if content}))


def _without(name: str | None, content: Any) -> Any:  # noqa: ANN401 - a section can be anything
    return {key: value for key, value in content.items() if key != name} if name else content


def _without_hashes(value: object) -> object:
    if isinstance(value, str):
        return _CONTENT_HASH.sub(r"\1<hash>", _ASSET_HASH.sub("<asset>", value))
    if isinstance(value, list):
        return [_without_hashes(element) for element in cast("list[object]", value)]
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {cast("str", _without_hashes(key)): _without_hashes(item) for key, item in sorted(items)}
    return value
