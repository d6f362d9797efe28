"""The options of a Lambda function that our constructs pass on to `aws_lambda.Function`.

Generated from `aws_lambda.FunctionProps` by `make generate`: do not edit. Deprecated options are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import aws_cdk as cdk
    from aws_cdk import aws_codeguruprofiler as codeguruprofiler, aws_ec2 as ec2, aws_iam as iam, aws_lambda as lambda_
    from aws_cdk.interfaces import aws_kms as kms_interfaces, aws_lambda as lambda_interfaces


class FunctionKwargs(TypedDict, total=False):
    """What `aws_lambda.Function` takes and our constructs pass on as it is. None is the default."""

    adot_instrumentation: lambda_.AdotInstrumentationConfig | dict[str, Any] | None
    """Specify the configuration of AWS Distro for OpenTelemetry (ADOT) instrumentation. Default: - No ADOT
    instrumentation."""
    allow_all_ipv6_outbound: bool | None
    """Whether to allow the Lambda to send all ipv6 network traffic. Default: false."""
    allow_all_outbound: bool | None
    """Whether to allow the Lambda to send all network traffic (except ipv6). Default: true."""
    allow_public_subnet: bool | None
    """Lambda Functions in a public subnet can NOT access the internet. Default: false."""
    application_log_level_v2: lambda_.ApplicationLogLevel | None
    """Sets the application log level for the function. Default: INFO, see `practices.APPLICATION_LOG_LEVEL`."""
    architecture: lambda_.Architecture | None
    """The system architectures compatible with this lambda function. Default: arm64, see `practices.ARCHITECTURE`."""
    code_signing_config: lambda_interfaces.ICodeSigningConfigRef | None
    """Code signing config associated with this function. Default: - Not Sign the Code."""
    current_version_options: lambda_.VersionOptions | dict[str, Any] | None
    """Options for the `lambda.Version` resource automatically created by the `fn.currentVersion` method. Default: -
    default options as described in `VersionOptions`."""
    description: str | None
    """A description of the function. Default: - No description."""
    durable_config: lambda_.DurableConfig | dict[str, Any] | None
    """The durable configuration for the function. Default: - No durable configuration."""
    environment: Mapping[str, str] | None
    """Key-value pairs that Lambda caches and makes available for your Lambda functions. Default: - No environment
    variables."""
    environment_encryption: kms_interfaces.IKeyRef | None
    """The AWS KMS key that's used to encrypt your function's environment variables. Default: - AWS Lambda creates
    and uses an AWS managed customer master key (CMK)."""
    ephemeral_storage_size: cdk.Size | None
    """The size of the function's /tmp directory in MiB. Default: 512 MiB."""
    events: Sequence[lambda_.IEventSource] | None
    """Event sources for this function. Default: - No event sources."""
    filesystem: lambda_.FileSystem | None
    """The filesystem configuration for the lambda function. Default: - will not mount any filesystem."""
    function_name: str | None
    """A name for the function. Default: - AWS CloudFormation generates a unique physical ID and uses that ID for the
    function's name."""
    initial_policy: Sequence[iam.PolicyStatement] | None
    """Initial policy statements to add to the created Lambda Role. Default: - No policy statements are added to the
    created Lambda role."""
    insights_version: lambda_.LambdaInsightsVersion | None
    """Specify the version of CloudWatch Lambda insights to use for monitoring. Default: - No Lambda Insights."""
    ipv6_allowed_for_dual_stack: bool | None
    """Allows outbound IPv6 traffic on VPC functions that are connected to dual-stack subnets. Default: false."""
    layers: Sequence[lambda_.ILayerVersion] | None
    """A list of layers to add to the function's execution environment. Default: - No layers."""
    logging_format: lambda_.LoggingFormat | None
    """Sets the loggingFormat for the function. Default: JSON, see `practices.LOG_FORMAT`."""
    memory_size: float | None
    """The amount of memory, in MB, that is allocated to your Lambda function. Default: 512, see
    `practices.MEMORY_MB`."""
    params_and_secrets: lambda_.ParamsAndSecretsLayerVersion | None
    """Specify the configuration of Parameters and Secrets Extension. Default: - No Parameters and Secrets Extension."""
    profiling: bool | None
    """Enable profiling. Default: - No profiling."""
    profiling_group: codeguruprofiler.IProfilingGroup | None
    """Profiling Group. Default: - A new profiling group will be created if `profiling` is set."""
    recursive_loop: lambda_.RecursiveLoop | None
    """Sets the Recursive Loop Protection for Lambda Function. Default: Terminate, see `practices.RECURSIVE_LOOP`."""
    reserved_concurrent_executions: float | None
    """The maximum of concurrent executions you want to reserve for the function. Default: - No specific limit -
    account limit."""
    runtime_management_mode: lambda_.RuntimeManagementMode | None
    """Sets the runtime management configuration for a function's version. Default: Auto."""
    security_groups: Sequence[ec2.ISecurityGroup] | None
    """The list of security groups to associate with the Lambda's network interfaces. Default: - If the function is
    placed within a VPC and a security group is not specified, either by this or securityGroup prop, a dedicated
    security group will be created for this function."""
    snap_start: lambda_.SnapStartConf | None
    """Enable SnapStart for Lambda Function. Default: - No snapstart."""
    system_log_level_v2: lambda_.SystemLogLevel | None
    """Sets the system log level for the function. Default: INFO, see `practices.SYSTEM_LOG_LEVEL`."""
    tenancy_config: lambda_.TenancyConfig | None
    """The tenancy configuration for the function. Default: - Tenant isolation is not enabled."""
    timeout: cdk.Duration | None
    """The function execution time (in seconds) after which Lambda terminates the function. Default: 30, see
    `practices.TIMEOUT_SECONDS`."""
    tracing: lambda_.Tracing | None
    """Enable AWS X-Ray Tracing for Lambda Function. Default: Active, see `practices.TRACING`."""
    vpc: ec2.IVpc | None
    """VPC network to place Lambda network interfaces. Default: - Function is not placed within a VPC."""
    vpc_subnets: ec2.SubnetSelection | dict[str, Any] | None
    """Where to place the network interfaces within the VPC. Default: - the Vpc default strategy if not specified."""
