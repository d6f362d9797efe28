"""Every limit that AWS sets and this library checks, each with its unit and source.

Values are data: constructs and checks compare with them and never with a literal. Where AWS's own sources disagree the
safer reading stands here and the note says so. As of 2026-11-21.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

AS_OF = "2026-11-21"

_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_LAMBDA_API = "https://docs.aws.amazon.com/lambda/latest/api"
_LAMBDA_CFN = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit that AWS sets."""

    code: str
    """The code of the error that a value outside it gives."""
    minimum: float
    maximum: float
    unit: str
    """The unit in the plural, as it follows the number: `seconds`."""
    source: str
    fix: str
    """What to change, for the error's text."""
    note: str = ""
    whole: bool = True
    """Whether AWS takes whole numbers only."""

    @property
    def range(self) -> str:
        """The allowed range with its unit, for example `1 to 900 seconds`."""
        if self.minimum == self.maximum:
            return f"exactly {self.minimum:,.12g} {self.unit}"
        if self.maximum == math.inf:
            return f"at least {self.minimum:,.12g} {self.unit}"
        if self.minimum == 0:
            return f"at most {self.maximum:,.12g} {self.unit}"
        return f"{self.minimum:,.12g} to {self.maximum:,.12g} {self.unit}"

    def admits(self, value: float) -> bool:
        """Whether the value is within the limit, both ends included. Nothing is infinite."""
        return self.minimum <= value <= self.maximum and value < math.inf


# Function ------------------------------------------------------------------------------------------------------------

