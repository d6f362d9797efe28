"""The options of `WellArchitectedFunction`, for constructs that pass them on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .function_kwargs import FunctionKwargs

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aws_cdk as cdk
    from aws_cdk import aws_iam as iam, aws_logs as logs, aws_sns as sns

    from .destinations import Destination


class WellArchitectedKwargs(FunctionKwargs, total=False):
    """What `WellArchitectedFunction` takes beside code, handler and runtime."""

    role: iam.IRole | iam.Role | None
    log_group: logs.ILogGroup | None
    log_retention: logs.RetentionDays | None
    log_removal_policy: cdk.RemovalPolicy | None
    on_failure: Destination | None
    on_success: Destination | None
    retry_attempts: int | None
    max_event_age: cdk.Duration | None
    public_environment: Mapping[str, str] | None
    notify: sns.ITopic | sns.TopicBase | None
