"""Gradual releases."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from cdk_lambda_patterns.local_cloud import LocalCloud, process
from tests.local_cloud.fidelity.lab import Lab, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local_cloud

ROLE = "arn:aws:iam::000000000000:role/x"
GOOD = "def handler(event, context): return context.function_version"
ANOTHER_GOOD = GOOD + "  # again"
BAD = "def handler(event, context): raise ValueError(context.function_version)"
REPORTS = """
import json, os
import boto3

def handler(event, context):
    codedeploy, functions = boto3.client("codedeploy"), boto3.client("lambda")
    deployment = codedeploy.get_deployment(deploymentId=event["DeploymentId"])["deploymentInfo"]
    revision = codedeploy.get_application_revision(
        applicationName=deployment["applicationName"], revision=deployment["revision"]
    )["revision"]["string"]["content"]
    ((function, resource),) = json.loads(revision)["Resources"][0].items()
    released = resource["Properties"]
    alias = functions.get_alias(FunctionName=released["Name"], Name=released["Alias"])
    print(json.dumps({
        "event": sorted(event),
        "released": released,
        "expected": os.environ.get("VERSION"),
        "alias": [alias["FunctionVersion"], alias.get("RoutingConfig")],
    }))
    codedeploy.put_lifecycle_event_hook_execution_status(
        deploymentId=event["DeploymentId"],
        lifecycleEventHookExecutionId=event["LifecycleEventHookExecutionId"],
        status=os.environ["STATUS"],
    )
