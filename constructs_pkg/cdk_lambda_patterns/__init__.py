"""AWS Lambda done right, in Python CDK, and proven before it is deployed.

The public names are imported when they are used: importing this package loads neither the CDK nor Node.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .lazy_names import lazy_names

if TYPE_CHECKING:
    from .edge.edge_function import EdgeFunction as EdgeFunction
    from .edge.viewer_function import ViewerFunction as ViewerFunction
    from .errors import ValidationError as ValidationError
    from .function.container_image import ContainerImage as ContainerImage
    from .function.idempotency_table import IdempotencyTable as IdempotencyTable
    from .function.managed_instances import ManagedInstances as ManagedInstances
    from .function.packaging import PythonCode as PythonCode, PythonLayer as PythonLayer
    from .function.well_architected_function import WellArchitectedFunction as WellArchitectedFunction
    from .function.well_architected_image_function import WellArchitectedImageFunction as WellArchitectedImageFunction
    from .network.function_file_system import FunctionFileSystem as FunctionFileSystem
    from .network.function_vpc import FunctionVpc as FunctionVpc
    from .release.concurrency_budget import ConcurrencyBudget as ConcurrencyBudget
    from .release.deployment_access import DeploymentAccess as DeploymentAccess, Duty as Duty
    from .release.gradual_release import GradualRelease as GradualRelease
    from .release.provisioned_concurrency import ProvisionedConcurrency as ProvisionedConcurrency, Season as Season
    from .release.release_plan import ReleasePlan as ReleasePlan
    from .release.smoke_test_hook import SmokeTestHook as SmokeTestHook
    from .release.version_pruning import VersionPruning as VersionPruning
    from .release.workload import Workload as Workload
    from .triggers import event_patterns as event_patterns
    from .triggers.code_pipeline_action import CodePipelineAction as CodePipelineAction
    from .triggers.cognito_trigger import CognitoTrigger as CognitoTrigger
    from .triggers.custom_resource_trigger import CustomResourceTrigger as CustomResourceTrigger
    from .triggers.dead_letter_redrive import DeadLetterRedrive as DeadLetterRedrive
    from .triggers.document_db_trigger import DocumentDbTrigger as DocumentDbTrigger
    from .triggers.dynamo_db_trigger import DynamoDbTrigger as DynamoDbTrigger
    from .triggers.event_bridge_trigger import EventBridgeTrigger as EventBridgeTrigger
    from .triggers.event_source_mappings import ProvisionedPollers as ProvisionedPollers
    from .triggers.firehose_transformation import FirehoseTransformation as FirehoseTransformation
    from .triggers.iot_trigger import IotTrigger as IotTrigger
    from .triggers.kafka_cluster import MskCluster as MskCluster, SelfManagedKafka as SelfManagedKafka
    from .triggers.kafka_trigger import KafkaTrigger as KafkaTrigger
    from .triggers.kinesis_trigger import KinesisTrigger as KinesisTrigger
    from .triggers.logs_trigger import LogsTrigger as LogsTrigger
    from .triggers.mq_trigger import MqTrigger as MqTrigger
    from .triggers.s3_batch_operations import S3BatchOperations as S3BatchOperations
    from .triggers.s3_trigger import S3Trigger as S3Trigger
    from .triggers.schedule_trigger import ScheduleTrigger as ScheduleTrigger
    from .triggers.service_trigger import ServiceCaller as ServiceCaller, ServiceTrigger as ServiceTrigger
    from .triggers.ses_trigger import SesTrigger as SesTrigger
    from .triggers.sns_trigger import SnsTrigger as SnsTrigger
    from .triggers.sqs_trigger import SqsTrigger as SqsTrigger

_HOMES = {
    "CodePipelineAction": ".triggers.code_pipeline_action",
    "CognitoTrigger": ".triggers.cognito_trigger",
    "ConcurrencyBudget": ".release.concurrency_budget",
    "ContainerImage": ".function.container_image",
    "CustomResourceTrigger": ".triggers.custom_resource_trigger",
    "DeadLetterRedrive": ".triggers.dead_letter_redrive",
    "DeploymentAccess": ".release.deployment_access",
    "DocumentDbTrigger": ".triggers.document_db_trigger",
    "Duty": ".release.deployment_access",
    "DynamoDbTrigger": ".triggers.dynamo_db_trigger",
    "EdgeFunction": ".edge.edge_function",
    "EventBridgeTrigger": ".triggers.event_bridge_trigger",
    "FirehoseTransformation": ".triggers.firehose_transformation",
    "FunctionFileSystem": ".network.function_file_system",
    "FunctionVpc": ".network.function_vpc",
    "GradualRelease": ".release.gradual_release",
    "IdempotencyTable": ".function.idempotency_table",
    "IotTrigger": ".triggers.iot_trigger",
    "KafkaTrigger": ".triggers.kafka_trigger",
    "KinesisTrigger": ".triggers.kinesis_trigger",
    "LogsTrigger": ".triggers.logs_trigger",
    "ManagedInstances": ".function.managed_instances",
    "MqTrigger": ".triggers.mq_trigger",
    "MskCluster": ".triggers.kafka_cluster",
    "ProvisionedConcurrency": ".release.provisioned_concurrency",
    "ProvisionedPollers": ".triggers.event_source_mappings",
    "PythonCode": ".function.packaging",
    "PythonLayer": ".function.packaging",
    "ReleasePlan": ".release.release_plan",
    "S3BatchOperations": ".triggers.s3_batch_operations",
    "S3Trigger": ".triggers.s3_trigger",
    "ScheduleTrigger": ".triggers.schedule_trigger",
    "Season": ".release.provisioned_concurrency",
    "SelfManagedKafka": ".triggers.kafka_cluster",
    "ServiceCaller": ".triggers.service_trigger",
    "ServiceTrigger": ".triggers.service_trigger",
    "SesTrigger": ".triggers.ses_trigger",
    "SmokeTestHook": ".release.smoke_test_hook",
    "SnsTrigger": ".triggers.sns_trigger",
    "SqsTrigger": ".triggers.sqs_trigger",
    "ValidationError": ".errors",
    "VersionPruning": ".release.version_pruning",
    "ViewerFunction": ".edge.viewer_function",
    "WellArchitectedFunction": ".function.well_architected_function",
    "WellArchitectedImageFunction": ".function.well_architected_image_function",
    "Workload": ".release.workload",
    "event_patterns": ".triggers.event_patterns",
}

__all__ = [
    "CodePipelineAction",
    "CognitoTrigger",
    "ConcurrencyBudget",
    "ContainerImage",
    "CustomResourceTrigger",
    "DeadLetterRedrive",
    "DeploymentAccess",
    "DocumentDbTrigger",
    "Duty",
    "DynamoDbTrigger",
    "EdgeFunction",
    "EventBridgeTrigger",
    "FirehoseTransformation",
    "FunctionFileSystem",
    "FunctionVpc",
    "GradualRelease",
    "IdempotencyTable",
    "IotTrigger",
    "KafkaTrigger",
    "KinesisTrigger",
    "LogsTrigger",
    "ManagedInstances",
    "MqTrigger",
    "MskCluster",
    "ProvisionedConcurrency",
    "ProvisionedPollers",
    "PythonCode",
    "PythonLayer",
    "ReleasePlan",
    "S3BatchOperations",
    "S3Trigger",
    "ScheduleTrigger",
    "Season",
    "SelfManagedKafka",
    "ServiceCaller",
    "ServiceTrigger",
    "SesTrigger",
    "SmokeTestHook",
    "SnsTrigger",
    "SqsTrigger",
    "ValidationError",
    "VersionPruning",
    "ViewerFunction",
    "WellArchitectedFunction",
    "WellArchitectedImageFunction",
    "Workload",
    "event_patterns",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _HOMES)


def __dir__() -> list[str]:
    return __all__