FUNCTION_NAME_LENGTH = Quota(
    code="FunctionNameLength",
    minimum=1,
    maximum=64,
    unit="characters",
    source=f"{_LAMBDA_API}/API_CreateFunction.html",
    fix="shorten it, or leave it out and let CloudFormation name the function",
)
FUNCTION_NAME_PATTERN = r"[A-Za-z0-9_-]+"
HANDLER_LENGTH = Quota(
    code="HandlerLength",
    minimum=1,
    maximum=128,
    unit="characters",
    source=f"{_LAMBDA_API}/API_CreateFunction.html",
    fix="shorten the module's or the function's name",
)
DESCRIPTION_LENGTH = Quota(
    code="DescriptionLength",
    minimum=0,
    maximum=256,
    unit="characters",
    source=f"{_LAMBDA_API}/API_CreateFunction.html",
    fix="shorten it",
)
TIMEOUT = Quota(
    code="TimeoutOutOfRange",
    minimum=1,
    maximum=900,
    unit="seconds",
    source=_LAMBDA,
    fix="split the work, or start a Step Functions workflow for anything longer",
    note="On managed instances up to 5,400 seconds: `ManagedInstances(timeout=...)`.",
)
MEMORY = Quota(
    code="MemorySizeOutOfRange",
    minimum=128,
    maximum=10_240,
    unit="MB",
    source=_LAMBDA,
    fix="choose a whole number of MB in that range",
    note="The resource schema's 32,768 MB is for Lambda Managed Instances only.",
)
EPHEMERAL_STORAGE = Quota(
    code="EphemeralStorageOutOfRange",
    minimum=512,
    maximum=10_240,
    unit="MB",
    source=_LAMBDA,
    fix="choose a size in that range, or mount a file system",
    note="The resource schema's 32,768 MB is for Lambda Managed Instances only.",
)
RESERVED_CONCURRENCY = Quota(
    code="ReservedConcurrencyOutOfRange",
    minimum=0,
    maximum=math.inf,
    unit="concurrent executions",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
    fix="choose 0, which stops the function, or more",
    note="The upper end is the account's limit, 1,000 by default, less the 100 that must stay unreserved.",
)
ENVIRONMENT_SIZE = Quota(
    code="EnvironmentTooLarge",
    minimum=0,
    maximum=4_096,
    unit="bytes of UTF-8 as JSON",
    source=_LAMBDA,
    fix="move settings into a Parameter Store parameter or an S3 object and pass its name",
)
ENVIRONMENT_KEY_PATTERN = r"[a-zA-Z][a-zA-Z0-9_]+"
ENVIRONMENT_RESERVED_NAMES = frozenset(
    {
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_DEFAULT_REGION",
        "AWS_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API",
        "LAMBDA_TASK_ROOT",
        "LAMBDA_RUNTIME_DIR",
    }
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
ARCHITECTURES = ("arm64", "x86_64")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/foundation-arch.html"""
DURABLE_EXECUTION_TIMEOUT = Quota(
    code="DurableExecutionTimeoutOutOfRange",
    minimum=1,
    maximum=31_622_400,
    unit="seconds",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-durableconfig.html",
    fix="choose a time of up to 366 days",
)
DURABLE_RETENTION = Quota(
    code="DurableRetentionOutOfRange",
    minimum=86_400,
    maximum=7_776_000,
    unit="seconds",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-durableconfig.html",
    fix="choose 1 to 90 days",
)
DURABLE_POLLED = Quota(
    code="DurableExecutionTooLong",
    minimum=1,
    maximum=900,
    unit="seconds of durable execution, for which an event source mapping waits",
    source="https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking-esm.html",
    fix="shorten its 'execution_timeout', or have a small function start it asynchronously",
    note="On managed instances most mappings wait 90 minutes; they are held to 15 here.",
)
DURABLE_RUNTIMES = {"nodejs": (22,), "python": (3, 13), "java": (17,)}
"""The first version of each; container images bring their own.
Source: https://docs.aws.amazon.com/lambda/latest/dg/durable-supported-runtimes.html"""
INSTANCE_RUNTIMES = {"nodejs": (22,), "python": (3, 13), "java": (21,), "dotnet": (8,), "provided.al": (2023,)}
"""The first version of each.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html"""
INSTANCE_CONCURRENCY = Quota(
    code="InstanceConcurrencyOutOfRange",
    minimum=1,
    maximum=1_600,
    unit="requests at once in an environment on managed instances",
    source=f"{_LAMBDA_API}/API_LambdaManagedInstancesCapacityProviderConfig.html",
    fix="choose a number in that range",
)
INSTANCE_ENVIRONMENTS = Quota(
    code="InstanceEnvironmentsOutOfRange",
    minimum=0,
    maximum=15_000,
    unit="environments on managed instances",
    source=f"{_LAMBDA_API}/API_FunctionScalingConfig.html",
    fix="choose a number in that range",
)
INSTANCE_MEMORY_PER_VCPU = Quota(
    code="InstanceMemoryPerVcpuOutOfRange",
    minimum=2,
    maximum=8,
    unit="GiB of memory for each vCPU",
    source=f"{_LAMBDA_API}/API_LambdaManagedInstancesCapacityProviderConfig.html",
    fix="choose a number in that range",
    whole=False,
)
INSTANCE_MEMORY = Quota(
    code="InstanceMemoryOutOfRange",
    minimum=2_048,
    maximum=32_768,
    unit="MB on managed instances",
    source="https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-best-practices.html",
    fix="give the function a 'memory_size' in that range",
)
INSTANCE_TIMEOUT = Quota(
    code="InstanceTimeoutOutOfRange",
    minimum=1,
    maximum=5_400,
    unit="seconds on managed instances",
    source=_LAMBDA,
    fix="split the work, or start a Step Functions workflow for anything longer",
    note="For asynchronous and polled events alone: who waits for an answer is answered within 900 seconds.",
)
SNAP_START_STORAGE = Quota(
    code="SnapStartStorage",
    minimum=512,
    maximum=512,
    unit="MB where 'snap_start' takes a snapshot of it",
    source="https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html",
    fix="leave one of the two out",
)
RUNTIME_VERSION_ARN_PATTERN = r"arn:aws[a-zA-Z-]*:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d::runtime:.+"
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_PutRuntimeManagementConfig.html"""
PROVISIONED_CONCURRENCY = Quota(
    code="ProvisionedConcurrencyOutOfRange",
    minimum=1,
    maximum=math.inf,
    unit="environments",
    source=f"{_LAMBDA_API}/API_PutProvisionedConcurrencyConfig.html",
    fix="choose 1 or more, or leave the construct out",
)
SCALED_CONCURRENCY = Quota(
    code="ProvisionedConcurrencyOutOfRange",
    minimum=0,
    maximum=math.inf,
    unit="environments",
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    fix="choose 0 or more",
)
PROVISIONED_UTILIZATION = Quota(
    code="UtilizationOutOfRange",
    minimum=0.1,
    maximum=0.9,
    unit="as the share of environments in use",
    source="https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
    fix="choose a share in that range, as 0.7 for 70 %",
    whole=False,
)
REQUESTS_PER_ENVIRONMENT = 10
"""Requests a second of each concurrent execution, however short they are.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""
LAYERS = Quota(
    code="TooManyLayers",
    minimum=0,
    maximum=5,
    unit="layers",
    source=_LAMBDA,
    fix="merge layers, or put the code into the function's package",
)
SUBNETS = Quota(
    code="SubnetCount",
    minimum=1,
    maximum=16,
    unit="subnets",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-vpcconfig.html",
    fix="choose subnets in that number",
)
SECURITY_GROUPS = Quota(
    code="SecurityGroupCount",
    minimum=1,
    maximum=5,
    unit="security groups",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-vpcconfig.html",
    fix="merge their rules",
)
FILE_SYSTEM_MOUNT_PATH_LENGTH = Quota(
    code="MountPathLength",
    minimum=1,
    maximum=160,
    unit="characters",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-filesystemconfig.html",
    fix="shorten the path",
)
FILE_SYSTEM_MOUNT_PATH_PATTERN = r"/mnt/[a-zA-Z0-9-_.]+"

# Packages ------------------------------------------------------------------------------------------------------------

PACKAGE_ZIPPED = Quota(
    code="PackageZippedTooLarge",
    minimum=0,
    maximum=50 * 1024 * 1024,
    unit="bytes zipped",
    source=_LAMBDA,
    fix="leave out what the function does not need, move dependencies into a layer, or use a container image",
)
PACKAGE_UNZIPPED = Quota(
    code="PackageUnzippedTooLarge",
    minimum=0,
    maximum=250 * 1024 * 1024,
    unit="bytes unzipped, layers included",
    source=_LAMBDA,
    fix="leave out what the function does not need, or use a container image (up to 10 GB)",
)
IMAGE_ENTRYPOINT = Quota(
    code="ImageEntrypointTooLong",
    minimum=0,
    maximum=1_500,
    unit="entries",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-imageconfig.html",
    fix="put it into the image",
)
IMAGE_TAG_OR_DIGEST_PATTERN = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}|sha256:[0-9a-f]{64}"
"""Source: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests"""
IMAGE_COMMAND = Quota(
    code="ImageCommandTooLong",
    minimum=0,
    maximum=1_500,
    unit="entries",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-imageconfig.html",
    fix="put it into the image",
)
IMAGE_WORKING_DIRECTORY = Quota(
    code="ImageWorkingDirectoryTooLong",
    minimum=0,
    maximum=1_000,
    unit="characters",
    source=f"{_LAMBDA_CFN}/aws-properties-lambda-function-imageconfig.html",
    fix="shorten it",
)
LAYER_NAME_LENGTH = Quota(
    code="LayerNameLength",
    minimum=1,
    maximum=140,
    unit="characters",
    source=f"{_LAMBDA_API}/API_PublishLayerVersion.html",
    fix="shorten it, or leave it out",
)
LAYER_NAME_PATTERN = r"[A-Za-z0-9_-]+"
LAYER_DESCRIPTION_LENGTH = Quota(
    code="LayerDescriptionLength",
    minimum=0,
    maximum=256,
    unit="characters",
    source=f"{_LAMBDA_API}/API_PublishLayerVersion.html",
    fix="shorten it",
)
LAYER_LICENSE_LENGTH = Quota(
    code="LayerLicenseLength",
    minimum=0,
    maximum=512,
    unit="characters",
    source=f"{_LAMBDA_API}/API_PublishLayerVersion.html",
    fix="give the licence's SPDX name or its address",
)
LAYER_RUNTIMES = Quota(
    code="LayerRuntimeCount",
    minimum=1,
    maximum=15,
    unit="compatible runtimes",
    source=f"{_LAMBDA_API}/API_PublishLayerVersion.html",
    fix="name only the runtimes that use it",
)
LAYER_ARCHITECTURES = Quota(
    code="LayerArchitectureCount",
    minimum=1,
    maximum=2,
    unit="architectures",
    source=f"{_LAMBDA_API}/API_PublishLayerVersion.html",
    fix="name arm64, x86_64 or both",
)

