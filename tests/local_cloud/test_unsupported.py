"""Every entry of what cannot be shown is told when a template concerns it, and only then."""

from __future__ import annotations

import platform
from typing import Any

import pytest

from cdk_lambda_patterns.local_cloud import NOT_SHOWN, unsupported
from cdk_lambda_patterns.local_cloud.unsupported import covers, not_shown

FUNCTION = "AWS::Lambda::Function"
MAPPING = "AWS::Lambda::EventSourceMapping"
THIS, OTHER = ("arm64", "x86_64") if platform.machine() in ("arm64", "aarch64") else ("x86_64", "arm64")

CASES: dict[str, tuple[list[tuple[str, dict[str, Any]]], list[tuple[str, dict[str, Any]]]]] = {
    # entry: resources that concern it, and resources that do not
    "Sandbox": ([(FUNCTION, {})], [("AWS::SQS::Queue", {})]),
    "Permissions": ([("AWS::IAM::Role", {}), ("AWS::IAM::Policy", {})], [("AWS::SQS::Queue", {})]),
    "Architecture": (
        [(FUNCTION, {"Architectures": [OTHER]})],
        [(FUNCTION, {"Architectures": [THIS]}), (FUNCTION, {})],
    ),
    "Waits": ([(MAPPING, {}), ("AWS::Lambda::EventInvokeConfig", {})], [(FUNCTION, {})]),
    "OtherRuntimes": (
        [(FUNCTION, {"Runtime": "java21"}), (FUNCTION, {"Runtime": "dotnet8"})],
        [
            (FUNCTION, {"Runtime": "python3.14"}),
            (FUNCTION, {"Runtime": "nodejs24.x"}),
            (FUNCTION, {"Runtime": {"Ref": "R"}}),
        ],
    ),
    "ContainerImages": (
        [(FUNCTION, {"PackageType": "Image"}), (FUNCTION, {"Code": {"ImageUri": {"Fn::Sub": "x"}}})],
        [(FUNCTION, {"PackageType": "Zip", "Code": {"S3Bucket": "b"}})],
    ),
    "LayerFolder": ([(FUNCTION, {"Layers": [{"Ref": "Layer"}]})], [(FUNCTION, {"Layers": []}), (FUNCTION, {})]),
    "FileSystems": ([(FUNCTION, {"FileSystemConfigs": [{"Arn": "a"}]})], [(FUNCTION, {})]),
    "Network": ([(FUNCTION, {"VpcConfig": {"SubnetIds": ["s"]}})], [(FUNCTION, {"VpcConfig": {}})]),
    "Tracing": (
        [(FUNCTION, {"TracingConfig": {"Mode": "Active"}}), ("AWS::XRay::Group", {})],
        [(FUNCTION, {"TracingConfig": {"Mode": "PassThrough"}})],
    ),
    "SnapStart": (
        [(FUNCTION, {"SnapStart": {"ApplyOn": "PublishedVersions"}})],
        [(FUNCTION, {"SnapStart": {"ApplyOn": "None"}})],
    ),
    "DurableExecutions": ([(FUNCTION, {"DurableConfig": {"ExecutionTimeout": 60}})], [(FUNCTION, {})]),
    "TenantIsolation": ([(FUNCTION, {"TenancyConfig": {"TenantIsolationMode": "PER_TENANT"}})], [(FUNCTION, {})]),
    "CodeSigning": ([(FUNCTION, {"CodeSigningConfigArn": {"Ref": "Signing"}})], [(FUNCTION, {})]),
    "ManagedInstances": (
        [(FUNCTION, {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}})],
        [(FUNCTION, {}), ("AWS::Lambda::CapacityProvider", {})],
    ),
    "ProvisionedConcurrency": (
        [
            ("AWS::Lambda::Alias", {"ProvisionedConcurrencyConfig": {"ProvisionedConcurrentExecutions": 1}}),
            ("AWS::ApplicationAutoScaling::ScalableTarget", {}),
        ],
        [("AWS::Lambda::Alias", {})],
    ),
    "TrafficShifting": ([("AWS::CodeDeploy::DeploymentGroup", {})], [("AWS::Lambda::Alias", {})]),
    "OtherReleases": (
        [
            ("AWS::CodeDeploy::Application", {"ComputePlatform": "Server"}),
            ("AWS::CodeDeploy::DeploymentGroup", {"TriggerConfigurations": [{"TriggerName": "t"}]}),
        ],
        [
            ("AWS::CodeDeploy::Application", {"ComputePlatform": "Lambda"}),
            ("AWS::CodeDeploy::DeploymentGroup", {"TriggerConfigurations": []}),
        ],
    ),
    "StreamWindows": (
        [
            (MAPPING, {"TumblingWindowInSeconds": 30}),
            (MAPPING, {"StartingPosition": "AT_TIMESTAMP"}),
        ],
        [(MAPPING, {"ParallelizationFactor": 1, "TumblingWindowInSeconds": 0, "StartingPosition": "LATEST"})],
    ),
    "OtherEventSources": (
        [(MAPPING, {"Queues": ["q"]}), (MAPPING, {"SelfManagedEventSource": {"Endpoints": {}}})],
        [(MAPPING, {"EventSourceArn": "arn:aws:sqs:::q"})],
    ),
    "Pipes": ([("AWS::Pipes::Pipe", {})], [(MAPPING, {})]),
    "SesReceiving": (
        [("AWS::SES::ReceiptRule", {}), ("AWS::SES::ReceiptRuleSet", {})],
        [("AWS::SES::EmailIdentity", {})],
    ),
    "OtherCallers": (
        [
            ("AWS::CodePipeline::Pipeline", {}),
            ("AWS::Config::ConfigRule", {}),
            ("AWS::Lex::Bot", {}),
            ("AWS::Lambda::Permission", {"Principal": "alexa-appkit.amazon.com"}),
            ("AWS::Lambda::Permission", {"Principal": "lexv2.amazonaws.com"}),
        ],
        [("AWS::Lambda::Permission", {"Principal": "events.amazonaws.com"}), ("AWS::CodeBuild::Project", {})],
    ),
    "CognitoTriggers": (
        [
            ("AWS::Cognito::UserPool", {"LambdaConfig": {"PostConfirmation": {"Fn::GetAtt": ["F", "Arn"]}}}),
            ("AWS::Cognito::UserPool", {"LambdaConfig": {"CustomEmailSender": {"LambdaArn": "arn"}}}),
        ],
        [("AWS::Cognito::UserPool", {"LambdaConfig": {"PreSignUp": "arn"}})],
    ),
    "PublicNames": (
        [("AWS::Lambda::Url", {}), ("AWS::ApiGateway::RestApi", {}), ("AWS::ElasticLoadBalancingV2::LoadBalancer", {})],
        [(FUNCTION, {})],
    ),
    "EdgeFunctions": (
        [
            (
                "AWS::CloudFront::Distribution",
                {"DistributionConfig": {"DefaultCacheBehavior": {"LambdaFunctionAssociations": [{"EventType": "v"}]}}},
            ),
            (
                "AWS::CloudFront::Distribution",
                {"DistributionConfig": {"CacheBehaviors": [{}, {"LambdaFunctionAssociations": [{"EventType": "v"}]}]}},
            ),
        ],
        [
            (
                "AWS::CloudFront::Distribution",
                {"DistributionConfig": {"DefaultCacheBehavior": {"FunctionAssociations": [{"EventType": "v"}]}}},
            )
        ],
    ),
    "ViewerFunctionLimits": ([("AWS::CloudFront::Function", {})], [("AWS::CloudFront::KeyValueStore", {})]),
    "Firewall": ([("AWS::WAFv2::WebACLAssociation", {})], [("AWS::ApiGatewayV2::Api", {})]),
    "ScheduleMoments": (
        [
            ("AWS::Scheduler::Schedule", {"ScheduleExpressionTimezone": "Europe/Zurich"}),
            ("AWS::Scheduler::Schedule", {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}),
        ],
        [("AWS::Scheduler::Schedule", {"ScheduleExpressionTimezone": "UTC", "FlexibleTimeWindow": {"Mode": "OFF"}})],
    ),
    "DeliveryMetrics": (
        [
            *(("AWS::CloudWatch::Alarm", {"Namespace": f"AWS/{name}"}) for name in ("Events", "SNS", "Scheduler")),
            ("AWS::CloudWatch::Alarm", {"Namespace": "AWS/Firehose", "MetricName": "DeliveryToS3.DataFreshness"}),
            ("AWS::CloudWatch::Alarm", {"Namespace": "AWS/Logs", "MetricName": "DeliveryErrors"}),
        ],
        [
            ("AWS::CloudWatch::Alarm", {"Namespace": "AWS/SQS"}),
            ("AWS::CloudWatch::Alarm", {"Namespace": "AWS/Logs", "MetricName": "IncomingLogEvents"}),
        ],
    ),
    "ComputedAlarms": (
        [("AWS::CloudWatch::CompositeAlarm", {}), ("AWS::CloudWatch::AnomalyDetector", {})],
        [("AWS::CloudWatch::Alarm", {"Metrics": [{"Id": "m"}]})],
    ),
    "Encryption": (
        [("AWS::KMS::Key", {}), (FUNCTION, {"KmsKeyArn": {"Fn::GetAtt": ["K", "Arn"]}})],
        [(FUNCTION, {})],
    ),
}


