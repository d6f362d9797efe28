"""Files that functions share: an EFS file system that functions mount in one step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import RemovalPolicy, aws_ec2 as ec2, aws_efs as efs, aws_iam as iam, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_type
from cdk_lambda_patterns.function.function_network import remember_vpc, selection_of
from cdk_lambda_patterns.function.policies import policy_document
from cdk_lambda_patterns.function.retention import check_removal_policy
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

_CLIENT = "elasticfilesystem:Client"


class FunctionFileSystem(Construct):
    """An EFS file system for functions.

    Defines the file system (encrypted, backed up, kept when its stack goes), a mount target in each zone, a security
    group that lets in only the functions that mount it, a policy that demands TLS, IAM and an access point, and the
    access point: a directory that functions see as the root, as a POSIX user that is not root.

    `filesystem=files.mounted_at("/mnt/files")` is all that a function needs: the rights of its role, the rules between
    the security groups, which stand in the function's stack, and waiting for the mount targets come with it.
    """

    file_system: efs.FileSystem
    """The file system."""

    access_point: efs.AccessPoint
    """What functions mount."""

    security_group: ec2.SecurityGroup
    """The security group of the mount targets."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        vpc: ec2.IVpc,
        vpc_subnets: ec2.SubnetSelection | None = None,
        path: str = "/functions",
        user: int = practices.FILE_SYSTEM_USER,
        encryption_key: kms.IKey | kms.Key | None = None,
        throughput_mode: efs.ThroughputMode | None = None,
        lifecycle_policy: efs.LifecyclePolicy | None = None,
        automatic_backups: bool = True,
        removal_policy: RemovalPolicy | None = None,
    ) -> None:
        """Define the file system.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            vpc: The VPC of the functions.
            vpc_subnets: Where the mount targets are, one in each zone that functions are in: of several subnets in a
                zone, the first.
                Default: - in the subnets where the VPC puts functions.
            path: The directory that functions see as their root; it is made if it is not there.
                Default: "/functions"
                Source: https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html
            user: The number of the POSIX user and group as whom functions work, 0 to 4,294,967,295; 0 is root.
                Default: 1001
                Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem-efs.html
            encryption_key: A customer's key for the files.
                Default: - the key that AWS keeps for EFS.
            throughput_mode: How throughput is bought.
                Default: - `ELASTIC`, see `practices.FILE_SYSTEM_THROUGHPUT`.
            lifecycle_policy: When files that nobody reads move to cheaper storage.
                Default: - `AFTER_30_DAYS`, see `practices.FILE_SYSTEM_TRANSITION`.
            automatic_backups: Whether AWS Backup keeps a copy of each day.
                Default: True
            removal_policy: What becomes of the files when the stack goes.
                Default: - they stay.

        Raises:
            ValidationError: A path or user that EFS would refuse.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_type(where, "vpc", vpc, "select_subnets", "aws_ec2.IVpc")
        expect_type(where, "encryption_key", encryption_key, "key_arn", "aws_kms.IKey")
        where.required_within("user", user, quotas.POSIX_ID)
        _check_path(where, path)
        where.true_or_false(automatic_backups=automatic_backups)
        check_removal_policy(where, "removal_policy", removal_policy)

        # 2 derive
        with cdk_refusals(where):
            super().__init__(scope, construct_id)
        self._where, self._vpc = where, vpc
        number = cdk.Tokenization.stringify_number(user) if is_token(user) else f"{user:.0f}"

        # 3 define
        self.security_group = ec2.SecurityGroup(
            self, "SecurityGroup", vpc=vpc, description="Files that functions mount", allow_all_outbound=False
        )
        with cdk_refusals(where):
            self.file_system = efs.FileSystem(
                self,
                "FileSystem",
                vpc=vpc,
                vpc_subnets=_one_in_each_zone(vpc_subnets),
                security_group=cast("ec2.ISecurityGroup", self.security_group),
                encrypted=True,
                kms_key=encryption_key,
                throughput_mode=efs.ThroughputMode[practices.FILE_SYSTEM_THROUGHPUT]
                if throughput_mode is None
                else throughput_mode,
                lifecycle_policy=efs.LifecyclePolicy[practices.FILE_SYSTEM_TRANSITION]
                if lifecycle_policy is None
                else lifecycle_policy,
                enable_automatic_backups=automatic_backups,
                removal_policy=RemovalPolicy.RETAIN if removal_policy is None else removal_policy,
                file_system_policy=_policy(),
                # The CDK's way to deny it would allow every principal to write; the policy above lets in nobody
                # without rights of their own.
                allow_anonymous_access=True,
            )
            self.access_point = self.file_system.add_access_point(
                "AccessPoint",
                path=path,
                create_acl=efs.Acl(owner_uid=number, owner_gid=number, permissions=practices.FILE_SYSTEM_PERMISSIONS),
                posix_user=efs.PosixUser(uid=number, gid=number),
            )

    def mounted_at(self, path: str, *, read_only: bool = False) -> lambda_.FileSystem:
        """The files as a function mounts them: give it as `filesystem`.

        Args:
            path: Where, as `/mnt/files`.
            read_only: Whether the function's role may only read.
                Default: False

        Raises:
            ValidationError: A path that is not right below /mnt.
        """
        where = self._where
        where.text("path", path)
        where.true_or_false(read_only=read_only)
        where.size("path", path, quotas.FILE_SYSTEM_MOUNT_PATH_LENGTH)
        where.matches(
            "path",
            path,
            quotas.FILE_SYSTEM_MOUNT_PATH_PATTERN,
            rule="must be right below /mnt",
            fix="mount it at /mnt/files",
            code="MountPathInvalid",
        )
        access_point_arn = self.access_point.access_point_arn
        mounted = lambda_.FileSystem(
            arn=access_point_arn,
            local_mount_path=path,
            connections=self.file_system.connections,
            dependency=[self.file_system.mount_targets_available],
            policies=[
                iam.PolicyStatement(
                    actions=[f"{_CLIENT}Mount"] if read_only else [f"{_CLIENT}Mount", f"{_CLIENT}Write"],
                    resources=[self.file_system.file_system_arn],
                    conditions={"StringEquals": {"elasticfilesystem:AccessPointArn": access_point_arn}},
                )
            ],
        )
        remember_vpc(mounted, self._vpc)
        return mounted


def _one_in_each_zone(subnets: ec2.SubnetSelection | None) -> ec2.SubnetSelection:
    """EFS makes no second mount target in a zone. Subnets that are listed are taken as they are."""
    if subnets is not None and not isinstance(cast("object", subnets), (ec2.SubnetSelection, dict)):
        return subnets  # the CDK refuses it
    selection: dict[str, Any] = selection_of(subnets)
    if "subnets" not in selection:
        selection["one_per_az"] = True
    return ec2.SubnetSelection(**selection)


def _check_path(where: Where, path: str) -> None:
    where.text("path", path)
    where.size("path", path, quotas.ACCESS_POINT_PATH_LENGTH)
    where.matches(
        "path",
        path,
        quotas.ACCESS_POINT_PATH_PATTERN,
        rule="must be absolute, with at most four directories",
        fix="write it as /functions",
        code="AccessPointPathInvalid",
    )


def _policy() -> iam.PolicyDocument:
    """Nobody gets in without TLS, without an access point, or (there is no Allow) without rights of their own.

    Source: https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
    """
    anyone = {"Effect": "Deny", "Principal": {"AWS": "*"}}
    return iam.PolicyDocument.from_json(
        policy_document(
            {**anyone, "Sid": "OnlyTls", "Action": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
            {
                **anyone,
                "Sid": "OnlyAccessPoints",
                "Action": [f"{_CLIENT}Mount", f"{_CLIENT}Write", f"{_CLIENT}RootAccess"],
                "Condition": {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
            },
        )
    )