# Asynchronous invocation ---------------------------------------------------------------------------------------------

ASYNC_RETRY_ATTEMPTS = Quota(
    code="RetryAttemptsOutOfRange",
    minimum=0,
    maximum=2,
    unit="retries",
    source=f"{_LAMBDA_API}/API_PutFunctionEventInvokeConfig.html",
    fix="choose a number in that range; put a queue before the function for more",
)
ASYNC_EVENT_AGE = Quota(
    code="EventAgeOutOfRange",
    minimum=60,
    maximum=21_600,
    unit="seconds",
    source=f"{_LAMBDA_API}/API_PutFunctionEventInvokeConfig.html",
    fix="choose an age in that range",
)

# Identity ------------------------------------------------------------------------------------------------------------

RESOURCE_POLICY_SIZE = Quota(
    code="ResourcePolicyTooLarge",
    minimum=0,
    maximum=20_480,
    unit="bytes",
    source=_LAMBDA,
    fix="merge permissions of one source, or split the function",
)
RESOURCE_POLICY_STATEMENT = (
    '{"Sid":"","Effect":"Allow","Principal":{"Service":""},"Action":"lambda:InvokeFunction","Resource":""},'
)
"""A statement of such a policy as Lambda keeps it, without its names.
Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""
RESOURCE_POLICY_CONDITION = ',"Condition":{}'
"""What its conditions stand in.
Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""
RESOURCE_POLICY_SOURCE_ARN = '"ArnLike":{"AWS:SourceArn":""}'
"""The condition on a source, without its ARN.
Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""

# Logs ----------------------------------------------------------------------------------------------------------------

LOG_RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html"""

# Queues --------------------------------------------------------------------------------------------------------------

QUEUE_RETENTION = Quota(
    code="QueueRetentionOutOfRange",
    minimum=60,
    maximum=1_209_600,
    unit="seconds",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    fix="choose a time from 1 minute to 14 days",
)
QUEUE_DEFAULT_RETENTION_SECONDS = 345_600
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""

# Buckets -------------------------------------------------------------------------------------------------------------

OBJECT_KEY_LENGTH = Quota(
    code="ObjectKeyLength",
    minimum=1,
    maximum=1_024,
    unit="bytes of UTF-8",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html",
    fix="shorten it, or leave it out",
)

# Event source mappings -----------------------------------------------------------------------------------------------

_MAPPING = f"{_LAMBDA_API}/API_CreateEventSourceMapping.html"

SQS_BATCH_SIZE = Quota(
    code="BatchSizeOutOfRange",
    minimum=1,
    maximum=10_000,
    unit="messages",
    source=_MAPPING,
    fix="choose a number in that range",
    note="More than 10 need a batching window.",
)
SQS_FIFO_BATCH_SIZE = Quota(
    code="BatchSizeOutOfRange",
    minimum=1,
    maximum=10,
    unit="messages from a FIFO queue",
    source=_MAPPING,
    fix="choose a number in that range, or use a standard queue",
)
SQS_BATCH_WITHOUT_WINDOW = 10
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
BATCHING_WINDOW = Quota(
    code="BatchingWindowOutOfRange",
    minimum=0,
    maximum=300,
    unit="seconds",
    source=_MAPPING,
    fix="choose a time in that range",
)
SQS_MAX_CONCURRENCY = Quota(
    code="MaxConcurrencyOutOfRange",
    minimum=2,
    maximum=1_000,
    unit="concurrent executions",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    fix="choose a number in that range; for one at a time use a FIFO queue with one message group",
)
SQS_POLLERS_MINIMUM = Quota(
    code="PollersMinimumOutOfRange",
    minimum=2,
    maximum=200,
    unit="pollers at least",
    source=f"{_LAMBDA_API}/API_ProvisionedPollerConfig.html",
    fix="choose a number in that range",
)
SQS_POLLERS_MAXIMUM = Quota(
    code="PollersMaximumOutOfRange",
    minimum=2,
    maximum=10_000,
    unit="pollers at most",
    source=f"{_LAMBDA_API}/API_ProvisionedPollerConfig.html",
    fix="choose a number in that range",
)
MAPPING_FILTERS = Quota(
    code="TooManyFilters",
    minimum=1,
    maximum=10,
    unit="filters",
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html",
    fix="merge patterns: the values of a list are alternatives",
    note="5 by default; AWS raises it to 10 on request.",
)
FILTER_PATTERN_LENGTH = Quota(
    code="FilterPatternTooLong",
    minimum=1,
    maximum=4_096,
    unit="characters",
    source=f"{_LAMBDA_API}/API_Filter.html",
    fix="filter on fewer values, or in the function",
)
EVENT_PATTERN_LENGTH = Quota(
    code="EventPatternTooLong",
    minimum=1,
    maximum=2_048,
    unit="characters",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html",
    fix="match on fewer values, or make several rules",
)
QUEUE_VISIBILITY_TIMEOUT = Quota(
    code="VisibilityTimeoutOutOfRange",
    minimum=0,
    maximum=43_200,
    unit="seconds",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    fix="choose a time up to 12 hours",
)
QUEUE_MAX_RECEIVE_COUNT = Quota(
    code="MaxReceiveCountOutOfRange",
    minimum=1,
    maximum=1_000,
    unit="receives",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
    fix="choose a number in that range",
)

