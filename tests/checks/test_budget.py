"""500 resources in 100 ms: gated as a count of work, which is the same on every machine, and reported as time."""

from __future__ import annotations

import cProfile
import time
from typing import TYPE_CHECKING

from cdk_lambda_patterns.checks.evaluation import evaluate, selected
from cdk_lambda_patterns.checks.reading import read

if TYPE_CHECKING:
    from collections.abc import Callable

RESOURCES = 500
# Counted on Python 3.11; other versions call a little less.
MOST_CALLS = 230_000
MOST_RESOLVED = 2_000


def arn(logical_id: str) -> dict[str, object]:
    return {"Fn::GetAtt": [logical_id, "Arn"]}


def ref(logical_id: str) -> dict[str, object]:
    return {"Ref": logical_id}


def resource(kind: str, **properties: object) -> dict[str, object]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def grant(actions: list[str], on: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": actions, "Resource": on}


def service(n: int) -> dict[str, object]:
    """One of fifty services: a function with a queue, a bucket, a table, and grants on them and on the next queue."""
    grants = [
        grant(["sqs:SendMessage", "sqs:GetQueueUrl"], arn(f"Queue{(n + 1) % 50}")),
        grant(["s3:PutObject*", "s3:Abort*"], {"Fn::Join": ["", [arn(f"Bucket{n}"), "/out/*"]]}),
        grant(["dynamodb:PutItem", "dynamodb:GetItem"], arn(f"Table{n}")),
    ]
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    told = {"LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": ref(f"Live{n}")}]}
    dimensions = [{"Name": "FunctionName", "Value": ref(f"Fn{n}")}]
    variables = {"TABLE_NAME": ref(f"Table{n}"), "QUEUE_URL": ref(f"Queue{n}")}
    return {
        f"Role{n}": resource("IAM::Role", AssumeRolePolicyDocument=trust),
        f"Policy{n}": resource("IAM::Policy", Roles=[ref(f"Role{n}")], PolicyDocument={"Statement": grants}),
        f"Fn{n}": resource(
            "Lambda::Function",
            Role=arn(f"Role{n}"),
            Runtime="python3.14",
            Timeout=30,
            Environment={"Variables": variables},
        ),
        f"Live{n}": resource("Lambda::Alias", FunctionName=ref(f"Fn{n}"), FunctionVersion="1", Name="live"),
        f"Queue{n}": resource("SQS::Queue", VisibilityTimeout=180),
        f"Mapping{n}": resource(
            "Lambda::EventSourceMapping", EventSourceArn=arn(f"Queue{n}"), FunctionName=ref(f"Live{n}")
        ),
        f"Bucket{n}": resource("S3::Bucket", NotificationConfiguration=told),
        f"Permission{n}": resource(
            "Lambda::Permission",
            Principal="s3.amazonaws.com",
            FunctionName=ref(f"Live{n}"),
            SourceArn=arn(f"Bucket{n}"),
        ),
        f"Table{n}": resource("DynamoDB::Table", BillingMode="PAY_PER_REQUEST"),
        f"Alarm{n}": resource("CloudWatch::Alarm", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=dimensions),
    }


def test_five_hundred_resources_are_checked_within_the_budget(record_property: Callable[[str, object], None]) -> None:
    resources = {name: body for n in range(50) for name, body in service(n).items()}
    assert len(resources) == RESOURCES
    rules = selected()
    evaluate(read([{"Resources": resources}]), rules)  # modules, tables and patterns are loaded once

    given = read([{"Resources": resources}])
    profile = cProfile.Profile(builtins=False)
    report = profile.runcall(evaluate, given, rules)
    calls = sum(entry.callcount for entry in profile.getstats())

    again = read([{"Resources": resources}])
    started = time.process_time()
    evaluate(again, rules)
    milliseconds = (time.process_time() - started) * 1000

    record_property("calls", calls)
    record_property("milliseconds", round(milliseconds))
    print(f"{calls:,} calls, {given.templates.resolved:,} values, {milliseconds:.0f} ms of processor time")  # noqa: T201
    assert report.errors == []
    assert {loop.medium for loop in report.app.flow.loops.found} == {"s3", "sqs"}
    assert calls <= MOST_CALLS
    assert given.templates.resolved <= MOST_RESOLVED


def test_where_everything_may_write_everywhere_the_search_is_bounded() -> None:
    """One role for a hundred functions, and a grant on each of a hundred queues that they poll."""
    count = range(100)
    grants = [grant(["sqs:SendMessage"], [arn(f"Queue{n}") for n in count])]
    resources: dict[str, object] = {
        "Role": resource("IAM::Role", Policies=[{"PolicyDocument": {"Statement": grants}}]),
        **{f"Fn{n}": resource("Lambda::Function", Role=arn("Role")) for n in count},
        **{f"Queue{n}": resource("SQS::Queue") for n in count},
        **{
            f"Mapping{n}": resource(
                "Lambda::EventSourceMapping", EventSourceArn=arn(f"Queue{n}"), FunctionName=ref(f"Fn{n}")
            )
            for n in count
        },
    }

    started = time.process_time()
    report = evaluate(read([{"Resources": resources}]), selected(["RecursionThroughQueue"]))

    assert time.process_time() - started < 20
    assert len(report.findings) >= 100
    assert len({finding.function for finding in report.findings}) == 100
