"""Generates the outside facts of the checks from cfn-lint's data, which follows AWS's own pages.

Actions: the Service Authorization Reference. Runtimes: the page on Lambda's runtimes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast

from cdk_lambda_patterns import quotas

# Services whose resources a function's role can name; of others the checks say nothing.
SERVICES = (
    "apigateway", "appconfig", "athena", "cognito-idp", "dynamodb", "ecs", "elasticfilesystem", "es",
    "events", "execute-api", "firehose", "iam", "kinesis", "kms", "lambda", "logs", "pipes", "rds-data", "s3",
    "scheduler", "secretsmanager", "sns", "sqs", "ssm", "states", "sts", "xray",
)  # fmt: skip


def actions() -> str:
    """The actions of each service: those that can be allowed on single resources, and those that cannot."""
    services = {
        service: {
            "scoped": sorted(name for name, action in facts["Actions"].items() if action.get("Resources")),
            "unscoped": sorted(name for name, action in facts["Actions"].items() if not action.get("Resources")),
        }
        for service, facts in _cfn_lint("Policies.json").items()
        if service in SERVICES
    }
    source = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    return _text({"as_of": quotas.AS_OF, "source": source, "services": services})


def runtimes() -> str:
    """When each runtime is deprecated, and when functions with it can no longer be created and updated."""
    dates = {
        name: {
            "deprecated": facts["deprecated"],
            "create_blocked": facts["create-block"],
            "update_blocked": facts["update-block"],
            "successor": facts["successor"],
        }
        for name, facts in sorted(_cfn_lint("LmbdRuntimeLifecycle.json").items())
    }
    source = "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html"
    return _text({"as_of": quotas.AS_OF, "source": source, "runtimes": dates})


def _cfn_lint(name: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((files("cfnlint") / "data" / "AdditionalSpecs" / name).read_text()))


def _text(facts: dict[str, Any]) -> str:
    return json.dumps(facts, indent=1) + "\n"