# Rules and schedules -------------------------------------------------------------------------------------------------

RULE_RETRY_ATTEMPTS = Quota(
    code="RetryAttemptsOutOfRange",
    minimum=0,
    maximum=185,
    unit="retries",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html",
    fix="choose a number in that range",
)
RULE_EVENT_AGE = Quota(
    code="EventAgeOutOfRange",
    minimum=60,
    maximum=86_400,
    unit="seconds",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_RetryPolicy.html",
    fix="choose a time from 1 minute to 24 hours",
)
FLEXIBLE_WINDOW = Quota(
    code="FlexibleWindowOutOfRange",
    minimum=1,
    maximum=1_440,
    unit="minutes",
    source="https://docs.aws.amazon.com/scheduler/latest/APIReference/API_FlexibleTimeWindow.html",
    fix="choose a time from 1 minute to 24 hours",
)
SCHEDULE_INPUT_SIZE = Quota(
    code="PayloadTooLong",
    minimum=1,
    maximum=262_144,
    unit="bytes",
    source="https://docs.aws.amazon.com/scheduler/latest/UserGuide/scheduler-quotas.html",
    fix="put it into a bucket and pass its key",
)
FILTER_POLICY_FIELDS = Quota(
    code="FilterPolicyFields",
    minimum=1,
    maximum=5,
    unit="fields",
    source="https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html",
    fix="filter on fewer fields, or in the function",
    note="Of a policy on the message's body, those at its top count.",
)
FILTER_POLICY_COMBINATIONS = Quota(
    code="FilterPolicyCombinations",
    minimum=1,
    maximum=150,
    unit="combinations of values",
    source="https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html",
    fix="list fewer values, or use a prefix",
    note="The numbers of values multiplied, each times the depth at which it stands in the message's body.",
)
FILTER_POLICY_SIZE = Quota(
    code="FilterPolicyTooLong",
    minimum=1,
    maximum=262_144,
    unit="bytes",
    source="https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html",
    fix="list fewer values, or use a prefix",
)
SUBSCRIPTION_FILTERS_PER_LOG_GROUP = 2
"""Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""
LOG_FILTER_PATTERN_LENGTH = Quota(
    code="LogFilterPatternLength",
    minimum=0,
    maximum=1_024,
    unit="characters",
    source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutSubscriptionFilter.html",
    fix="shorten it, or filter in the function",
)

# What AWS takes where a template says nothing ------------------------------------------------------------------------

DEFAULT_TIMEOUT_SECONDS = 3
"""A function's timeout. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
DEFAULT_MEMORY_MB = 128
"""A function's memory. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
DEFAULT_ARCHITECTURE = "x86_64"
"""A function's architecture. Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html"""
DEFAULT_VISIBILITY_TIMEOUT_SECONDS = 30
"""Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
DEFAULT_QUEUE_RETENTION_SECONDS = 345_600
"""Four days. Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
DEFAULT_QUEUE_BATCH_SIZE = 10
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
DEFAULT_STREAM_BATCH_SIZE = 100
"""Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
STREAM_UNLIMITED = -1
"""Retries and age of a stream's records without a bound, which is what AWS takes where nothing is said.
Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
STREAM_BATCH_SIZE = Quota(
    code="BatchSizeOutOfRange",
    minimum=1,
    maximum=10_000,
    unit="records",
    source=_MAPPING,
    fix="choose a number in that range",
    note="Together they may have 6 MB, Lambda's largest payload.",
)
STREAM_PARALLELIZATION = Quota(
    code="ParallelizationOutOfRange",
    minimum=1,
    maximum=10,
    unit="batches of a shard at once",
    source=_MAPPING,
    fix="choose a number in that range, or give the stream more shards",
)
STREAM_RETRY_ATTEMPTS = Quota(
    code="RetryAttemptsOutOfRange",
    minimum=0,
    maximum=10_000,
    unit="retries",
    source=_MAPPING,
    fix="choose a number in that range; without a bound, AWS's -1, one bad record holds up its shard until it expires",
)
STREAM_RECORD_AGE = Quota(
    code="RecordAgeOutOfRange",
    minimum=60,
    maximum=604_800,
    unit="seconds",
    source=_MAPPING,
    fix="choose a time from 1 minute to 7 days",
)
TUMBLING_WINDOW = Quota(
    code="TumblingWindowOutOfRange",
    minimum=0,
    maximum=900,
    unit="seconds",
    source=_MAPPING,
    fix="choose a time up to 15 minutes",
)
KINESIS_RETENTION = Quota(
    code="StreamRetentionOutOfRange",
    minimum=86_400,
    maximum=31_536_000,
    unit="seconds",
    source="https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html",
    fix="choose a time from 1 to 365 days",
)
KINESIS_DEFAULT_RETENTION_SECONDS = 86_400
"""Source: https://docs.aws.amazon.com/streams/latest/dev/kinesis-extended-retention.html"""
STREAM_CONSUMER_NAME_LENGTH = 128
"""Source: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html"""
DYNAMODB_STREAM_RETENTION_SECONDS = 86_400
"""Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""
STREAM_READERS = 2
"""Readers of one shard, beyond which they slow each other down: Kinesis gives all of them 2 MB and 5 reads a second,
DynamoDB throttles the third.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.html"""
GLOBAL_TABLE_STREAM_READERS = 1
"""Readers of a shard of a global table's stream, which replication reads as well.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.Lambda.html"""
KAFKA_TOPIC_LENGTH = Quota(
    code="TopicLength",
    minimum=1,
    maximum=249,
    unit="characters",
    source=_MAPPING,
    fix="give the topic's name",
)
KAFKA_TOPIC_PATTERN = r"[^.][a-zA-Z0-9\-_.]*"
KAFKA_GROUP_ID_LENGTH = Quota(
    code="ConsumerGroupIdLength",
    minimum=1,
    maximum=200,
    unit="characters",
    source=_MAPPING,
    fix="shorten it, or leave it out",
)
KAFKA_GROUP_ID_PATTERN = r"[a-zA-Z0-9\-/*:_+=.@]*"
KAFKA_BOOTSTRAP_SERVERS = Quota(
    code="BootstrapServerCount",
    minimum=1,
    maximum=10,
    unit="bootstrap servers",
    source=f"{_LAMBDA_API}/API_SelfManagedEventSource.html",
    fix="name some of the brokers: they know the others",
)
KAFKA_BOOTSTRAP_SERVER_PATTERN = (
    r"(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*"
    r"([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9\-]*[A-Za-z0-9]):[0-9]{1,5}"
)
KAFKA_POLLERS_MINIMUM = Quota(
    code="PollersMinimumOutOfRange",
    minimum=1,
    maximum=200,
    unit="pollers at least",
    source=f"{_LAMBDA_API}/API_ProvisionedPollerConfig.html",
    fix="choose a number in that range",
)
KAFKA_POLLERS_MAXIMUM = Quota(
    code="PollersMaximumOutOfRange",
    minimum=1,
    maximum=2_000,
    unit="pollers at most",
    source=f"{_LAMBDA_API}/API_ProvisionedPollerConfig.html",
    fix="choose a number in that range",
)
POLLER_GROUP_LENGTH = Quota(
    code="PollerGroupLength",
    minimum=1,
    maximum=128,
    unit="characters",
    source=f"{_LAMBDA_API}/API_ProvisionedPollerConfig.html",
    fix="shorten the group's name",
)
POLLER_GROUP_PATTERN = r"[a-zA-Z0-9\-_]*"
BROKER_FUNCTION_TIMEOUT = Quota(
    code="BrokerFunctionTimeout",
    minimum=1,
    maximum=840,
    unit="seconds for a function that reads Kafka, Amazon MQ or DocumentDB",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html",
    fix="shorten the function's timeout to 14 minutes",
)
MQ_QUEUE_LENGTH = Quota(
    code="QueueNameLength",
    minimum=1,
    maximum=1_000,
    unit="characters",
    source=_MAPPING,
    fix="give the queue's name",
)
VIRTUAL_HOST_LENGTH = Quota(
    code="VirtualHostLength",
    minimum=1,
    maximum=200,
    unit="characters",
    source=f"{_LAMBDA_API}/API_SourceAccessConfiguration.html",
    fix="give the virtual host's name",
)
DOCUMENTDB_DATABASE_LENGTH = Quota(
    code="DatabaseNameLength",
    minimum=1,
    maximum=63,
    unit="characters",
    source=f"{_LAMBDA_API}/API_DocumentDBEventSourceConfig.html",
    fix="give the database's name",
)
DOCUMENTDB_DATABASE_PATTERN = r"[^ /\.$\"]*"
DOCUMENTDB_COLLECTION_LENGTH = Quota(
    code="CollectionNameLength",
    minimum=1,
    maximum=57,
    unit="characters",
    source=f"{_LAMBDA_API}/API_DocumentDBEventSourceConfig.html",
    fix="give the collection's name, or leave it out for all of them",
)
DOCUMENTDB_COLLECTION_PATTERN = r"(?!system\.)[_a-zA-Z0-9][^$]*"
DOCUMENTDB_CHANGE_STREAM_RETENTION = Quota(
    code="ChangeStreamRetentionOutOfRange",
    minimum=3_600,
    maximum=604_800,
    unit="seconds",
    source="https://docs.aws.amazon.com/documentdb/latest/developerguide/change_streams.html",
    fix="choose a time from 1 hour to 7 days",
)
DOCUMENTDB_DEFAULT_RETENTION_SECONDS = 10_800
"""Source: https://docs.aws.amazon.com/documentdb/latest/developerguide/change_streams.html"""
QUEUE_MOVES = Quota(
    code="MovesOutOfRange",
    minimum=1,
    maximum=500,
    unit="messages a second",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html",
    fix="choose a number in that range, or leave it out: SQS then moves as fast as the queues allow",
)

