"""Generates the outside facts of the checks from cfn-lint's data, which follows AWS's own pages.

Actions: the Service Authorization Reference. Runtimes: the page on Lambda's runtimes.
"""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, cast

from cdk_lambda_patterns import quotas

# Services that roles of functions name; of others the checks say nothing.
SERVICES = (
    "apigateway", "appconfig", "appsync", "athena", "bedrock", "cloudformation", "cloudfront", "cloudwatch", "codebuild",
    "codedeploy", "codepipeline", "cognito-idp", "comprehend", "dynamodb", "ec2", "ecr", "ecs", "elasticache",
    "elasticfilesystem", "es", "events", "execute-api", "firehose", "glue", "iam", "iot", "kafka", "kinesis", "kms",
    "lambda", "logs", "mq", "pipes", "polly", "rds", "rds-data", "redshift-data", "rekognition", "route53", "s3",
    "sagemaker", "scheduler", "secretsmanager", "ses", "sns", "sqs", "ssm", "states", "sts", "textract", "transcribe",
    "translate", "xray",
)  # fmt: skip


def unscoped_actions() -> str:
    """The actions, by service, that can only be allowed on every resource."""
    actions = {
        service: sorted(name for name, action in facts["Actions"].items() if not action.get("Resources"))
        for service, facts in _cfn_lint("Policies.json").items()
        if service in SERVICES
    }
    source = "https://docs.aws.amazon.com/service-authorization/latest/reference/"
    return _text({"as_of": quotas.AS_OF, "source": source, "services": actions})


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
