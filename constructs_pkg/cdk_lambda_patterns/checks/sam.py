"""Turns SAM templates into CloudFormation with AWS's own translator. Imported only when there is one."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any, cast

import boto3
from samtranslator.model.exceptions import InvalidDocumentException  # type: ignore[import-untyped]
from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

from .documents import one_line, parse
from .template import TemplateError
from .values import is_mapping, mapping

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The translator wants code to lie where `sam package` would have put it.
_CODE = "s3://bucket/key"
_IMAGE = "111111111111.dkr.ecr.us-east-1.amazonaws.com/image:latest"


def transform(body: Mapping[str, object], name: str, folder: Path | None) -> Mapping[str, object]:
    """What SAM makes of a template.

    Args:
        body: The template.
        name: How it is called in messages.
        folder: Where it lies, for the definitions of state machines beside it.

    Raises:
        TemplateError: SAM refuses it.
    """
    prepared = _packaged(copy.deepcopy(dict(body)), folder)
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    # A Region of its own: the translator asks the environment otherwise.
    session = boto3.Session(region_name="us-east-1")
    try:
        translator = Translator(managed_policy_map=None, sam_parser=Parser(), boto_session=session)
        # No managed policies but those it brings along: it would ask IAM for them.
        transformed = translator.translate(prepared, parameter_values=_values(prepared), get_managed_policy_map=dict)
    except InvalidDocumentException as error:
        causes = cast("list[Any]", error.causes)
        raise TemplateError(f"{name}: SAM refuses it: {one_line('; '.join(str(c.message) for c in causes))}") from None
    except Exception as error:
        # The translator trusts its input: what is wrongly typed ends in whatever exception comes first.
        raise TemplateError(f"{name}: SAM cannot read it: {type(error).__name__}: {one_line(str(error))}") from error
    return cast("dict[str, object]", transformed)


def _values(body: Mapping[str, object]) -> dict[str, str]:
    """Values for parameters without a default: SAM wants one for the few properties that it reads itself."""
    parameters = mapping(body.get("Parameters"))
    return {name: "given" for name, declared in parameters.items() if "Default" not in mapping(declared)}


def _packaged(body: dict[str, Any], folder: Path | None) -> dict[str, Any]:
    """The template as `sam build` and `sam package` leave it."""
    shared = mapping(mapping(body.get("Globals")).get("Function"))
    if isinstance(shared.get("CodeUri"), str):
        cast("dict[str, object]", shared)["CodeUri"] = _CODE
    for resource in mapping(body.get("Resources")).values():
        properties = mapping(resource).get("Properties", {})
        if not is_mapping(resource) or not is_mapping(properties):
            continue
        own = cast("dict[str, object]", properties)
        match resource.get("Type"):
            case "AWS::Serverless::Function":
                _package_function(own, shared)
                cast("dict[str, object]", resource)["Properties"] = own
            case "AWS::Serverless::LayerVersion" if isinstance(own.get("ContentUri"), str):
                own["ContentUri"] = _CODE
            case "AWS::Serverless::StateMachine" if isinstance(uri := own.get("DefinitionUri"), str):
                del own["DefinitionUri"]
                own.update(_definition(uri, folder))
            case "AWS::Serverless::Application":
                # Another app: a nested stack, which SAM would look up over the network.
                cast("dict[str, object]", resource).update(Type="AWS::CloudFormation::Stack", Properties=_nested(own))
            case _:
                pass
    return body


def _package_function(own: dict[str, object], shared: Mapping[str, object]) -> None:
    if "Image" in (own.get("PackageType"), shared.get("PackageType")):
        own.setdefault("ImageUri", _IMAGE)
    elif "InlineCode" not in own and (isinstance(own.get("CodeUri"), str) or "CodeUri" not in own | dict(shared)):
        own["CodeUri"] = _CODE


def _nested(application: Mapping[str, object]) -> dict[str, object]:
    """The nested stack that an application becomes; of one in the repository of applications nothing is known."""
    if not isinstance(location := application.get("Location"), str):
        return {}
    return {"TemplateURL": location, "Parameters": application.get("Parameters", {})}


def _definition(uri: str, folder: Path | None) -> dict[str, object]:
    """The definition of a state machine, if it lies beside the template; else its place."""
    if folder is not None and "://" not in uri:
        try:
            definition, _ = parse((folder / uri).read_text(encoding="utf-8"), uri)
        except (OSError, ValueError):
            definition = None  # not there, or with a placeholder for a number
        if is_mapping(definition):
            return {"Definition": definition}
    return {"DefinitionUri": _CODE}
