"""No template, however odd, makes the checks crash: they find, pass, cannot tell, or refuse the input in one line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from cdk_lambda_patterns.checks.diagram import Style, draw
from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.report import Format, write
from cdk_lambda_patterns.checks.template import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

    from cdk_lambda_patterns.checks.evaluation import Report

NAMES = st.sampled_from(["A", "B", "C", "D", "P", "AWS::Region", "AWS::NoValue", "Missing", ""])

# Properties that rules and the event flow read, at any depth.
KEYS_READ = """
Role FunctionName EventSourceArn Timeout VisibilityTimeout RedrivePolicy deadLetterTargetArn Environment Variables
NotificationConfiguration LambdaConfigurations Function Filter S3Key Rules Name Value Targets Arn Id EventPattern
source detail bucket DeadLetterConfig TargetArn DestinationConfig OnFailure Destination Qualifier Policies
PolicyDocument Statement Effect Action NotAction Resource NotResource Condition Principal Service AWS
AssumeRolePolicyDocument ManagedPolicyArns Roles Layers Architectures Runtime VpcConfig SubnetIds SecurityGroupIds
DefinitionString Definition States Type Retry ErrorEquals Parameters UpdatePolicy CodeDeployLambdaAliasUpdate
DeploymentGroupName AlarmConfiguration Alarms Metrics MetricStat Metric Dimensions MetricName Namespace TopicArn
Endpoint Protocol Subscription BatchSize FunctionResponseTypes FilterCriteria Filters KmsMasterKeyId KeyPolicy Code
S3Key ReservedConcurrentExecutions ProvisionedConcurrencyConfig ProvisionedConcurrentExecutions AuthType
TargetFunctionArn DistributionConfig DefaultCacheBehavior LambdaFunctionAssociations LambdaFunctionARN EventType
SourceArn FunctionCode LoggingConfig LogGroup RetentionInDays LogGroupName CidrBlock AvailabilityZone RouteTableId
SubnetId GatewayId DestinationCidrBlock Integration Uri TimeoutInMillis Body Target ServiceToken BucketName
EventBridgeConfiguration DurableConfig Template TemplateURL Description PackageType ScalingConfig
"""
KEYS = st.sampled_from(KEYS_READ.split())

TYPES_READ = """
AWS::Lambda::Function AWS::Lambda::Alias AWS::Lambda::Version AWS::Lambda::EventSourceMapping AWS::Lambda::Url
AWS::Lambda::EventInvokeConfig AWS::Lambda::Permission AWS::Lambda::LayerVersion AWS::SQS::Queue AWS::SNS::Topic
AWS::SNS::Subscription AWS::S3::Bucket AWS::Events::Rule AWS::Events::EventBus AWS::Scheduler::Schedule
AWS::IAM::Role AWS::IAM::Policy AWS::IAM::ManagedPolicy AWS::DynamoDB::Table AWS::Kinesis::Stream
AWS::StepFunctions::StateMachine AWS::ApiGateway::Method AWS::ApiGateway::RestApi AWS::ApiGatewayV2::Integration
AWS::CloudFront::Distribution AWS::CloudFront::Function AWS::CodeDeploy::DeploymentGroup AWS::CloudWatch::Alarm
AWS::Logs::LogGroup AWS::EC2::Subnet AWS::EC2::Route AWS::EC2::SubnetRouteTableAssociation AWS::KMS::Key
AWS::EC2::VPCEndpoint AWS::CloudFormation::Stack AWS::Pipes::Pipe Custom::S3BucketNotifications Custom::Thing
AWS::ApplicationAutoScaling::ScalableTarget AWS::Cognito::UserPool
"""
TYPES = st.sampled_from(TYPES_READ.split())

TEXTS = st.one_of(
    st.text(max_size=12),
    NAMES,
    st.sampled_from(
        [
            "arn:aws:sqs:eu-central-1:1:q", "arn:aws:s3:::b/*", "arn:", "*", "s3:*", "lambda:InvokeFunction", "live",
            "$LATEST", "10.0.0.0/28", "{}", '{"States": {"A": {"Type": "Task", "Resource": 1}}}', "0", "-1", "1e400",
            "{{resolve:ssm:x}}", "${A}", "${A.Arn}/x", "Allow", "Active", "lambda", "nodejs20.x", "python2.7",
        ]
    ),
)  # fmt: skip


def intrinsics(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.one_of(
        st.builds(lambda name: {"Ref": name}, NAMES),
        st.builds(lambda name, attribute: {"Fn::GetAtt": [name, attribute]}, NAMES, st.sampled_from(["Arn", "", "X"])),
        st.builds(lambda name: {"Fn::GetAtt": f"{name}.Arn"}, NAMES),
        st.builds(lambda text: {"Fn::Sub": text}, TEXTS),
        st.builds(lambda text, value: {"Fn::Sub": [text, {"V": value}]}, TEXTS, inner),
        st.builds(lambda first, second: {"Fn::If": ["C1", first, second]}, inner, inner),
        st.builds(lambda parts: {"Fn::Join": ["", parts]}, st.lists(inner, max_size=3)),
        st.builds(lambda value: {"Fn::Select": [0, {"Fn::Split": [":", value]}]}, inner),
        st.builds(
            lambda name, value: {name: value},
            st.sampled_from(["Fn::ImportValue", "Fn::FindInMap", "Fn::Join", "Fn::If", "Fn::Sub", "Fn::Select",
                             "Fn::Split", "Fn::GetStackOutput", "Fn::Base64", "Fn::GetAZs", "Fn::Unheard", "Ref",
                             "Fn::GetAtt", "Fn::ToJsonString", "Fn::Cidr"]),
            inner,
        ),
    )  # fmt: skip


VALUES: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**6), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4), intrinsics(inner)),
    max_leaves=12,
)

RESOURCES = st.fixed_dictionaries(
    {"Type": TYPES, "Properties": st.dictionaries(KEYS, VALUES, max_size=6) | intrinsics(VALUES) | st.none()},
    optional={"Condition": st.sampled_from(["C1", "C2", "C9"]), "Metadata": VALUES, "UpdatePolicy": VALUES},
)

TEMPLATES = st.fixed_dictionaries(
    {"Resources": st.dictionaries(st.sampled_from(list("ABCD")), RESOURCES, max_size=4)},
    optional={
        "Conditions": st.dictionaries(st.sampled_from(["C1", "C2"]), VALUES | intrinsics(VALUES)),
        "Outputs": st.dictionaries(st.just("O"), VALUES | st.fixed_dictionaries({"Value": VALUES, "Export": VALUES})),
        "Parameters": st.dictionaries(st.just("P"), VALUES),
        "Mappings": VALUES,
    },
)


def check_and_write(*sources: object) -> Report:
    report = check(*sources)  # type: ignore[arg-type]
    assert report.errors == []
    for format_ in Format:
        assert write(report, format_, undecided=True)
    assert draw(report, Style.MERMAID)
    assert draw(report, Style.SVG)
    return report


@given(st.lists(TEMPLATES, min_size=1, max_size=2))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_odd_templates_are_checked_without_an_error(templates: list[dict[str, object]]) -> None:
    check_and_write(*templates)


@given(st.text() | st.builds(json.dumps, VALUES) | st.binary())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_or_refused_in_one_line(tmp_path: Path, content: str | bytes) -> None:
    file = tmp_path / "template.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))

    try:
        check(file)
    except TemplateError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{" * 100_000,
        '{"a": ' * 100_000,
        "- " * 50_000,
        "\n".join(" " * depth + "a:" for depth in range(2_000)),
        "Resources: &a [*a]",
        "a: &a [x, x]\nb: &b [*a, *a]\n" + "".join(
            f"{chr(99 + n)}: &{chr(99 + n)} [{', '.join(['*' + chr(98 + n)] * 9)}]\n" for n in range(20)
        ) + "Resources: {A: {Type: T, Properties: {X: *v}}}",
        "Resources: {A: {Type: T, Properties: " + "[" * 99 + "]" * 99 + "}}",
        "Resources:\n  A: {Type: T}\n  A: {Type: T}",
        "Resources: {A: {Type: T}}\n---\nResources: {}",
        "? {a: b}\n: c",
        "Resources: {A: {Type: 1}}",
        "Resources: []",
        "Resources: {A: 1}",
        "Resources: {A: {Type: T, Properties: []}}",
        "{}",
        "[]",
        "null",
        "''",
        "12" * 3_000,
        '{"Resources": {"A": {"Type": "T", "Properties": {"X": ' + "9" * 5_000 + "}}}}",
        "\t\n",
        "%YAML 9.9\n--- x",
        "!!python/object/apply:os.system [echo]",
        "Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function, Properties: 1}}",
        "Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function}}",
    ],
    ids=range(26),
)  # fmt: skip
def test_unusable_input_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(text)

    with pytest.raises(TemplateError) as refused:
        check(file)

    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith(str(file))
    assert len(str(refused.value)) < 400 + len(str(file))
