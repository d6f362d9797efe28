"""Calls a function as part of a deployment, and answers for it where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_lambda as lambda_, custom_resources
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function
from cdk_lambda_patterns.function.durations import duration_within, seconds
from cdk_lambda_patterns.function.log_group import define_log_group
from cdk_lambda_patterns.function.policies import allow, policy_document
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_PROVIDER = "CustomResourceProvider"


class CustomResourceTrigger(Construct):
    """Has CloudFormation call a function's `live` alias when a resource is created, updated and deleted.

    Defines the custom resource, and once for each function the CDK's provider before it, with a role and a log group of
    its own. The provider waits for the function and answers CloudFormation whatever happens: what the function raises,
    also out of time or memory, fails the deployment at once with its message, and is rolled back. CloudFormation itself
    does not wait its hour, but for as long as an answer can come.

    The handler gets `RequestType`, `ResourceProperties` and so on, and returns `{"PhysicalResourceId": ..., "Data":
    {...}}`, both optional; `Data` is what `get_att` gives. The same event may come twice.
    """

    resource: cdk.CustomResource
    """The resource: `resource.get_att_string(name)` is what the function returned under `Data`."""

    provider: custom_resources.Provider
    """What answers for the function."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        resource_type: str = "Custom::Resource",
        properties: Mapping[str, object] | None = None,
        service_timeout: cdk.Duration | None = None,
        removal_policy: cdk.RemovalPolicy = cdk.RemovalPolicy.DESTROY,
    ) -> None:
        """Define the custom resource.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function, with a timeout of at most 14 minutes.
                Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html
            resource_type: Its type in the template, `Custom::` and up to 52 letters, digits, `_`, `@` and `-`.
                Default: Custom::Resource
                Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
            properties: What the function gets as `ResourceProperties`, where CloudFormation makes numbers and booleans
                text. A change of them is an update.
                Default: - nothing.
            service_timeout: How long CloudFormation waits for the answer, from the function's timeout to an hour.
                Default: - the function's timeout for each try that Lambda may make, and Lambda's waits between them.
            removal_policy: What becomes of the resource when it leaves the template: with RETAIN the function is not
                called.
                Default: RemovalPolicy.DESTROY

        Raises:
            ValidationError: A type that CloudFormation refuses, a function that may run longer than it is waited for,
                or a time outside CloudFormation's limits.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        timeout = function.timeout_seconds
        where.within("function", timeout, quotas.CUSTOM_RESOURCE_FUNCTION_TIMEOUT)
        where.text("resource_type", resource_type)
        where.matches(
            "resource_type",
            resource_type,
            quotas.CUSTOM_RESOURCE_TYPE_PATTERN,
            rule="must be 'Custom::' and up to 52 letters, digits, '_', '@' and '-'",
            fix="write for example 'Custom::Seed'",
            code="CustomResourceType",
        )
        expect_type(where, "properties", properties, "keys", "Mapping", fix="write a dict")
        waited = duration_within(where, "service_timeout", service_timeout, quotas.CUSTOM_RESOURCE_TIMEOUT)
        if waited is not None and timeout is not None and waited < timeout:
            where.refuse(
                "service_timeout",
                f"must be at least {timeout:,.12g} seconds, the function's timeout",
                got=f"{waited:,.12g}",
                fix="raise it or leave it out",
                code="ServiceTimeoutTooShort",
            )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        function.features.check_event_source(self)

        # 2 define
        self.provider = _provider_of(function)
        with cdk_refusals(where):
            self.resource = cdk.CustomResource(
                self,
                "Resource",
                service_token=self.provider.service_token,
                resource_type=resource_type,
                properties=None if properties is None else dict(properties),
                service_timeout=_all_tries(timeout) if service_timeout is None else service_timeout,
                removal_policy=removal_policy,
            )


def _provider_of(function: WellArchitectedFunction) -> custom_resources.Provider:
    """The function's one provider, however many resources there are."""
    existing = function.node.try_find_child(_PROVIDER)
    if isinstance(existing, custom_resources.Provider):
        return existing
    log_group = define_log_group(function, "CustomResourceProviderLogGroup", retention=None, removal_policy=None)
    statement = allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group.log_group_arn)
    policy = iam.PolicyDocument.from_json(policy_document(statement))
    role = iam.Role(
        function,
        "CustomResourceProviderRole",
        assumed_by=principals.service("lambda.amazonaws.com"),
        inline_policies={"Log": policy},
    )
    return custom_resources.Provider(
        function,
        _PROVIDER,
        on_event_handler=cast("lambda_.IFunction", function.live),
        log_group=log_group,
        framework_on_event_role=cast("iam.IRole", role),
    )


def _all_tries(timeout: float | None) -> cdk.Duration:
    """For how long an answer can come: Lambda tries a provider that crashed again, and with it the function."""
    longest = quotas.CUSTOM_RESOURCE_FUNCTION_TIMEOUT.maximum if timeout is None else timeout
    tries = (practices.ASYNC_RETRY_ATTEMPTS + 1) * longest + sum(practices.ASYNC_RETRY_WAITS_SECONDS)
    return seconds(int(min(tries, quotas.CUSTOM_RESOURCE_TIMEOUT.maximum)))