def ids_for(resource_type: str, properties: dict[str, Any]) -> list[str]:
    template = {"Resources": {"It": {"Type": resource_type, "Properties": properties}}}
    return [entry.id for entry in not_shown([template])]


def test_every_entry_has_a_case() -> None:
    assert list(CASES) == [entry.id for entry in NOT_SHOWN]


@pytest.mark.parametrize("entry", CASES)
def test_it_is_told_when_a_template_concerns_it(entry: str) -> None:
    concerned, not_concerned = CASES[entry]

    for resource in concerned:
        assert entry in ids_for(*resource), resource
    for resource in not_concerned:
        assert entry not in ids_for(*resource), resource


def test_each_entry_is_told_once_in_the_order_of_the_table() -> None:
    functions = {name: {"Type": FUNCTION, "Properties": {"Layers": ["arn"]}} for name in "ABC"}
    templates: list[dict[str, Any]] = [
        {"Resources": functions},
        {"Resources": {"Key": {"Type": "AWS::KMS::Key"}, **functions}},
        {},
    ]

    assert [entry.id for entry in not_shown(templates)] == ["Sandbox", "LayerFolder", "Encryption"]


def test_an_entry_reads_as_a_sentence() -> None:
    for entry in NOT_SHOWN:
        assert str(entry) == f"{entry.title}: {entry.instead}"
        assert not str(entry).endswith(".")
        assert str(entry).count(":") == 1


def test_an_entry_covers_a_type_only_if_it_speaks_of_all_of_them() -> None:
    entries = {entry.id: entry for entry in NOT_SHOWN}

    assert covers(entries["TrafficShifting"], "AWS::CodeDeploy::DeploymentGroup")
    assert covers(entries["ComputedAlarms"], "AWS::CloudWatch::CompositeAlarm")
    assert not covers(entries["ComputedAlarms"], "AWS::CloudWatch::Alarm")
    assert not covers(entries["LayerFolder"], FUNCTION)


def test_the_table_names_nothing_twice() -> None:
    assert len({entry.id for entry in NOT_SHOWN}) == len(NOT_SHOWN)
    assert unsupported.NOT_SHOWN is NOT_SHOWN
