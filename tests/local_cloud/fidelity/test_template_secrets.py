"""What secrets of templates hold, and what they are called."""

from __future__ import annotations

import json
import re
import string
from typing import TYPE_CHECKING, Any

import pytest

from tests.local_cloud.fidelity.lab import eventually

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.local_cloud.fidelity.lab import Lab

pytestmark = pytest.mark.local_cloud

KINDS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation)


def secret(**properties: object) -> dict[str, object]:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": properties}


def value(lab: Lab, secret_id: str) -> str:
    return str(lab.client("secretsmanager").get_secret_value(SecretId=secret_id)["SecretString"])


def generated(lab: Lab, **asked: object) -> str:
    """The value of a secret that a template has generated."""
    return value(lab, lab.deploy({"Token": secret(GenerateSecretString=asked)}, {"Arn": {"Ref": "Token"}})["Arn"])


def kinds_in(text: str) -> list[bool]:
    return [any(character in kind for character in text) for kind in KINDS]


class Stack:
    """A stack that changes."""

    def __init__(self, lab: Lab, **properties: object) -> None:
        self._cloudformation = lab.client("cloudformation")
        self.name = lab.name()
        self._cloudformation.create_stack(StackName=self.name, TemplateBody=self._template(properties))
        self._settle()

    def update(self, **properties: object) -> None:
        self._cloudformation.update_stack(StackName=self.name, TemplateBody=self._template(properties))
        self._settle()

    def delete(self) -> None:
        self._cloudformation.delete_stack(StackName=self.name)

    @property
    def arn(self) -> str:
        """What CloudFormation knows the secret by."""
        described = self._cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId="Token")
        return str(described["StackResourceDetail"]["PhysicalResourceId"])

    @property
    def status(self) -> str:
        return str(self._described()["StackStatus"])

    @property
    def reasons(self) -> str:
        """What its events say."""
        events = self._cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    @staticmethod
    def _template(properties: Mapping[str, object]) -> str:
        return json.dumps({"Resources": {"Token": secret(**properties)}})

    def _described(self) -> dict[str, Any]:
        (stack,) = self._cloudformation.describe_stacks(StackName=self.name)["Stacks"]
        return dict(stack)

    def _settle(self) -> None:
        eventually(lambda: not self.status.endswith("IN_PROGRESS"))


def test_a_password_of_32_characters_of_every_kind_is_generated(faithful: Lab) -> None:
    first, second = (generated(faithful) for _ in range(2))

    assert len(first) == len(second) == 32
    assert kinds_in(first) == kinds_in(second) == [True] * 4
    assert " " not in first
    assert first != second


def test_a_password_is_of_the_characters_that_the_template_asks_for(faithful: Lab) -> None:
    digits = generated(
        faithful, PasswordLength=200, ExcludePunctuation=True, ExcludeLowercase=True, ExcludeUppercase=True
    )
    assert kinds_in(digits) == [False, False, True, False]
    assert len(digits) == 200
    assert kinds_in(generated(faithful, PasswordLength=200, ExcludeNumbers=True)) == [True, True, False, True]
    assert not set("abc/@\"' ") & set(generated(faithful, PasswordLength=200, ExcludeCharacters="abc/@\"' "))
    assert " " in generated(faithful, PasswordLength=4, IncludeSpace=True, ExcludeCharacters=string.punctuation)
    assert len(generated(faithful, PasswordLength=1, RequireEachIncludedType=False)) == 1


def test_numbers_and_booleans_may_be_text(faithful: Lab) -> None:
    password = generated(faithful, PasswordLength="8", ExcludePunctuation="true", ExcludeNumbers="false")

    assert len(password) == 8
    assert kinds_in(password) == [True, True, True, False]


def test_a_password_is_put_into_the_json_that_the_template_has(faithful: Lab) -> None:
    user = json.loads(generated(faithful, SecretStringTemplate='{"username": "orders"}', GenerateStringKey="password"))

    assert user.keys() == {"username", "password"}
    assert user["username"] == "orders"
    assert len(user["password"]) == 32


def test_a_value_that_the_template_has_stays(faithful: Lab) -> None:
    stack = Stack(faithful, SecretString="quiet")

    assert value(faithful, stack.arn) == "quiet"


def test_a_secret_without_a_value_has_none(faithful: Lab) -> None:
    stack = Stack(faithful, Description="filled by hand")
    secrets = faithful.client("secretsmanager")

    with pytest.raises(secrets.exceptions.ResourceNotFoundException, match="staging label: AWSCURRENT"):
        value(faithful, stack.arn)


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"GenerateSecretString": {"PasswordLength": 3}}, "PasswordLength too short to include required"),
        ({"GenerateSecretString": {"PasswordLength": 0}}, "PasswordLength must be between 1 and 4096"),
        ({"GenerateSecretString": {"SecretStringTemplate": "{}"}}, "SecretStringTemplate and GenerateStringKey go"),
        ({"GenerateSecretString": {"GenerateStringKey": "a"}}, "SecretStringTemplate and GenerateStringKey go"),
        (
            {"GenerateSecretString": {"SecretStringTemplate": "[]", "GenerateStringKey": "a"}},
            "SecretStringTemplate must be a JSON object",
        ),
        ({"GenerateSecretString": {}, "SecretString": "a"}, "SecretString or GenerateSecretString, got both"),
    ],
)
def test_fails_when_nothing_can_be_generated(faithful: Lab, properties: dict[str, object], reason: str) -> None:
    stack = Stack(faithful, **properties)

    assert stack.status == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons


def test_a_ref_gives_the_arn_and_a_name_is_of_two_words(faithful: Lab) -> None:
    # As the CDK takes the name of a secret from its ARN.
    of_arn = {"Fn::Select": [6, {"Fn::Split": [":", {"Ref": "Token"}]}]}
    words = [{"Fn::Select": [index, {"Fn::Split": ["-", of_arn]}]} for index in range(2)]
    outputs = {"Arn": {"Ref": "Token"}, "Id": {"Fn::GetAtt": ["Token", "Id"]}, "Name": {"Fn::Join": ["-", words]}}

    deployed = faithful.deploy({"Token": secret(GenerateSecretString={})}, outputs)

    assert deployed["Arn"] == deployed["Id"]
    assert deployed["Arn"].startswith(faithful.arn("secretsmanager", f"secret:{deployed['Name']}-"))
    assert re.fullmatch(r"Token-[A-Za-z0-9]{12}", deployed["Name"])
    assert value(faithful, deployed["Name"]) == value(faithful, deployed["Arn"])


def test_a_password_stays_until_another_one_is_asked_for(faithful: Lab) -> None:
    stack = Stack(faithful, GenerateSecretString={})
    arn, first = stack.arn, value(faithful, stack.arn)

    stack.update(GenerateSecretString={}, Description="of the shop")
    assert (stack.arn, value(faithful, arn)) == (arn, first)
    described = faithful.client("secretsmanager").describe_secret(SecretId=arn)
    assert described["Description"] == "of the shop"

    stack.update(GenerateSecretString={"PasswordLength": 20}, Description="of the shop")
    assert stack.arn == arn
    assert len(value(faithful, arn)) == 20


def test_a_secret_of_another_name_is_another_one(faithful: Lab) -> None:
    secrets = faithful.client("secretsmanager")
    first, second = faithful.name(), faithful.name()
    stack = Stack(faithful, Name=first, GenerateSecretString={})
    assert f":secret:{first}-" in stack.arn

    stack.update(Name=second, GenerateSecretString={})
    renamed = stack.arn
    assert f":secret:{second}-" in renamed
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        value(faithful, first)

    stack.update(GenerateSecretString={})
    assert ":secret:Token-" in stack.arn
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        value(faithful, renamed)


def test_a_secret_that_somebody_deleted_is_made_again(faithful: Lab) -> None:
    stack = Stack(faithful, GenerateSecretString={})
    faithful.client("secretsmanager").delete_secret(SecretId=stack.arn, ForceDeleteWithoutRecovery=True)

    stack.update(GenerateSecretString={}, Description="again")

    assert ":secret:Token-" in stack.arn
    assert len(value(faithful, stack.arn)) == 32


def test_a_secret_goes_with_its_stack(faithful: Lab) -> None:
    secrets = faithful.client("secretsmanager")
    stack = Stack(faithful, GenerateSecretString={})
    arn = stack.arn

    stack.delete()

    def gone() -> bool:
        try:
            value(faithful, arn)
        except secrets.exceptions.ResourceNotFoundException:
            return True
        return False

    eventually(gone)


def test_a_secret_that_is_there_has_not_drifted(faithful: Lab) -> None:
    cloudformation = faithful.client("cloudformation")
    stack = Stack(faithful, GenerateSecretString={})

    drift = cloudformation.detect_stack_resource_drift(StackName=stack.name, LogicalResourceId="Token")

    assert drift["StackResourceDrift"]["StackResourceDriftStatus"] == "IN_SYNC"


def test_a_property_of_another_resource_may_be_the_password(faithful: Lab) -> None:
    parameter = {
        "Type": "AWS::SSM::Parameter",
        "Properties": {
            "Type": "String",
            "Value": {"Fn::Sub": "{{resolve:secretsmanager:${Token}:SecretString:password::}}"},
        },
    }
    asked = {"SecretStringTemplate": "{}", "GenerateStringKey": "password"}
    resources = {"Token": secret(GenerateSecretString=asked), "Copy": parameter}

    deployed = faithful.deploy(resources, {"Arn": {"Ref": "Token"}, "Copy": {"Ref": "Copy"}})

    copied = faithful.client("ssm").get_parameter(Name=deployed["Copy"])["Parameter"]["Value"]
    assert copied == json.loads(value(faithful, deployed["Arn"]))["password"]


def test_the_published_emulator_leaves_them_empty_and_calls_them_by_name(stock: Lab) -> None:
    stack = Stack(stock, GenerateSecretString={})

    assert value(stock, stack.arn) == ""
    assert not stack.arn.startswith("arn:")


def test_the_published_emulator_knows_few_of_the_options(stock: Lab) -> None:
    assert not generated(stock, PasswordLength=200, ExcludePunctuation=True).isalnum()