# Callers -------------------------------------------------------------------------------------------------------------

COGNITO_RESPONSE = Quota(
    code="CognitoTimeout",
    minimum=1,
    maximum=5,
    unit="seconds of timeout, for which Cognito waits",
    source="https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html",
    fix="give the function a 'timeout' of 5 seconds",
)
ALEXA_RESPONSE = Quota(
    code="AlexaTimeout",
    minimum=1,
    maximum=8,
    unit="seconds of timeout, for which Alexa waits",
    source="https://developer.amazon.com/en-US/docs/alexa/smarthome/troubleshooting-guide.html",
    fix="give the function a 'timeout' of 8 seconds",
)
PIPELINE_USER_PARAMETERS = Quota(
    code="UserParametersLength",
    minimum=1,
    maximum=1_000,
    unit="characters",
    source="https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionConfiguration.html",
    fix="put them into an artifact, or a parameter whose name the function gets",
)
PIPELINE_ACTION_NAME_PATTERN = r"[A-Za-z0-9.@\-_]{1,100}"
"""Source: https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html"""
PIPELINE_ARTIFACTS = Quota(
    code="ArtifactCount",
    minimum=0,
    maximum=5,
    unit="artifacts",
    source="https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html",
    fix="put several files into one",
)
PIPELINE_RUN_ORDER = Quota(
    code="RunOrderOutOfRange",
    minimum=1,
    maximum=999,
    unit="as the place among a stage's actions",
    source="https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html",
    fix="choose a number in that range",
)
BATCH_USER_ARGUMENTS = Quota(
    code="UserArgumentCount",
    minimum=1,
    maximum=10,
    unit="arguments",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html",
    fix="put several values into one, or leave it out",
)
BATCH_USER_ARGUMENT_NAME_LENGTH = Quota(
    code="UserArgumentNameLength",
    minimum=1,
    maximum=64,
    unit="characters in an argument's name",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html",
    fix="shorten the name",
)
BATCH_USER_ARGUMENT_LENGTH = Quota(
    code="UserArgumentLength",
    minimum=0,
    maximum=1_024,
    unit="characters in an argument's value",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html",
    fix="shorten the value, or pass the name of a parameter or an object that holds it",
)
BATCH_PRIORITY = Quota(
    code="JobPriorityOutOfRange",
    minimum=0,
    maximum=2_147_483_647,
    unit="as a job's priority",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html",
    fix="choose a number in that range",
)
BATCH_REPORT_PREFIX_LENGTH = Quota(
    code="ReportPrefixLength",
    minimum=1,
    maximum=512,
    unit="characters",
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobReport.html",
    fix="shorten it",
)
FIREHOSE_FUNCTION_TIMEOUT = Quota(
    code="FirehoseTimeout",
    minimum=1,
    maximum=300,
    unit="seconds of timeout, for which Firehose waits",
    source="https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html",
    fix="give the function a shorter 'timeout'",
)
FIREHOSE_BUFFER_SIZE = Quota(
    code="FirehoseBufferSize",
    minimum=0.2,
    maximum=3,
    unit="MB",
    source="https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html",
    fix="choose a size in that range",
    whole=False,
)
FIREHOSE_BUFFER_INTERVAL = Quota(
    code="FirehoseBufferInterval",
    minimum=0,
    maximum=900,
    unit="seconds",
    source="https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html",
    fix="choose a time up to 15 minutes",
)
FIREHOSE_DELIVERY_SIZE = Quota(
    code="FirehoseDeliverySize",
    minimum=1,
    maximum=128,
    unit="MB",
    source="https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html",
    fix="choose a size in that range",
)
FIREHOSE_DELIVERY_INTERVAL = Quota(
    code="FirehoseDeliveryInterval",
    minimum=0,
    maximum=900,
    unit="seconds",
    source="https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html",
    fix="choose a time up to 15 minutes",
)
FIREHOSE_RETRY_ATTEMPTS = Quota(
    code="RetryAttemptsOutOfRange",
    minimum=0,
    maximum=300,
    unit="retries",
    source="https://docs.aws.amazon.com/firehose/latest/APIReference/API_ProcessorParameter.html",
    fix="choose a number in that range",
)
RELEASE_PERCENT = Quota(
    code="ReleasePercentOutOfRange",
    minimum=1,
    maximum=99,
    unit="percent",
    source="https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html",
    fix="choose a whole number in that range, or ReleasePlan.all_at_once()",
)
RELEASE_TIME = Quota(
    code="ReleaseTimeOutOfRange",
    minimum=1,
    maximum=2_880,
    unit="minutes from the first shift of traffic to the last",
    source="https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html",
    fix="shift in larger steps, or more quickly",
    note="48 hours. Each of the two hooks has another hour.",
)
RELEASE_ALARMS = Quota(
    code="ReleaseAlarms",
    minimum=0,
    maximum=10,
    unit="alarms",
    source="https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_AlarmConfiguration.html",
    fix="watch fewer, or one composite alarm on several",
    note="The user guide's quotas name 50, the API 10.",
)
ACCESS_FUNCTIONS = Quota(
    code="AccessFunctions",
    minimum=1,
    maximum=20,
    unit="functions",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    fix="name the functions of the stack; for more define another DeploymentAccess",
    note="A managed policy has at most 6,144 characters; so many of the longest names fit.",
)
CUSTOM_RESOURCE_TIMEOUT = Quota(
    code="ServiceTimeoutOutOfRange",
    minimum=1,
    maximum=3_600,
    unit="seconds",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html",
    fix="choose a time up to an hour; start longer work and ask for its end in another resource",
)

