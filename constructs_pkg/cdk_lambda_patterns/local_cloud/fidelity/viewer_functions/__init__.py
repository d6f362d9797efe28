"""Key-value stores, as CloudFront Functions read them.

What the published emulator does: a store of a template is empty, whatever file it is to be filled from, and stays when
its name changes. A function that imports the module `cloudfront`, with which stores are read, fails.

What AWS does: the store is filled from the file in S3 when it is made, one of another name is another one, and the
function reads the store that is associated with it. Of the module's other helpers, those that change the origin,
nothing is emulated.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions-create.html,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-custom-methods.html
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from ..support.emulator import Record, around, module, part

if TYPE_CHECKING:
    from collections.abc import Callable

_Created: TypeAlias = tuple[str, Record]
"""The physical id of a resource, and its attributes."""

_IMPORT = re.compile(r"""^[ \t]*import\s+(\w+)\s+from\s+['"]cloudfront['"][ \t]*;?""", re.MULTILINE)
_MODULE = Path(__file__).with_name("cloudfront.js")


def apply() -> None:
    """Fill stores, and let functions read them."""
    _fill()
    cloudfront = module("services.cloudfront")
    data_plane = module("services.cloudfront_keyvaluestore")

    @around(cloudfront, "live_function_code", "function_arn")
    def _code(original: Callable[..., bytes | None], function_arn: str) -> bytes | None:
        code = original(function_arn)
        function = cloudfront._functions.get(function_arn.rpartition("/")[2])
        if code is None or function is None:
            return code
        arns: list[str] = cloudfront._function_view(function, "LIVE").get("kvs_arns") or []
        pairs = part(data_plane._stores.get(arns[0]), "items") if arns else None
        return _with_store(code.decode(), pairs).encode()


def _fill() -> None:
    provisioners = module("services.cloudformation.provisioners")
    handler = provisioners._RESOURCE_HANDLERS["AWS::CloudFront::KeyValueStore"]
    data_plane = module("services.cloudfront_keyvaluestore")
    s3 = module("services.s3")

    @around(handler, "create", "logical_id, props, stack_name")
    def _create(original: Callable[..., _Created], logical_id: str, props: Record, stack_name: str) -> _Created:
        name, attributes = original(logical_id, props, stack_name)
        source: str | None = part(props, "ImportSource").get("SourceArn")
        if source:
            bucket, _, key = source.rpartition(":")[2].partition("/")
            content = json.loads(s3._get_object_data(bucket, key))
            items = {pair["key"]: pair["value"] for pair in content["data"]}
            data_plane._stores[attributes["Arn"]] = {"etag": attributes["Id"], "items": items}
        return name, attributes

    @around(handler, "update", "physical_id, old_props, new_props, stack_name")
    def _update(
        original: Callable[..., _Created], physical_id: str, old_props: Record, new_props: Record, stack_name: str
    ) -> _Created:
        old, new = old_props.get("Name"), new_props.get("Name")
        replaced: _Created | None = provisioners._rename_replacement(
            physical_id, old_props, new_props, stack_name, None, new, old, handler["create"], handler["delete"]
        )
        return replaced or original(physical_id, old_props, new_props, stack_name)


def _with_store(code: str, pairs: Record | None) -> str:
    """The code of a function with its store in place of the import: the emulator's runtime knows no such module."""
    return _IMPORT.sub(lambda found: f"const {found[1]} = ({_MODULE.read_text()})({json.dumps(pairs)});", code)
