"""S3's events as EventBridge has them.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-mapping-troubleshooting.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aws_cdk import aws_s3 as s3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cdk_lambda_patterns.validation import Where

_CREATED = ("Object Created",)
_DELETED = ("Object Deleted",)
_EXPIRED = {"reason": "Lifecycle Expiration"}
_PERMANENTLY = {"deletion-type": "Permanently Deleted"}
_WITH_A_MARKER = {"deletion-type": "Delete Marker Created"}
_TAGGED, _UNTAGGED = "Object Tags Added", "Object Tags Deleted"
_RESTORING, _RESTORED, _RESTORE_EXPIRED = (
    "Object Restore Initiated",
    "Object Restore Completed",
    "Object Restore Expired",
)

DETAILS: Mapping[s3.EventType, tuple[tuple[str, ...], Mapping[str, str]]] = {
    s3.EventType.OBJECT_CREATED: (_CREATED, {}),
    s3.EventType.OBJECT_CREATED_PUT: (_CREATED, {"reason": "PutObject"}),
    s3.EventType.OBJECT_CREATED_POST: (_CREATED, {"reason": "POST Object"}),
    s3.EventType.OBJECT_CREATED_COPY: (_CREATED, {"reason": "CopyObject"}),
    s3.EventType.OBJECT_CREATED_COMPLETE_MULTIPART_UPLOAD: (_CREATED, {"reason": "CompleteMultipartUpload"}),
    s3.EventType.OBJECT_REMOVED: (_DELETED, {}),
    s3.EventType.OBJECT_REMOVED_DELETE: (_DELETED, _PERMANENTLY),
    s3.EventType.OBJECT_REMOVED_DELETE_MARKER_CREATED: (_DELETED, _WITH_A_MARKER),
    s3.EventType.LIFECYCLE_EXPIRATION: (_DELETED, _EXPIRED),
    s3.EventType.LIFECYCLE_EXPIRATION_DELETE: (_DELETED, {**_EXPIRED, **_PERMANENTLY}),
    s3.EventType.LIFECYCLE_EXPIRATION_DELETE_MARKER_CREATED: (_DELETED, {**_EXPIRED, **_WITH_A_MARKER}),
    s3.EventType.LIFECYCLE_TRANSITION: (("Object Storage Class Changed",), {}),
    s3.EventType.INTELLIGENT_TIERING: (("Object Access Tier Changed",), {}),
    s3.EventType.OBJECT_RESTORE: ((_RESTORING, _RESTORED, _RESTORE_EXPIRED), {}),
    s3.EventType.OBJECT_RESTORE_POST: ((_RESTORING,), {}),
    s3.EventType.OBJECT_RESTORE_COMPLETED: ((_RESTORED,), {}),
    s3.EventType.OBJECT_RESTORE_DELETE: ((_RESTORE_EXPIRED,), {}),
    s3.EventType.OBJECT_TAGGING: ((_TAGGED, _UNTAGGED), {}),
    s3.EventType.OBJECT_TAGGING_PUT: ((_TAGGED,), {}),
    s3.EventType.OBJECT_TAGGING_DELETE: ((_UNTAGGED,), {}),
    s3.EventType.OBJECT_ACL_PUT: (("Object ACL Updated",), {}),
}
"""The detail types of an event, and what else its detail must be. S3 does not send others to EventBridge."""

CAUSES: Mapping[str, tuple[str, ...]] = {
    "Object Created": ("s3:PutObject", "s3:ReplicateObject"),
    "Object Deleted": ("s3:DeleteObject", "s3:DeleteObjectVersion"),
    _TAGGED: ("s3:PutObjectTagging", "s3:PutObjectVersionTagging"),
    _UNTAGGED: ("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    "Object ACL Updated": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    _RESTORING: ("s3:RestoreObject",),
    _RESTORED: ("s3:RestoreObject",),
    _RESTORE_EXPIRED: ("s3:RestoreObject",),
}
"""The IAM actions that lead to a detail type. Those that S3 itself causes (lifecycle, tiering) are left out."""


def event_detail(where: Where, event_types: Sequence[s3.EventType]) -> tuple[list[str], dict[str, list[str]]]:
    """The detail types, and what else the events' detail must be.

    Args:
        where: The construct.
        event_types: The events, a sequence of `aws_s3.EventType`.

    Raises:
        ValidationError: An event that S3 does not send to EventBridge, or events that need different filters.
    """
    # A single event stands for a list of one.
    given: object = event_types
    wanted = list(event_types) if isinstance(given, (list, tuple)) else [cast("s3.EventType", given)]
    unknown = [_name(event) for event in wanted if not _is_known(event)]
    if unknown or not wanted:
        where.refuse(
            "event_types",
            "must be events that S3 sends to EventBridge",
            got=", ".join(unknown) or "none",
            fix=f"choose among {', '.join(map(_name, DETAILS))}",
            code="EventTypeUnknown",
        )
    kinds = [DETAILS[event_type] for event_type in wanted]
    detail_types = list(dict.fromkeys(detail_type for of_event, _ in kinds for detail_type in of_event))
    details = [detail for _, detail in kinds]
    values = {
        field: list(dict.fromkeys(detail.get(field) for detail in details)) for detail in details for field in detail
    }
    # A field that one event has and another has not would keep the other out.
    incomplete = any(None in alternatives for alternatives in values.values())
    if incomplete or (values and len(detail_types) > 1):
        where.refuse(
            "event_types",
            "must be told apart by one filter",
            got=", ".join(map(_name, wanted)),
            fix="make a trigger for each",
            code="EventTypesMixed",
        )
    return detail_types, {field: [str(value) for value in alternatives] for field, alternatives in values.items()}


def _is_known(event_type: object) -> bool:
    # What is no event may not even have a hash.
    return isinstance(event_type, s3.EventType) and event_type in DETAILS


def _name(event_type: object) -> str:
    return event_type.name if isinstance(event_type, s3.EventType) else repr(event_type)