CUSTOM_RESOURCE_FUNCTION_TIMEOUT = Quota(
    code="CustomResourceFunctionTimeout",
    minimum=1,
    maximum=840,
    unit="seconds of timeout: the CDK's provider, which answers for it, has 15 minutes itself",
    source="https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html#timeouts",
    fix="give the function a shorter 'timeout', start longer work and ask for its end in another resource",
)
CUSTOM_RESOURCE_TYPE_PATTERN = r"Custom::[A-Za-z0-9_@-]{1,52}"
IOT_TOPIC_LENGTH = Quota(
    code="IotTopicLength",
    minimum=1,
    maximum=256,
    unit="bytes of UTF-8 in a topic filter",
    source="https://docs.aws.amazon.com/general/latest/gr/iot-core.html",
    fix="shorten it",
)
IOT_TOPIC_SLASHES = Quota(
    code="IotTopicSlashes",
    minimum=0,
    maximum=7,
    unit="slashes in a topic filter",
    source="https://docs.aws.amazon.com/general/latest/gr/iot-core.html",
    fix="use fewer levels",
)
SES_RECIPIENTS = Quota(
    code="SesRecipients",
    minimum=1,
    maximum=500,
    unit="recipients",
    source="https://docs.aws.amazon.com/ses/latest/dg/quotas.html",
    fix="name domains instead of addresses, or leave it out for all of the account's verified domains",
)