"""

PRINTS = "import json\ndef handler(event, context): print(json.dumps(event))"


@dataclass
class Release:
    """A function whose alias CodeDeploy moves, in a stack of its own."""

    lab: Lab
    routing: dict[str, Any]
    rollback: list[str] = field(default_factory=lambda: ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"])
    before: str | None = None
    """What the hook before the traffic reports."""
    after: str | None = None
    hook: str = REPORTS
    alarmed: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
    """Further resources, from the first update on."""

    def __post_init__(self) -> None:
        self.stack = self.lab.name()
        self.cloudformation = self.lab.client("cloudformation")
        self.code_deploy = self.lab.client("codedeploy")
        self.updates = 0
        self.cloudformation.create_stack(StackName=self.stack, TemplateBody=self.template(GOOD))
        assert self.settled() == "CREATE_COMPLETE"
        self.function = self.physical_id("Function")
        self.live = f"{self.function}:live"

    def template(self, source: str) -> str:
        # The names are such that the alias would come first, were it not for its update policy.
        version = f"Version{self.updates}"
        number = {"Fn::GetAtt": [version, "Version"]}
        policy: dict[str, Any] = {"ApplicationName": {"Ref": "Application"}, "DeploymentGroupName": {"Ref": "Group"}}
        resources: dict[str, Any] = {
            "Alias": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {"FunctionName": {"Ref": "Function"}, "Name": "live", "FunctionVersion": number},
                "UpdatePolicy": {"CodeDeployLambdaAliasUpdate": policy},
            },
            "Application": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
            "Config": {
                "Type": "AWS::CodeDeploy::DeploymentConfig",
                "Properties": {"ComputePlatform": "Lambda", "TrafficRoutingConfig": self.routing},
            },
            "Function": function(source),
            version: {
                "Type": "AWS::Lambda::Version",
                "Properties": {"FunctionName": {"Ref": "Function"}},
                "DeletionPolicy": "Retain",
            },
            "Group": {
                "Type": "AWS::CodeDeploy::DeploymentGroup",
                "Properties": {
                    "ApplicationName": {"Ref": "Application"},
                    "DeploymentConfigName": {"Ref": "Config"},
                    "ServiceRoleArn": ROLE,
                    "AutoRollbackConfiguration": {"Enabled": bool(self.rollback), "Events": self.rollback},
                    "AlarmConfiguration": {"Enabled": self.alarmed, "Alarms": [{"Name": {"Ref": "NewErrors"}}]},
                },
            },
            # It watches the new version alone.
            "NewErrors": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Errors",
                    "Dimensions": [
                        {"Name": "FunctionName", "Value": {"Ref": "Function"}},
                        {"Name": "Resource", "Value": {"Fn::Sub": "${Function}:live"}},
                        {"Name": "ExecutedVersion", "Value": number},
                    ],
                    "Statistic": "Sum",
                    "Period": 60,
                    "EvaluationPeriods": 1,
                    "Threshold": 1,
                    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                    "TreatMissingData": "notBreaching",
                },
            },
        }
        for event, status in (("Before", self.before), ("After", self.after)):
            if status is not None:
                resources[f"Hook{event}"] = function(self.hook, STATUS=status, VERSION=number)
                policy[f"{event}AllowTrafficHook"] = {"Ref": f"Hook{event}"}
        if self.updates:
            resources |= self.extra
        return json.dumps({"Resources": resources})

    def update(self, source: str) -> None:
        """Begin to release another version."""
        self.updates += 1
        self.cloudformation.update_stack(StackName=self.stack, TemplateBody=self.template(source))

    def status(self) -> str:
        (stack,) = self.cloudformation.describe_stacks(StackName=self.stack)["Stacks"]
        return str(stack["StackStatus"])

    def settled(self) -> str:
        """The stack's status once nothing is in progress."""

        def over() -> str | None:
            status = self.status()
            return None if status.endswith("_IN_PROGRESS") else status

        return eventually(over, within=30)

    def send_traffic(self) -> dict[str, int]:
        """Invoke the alias until the update is over; how often each version answered or failed."""
        counted: dict[str, int] = {}
        deadline = time.monotonic() + 30
        while self.status() == "UPDATE_IN_PROGRESS" and time.monotonic() < deadline:
            answer = self.lab.invoke(self.live)
            key = f"{answer.version} {answer.error or 'answered'}"
            counted[key] = counted.get(key, 0) + 1
        return counted

    def physical_id(self, logical_id: str) -> str:
        detail = self.cloudformation.describe_stack_resource(StackName=self.stack, LogicalResourceId=logical_id)
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])

    def alias(self) -> tuple[str, dict[str, float]]:
        """The alias's version, and the weights of others."""
        found = self.lab.client("lambda").get_alias(FunctionName=self.function, Name="live")
        return found["FunctionVersion"], found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})

    def reasons(self, status: str) -> list[str]:
        """Why the alias had that status, in order."""
        events = self.cloudformation.describe_stack_events(StackName=self.stack)["StackEvents"]
        return [
            event["ResourceStatusReason"]
            for event in reversed(events)
            if event["LogicalResourceId"] == "Alias"
            and event["ResourceStatus"] == status
            and event.get("ResourceStatusReason")
        ]

    def deployments(self) -> list[dict[str, Any]]:
        """Every deployment, the newest first."""
        names = {"applicationName": self.physical_id("Application"), "deploymentGroupName": self.physical_id("Group")}
        ids = self.code_deploy.list_deployments(**names)["deployments"]
        return [self.code_deploy.get_deployment(deploymentId=id_)["deploymentInfo"] for id_ in ids]

    def target(self, deployment: dict[str, Any]) -> dict[str, Any]:
        id_ = deployment["deploymentId"]
        (target_id,) = self.code_deploy.list_deployment_targets(deploymentId=id_)["targetIds"]
        answer = self.code_deploy.get_deployment_target(deploymentId=id_, targetId=target_id)
        return dict(answer["deploymentTarget"]["lambdaTarget"])

    def lifecycle(self, deployment: dict[str, Any]) -> list[str]:
        events = self.target(deployment)["lifecycleEvents"]
        assert [event["lifecycleEventName"] for event in events] == [
            "BeforeAllowTraffic",
            "AllowTraffic",
            "AfterAllowTraffic",
        ]
        return [event["status"] for event in events]


