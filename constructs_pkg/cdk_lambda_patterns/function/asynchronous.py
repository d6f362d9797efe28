"""How asynchronous events are treated: tried again, kept when they fail.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices

from .durations import as_seconds, in_seconds

if TYPE_CHECKING:
    import aws_cdk as cdk

    from .destinations import Destination


@dataclass(frozen=True)
class AsynchronousOptions:
    """How asynchronous events are treated, as the user said."""

    on_failure: Destination | None = None
    on_success: Destination | None = None
    retry_attempts: int | None = None
    max_event_age: cdk.Duration | None = None


def define_asynchronous_configuration(
    live: lambda_.Alias,
    resource: lambda_.CfnAlias,
    options: AsynchronousOptions,
    *,
    function_name: str,
    failed: str,
    succeeded: str | None,
) -> lambda_.CfnEventInvokeConfig:
    """Configure the alias.

    Args:
        live: The alias.
        resource: The same as CloudFormation knows it.
        options: What the user said.
        function_name: The function's name.
        failed: The ARN of where events go that failed.
        succeeded: The ARN of where results go.
    """
    retries, age = options.retry_attempts, options.max_event_age
    config = lambda_.CfnEventInvokeConfig
    # Where the CDK would look for one: it defines no second.
    configuration = config(
        live,
        "EventInvokeConfig",
        function_name=function_name,
        qualifier=practices.LIVE_ALIAS,
        maximum_retry_attempts=practices.ASYNC_RETRY_ATTEMPTS if retries is None else retries,
        maximum_event_age_in_seconds=(
            practices.ASYNC_EVENT_AGE_SECONDS if age is None else as_seconds(age, in_seconds(age))
        ),
        destination_config=config.DestinationConfigProperty(
            on_failure=config.OnFailureProperty(destination=failed),
            on_success=None if succeeded is None else config.OnSuccessProperty(destination=succeeded),
        ),
    )
    configuration.add_resource_dependency(resource)
    return configuration
