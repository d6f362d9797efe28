"""Every value that this library chooses, each with its unit, the reason and a source.

Constructs take their defaults from here, checks compare with the same names, and the documentation's table is made from
it.
Numbers are in the unit that the name ends with.
"""

from __future__ import annotations

RUNTIME = "python3.14"
"""The newest Python runtime of Lambda, as of 2026-11-21: the longest time until it must be changed.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""

ARCHITECTURE = "arm64"
"""Graviton: a fifth cheaper than x86 for the same memory and time. Which of them is faster depends on the code.
Source: https://aws.amazon.com/lambda/pricing/"""

MEMORY_MB = 512
"""Processor time grows with memory; 128 MB, Lambda's own default, makes imports slow and rarely cheaper.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""

TIMEOUT_SECONDS = 30
"""Long enough for a few calls with retries, short enough that a hanging one is seen; Lambda's 3 s cuts off cold starts.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html"""

LOG_RETENTION_DAYS = 30
"""A month of incidents can be looked at; Lambda's own default keeps, and charges, for ever.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html"""

LOG_FORMAT = "JSON"
"""Levels can be filtered before they are paid for, and fields can be queried.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html"""

APPLICATION_LOG_LEVEL = "INFO"
"""What the handler logs from this level on is kept.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html"""

SYSTEM_LOG_LEVEL = "INFO"
"""Keeps Lambda's own REPORT lines (duration, memory used).
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html"""

TRACING = "Active"
"""A request can be followed from its front door through every function.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html"""

RECURSIVE_LOOP = "Terminate"
"""Lambda stops a loop through SQS, SNS or S3 after about 16 rounds.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html"""

LIVE_ALIAS = "live"
"""The alias that every trigger, permission, release and alarm binds to.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html"""

ASYNC_RETRY_ATTEMPTS = 2
"""A passing fault is survived; what still fails is kept by the on-failure destination.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

ASYNC_EVENT_AGE_SECONDS = 21_600
"""Six hours, Lambda's longest: events survive throttling and an outage of that length.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html"""

FAILURE_QUEUE_RETENTION_SECONDS = 1_209_600
"""14 days, SQS's longest: a failure before a holiday can still be replayed after it.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""

VISIBILITY_TIMEOUT_FACTOR = 6
"""Times the function's timeout that its queue hides a message, so that throttled batches are tried again in peace.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

MAX_RECEIVE_COUNT = 5
"""Receives before a message moves to the dead-letter queue.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

ALARM_PERIOD_SECONDS = 60
"""The finest period of Lambda's own metrics.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""

ERRORS_ALARM_THRESHOLD = 1
"""Errors in one period. A function that may fail now and then says so with a higher one.
Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"""

THROTTLES_ALARM_THRESHOLD = 1
"""Throttled invocations in one period.
Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"""

THROTTLES_ALARM_PERIODS = 5
"""Periods in a row: a single burst is retried by Lambda, a standing one needs a person.
Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html"""

FAILURE_QUEUE_ALARM_THRESHOLD = 1
"""Messages in a queue of failures: each is work that nobody did.
Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/dead-letter-queues-alarms-cloudwatch.html"""

SECRETS_EXTENSION_VERSION = "1.0.103"
"""The AWS Parameters and Secrets Lambda extension: values are cached outside the handler, and are never in the
template.
Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html"""

MINIMUM_TLS_VERSION = 1.2
"""The oldest TLS that a bucket of ours speaks.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html"""

ABORT_MULTIPART_UPLOAD_SECONDS = 604_800
"""A week: parts of uploads that were never finished are charged and cannot be seen.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html"""

SQS_BATCH_SIZE = 10
"""The largest batch without waiting for it, and Lambda's own default.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""

ASYNC_RETRY_WAITS_SECONDS = (60, 120)
"""How long Lambda waits before the first and the second retry of an asynchronous event.
Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

FIREHOSE_BUFFER_MB = 1
"""What Firehose gathers for one transformation: the reply, up to 6 MB, has room for records that grow.
Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"""

FIREHOSE_BUFFER_SECONDS = 60
"""How long Firehose gathers.
Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html"""

FIREHOSE_RETRY_ATTEMPTS = 3
"""Tries of a failed transformation before its records are set aside.
Source: https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html"""

FIREHOSE_DELIVERY_MB = 5
"""What Firehose gathers into one object: Firehose's own default.
Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html"""

FIREHOSE_DELIVERY_SECONDS = 300
"""How long Firehose gathers for one object: Firehose's own default, few objects that are minutes old.
Source: https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html"""

FIREHOSE_AGE_ALARM_FACTOR = 2
"""Times the age that buffers and tries can give a record, from which on a person is told: S3 itself may take a while.
Source: https://docs.aws.amazon.com/firehose/latest/dev/monitoring-with-cloudwatch-metrics.html"""

COGNITO_LAMBDA_VERSION = "V2_0"
"""Of the event before tokens are made: with this one access tokens can be changed too, on every plan but Lite.
Source: https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html"""

RELEASE_PERCENT = 10
"""Of the traffic that a new version gets first: enough to fail on, and nine callers of ten see nothing of it.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""

RELEASE_INTERVAL_SECONDS = 300
"""How long it has that share: an alarm on one minute of metrics, which arrive late, has time to go off.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html"""

SMOKE_TEST_TIMEOUT_SECONDS = 300
"""For all tests of a release together: whoever deploys waits for them, and CodeDeploy would wait an hour.
Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html"""

STACK_RESOURCES_MAXIMUM = 450
"""Resources of a stack from which on it should be split: a tenth of CloudFormation's 500 is left for the next feature.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""