def function(source: str, **variables: object) -> dict[str, Any]:
    properties = {"Runtime": "python3.13", "Handler": "index.handler", "Role": ROLE, "Code": {"ZipFile": source}}
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {**properties, "Timeout": 10, "Environment": {"Variables": variables}},
    }


def canary(percentage: int, minutes: int) -> dict[str, Any]:
    settings = {"CanaryPercentage": percentage, "CanaryInterval": minutes}
    return {"Type": "TimeBasedCanary", "TimeBasedCanary": settings}


AT_ONCE = {"Type": "AllAtOnce"}


def test_the_creation_of_an_alias_is_no_deployment(faithful: Lab) -> None:
    release = Release(faithful, AT_ONCE, before="Failed")

    assert release.alias() == ("1", {})
    assert release.deployments() == []


def test_a_canary_gets_its_share_before_everything_shifts(faithful: Lab) -> None:
    release = Release(faithful, canary(40, 2))

    release.update(ANOTHER_GOOD)

    eventually(lambda: release.alias() == ("1", {"2": 0.4}))
    assert release.status() == "UPDATE_IN_PROGRESS"
    counted = release.send_traffic()
    assert set(counted) == {"1 answered", "2 answered"}
    assert counted["1 answered"] > counted["2 answered"] / 2
    assert release.settled() == "UPDATE_COMPLETE"
    assert release.alias() == ("2", {})


def test_a_deployment_that_succeeds_is_told_as_aws_does(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 1))

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_COMPLETE"
    (deployment,) = release.deployments()
    assert deployment["status"] == "Succeeded"
    assert deployment["creator"] == "user"
    assert deployment["computePlatform"] == "Lambda"
    assert deployment["deploymentOverview"]["Succeeded"] == 1
    assert 1 <= (deployment["completeTime"] - deployment["startTime"]).total_seconds() < 30
    assert "errorInformation" not in deployment
    assert release.lifecycle(deployment) == ["Succeeded"] * 3
    assert release.target(deployment)["lambdaFunctionInfo"] == {
        "functionName": release.function,
        "functionAlias": "live",
        "currentVersion": "1",
        "targetVersion": "2",
        "targetVersionWeight": 1.0,
    }
    assert release.reasons("UPDATE_IN_PROGRESS") == [f"CodeDeploy deployment started: {deployment['deploymentId']}"]


def test_linear_traffic_grows_step_by_step(faithful: Lab) -> None:
    settings = {"LinearPercentage": 25, "LinearInterval": 1}
    release = Release(faithful, {"Type": "TimeBasedLinear", "TimeBasedLinear": settings})

    release.update(ANOTHER_GOOD)
    seen: list[float] = []
    while release.status() == "UPDATE_IN_PROGRESS" and len(seen) < 10:
        weight = release.alias()[1].get("2")
        if weight is not None and weight not in seen:
            seen.append(weight)

    assert seen == [0.25, 0.5, 0.75]
    assert release.alias() == ("2", {})


def test_hooks_run_before_and_after_the_traffic_and_know_what_is_released(faithful: Lab) -> None:
    release = Release(faithful, AT_ONCE, before="Succeeded", after="Succeeded")

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_COMPLETE"
    for hook, alias in (("HookBefore", ["1", None]), ("HookAfter", ["2", None])):
        (told,) = faithful.printed(release.physical_id(hook))
        assert told == {
            "event": ["DeploymentId", "LifecycleEventHookExecutionId"],
            "released": {"Name": release.function, "Alias": "live", "CurrentVersion": "1", "TargetVersion": "2"},
            # CloudFormation has updated the hook before the alias.
            "expected": "2",
            "alias": alias,
        }


