"""Deletes versions that nobody rolls back to any more.

Lambda itself refuses to delete a version that an alias leads to; this handler does not even ask for it.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, cast

import boto3
from botocore.exceptions import ClientError

logger = logging.getLogger()
lambda_ = cast("Any", boto3).client("lambda")  # boto3 makes its types at run time

# The version is in use after all: an alias has just moved to it, or it is replicated to CloudFront's edge.
IN_USE = {"ResourceConflictException", "InvalidParameterValueException"}
# Of durable executions, those that will come back.
UNFINISHED = ["RUNNING", "PAUSING", "PAUSED"]


def handler(event: Mapping[str, Any], _context: object) -> dict[str, dict[str, list[str]]]:
    """Prune each function.

    Args:
        event: `keep`, how many of the newest versions stay, and `functions`, each with its `name` and whether it is
            `durable`.

    Returns:
        By function, the versions that were `deleted` and those that were `kept`.

    Raises:
        RuntimeError: Some functions could not be pruned; the others were.
    """
    done: dict[str, dict[str, list[str]]] = {}
    failed: dict[str, str] = {}
    for function in event["functions"]:
        name = function["name"]
        try:
            done[name] = prune(name, keep=event["keep"], durable=function["durable"])
        except ClientError as error:
            failed[name] = str(error)
    logger.info("pruned %s", done)
    if failed:
        raise RuntimeError(f"could not prune {failed}")
    return done


def prune(name: str, *, keep: int, durable: bool) -> dict[str, list[str]]:
    """Delete the versions of one function that are neither among the newest nor in use."""
    versions = list_versions(name)
    used = used_by_aliases(
        alias for page in lambda_.get_paginator("list_aliases").paginate(FunctionName=name) for alias in page["Aliases"]
    )
    deleted = [
        version
        for version in superfluous(versions, used, keep)
        if not (durable and has_running_executions(name, version)) and delete(name, version)
    ]
    return {"deleted": deleted, "kept": [version for version in versions if version not in deleted]}


def list_versions(name: str) -> list[str]:
    """The published versions, the newest first."""
    pages = lambda_.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    numbers = [version["Version"] for page in pages for version in page["Versions"]]
    return sorted((number for number in numbers if number.isdecimal()), key=int, reverse=True)


def used_by_aliases(aliases: Iterable[Mapping[str, Any]]) -> set[str]:
    """The versions that aliases lead to, also with a part of their traffic."""
    used: set[str] = set()
    for alias in aliases:
        used |= {alias["FunctionVersion"], *alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})}
    return used


def superfluous(versions: list[str], used: set[str], keep: int) -> list[str]:
    """Of versions, the newest first, those behind the first few that nothing uses."""
    return [version for version in versions[keep:] if version not in used]


def has_running_executions(name: str, version: str) -> bool:
    """Whether durable executions will come back to a version, on whose code they began."""
    pages = lambda_.get_paginator("list_durable_executions_by_function").paginate(
        FunctionName=name, Qualifier=version, Statuses=UNFINISHED
    )
    return any(page["DurableExecutions"] for page in pages)


def delete(name: str, version: str) -> bool:
    """Delete one version; never the function, whose name alone would be taken for all of it."""
    if not version.isdecimal():
        raise ValueError(f"no version: {version!r}")
    try:
        lambda_.delete_function(FunctionName=name, Qualifier=version)
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") not in IN_USE:
            raise
        logger.info("version %s of %s is in use: %s", version, name, error)
        return False
    return True
