"""Turns SAM templates into CloudFormation with AWS's own translator. Imported only when there is one."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any, cast

import boto3
from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from .template import TemplateError, is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

# The translator wants code to lie in S3, where `sam package` would have put it.
_CODE = "s3://bucket/key"
_CODE_PROPERTIES = {
    "AWS::Serverless::Function": ("CodeUri", "InlineCode"),
    "AWS::Serverless::LayerVersion": ("ContentUri", ""),
    "AWS::Serverless::StateMachine": ("DefinitionUri", "Definition"),
}


def transform(body: Mapping[str, object], name: str) -> Mapping[str, object]:
    """What SAM makes of a template.

    Raises:
        TemplateError: SAM refuses it.
    """
    prepared = _with_code_in_place(copy.deepcopy(dict(body)))
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    # A Region of its own: the translator asks the environment otherwise.
    session = boto3.Session(region_name="us-east-1")
    try:
        translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=session)
        # No managed policies but those it brings along: it would ask IAM for them.
        return cast(
            "dict[str, object]", translator.translate(prepared, parameter_values={}, get_managed_policy_map=dict)
        )
    except InvalidDocumentException as error:
        causes = cast("list[Any]", error.causes)
        raise TemplateError(f"{name}: SAM refuses it: {_one_line('; '.join(str(c.message) for c in causes))}") from None
    except Exception as error:
        # The translator trusts its input: what is wrongly typed ends in whatever exception comes first.
        raise TemplateError(f"{name}: SAM cannot read it: {type(error).__name__}: {_one_line(str(error))}") from error


def _with_code_in_place(body: dict[str, Any]) -> dict[str, Any]:
    shared = body.get("Globals", {}).get("Function") if is_mapping(body.get("Globals")) else None
    if is_mapping(shared) and isinstance(shared.get("CodeUri"), str):
        cast("dict[str, object]", shared)["CodeUri"] = _CODE
    for resource in mapping(body.get("Resources")).values():
        if not is_mapping(resource) or resource.get("Type") not in _CODE_PROPERTIES:
            continue
        code, inline = _CODE_PROPERTIES[str(resource["Type"])]
        properties = resource.get("Properties")
        if is_mapping(properties) and isinstance(properties.get(code), str) and inline not in properties:
            cast("dict[str, object]", properties)[code] = _CODE
    return body


def _one_line(text: str) -> str:
    return " ".join(text.split())