def test_nothing_shifts_when_the_hook_before_the_traffic_fails(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60), before="Failed", after="Succeeded")

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert release.alias() == ("1", {})
    rollback, deployment = release.deployments()
    assert deployment["status"] == "Failed"
    assert deployment["errorInformation"]["code"] == "HOOK_EXECUTION_FAILURE"
    assert release.lifecycle(deployment) == ["Failed", "Skipped", "Skipped"]
    assert rollback["creator"] == "codeDeployRollback"
    assert rollback["status"] == "Succeeded"
    assert rollback["rollbackInfo"]["rollbackTriggeringDeploymentId"] == deployment["deploymentId"]
    assert deployment["rollbackInfo"]["rollbackDeploymentId"] == rollback["deploymentId"]
    (reason,) = release.reasons("UPDATE_FAILED")
    assert f'"{deployment["deploymentId"]} failed. {deployment["errorInformation"]["message"]}"' in reason
    assert faithful.printed(release.physical_id("HookAfter"), within=0) == []
    assert len(faithful.printed(release.physical_id("HookBefore"), within=0)) == 1


def test_everything_goes_back_when_the_hook_after_the_traffic_fails(faithful: Lab) -> None:
    release = Release(faithful, AT_ONCE, after="Failed")

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert release.alias() == ("1", {})
    _rollback, deployment = release.deployments()
    assert release.lifecycle(deployment) == ["Succeeded", "Succeeded", "Failed"]
    (told,) = faithful.printed(release.physical_id("HookAfter"))
    assert told["alias"] == ["2", None]


def test_an_alarm_on_the_new_version_takes_it_back_while_traffic_flows(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60), alarmed=True)

    release.update(BAD)
    counted = release.send_traffic()

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert set(counted) == {"1 answered", "2 Unhandled"}
    assert release.alias() == ("1", {})
    assert faithful.invoke(release.live).payload == "1"
    _rollback, deployment = release.deployments()
    assert deployment["status"] == "Stopped"
    alarm = release.physical_id("NewErrors")
    assert deployment["errorInformation"] == {
        "code": "ALARM_ACTIVE",
        "message": "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, "
        f"and the affected deployments have been stopped. Activated alarms: <{alarm}>",
    }
    assert release.lifecycle(deployment) == ["Succeeded", "Failed", "Skipped"]
    assert release.target(deployment)["lambdaFunctionInfo"]["targetVersionWeight"] == 0.5
    started, rolled_back = release.reasons("UPDATE_IN_PROGRESS")
    assert started.startswith("CodeDeploy deployment started: d-")
    assert rolled_back.startswith("CodeDeploy rollback deployment started: d-")

    # The stack is ready for the next one, whose alarm is about another version.
    release.update(ANOTHER_GOOD)
    eventually(lambda: release.alias() == ("1", {"3": 0.5}))
    release.code_deploy.stop_deployment(deploymentId=release.deployments()[0]["deploymentId"])
    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_what_the_old_version_does_stops_no_release(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 2), alarmed=True)
    release.update(BAD)
    while release.alias() != ("1", {"2": 0.5}):
        time.sleep(0.05)
    assert release.settled() == "UPDATE_COMPLETE"

    release.update(ANOTHER_GOOD)
    counted = release.send_traffic()

    assert release.settled() == "UPDATE_COMPLETE"
    assert set(counted) == {"2 Unhandled", "3 answered"}
    assert release.alias() == ("3", {})


def test_an_alarm_that_is_active_already_lets_nothing_shift(faithful: Lab) -> None:
    namespace = faithful.name()
    standing = {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "Namespace": namespace,
            "MetricName": "Load",
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        },
    }
    release = Release(faithful, canary(50, 60), alarmed=True, before="Succeeded", extra={"NewErrors": standing})
    faithful.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[{"MetricName": "Load", "Value": 5}])

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    _rollback, deployment = release.deployments()
    assert deployment["errorInformation"]["code"] == "ALARM_ACTIVE"
    assert release.lifecycle(deployment) == ["Skipped"] * 3
    assert faithful.printed(release.physical_id("HookBefore"), within=0) == []


def test_without_automatic_rollback_cloudformation_still_takes_the_alias_back(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60), alarmed=True, rollback=[])

    release.update(BAD)
    release.send_traffic()

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    (deployment,) = release.deployments()
    assert deployment["status"] == "Stopped"
    assert "rollbackInfo" not in deployment
    assert release.alias() == ("1", {})


