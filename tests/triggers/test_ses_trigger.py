from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_kms as kms, aws_s3 as s3, aws_ses as ses

from cdk_lambda_patterns import SesTrigger
from cdk_lambda_patterns.testing import synthesize
from tests.examples import example_handler
from tests.function.support import define, only, resources
from tests.refusals import refusal
from tests.triggers.polling import granted, logical_id, warnings
from tests.triggers.ses_events import MESSAGE_ID, event

if TYPE_CHECKING:
    from types import ModuleType

    from cdk_lambda_patterns.testing import Template

RULES = {
    "Fn::Join": [
        "",
        [
            "arn:",
            {"Ref": "AWS::Partition"},
            ":ses:",
            {"Ref": "AWS::Region"},
            ":",
            {"Ref": "AWS::AccountId"},
            ":receipt-rule-set/support:receipt-rule/*",
        ],
    ]
}


def rule_set(stack: cdk.Stack) -> ses.IReceiptRuleSet:
    return ses.ReceiptRuleSet.from_receipt_rule_set_name(stack, "Rules", "support")


def trigger(stack: cdk.Stack, **options: Any) -> SesTrigger:  # noqa: ANN401
    given: dict[str, Any] = {"rule_set": None, "function": None, **options}
    given["function"] = given["function"] or define(stack)
    given["rule_set"] = given["rule_set"] or rule_set(stack)
    return SesTrigger(stack, "Help", **given)


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: trigger(stack, **options), code, got, path="Stack/Help")


