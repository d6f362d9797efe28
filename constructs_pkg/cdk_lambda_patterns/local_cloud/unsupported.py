"""What the local cloud cannot show: one table, for the note after a deployment and for the documentation's page.

A deployment that succeeds here proves nothing about these; each entry says what happens instead.
"""

from __future__ import annotations

import platform
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_FUNCTION = "AWS::Lambda::Function"
_MAPPING = "AWS::Lambda::EventSourceMapping"


@dataclass(frozen=True, slots=True)
class Concern:
    """What of a template an entry is about."""

    types: tuple[str, ...]
    """Types of resources; `AWS::WAFv2::*` stands for all that begin so."""
    property: str = ""
    """A property that must be there, for example `Environment.Variables`; in lists, of any element.
    Default: - none, the type is enough."""
    pattern: str = ""
    """What the property's value must match from its beginning, as text; a list or an object as JSON would be, is not.
    Default: - nothing, being there is enough."""

    def about(self, resource_type: str, properties: Mapping[str, Any]) -> bool:
        """Whether it is about this resource."""
        if not any(_is_of_type(resource_type, named) for named in self.types):
            return False
        if not self.property:
            return True
        values = _values_at(properties, self.property.split("."))
        if not self.pattern:
            return any(value not in (None, False, {}, []) for value in values)
        return any(
            re.match(self.pattern, str(value)) is not None for value in values if isinstance(value, (str, int, float))
        )


@dataclass(frozen=True, slots=True)
class NotShown:
    """Something that the local cloud cannot show."""

    id: str
    """A PascalCase word of its own: the anchor on the documentation's page."""
    title: str
    """What cannot be shown."""
    instead: str
    """What happens instead."""
    concerns: tuple[Concern, ...]
    """What of a template it is about."""

    def __str__(self) -> str:
        return f"{self.title}: {self.instead}"


