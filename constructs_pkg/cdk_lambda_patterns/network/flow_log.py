"""The flow log of a VPC: what was turned away, kept for a while, written by a role that can do nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2, aws_iam as iam, aws_logs as logs

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.function.keys import let_logs_use
from cdk_lambda_patterns.function.log_group import define_log_group
from cdk_lambda_patterns.function.policies import allow, arn_here, policy_document

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms


def define_flow_log(
    vpc: ec2.Vpc,
    *,
    traffic: ec2.FlowLogTrafficType | None,
    retention: logs.RetentionDays | None,
    removal_policy: cdk.RemovalPolicy | None,
    encryption_key: kms.IKey | kms.Key | None,
) -> logs.LogGroup:
    """Log a VPC's traffic to a log group of its own.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html

    Args:
        vpc: The VPC.
        traffic: Which traffic.
        retention: How long it is kept.
        removal_policy: What becomes of it when the VPC goes.
        encryption_key: A customer's key.
    """
    if encryption_key is not None:
        let_logs_use(vpc, encryption_key)
    group = define_log_group(
        vpc, "FlowLogGroup", retention=retention, removal_policy=removal_policy, encryption_key=encryption_key
    )
    group_arn = group.log_group_arn
    role = iam.CfnRole(
        vpc,
        "FlowLogRole",
        assume_role_policy_document=policy_document(
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": arn_here("ec2", "vpc-flow-log/*")},
                },
            }
        ),
        policies=[
            iam.CfnRole.PolicyProperty(
                policy_name="WriteFlowLog",
                policy_document=policy_document(
                    allow(["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], group_arn)
                ),
            )
        ],
    )
    ec2.CfnFlowLog(
        vpc,
        "FlowLog",
        resource_id=vpc.vpc_id,
        resource_type="VPC",
        traffic_type=practices.FLOW_LOG_TRAFFIC if traffic is None else traffic.value,
        log_destination_type="cloud-watch-logs",
        log_group_name=group.log_group_name,
        deliver_logs_permission_arn=role.attr_arn,
    )
    return group