@pytest.mark.parametrize("roll_back", [True, False])
def test_a_deployment_stops_on_request(faithful: Lab, roll_back: bool) -> None:  # noqa: FBT001 - a parameter
    release = Release(faithful, canary(50, 60))
    release.update(ANOTHER_GOOD)
    eventually(lambda: release.alias() == ("1", {"2": 0.5}))
    (running,) = release.deployments()
    assert running["status"] == "InProgress"

    stopped = release.code_deploy.stop_deployment(deploymentId=running["deploymentId"], autoRollbackEnabled=roll_back)

    assert stopped["status"] == "Pending"
    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    *rollbacks, deployment = release.deployments()
    assert deployment["status"] == "Stopped"
    assert deployment["errorInformation"]["code"] == "MANUAL_STOP"
    assert len(rollbacks) == int(roll_back)
    assert release.alias() == ("1", {})


def test_a_stack_that_fails_after_the_release_takes_the_alias_back_at_once(faithful: Lab) -> None:
    properties = {"FunctionName": {"Ref": "Function"}, "Name": "live", "FunctionVersion": "1"}
    taken = {"Type": "AWS::Lambda::Alias", "Properties": properties, "DependsOn": "Alias"}
    release = Release(faithful, AT_ONCE, before="Succeeded", extra={"Taken": taken})

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert release.alias() == ("1", {})
    (deployment,) = release.deployments()
    assert deployment["status"] == "Succeeded"


def test_an_alias_with_the_same_version_is_not_deployed(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60))
    template = json.loads(release.template(GOOD))
    template["Resources"]["Alias"]["Properties"]["Description"] = "changed"

    release.cloudformation.update_stack(StackName=release.stack, TemplateBody=json.dumps(template))

    assert release.settled() == "UPDATE_COMPLETE"
    assert release.deployments() == []
    assert faithful.client("lambda").get_alias(FunctionName=release.function, Name="live")["Description"] == "changed"


def test_an_alias_that_somebody_else_has_moved_is_not_released(faithful: Lab) -> None:
    release = Release(faithful, AT_ONCE)
    moved = faithful.publish(release.function)
    faithful.client("lambda").update_alias(FunctionName=release.function, Name="live", FunctionVersion=moved)

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    (reason,) = release.reasons("UPDATE_FAILED")
    assert "does not match the current version in AppSpec file" in reason


def test_a_version_that_cannot_share_traffic_is_not_released(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60))
    release.updates += 1
    template = json.loads(release.template(ANOTHER_GOOD))
    template["Resources"]["Function"]["Properties"]["Role"] += "-another"

    release.cloudformation.update_stack(StackName=release.stack, TemplateBody=json.dumps(template))

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    (reason,) = release.reasons("UPDATE_FAILED")
    assert "must have the same execution role" in reason
    assert release.alias() == ("1", {})


def test_an_update_policy_that_names_no_deployment_group_fails_the_update(faithful: Lab) -> None:
    release = Release(faithful, AT_ONCE)
    release.updates += 1
    template = release.template(ANOTHER_GOOD).replace('{"Ref": "Group"}', '"nobody"')

    release.cloudformation.update_stack(StackName=release.stack, TemplateBody=template)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    assert release.reasons("UPDATE_FAILED") == ["No Deployment Group found for name: nobody"]