RUNTIME_NOTICE_DAYS = 180
"""Days before a runtime's end from which on its functions are named: as long as AWS itself gives notice.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"""

STREAM_BATCH_SIZE = 100
"""Lambda's own default: few invocations, and batches that are halved seven times until a bad record is alone.
Source: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"""

STREAM_STARTING_POSITION = "TRIM_HORIZON"
"""From the oldest record on: while a mapping is made or changed, which takes minutes, one at LATEST misses records.
Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

STREAM_RETRY_ATTEMPTS = 10
"""A passing fault is survived, and a bad record holds up its shard for minutes instead of a day. As many as Lambda
makes of its own accord for Kafka once there is somewhere for failures to go.
Source: https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html"""

RECORD_AGE_SHARE_OF_RETENTION = 0.5
"""When half of a stream's retention is over a record is given up: the other half is for reading it again, since the
message about a failure tells where in the stream the record is, and not what it says.
Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html"""

ITERATOR_AGE_ALARM_SHARE_OF_RECORD_AGE = 0.5
"""When half of the time is over after which records are given up, a person is told.
Source: https://docs.aws.amazon.com/streams/latest/dev/troubleshooting-consumers.html"""

KINESIS_STREAM_MODE = "ON_DEMAND"
"""Capacity follows the traffic: no number of shards to get wrong, and nothing is throttled at the first peak.
Source: https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html"""

TABLE_STREAM_VIEW = "NEW_AND_OLD_IMAGES"
"""What an item was and what it has become: the view cannot be changed without losing the stream's records.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html"""

REDRIVE_RETRY_ATTEMPTS = 3
"""A scheduled redrive that could not start is tried again in a moment; if another one is under way, the next time will
do.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html"""

WAITING_ALARM_BATCHES = 100
"""Batches that wait on a Kafka topic or in a broker's queue: more than a moment's peak, and far from what is kept.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""

WAITING_ALARM_PERIODS = 5
"""Periods in a row: a peak that is worked off needs nobody.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""

PROVISIONED_UTILIZATION = 0.7
"""Of the environments that stand ready, the share in use from which on more are started: a peak finds the rest ready
while they start.
Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""

SPILLOVER_ALARM_THRESHOLD = 1
"""Invocations for which no ready environment was free: they waited for a cold start.
Source: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html"""

SPILLOVER_ALARM_PERIODS = 5
"""Periods in a row: more environments are started within a few minutes, and a short peak needs nobody.
Source: https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html"""

CONCURRENCY_HEADROOM = 1.5
"""Times the concurrency of an average second: arrivals bunch, and some requests take longer than the average.
Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html"""

VERSIONS_KEPT = 5
"""Versions to roll back to, the current one among them: a few releases, and far from the account's 75 GB of code.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html"""

VERSION_PRUNING_SCHEDULE = "rate(1 day)"
"""Nobody waits for it.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html"""

MESSAGE_AGE_ALARM_SHARE_OF_RETENTION = 0.5
"""A message that is tried for longer than its queue keeps it is deleted before it is given up. When half of the
retention is over a person is told.
Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"""

CHANGE_AGE_ALARM_SHARE_OF_RETENTION = 0.5
"""When half of the time is over for which DocumentDB keeps a change, a person is told: nothing else rescues it.
Source: https://docs.aws.amazon.com/documentdb/latest/developerguide/change_streams.html"""

EDGE_MEMORY_MB = 128
"""At CloudFront's edge: as much as every event certainly takes.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""

EDGE_TIMEOUT_SECONDS = 5
"""At CloudFront's edge: as long as every event certainly takes, and longer than a visitor waits.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html"""

VPC_CIDR = "10.0.0.0/16"
"""The largest range that a VPC may have, private: subnets never run out of addresses.
Source: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""

VPC_ZONES = 2
"""When one zone fails the function runs in the other; each further one costs another address of every endpoint.
Source: https://docs.aws.amazon.com/wellarchitected/latest/serverless-applications-lens/welcome.html"""

VPC_FUNCTIONS = 100
"""Functions, each with a security group of its own, that a subnet must have addresses for.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html"""

CONNECTIONS_OF_AN_EXECUTION = 10
"""Connections that one execution environment keeps open: as many as a client of the SDK pools.
Source: https://docs.aws.amazon.com/botocore/latest/reference/config.html"""

FLOW_LOG_TRAFFIC = "REJECT"
"""What was turned away shows wrong rules and intruders; logging what passed costs by the traffic.
Source: https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html"""

FILE_SYSTEM_USER = 1_001
"""The POSIX user and group as whom functions work on files: anyone but root.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem-efs.html"""

FILE_SYSTEM_PERMISSIONS = "750"
"""Of the directory that functions see: their own user may write.
Source: https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html"""

FILE_SYSTEM_THROUGHPUT = "ELASTIC"
"""Throughput follows the traffic, which comes in peaks where functions are.
Source: https://docs.aws.amazon.com/efs/latest/ug/performance.html"""

FILE_SYSTEM_TRANSITION = "AFTER_30_DAYS"
"""Files that nobody read for a month are stored for a fraction of the price.
Source: https://docs.aws.amazon.com/efs/latest/ug/lifecycle-management-efs.html"""

BATCH_JOB_PRIORITY = 10
"""Room below for jobs that can wait: S3 takes the highest number first, and nothing is below its own 0.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-job-priority.html"""