NOT_SHOWN: tuple[NotShown, ...] = (
    NotShown(
        "Sandbox",
        "memory limits and a /tmp of one's own",
        "functions are processes of this machine, with its memory and its /tmp",
        (Concern((_FUNCTION,)),),
    ),
    NotShown(
        "Permissions",
        "permissions of roles",
        "a function may call everything, whatever its role says; resource policies do count, for services that call",
        (Concern(("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::Role")),),
    ),
    NotShown(
        "Architecture",
        "another processor",
        "functions run on this machine's, whichever architecture they name",
        (Concern((_FUNCTION,), "Architectures", "x86_64" if platform.machine() in ("arm64", "aarch64") else "arm64"),),
    ),
    NotShown(
        "Waits",
        "how long retries take",
        "a second passes where AWS waits minutes, for messages that failed, asynchronous retries and `Wait` states",
        (Concern((_MAPPING, "AWS::Lambda::EventInvokeConfig", "AWS::StepFunctions::StateMachine")),),
    ),
    NotShown(
        "OtherRuntimes",
        "runtimes other than Python and Node.js",
        "an invocation ends with an error that says so",
        (Concern((_FUNCTION,), "Runtime", "java|dotnet|ruby|go"),),
    ),
    NotShown(
        "ContainerImages",
        "functions from container images",
        "without Docker, an invocation ends with an error that says so",
        (Concern((_FUNCTION,), "PackageType", "Image"), Concern((_FUNCTION,), "Code.ImageUri")),
    ),
    NotShown(
        "LayerFolder",
        "layers at /opt",
        "what they hold can be imported, but lies elsewhere; extensions and absolute paths do not work",
        (Concern((_FUNCTION,), "Layers"),),
    ),
    NotShown(
        "FileSystems", "mounted file systems", "nothing is mounted", (Concern((_FUNCTION,), "FileSystemConfigs"),)
    ),
    NotShown(
        "Network",
        "networks",
        "a function in a VPC reaches what this machine reaches; security groups, routes and endpoints have no effect",
        (Concern((_FUNCTION,), "VpcConfig"),),
    ),
    NotShown(
        "Tracing",
        "traces",
        "no daemon collects them",
        (Concern((_FUNCTION,), "TracingConfig.Mode", "Active"), Concern(("AWS::XRay::*",))),
    ),
    NotShown(
        "SnapStart",
        "how fast SnapStart is",
        "a version starts when it is published and its runtime hooks run, but nothing is restored from a snapshot",
        (Concern((_FUNCTION,), "SnapStart.ApplyOn", "PublishedVersions"),),
    ),
    NotShown(
        "DurableExecutions",
        "durable executions",
        "a durable function is invoked like any other; nothing is checkpointed, and no wait ends",
        (Concern((_FUNCTION,), "DurableConfig"),),
    ),
    NotShown(
        "TenantIsolation",
        "the isolation of tenants",
        "all tenants share environments, and the function is not told which one calls",
        (Concern((_FUNCTION,), "TenancyConfig"),),
    ),
    NotShown(
        "CodeSigning",
        "signatures of code",
        "nothing is checked, unsigned code runs",
        (Concern((_FUNCTION,), "CodeSigningConfigArn"),),
    ),
    NotShown(
        "ManagedInstances",
        "instances that Lambda manages",
        "their functions run like any other, one request at a time in each environment",
        (Concern((_FUNCTION,), "CapacityProviderConfig"),),
    ),
    NotShown(
        "ProvisionedConcurrency",
        "provisioned concurrency and its scaling",
        "the settings are kept, nothing is started ahead",
        (
            Concern(("AWS::Lambda::Alias", "AWS::Lambda::Version"), "ProvisionedConcurrencyConfig"),
            Concern(("AWS::ApplicationAutoScaling::*",)),
        ),
    ),
    NotShown(
        "TrafficShifting",
        "how long gradual releases take",
        "their minutes pass in seconds, and those of alarms do not; one that needs several periods goes off too late",
        (Concern(("AWS::CodeDeploy::DeploymentGroup",)),),
    ),
    NotShown(
        "OtherReleases",
        "CodeDeploy's releases of servers and containers, and its notifications",
        "nothing is released but functions, and triggers of deployment groups stay silent",
        (
            Concern(("AWS::CodeDeploy::Application",), "ComputePlatform", "Server|ECS"),
            Concern(("AWS::CodeDeploy::DeploymentGroup",), "TriggerConfigurations"),
        ),
    ),
    NotShown(
        "StreamWindows",
        "tumbling windows of streams, and starting at a time",
        "batches come without a window, from the beginning of a stream or its end",
        (
            Concern((_MAPPING,), "TumblingWindowInSeconds", "[1-9]"),
            Concern((_MAPPING,), "StartingPosition", "AT_TIMESTAMP"),
        ),
    ),
    NotShown(
        "OtherEventSources",
        "Kafka, Amazon MQ and DocumentDB as event sources",
        "the mappings are kept, nothing polls",
        (
            Concern((_MAPPING,), "SelfManagedEventSource"),
            Concern((_MAPPING,), "AmazonManagedKafkaEventSourceConfig"),
            Concern((_MAPPING,), "DocumentDBEventSourceConfig"),
            Concern((_MAPPING,), "Topics"),
            Concern((_MAPPING,), "Queues"),
        ),
    ),
    NotShown(
        "Pipes",
        "pipes to functions",
        "only a pipe from a DynamoDB stream to a topic or a state machine moves anything",
        (Concern(("AWS::Pipes::Pipe",)),),
    ),
    NotShown("SesReceiving", "receiving mail", "no mail arrives", (Concern(("AWS::SES::ReceiptRule*",)),)),
    NotShown(
        "OtherCallers",
        "pipelines, AWS Config's rules, Lex's bots and Alexa's skills",
        "nothing calls their functions; invoke them with the event that the service documents",
        (
            Concern(("AWS::CodePipeline::*", "AWS::Config::*", "AWS::Lex::*", "Alexa::ASK::*")),
            Concern(("AWS::Lambda::Permission",), "Principal", "(config|lexv2|alexa)"),
        ),
    ),
    NotShown(
        "CognitoTriggers",
        "Cognito's hooks around authentication, after confirmation, for migration and custom senders",
        "these do not fire",
        tuple(
            Concern(("AWS::Cognito::UserPool",), f"LambdaConfig.{hook}")
            for hook in (
                "PreAuthentication",
                "PostAuthentication",
                "PostConfirmation",
                "UserMigration",
                "CustomEmailSender",
                "CustomSMSSender",
            )
        ),
    ),
    NotShown(
        "PublicNames",
        "names of APIs and function URLs",
        "they do not resolve; `LocalCloud.request` reaches them, or send the name as Host to the endpoint",
        (
            Concern(("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api", "AWS::Lambda::Url")),
            Concern(("AWS::CloudFront::Distribution", "AWS::ElasticLoadBalancingV2::LoadBalancer")),
        ),
    ),
    NotShown(
        "EdgeFunctions",
        "Lambda@Edge",
        "a distribution answers without them; CloudFront Functions do run",
        (
            Concern(
                ("AWS::CloudFront::Distribution",),
                "DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations",
            ),
            Concern(("AWS::CloudFront::Distribution",), "DistributionConfig.CacheBehaviors.LambdaFunctionAssociations"),
        ),
    ),
    NotShown(
        "ViewerFunctionLimits",
        "the time that CloudFront Functions have, and how much of JavaScript they know",
        "they run in Node.js, for as long as they take; the module `cloudfront` reads key-value stores and no more",
        (Concern(("AWS::CloudFront::Function",)),),
    ),
    NotShown("Firewall", "web firewalls", "no request is filtered", (Concern(("AWS::WAFv2::*",)),)),
    NotShown(
        "ScheduleMoments",
        "time zones and flexible windows of schedules",
        "schedules run by UTC, and at the moment itself",
        (
            Concern(("AWS::Scheduler::Schedule",), "ScheduleExpressionTimezone", "(?!UTC$)"),
            Concern(("AWS::Scheduler::Schedule",), "FlexibleTimeWindow.Mode", "FLEXIBLE"),
        ),
    ),
    NotShown(
        "DeliveryMetrics",
        "metrics of what rules, topics, schedules, log groups and Firehose deliver",
        "there are none, and alarms on events that were lost or late on their way stay silent",
        (
            Concern(("AWS::CloudWatch::Alarm",), "Namespace", "AWS/(Events|SNS|Scheduler|Firehose)$"),
            Concern(("AWS::CloudWatch::Alarm",), "MetricName", "DeliveryErrors$"),
        ),
    ),
    NotShown(
        "ComputedAlarms",
        "alarms on other alarms and on anomalies",
        "they are recorded and stay silent",
        (Concern(("AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::AnomalyDetector")),),
    ),
    NotShown(
        "Encryption",
        "encryption and key policies",
        "keys are there, data is kept as it is",
        (Concern(("AWS::KMS::Key",)), Concern((_FUNCTION,), "KmsKeyArn")),
    ),
)
"""Everything known, in the order in which a reader of a template would ask."""


def not_shown(templates: Iterable[Mapping[str, Any]]) -> list[NotShown]:
    """What of these templates the local cloud cannot show, each entry once.

    Args:
        templates: CloudFormation templates as `json.loads` gives them.
    """
    resources = list(_resources_of(templates))
    return [
        entry
        for entry in NOT_SHOWN
        if any(concern.about(*resource) for concern in entry.concerns for resource in resources)
    ]


def covers(entry: NotShown, resource_type: str) -> bool:
    """Whether an entry already speaks of every resource of a type."""
    return any(
        not concern.property and _is_of_type(resource_type, t) for concern in entry.concerns for t in concern.types
    )


def _resources_of(templates: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for template in templates:
        for resource in template.get("Resources", {}).values():
            yield resource.get("Type", ""), resource.get("Properties") or {}


def _is_of_type(resource_type: str, named: str) -> bool:
    return resource_type.startswith(named[:-1]) if named.endswith("*") else resource_type == named


def _values_at(value: Any, path: list[str]) -> Iterator[Any]:  # noqa: ANN401 - a template holds anything
    """Every value at a path; lists on the way stand for each of their elements."""
    if isinstance(value, list):
        for element in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _values_at(element, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])