def test_a_deployment_group_needs_a_configuration_that_is_there(faithful: Lab) -> None:
    name = faithful.name()
    group = {"ApplicationName": {"Ref": "Application"}, "DeploymentConfigName": "nobody", "ServiceRoleArn": ROLE}
    resources = {
        "Application": {"Type": "AWS::CodeDeploy::Application", "Properties": {"ComputePlatform": "Lambda"}},
        "Group": {"Type": "AWS::CodeDeploy::DeploymentGroup", "Properties": group},
    }

    with pytest.raises(AssertionError, match="ROLLBACK_COMPLETE"):
        faithful.deploy(resources)

    group |= {
        "DeploymentConfigName": "CodeDeployDefault.LambdaLinear10PercentEvery1Minute",
        "DeploymentGroupName": name,
    }
    application = faithful.deploy(resources, {"Name": {"Ref": "Application"}})["Name"]
    code_deploy = faithful.client("codedeploy")
    found = code_deploy.get_deployment_group(applicationName=application, deploymentGroupName=name)
    assert found["deploymentGroupInfo"]["deploymentConfigName"] == group["DeploymentConfigName"]
    assert code_deploy.list_deployment_groups(applicationName=application)["deploymentGroups"] == [name]
    config = code_deploy.get_deployment_config(deploymentConfigName=group["DeploymentConfigName"])
    assert config["deploymentConfigInfo"]["trafficRoutingConfig"]["timeBasedLinear"] == {
        "linearPercentage": 10,
        "linearInterval": 1,
    }


def app_spec(release: Release, target: str) -> dict[str, Any]:
    properties = {"Name": release.function, "Alias": "live", "CurrentVersion": "1", "TargetVersion": target}
    resource = {release.function: {"Type": "AWS::Lambda::Function", "Properties": properties}}
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": json.dumps({"Resources": [resource]})}}


def test_a_deployment_can_be_created_without_a_stack_one_at_a_time(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60))
    target = faithful.publish(release.function)
    code_deploy = release.code_deploy
    request = {
        "applicationName": release.physical_id("Application"),
        "deploymentGroupName": release.physical_id("Group"),
        "revision": app_spec(release, target),
    }

    created = code_deploy.create_deployment(**request, description="by hand")["deploymentId"]
    with pytest.raises(code_deploy.exceptions.DeploymentLimitExceededException, match=created):
        code_deploy.create_deployment(**request)

    eventually(lambda: release.alias() == ("1", {target: 0.5}))
    code_deploy.stop_deployment(deploymentId=created)
    eventually(lambda: release.deployments()[0]["status"] == "Stopped")
    assert release.deployments()[0]["description"] == "by hand"
    with pytest.raises(code_deploy.exceptions.DeploymentAlreadyCompletedException):
        code_deploy.stop_deployment(deploymentId=created)