def the_rule(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = only(template, "AWS::SES::ReceiptRule")["Rule"]
    return found


class TestRule:
    def test_demands_tls_scans_and_does_not_wait_for_the_function(self, stack: cdk.Stack) -> None:
        function = define(stack)

        trigger(stack, function=function)

        template = synthesize(stack)
        assert only(template, "AWS::SES::ReceiptRule") == {
            "Rule": {
                "Actions": [
                    {
                        "LambdaAction": {
                            "FunctionArn": {"Ref": logical_id(function.live)},
                            "InvocationType": "Event",
                        }
                    }
                ],
                "Enabled": True,
                "ScanEnabled": True,
                "TlsPolicy": "Require",
            },
            "RuleSetName": "support",
        }
        assert "OnFailure" in only(template, "AWS::Lambda::EventInvokeConfig")["DestinationConfig"]

    def test_may_call_the_function_for_this_accounts_rule_set_alone(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        (permission,) = resources(template, "AWS::Lambda::Permission")
        assert only(template, "AWS::Lambda::Permission")["SourceArn"] == RULES
        assert only(template, "AWS::Lambda::Permission")["SourceAccount"] == {"Ref": "AWS::AccountId"}
        assert template["Resources"][logical_id(defined.rule)]["DependsOn"] == [permission]

    def test_two_of_one_rule_set_share_a_permission_and_come_in_order(self, stack: cdk.Stack) -> None:
        function, rules = define(stack), rule_set(stack)

        first = SesTrigger(stack, "First", function=function, rule_set=rules)
        SesTrigger(stack, "Second", function=function, rule_set=rules, after=first)

        template = synthesize(stack)
        assert len(resources(template, "AWS::Lambda::Permission")) == 1
        after = [rule.get("After") for rule in resources(template, "AWS::SES::ReceiptRule").values()]
        assert after == [None, {"Ref": logical_id(first.rule)}]

    def test_may_come_after_a_rule_of_the_cdk(self, stack: cdk.Stack) -> None:
        rules = ses.ReceiptRuleSet(stack, "Set")

        trigger(stack, rule_set=rules, after=ses.ReceiptRule.from_receipt_rule_name(stack, "Spam", "drop-spam"))

        assert only(synthesize(stack), "AWS::SES::ReceiptRule")["After"] == "drop-spam"

    def test_may_begin_disabled(self, stack: cdk.Stack) -> None:
        trigger(stack, enabled=False)

        assert the_rule(synthesize(stack))["Enabled"] is False

    def test_tells_of_mail_that_is_given_up(self, stack: cdk.Stack) -> None:
        defined = trigger(stack)

        template = synthesize(stack)
        (query,) = resources(template, "AWS::CloudWatch::Alarm")[logical_id(defined.alarms["EventsLost"])]["Metrics"]
        assert query["Expression"]["Fn::Join"][1] == [
            'SELECT SUM(PublishExpired) FROM "AWS/SES" WHERE RuleName = \'',
            {"Ref": logical_id(defined.rule)},
            "'",
        ]

    def test_fails_when_the_rule_set_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", rule_set="support")


class TestRecipients:
    @pytest.mark.parametrize(
        "recipient", ["help@example.com", "help+shop@mail.example.com", "example.com", ".example.com"]
    )
    def test_are_addresses_and_domains(self, stack: cdk.Stack, recipient: str) -> None:
        trigger(stack, recipients=[recipient])

        assert the_rule(synthesize(stack))["Recipients"] == [recipient]

    def test_may_only_be_known_at_deployment(self, stack: cdk.Stack) -> None:
        trigger(stack, recipients=[cdk.Fn.import_value("Domain")])

        assert the_rule(synthesize(stack))["Recipients"] == [{"Fn::ImportValue": "Domain"}]

    @pytest.mark.parametrize(
        "recipient", ["*@example.com", "Help <help@example.com>", "help@", "@example.com", "localhost", "", "a@b@c.com"]
    )
    def test_fails_when_one_is_neither(self, stack: cdk.Stack, recipient: str) -> None:
        refused(stack, "SesRecipientInvalid", repr(recipient), recipients=["help@example.com", recipient])

    def test_may_be_five_hundred(self, stack: cdk.Stack) -> None:
        trigger(stack, recipients=[f"a{number}@example.com" for number in range(500)])

        assert len(the_rule(synthesize(stack))["Recipients"]) == 500

    @pytest.mark.parametrize("count", [0, 501])
    def test_fails_when_there_are_none_or_too_many(self, stack: cdk.Stack, count: int) -> None:
        refused(stack, "SesRecipients", f"{count}", recipients=count * ["help@example.com"])


class TestBucket:
    def test_gets_the_mail_before_the_function_which_may_read_it(self, stack: cdk.Stack) -> None:
        bucket = s3.Bucket(stack, "Bucket")

        defined = trigger(stack, bucket=bucket, key_prefix="help/")

        template = synthesize(stack)
        first, second = the_rule(template)["Actions"]
        assert first == {"S3Action": {"BucketName": {"Ref": logical_id(bucket)}, "ObjectKeyPrefix": "help/"}}
        assert "LambdaAction" in second
        ((policy, properties),) = resources(template, "AWS::S3::BucketPolicy").items()
        (statement,) = properties["PolicyDocument"]["Statement"]
        assert (statement["Action"], statement["Principal"]) == ("s3:PutObject", {"Service": "ses.amazonaws.com"})
        assert statement["Resource"]["Fn::Join"][1][1] == "/help/*"
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": RULES},
        }
        assert policy in template["Resources"][logical_id(defined.rule)]["DependsOn"], "SES tries it"
        assert granted(template)[f"{logical_id(bucket)}/help/*"] == ["s3:GetObject"]

    def test_may_have_a_customers_key(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        bucket = s3.Bucket(stack, "Bucket", encryption_key=key)

        trigger(stack, bucket=bucket)

        template = synthesize(stack)
        _, statement = only(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"]
        assert statement["Principal"] == {"Service": "ses.amazonaws.com"}
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        assert granted(template)[logical_id(key)] == ["kms:Decrypt"]

    def test_may_be_read_by_a_function_of_another_stack(self, app: cdk.App, stack: cdk.Stack) -> None:
        function = define(cdk.Stack(app, "Functions"))
        bucket = s3.Bucket(stack, "Bucket", encryption_key=kms.Key(stack, "Key"))

        trigger(stack, function=function, bucket=bucket)

        app.synth()
        assert [dependency.node.id for dependency in stack.dependencies] == ["Functions"]
        assert granted(synthesize(stack))[f"{logical_id(bucket)}/*"] == ["s3:GetObject"]

    def test_may_have_a_key_from_outside_of_which_is_warned(self, stack: cdk.Stack) -> None:
        key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:123456789012:key/1")

        trigger(stack, bucket=s3.Bucket(stack, "Mail", encryption_key=key))

        ((_, text),) = warnings(stack)
        assert "cdk-lambda-patterns:keyPolicyUnknown" in text

    def test_from_outside_is_warned_of(self, stack: cdk.Stack) -> None:
        trigger(stack, bucket=s3.Bucket.from_bucket_name(stack, "Bucket", "mail"))

        ((path, text),) = warnings(stack)
        assert path == "/Stack/Help/Rule"
        assert "ses.amazonaws.com" in text

    def test_fails_when_there_is_a_prefix_and_no_bucket(self, stack: cdk.Stack) -> None:
        refused(stack, "KeyPrefixUnused", "'help/'", key_prefix="help/")

    def test_fails_when_it_is_a_name(self, stack: cdk.Stack) -> None:
        refused(stack, "TypeMismatch", "str", bucket="mail")


class TestExampleHandler:
    @pytest.fixture
    def mail(self, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
        monkeypatch.setenv("BUCKET", "mail")
        monkeypatch.setenv("PREFIX", "help/")
        return example_handler("mail/mail.py")

    def test_reads_the_mail_at_the_prefix_and_the_message_id(
        self, mail: ModuleType, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        objects = {("mail", f"help/{MESSAGE_ID}"): b"Subject: Help\r\n\r\nIt does not start.\r\n"}
        monkeypatch.setattr(mail.boto3, "client", lambda service: {"s3": Bucket(objects)}[service])

        assert mail.handler(event(), None) == "It does not start.\r\n"

    @pytest.mark.parametrize("verdicts", [{"spam": "FAIL"}, {"virus": "FAIL"}])
    def test_passes_over_spam_and_viruses(self, mail: ModuleType, verdicts: dict[str, str]) -> None:
        assert mail.handler(event(**verdicts), None) is None


class Bucket:
    """As much of S3's client as the handler uses."""

    def __init__(self, objects: dict[tuple[str, str], bytes]) -> None:
        self._objects = objects

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        import io  # noqa: PLC0415 - here alone

        return {"Body": io.BytesIO(self._objects[Bucket, Key])}
