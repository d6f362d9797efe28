"""Whether a resource's own policy lets a service use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .emulator import module, part

if TYPE_CHECKING:
    from .emulator import Record

_ACTIONS = {"lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage"}


def allows(resource_arn: str, service: str, source_arn: str) -> bool:
    """Evaluate the policy of a function, an alias, a version, a topic or a queue; True for anything else.

    Args:
        resource_arn: The resource's. Of a function, the qualifier counts: an alias has statements of its own.
        service: Who uses it, for example `events.amazonaws.com`.
        source_arn: On whose behalf: the rule, the topic, the bucket.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """
    kind = resource_arn.split(":")[2]
    if kind not in _ACTIONS:
        return True
    responses = module("core.responses")
    account = source_arn.split(":")[4] or responses.get_account_id()
    evaluator = module("core.iam_evaluator")
    context = evaluator.EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=_ACTIONS[kind],
        resource_arn=resource_arn,
        region=responses.get_region(),
        secure_transport=True,
        service_context={
            "aws:sourcearn": source_arn,
            "aws:sourceaccount": account,
            # What a topic's default policy asks for.
            "aws:sourceowner": account,
        },
    )
    decision: str = evaluator.evaluate_resource_policy(_policy(kind, resource_arn), context, service=service).decision
    return decision == "Allow"


def _policy(kind: str, arn: str) -> object:
    if kind == "lambda":
        function, _config, _name = module("services.lambda_svc")._get_base_func_record_for_ref(arn)
        return part(function, "policy")
    if kind == "sns":
        topic: Record | None = module("services.sns")._topics.get(arn)
        return part(topic, "attributes").get("Policy")
    return part(module("services.sqs")._queue_by_arn(arn), "attributes").get("Policy")