ACCOUNT_CONCURRENCY = 1_000
"""Concurrent executions of an account in a Region, unless AWS granted more; new accounts have fewer.
Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
ACCOUNT_LIMIT = Quota(
    code="AccountLimitOutOfRange",
    minimum=1,
    maximum=math.inf,
    unit="concurrent executions",
    source="https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
    fix="write the number that AWS has granted",
)
UNRESERVED_CONCURRENCY = 100
"""Of which this many cannot be reserved.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""
ROLE_POLICIES_SIZE = 10_240
"""Characters of all inline policies of a role, without white space.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
STACK_RESOURCES = Quota(
    code="TooManyResources",
    minimum=1,
    maximum=500,
    unit="resources",
    source="https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
    fix="split the stack; nested stacks count their own",
)
REST_API_TIMEOUT = Quota(
    code="RestApiTimeoutOutOfRange",
    minimum=0.05,
    maximum=29,
    unit="seconds that a REST or WebSocket API waits for its integration",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html",
    fix="shorten the function's timeout, answer before the work is done, or stream",
    note="AWS grants more for regional and private REST APIs.",
    whole=False,
)
HTTP_API_TIMEOUT = Quota(
    code="HttpApiTimeoutOutOfRange",
    minimum=0.05,
    maximum=30,
    unit="seconds that an HTTP API waits for its integration",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html",
    fix="shorten the function's timeout, or answer before the work is done",
    whole=False,
)
EDGE_FUNCTION_TIMEOUT = Quota(
    code="EdgeFunctionTimeout",
    minimum=1,
    maximum=30,
    unit="seconds at CloudFront's edge",
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
    fix="shorten the timeout",
)
EDGE_VIEWER_TIMEOUT_SECONDS = 5
"""At viewer events, as older editions of CloudFront's quotas have it; newer ones allow as much as at origin events.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
EDGE_VIEWER_MEMORY_MB = 128
"""At viewer events, as older editions of CloudFront's quotas have it.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
EDGE_VIEWER_PACKAGE_BYTES = 1024 * 1024
"""Zipped, at viewer events, as older editions of CloudFront's quotas have it.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
EDGE_VIEWER_RESPONSE_BYTES = 40 * 1024
"""Of a response that a function makes at viewer events, headers included.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
EDGE_ORIGIN_RESPONSE_BYTES = 1024 * 1024
"""Of a response that a function makes at origin events, headers included.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""
EDGE_STATUS_CODES = range(200, 600)
"""Of a response that a function makes.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-generating-http-responses.html"""
EDGE_ORIGIN_ERRORS = 400
"""Where an origin answers with this status or a higher one, no function is called at viewer responses.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
EDGE_VIEWER_BODY_BYTES = 40 * 1024
"""Of a request's body that a function gets at viewer requests.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
EDGE_ORIGIN_BODY_BYTES = 1024 * 1024
"""Of a request's body that a function gets at origin requests.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
EDGE_REPLACED_BODY_BYTES = {
    ("viewer-request", "text"): 40 * 1024,
    ("viewer-request", "base64"): int(53.2 * 1024),
    ("origin-request", "text"): 1024 * 1024,
    ("origin-request", "base64"): int(1.33 * 1024 * 1024),
}
"""Of a request's body that a function returns, by the event and the encoding: 40 KB and 1 MB; as base64, of the encoded
text, 53.2 KB and 1.33 MB.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
EDGE_ADDRESS_CHARACTERS = 8_192
"""A request's URI and query string have less.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
EDGE_DISALLOWED_HEADERS = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "trailer",
        "upgrade",
        "x-accel-buffering",
        "x-accel-charset",
        "x-accel-limit-rate",
        "x-accel-redirect",
        "x-amzn-auth",
        "x-amzn-cf-billing",
        "x-amzn-cf-id",
        "x-amzn-cf-xff",
        "x-amzn-errortype",
        "x-amzn-fle-profile",
        "x-amzn-header-count",
        "x-amzn-header-order",
        "x-amzn-lambda-integration-tag",
        "x-amzn-requestid",
        "x-cache",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
"""Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
EDGE_DISALLOWED_HEADER_PREFIXES = ("x-amz-cf-", "x-edge-")
"""Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
VIEWER_READ_ONLY_HEADERS = {
    "viewer-request": frozenset({"cdn-loop", "content-length", "host", "transfer-encoding", "via"}),
    "viewer-response": frozenset({"via", "warning"}),
}
"""Of CloudFront Functions, by the event.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html"""
EDGE_READ_ONLY_HEADERS = {
    "viewer-request": VIEWER_READ_ONLY_HEADERS["viewer-request"] | {"cloudfront-viewer-country"},
    "origin-request": frozenset(
        {
            "accept-encoding",
            "cdn-loop",
            "content-length",
            "if-modified-since",
            "if-none-match",
            "if-range",
            "if-unmodified-since",
            "transfer-encoding",
            "via",
        }
    ),
    "origin-response": frozenset({"transfer-encoding", "via"}),
    "viewer-response": VIEWER_READ_ONLY_HEADERS["viewer-response"]
    | {"content-encoding", "content-length", "transfer-encoding"},
}
"""Of Lambda@Edge, by the event.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html"""
EDGE_RUNTIMES = ("nodejs", "python")
"""Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
EDGE_REGION = "us-east-1"
"""Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
EDGE_PARTITION = "aws"
"""Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html"""
VIEWER_FUNCTION_SIZE = Quota(
    code="ViewerFunctionTooLarge",
    minimum=1,
    maximum=10_240,
    unit="bytes",
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
    fix="move data into a key-value store, or use Lambda@Edge",
)
VIEWER_FUNCTION_NAME_LENGTH = Quota(
    code="ViewerFunctionNameLength",
    minimum=1,
    maximum=64,
    unit="characters",
    source="https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateFunction.html",
    fix="shorten it, or leave it out and let the CDK name the function",
)
VIEWER_FUNCTION_COMMENT_LENGTH = Quota(
    code="ViewerFunctionCommentLength",
    minimum=0,
    maximum=128,
    unit="characters",
    source="https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_FunctionConfig.html",
    fix="shorten it",
)
KEY_VALUE_STORE_KEY_SIZE = Quota(
    code="KeyValueStoreKeySize",
    minimum=1,
    maximum=512,
    unit="bytes of UTF-8",
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
    fix="shorten the key",
)
KEY_VALUE_STORE_VALUE_SIZE = Quota(
    code="KeyValueStoreValueSize",
    minimum=0,
    maximum=1_024,
    unit="bytes of UTF-8",
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html",
    fix="shorten the value, or split it over several keys",
)
KEY_VALUE_STORE_SIZE = Quota(
    code="KeyValueStoreTooLarge",
    minimum=0,
    maximum=5 * 1024 * 1024,
    unit="bytes of the file that a store is filled from",
    source="https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions-create-s3-kvp.html",
    fix="keep fewer pairs, or look the data up in a function at origin request",
)
SUBNET_RESERVED_ADDRESSES = 5
"""Addresses of a subnet that AWS keeps for itself.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html"""

# Networks ------------------------------------------------------------------------------------------------------------

VPC_PREFIX_LENGTH = Quota(
    code="CidrPrefixOutOfRange",
    minimum=16,
    maximum=28,
    unit="bits in the prefix of a VPC's address range",
    source="https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html",
    fix="write it as 10.0.0.0/16",
)
ZONES = Quota(
    code="ZoneCount",
    minimum=2,
    maximum=6,
    unit="availability zones",
    source="https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
    fix="choose 2, or as many as the Region has",
    note="AWS takes one zone too; a function in it stops when the zone does. No Region has more than six.",
)
PRIVATE_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
"""The addresses that nobody has on the internet, of which AWS recommends to take those of a VPC.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""
CONNECTIONS_OF_AN_INTERFACE = 65_000
"""Connections that a network interface of Lambda's carries: beyond them Lambda makes another one, in the same subnet
and with the same security groups.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""
ACCESS_POINT_PATH_LENGTH = Quota(
    code="AccessPointPathLength",
    minimum=1,
    maximum=100,
    unit="characters",
    source="https://docs.aws.amazon.com/efs/latest/ug/API_RootDirectory.html",
    fix="shorten the path",
)
ACCESS_POINT_PATH_PATTERN = r"/|(/(?!\.)[^$#<>;`|&?{}^*/\s]+){1,4}"
POSIX_ID = Quota(
    code="PosixIdOutOfRange",
    minimum=0,
    maximum=4_294_967_295,
    unit="as the number of a POSIX user",
    source="https://docs.aws.amazon.com/efs/latest/ug/API_PosixUser.html",
    fix="choose a number above 0, which is root",
)
VPC_ENDPOINTS = {
    "appconfig": "appconfigdata",
    "athena": "athena",
    "batch": "batch",
    "bedrock": "bedrock-runtime",
    "cloudwatch": "monitoring",
    "cognito-idp": "cognito-idp",
    "comprehend": "comprehend",
    "dynamodb": "dynamodb",
    "ecs": "ecs",
    "events": "events",
    "execute-api": "execute-api",
    "firehose": "kinesis-firehose",
    "glue": "glue",
    "kinesis": "kinesis-streams",
    "lambda": "lambda",
    "rds-data": "rds-data",
    "rekognition": "rekognition",
    "s3": "s3",
    "scheduler": "scheduler",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "ssm": "ssm",
    "states": "states",
    "sts": "sts",
    "textract": "textract",
    "translate": "translate",
}
"""What functions call: the name of a service's VPC endpoint, by the name that its actions begin with.
Source: https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html"""
GATEWAY_ENDPOINTS = ("dynamodb", "s3")
"""The services whose VPC endpoints are routes, and cost nothing.
Source: https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html"""
POLLING_ACTIONS = {
    "dynamodb": ("describestream", "getrecords", "getsharditerator", "liststreams"),
    "glue": ("getregistry", "getschemaversion"),
    "kinesis": (
        "describestream", "describestreamconsumer", "describestreamsummary", "getrecords", "getsharditerator",
        "listshards", "liststreams", "subscribetoshard",
    ),
    "sqs": ("changemessagevisibility", "deletemessage", "getqueueattributes", "getqueueurl", "receivemessage"),
}  # fmt: skip
"""What Lambda itself calls with a function's role, from a network of its own, to poll a source or to get the schemas of
Kafka's records; and what the CDK allows beside it. By the service, in small letters.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html"""