def test_a_deployment_to_everything_at_once_takes_no_time(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60))
    target = faithful.publish(release.function)

    created = release.code_deploy.create_deployment(
        applicationName=release.physical_id("Application"),
        deploymentGroupName=release.physical_id("Group"),
        deploymentConfigName="CodeDeployDefault.LambdaAllAtOnce",
        revision=app_spec(release, target),
    )["deploymentId"]

    waiter = release.code_deploy.get_waiter("deployment_successful")
    waiter.wait(deploymentId=created, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    assert release.alias() == (target, {})


@pytest.mark.parametrize(
    ("operation", "request_", "code"),
    [
        ("get_deployment", {"deploymentId": "d-NOBODYS99"}, "DeploymentDoesNotExistException"),
        ("get_deployment", {"deploymentId": "nonsense"}, "InvalidDeploymentIdException"),
        ("put_lifecycle_event_hook_execution_status", {"status": "Succeeded"}, "DeploymentIdRequiredException"),
        ("get_application", {"applicationName": "nobody"}, "ApplicationDoesNotExistException"),
        ("get_deployment_config", {"deploymentConfigName": "nobody"}, "DeploymentConfigDoesNotExistException"),
        (
            "list_deployments",
            {"applicationName": "nobody", "deploymentGroupName": "nobody"},
            "ApplicationDoesNotExistException",
        ),
        ("list_git_hub_account_token_names", {}, "UnknownOperationException"),
    ],
)
def test_fails_as_aws_does_when_asked_for_what_is_not_there(
    faithful: Lab, operation: str, request_: dict[str, Any], code: str
) -> None:
    client = faithful.client("codedeploy")

    with pytest.raises(client.exceptions.ClientError) as failed:
        getattr(client, operation)(**request_)

    assert failed.value.response["Error"]["Code"] == code


def test_a_hook_reports_once_and_one_of_two_words(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60), before="nothing", hook=PRINTS)
    release.update(ANOTHER_GOOD)
    (event,) = eventually(lambda: faithful.printed(release.physical_id("HookBefore"), within=1))
    errors = release.code_deploy.exceptions

    def report(status: str, execution: str = event["LifecycleEventHookExecutionId"]) -> str:
        answer = release.code_deploy.put_lifecycle_event_hook_execution_status(
            deploymentId=event["DeploymentId"], lifecycleEventHookExecutionId=execution, status=status
        )
        return str(answer["lifecycleEventHookExecutionId"])

    with pytest.raises(errors.InvalidLifecycleEventHookExecutionIdException):
        report("Succeeded", "nonsense")
    with pytest.raises(errors.InvalidLifecycleEventHookExecutionStatusException, match="Succeeded or Failed"):
        report("Skipped")
    assert release.alias() == ("1", {})
    assert report("Succeeded") == event["LifecycleEventHookExecutionId"]
    with pytest.raises(errors.LifecycleEventAlreadyCompletedException):
        report("Failed")
    eventually(lambda: release.alias() == ("1", {"2": 0.5}))
    release.code_deploy.stop_deployment(deploymentId=event["DeploymentId"])
    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_a_reset_ends_what_is_under_way(faithful: Lab) -> None:
    release = Release(faithful, canary(50, 60))
    release.update(ANOTHER_GOOD)
    eventually(lambda: release.alias() == ("1", {"2": 0.5}))

    faithful.cloud.reset()

    assert release.code_deploy.list_deployments()["deployments"] == []
    assert release.code_deploy.list_applications()["applications"] == []
    after = Release(faithful, AT_ONCE)
    after.update(ANOTHER_GOOD)
    assert after.settled() == "UPDATE_COMPLETE"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """A cloud where an hour passes in a second."""
    monkeypatch.setitem(process._SHORT_WAITS, "LOCAL_CLOUD_RELEASE_MINUTE_SECONDS", "0.02")
    with LocalCloud.start() as cloud:
        yield Lab(cloud)


def test_a_hook_that_does_not_report_within_an_hour_has_failed(hasty: Lab) -> None:
    release = Release(hasty, AT_ONCE, before="nothing", hook=PRINTS)

    release.update(ANOTHER_GOOD)

    assert release.settled() == "UPDATE_ROLLBACK_COMPLETE"
    _rollback, deployment = release.deployments()
    assert deployment["errorInformation"]["code"] == "TIMEOUT"
    assert 1.2 <= (deployment["completeTime"] - deployment["startTime"]).total_seconds() < 30
    assert release.alias() == ("1", {})


def test_the_published_emulator_refuses_the_resources(stock: Lab) -> None:
    with pytest.raises(stock.client("cloudformation").exceptions.ClientError, match="Unrecognized resource types"):
        Release(stock, AT_ONCE)


def test_the_published_emulator_moves_an_alias_at_once_and_runs_no_hook(stock: Lab) -> None:
    name = stock.function(GOOD)
    first, second = stock.publish(name), stock.publish(name)
    stack, cloudformation = stock.name(), stock.client("cloudformation")
    policy = {"ApplicationName": "a", "DeploymentGroupName": "g", "BeforeAllowTrafficHook": name}

    def template(version: str) -> str:
        properties = {"FunctionName": name, "Name": "live", "FunctionVersion": version}
        update = {"UpdatePolicy": {"CodeDeployLambdaAliasUpdate": policy}}
        return json.dumps({"Resources": {"Alias": {"Type": "AWS::Lambda::Alias", "Properties": properties, **update}}})

    cloudformation.create_stack(StackName=stack, TemplateBody=template(first))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    cloudformation.update_stack(StackName=stack, TemplateBody=template(second))
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})

    assert stock.client("lambda").get_alias(FunctionName=name, Name="live")["FunctionVersion"] == second
