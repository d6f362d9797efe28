"""Starts a function from mail that Amazon SES receives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_ses as ses
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.alarms import define_query_alarm
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.references import in_one_stack
from cdk_lambda_patterns.validation import Where

from .event_source_mappings import reader_of, role_of
from .senders import let_use_key
from .trigger_checks import check_unused, require_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_cloudwatch as cloudwatch, aws_s3 as s3

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

    from .event_source_mappings import Reader

_SES = "ses.amazonaws.com"
_RECIPIENT = r"(?:[^@\s<>,*]+@|\.)?(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+"


class SesTrigger(Construct):
    """Starts a function's `live` alias when Amazon SES receives mail.

    Defines a receipt rule that demands TLS and scans for spam and viruses, and the permission, for this account's rule
    set alone. The event has the mail's headers only; with a bucket the whole mail is put there before the function
    starts, and the function may read it. What the function fails to process ends in its failure queue, and an alarm
    tells of mail that SES could not pass on.

    A rule set works only while it is the account's active one, which CloudFormation cannot say.
    """

    rule: ses.CfnReceiptRule
    """The receipt rule."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `EventsLost`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        rule_set: ses.IReceiptRuleSet | ses.ReceiptRuleSet,
        recipients: Sequence[str] | None = None,
        bucket: s3.IBucket | None = None,
        key_prefix: str | None = None,
        after: SesTrigger | ses.IReceiptRule | ses.ReceiptRule | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start.
            rule_set: The rule set that the rule is added to.
            recipients: Up to 500 addresses and domains: `help@example.com`, `example.com`, or `.example.com` for its
                subdomains.
                Default: - all of the account's verified domains.
                Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-receipt-rules-console-walkthrough.html
            bucket: Where the whole mail is put before the function starts. Its policy, and that of a customer's key,
                are extended.
                Default: - the mail's text is lost.
                Source: https://docs.aws.amazon.com/ses/latest/dg/receiving-email-permissions.html
            key_prefix: What the mails' keys begin with; the message id follows.
                Default: - nothing.
            after: The rule that comes before this one.
                Default: - this one comes first.
            enabled: Whether the rule works at once.
                Default: True

        Raises:
            ValidationError: No recipient, one that is neither address nor domain, or a prefix without a bucket.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "rule_set", rule_set, "receipt_rule_set_name", "aws_ses.IReceiptRuleSet")
        expect_type(where, "bucket", bucket, "bucket_arn", "aws_s3.IBucket")
        if not isinstance(after, SesTrigger):
            expect_type(where, "after", after, "receipt_rule_name", "SesTrigger or aws_ses.IReceiptRule")
        where.true_or_false(enabled=enabled)
        _check_recipients(where, recipients)
        if bucket is None:
            check_unused(
                where,
                {"key_prefix": key_prefix},
                "must be left out where no 'bucket' is given",
                fix="give the bucket",
                code="KeyPrefixUnused",
            )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        function.invoked_asynchronously()
        rule_set_name = rule_set.receipt_rule_set_name
        rules = _rules_of(cdk.Stack.of(self), rule_set_name)
        # Not this rule alone: SES tries the permission when the rule is made, so it must be there before.
        permission = function.callers.allow(
            self, "Permission", principal=_SES, source_arn=rules, source_account=cdk.Aws.ACCOUNT_ID
        )
        action = ses.CfnReceiptRule.ActionProperty
        start = action(
            lambda_action=ses.CfnReceiptRule.LambdaActionProperty(
                function_arn=function.live.function_arn, invocation_type="Event"
            )
        )
        actions = [start]
        if bucket is not None:
            kept = ses.CfnReceiptRule.S3ActionProperty(bucket_name=bucket.bucket_name, object_key_prefix=key_prefix)
            actions = [action(s3_action=kept), start]
        self.rule = ses.CfnReceiptRule(
            self,
            "Rule",
            rule_set_name=rule_set_name,
            after=None if after is None else _name_of(after),
            rule=ses.CfnReceiptRule.RuleProperty(
                actions=actions,
                enabled=enabled,
                recipients=None if recipients is None else list(recipients),
                scan_enabled=True,
                tls_policy="Require",
            ),
        )

        # 3 connect
        self.rule.add_resource_dependency(permission)
        if bucket is not None:
            # In another stack the bucket's policy cannot name the rule set, whose rule needs the bucket.
            sources = rules if in_one_stack(bucket, self) else _rules_of(cdk.Stack.of(self), "*")
            _let_put(self.rule, bucket, key_prefix or "", sources)
            _let_read(reader_of(self, function), bucket, key_prefix or "")
        self.alarms = {
            "EventsLost": define_query_alarm(
                self,
                "EventsLostAlarm",
                query=f"SELECT SUM(PublishExpired) FROM \"AWS/SES\" WHERE RuleName = '{self.rule.ref}'",  # noqa: S608
                threshold=practices.FAILURE_QUEUE_ALARM_THRESHOLD,
                text="SES has given up mail that it could not put into the bucket or hand to the function for four "
                "hours. Check the policies of the bucket, its key and the function.",
                actions=function.alarm_actions,
            )
        }


def _check_recipients(where: Where, recipients: Sequence[str] | None) -> None:
    if recipients is None:
        return
    where.size("recipients", require_list(where, "recipients", recipients), quotas.SES_RECIPIENTS)
    for recipient in recipients:
        where.text("recipients", recipient)
        where.matches(
            "recipients",
            recipient,
            _RECIPIENT,
            rule="must be addresses and domains without wildcards",
            fix="write help@example.com, example.com, or .example.com for its subdomains",
            code="SesRecipientInvalid",
        )


def _rules_of(stack: cdk.Stack, rule_set_name: str) -> str:
    """The ARN of all rules of a rule set. The rule's own would need its name, and the rule needs the permission."""
    return stack.format_arn(service="ses", resource="receipt-rule-set", resource_name=f"{rule_set_name}:receipt-rule/*")


def _name_of(rule: SesTrigger | ses.IReceiptRule | ses.ReceiptRule) -> str:
    return rule.rule.ref if isinstance(rule, SesTrigger) else rule.receipt_rule_name


def _let_put(rule: ses.CfnReceiptRule, bucket: s3.IBucket, prefix: str, rules: str) -> None:
    """Let SES put mail for this rule set; the rule comes after, because SES tries it."""
    added = bucket.add_to_resource_policy(
        iam.PolicyStatement(
            actions=["s3:PutObject"],
            principals=[principals.service(_SES)],
            resources=[bucket.arn_for_objects(f"{prefix}*")],
            conditions={
                "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": rules},
            },
        )
    )
    if added.policy_dependable is not None:
        rule.node.add_dependency(added.policy_dependable)
    if not added.statement_added:
        cdk.Annotations.of(rule).add_warning_v2(
            "cdk-lambda-patterns:bucketPolicyUnknown",
            "the policy of this bucket from outside cannot be changed from here: see that it lets ses.amazonaws.com "
            "put objects. Until then CloudFormation refuses the rule",
        )
    key = bucket.encryption_key
    if key is not None:
        let_use_key(rule, key, principals.service_in_account(_SES), service=_SES)


def _let_read(reader: Reader, bucket: s3.IBucket, prefix: str) -> None:
    objects = bucket.arn_for_objects(f"{prefix}*")
    iam.Grant.add_to_principal(grantee=reader, actions=["s3:GetObject"], resource_arns=[objects])
    acknowledge_wildcard(role_of(reader), objects, "SES chooses the names of the objects")
    key = bucket.encryption_key
    if key is not None:
        let_use(reader, key, "kms:Decrypt")
