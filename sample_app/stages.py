"""The stages of the app: the same definition in several accounts, and here all that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from sample_app.stacks.document_conversion import DocumentConversion

if TYPE_CHECKING:
    from constructs import Construct


@dataclass(frozen=True, kw_only=True)
class StageSettings:
    """What differs between stages. Everything else is the same: what was tested is what runs."""

    name: str
    account: str
    """The stage's AWS account: none of them can spend another's concurrency, or delete its data."""
    region: str
    protected: bool
    """Whether its stacks refuse to be deleted, and its data outlives them."""
    log_retention: logs.RetentionDays


# The numbers of the accounts are examples.
STAGES = (
    StageSettings(
        name="Dev",
        account="111111111111",
        region="eu-central-1",
        protected=False,
        log_retention=logs.RetentionDays.ONE_WEEK,
    ),
    StageSettings(
        name="Test",
        account="222222222222",
        region="eu-central-1",
        protected=False,
        log_retention=logs.RetentionDays.ONE_MONTH,
    ),
    StageSettings(
        name="Prod",
        account="333333333333",
        region="eu-central-1",
        protected=True,
        log_retention=logs.RetentionDays.ONE_YEAR,
    ),
)


def define_stage(scope: Construct, settings: StageSettings) -> cdk.Stage:
    """The app in one stage.

    Args:
        scope: The CDK app, or a pipeline.
        settings: The stage.
    """
    stage = cdk.Stage(scope, settings.name, env=cdk.Environment(account=settings.account, region=settings.region))
    DocumentConversion(
        stage,
        "DocumentConversion",
        description="Excel workbooks in, CSV files out",
        log_retention=settings.log_retention,
        termination_protection=settings.protected,
    )
    removal = cdk.RemovalPolicies.of(stage)
    if settings.protected:
        removal.retain(apply_to_resource_types=["AWS::S3::Bucket"])
    else:
        removal.destroy()
    return stage
