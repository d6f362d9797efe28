"""Runs a function over objects that a bucket has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function import principals
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_function, require_type
from cdk_lambda_patterns.function.keys import let_use
from cdk_lambda_patterns.function.references import reference
from cdk_lambda_patterns.validation import Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms, aws_s3 as s3

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_SERVICE = "batchoperations.s3.amazonaws.com"
_NAMED_BY_USERS = "users name their manifests, and S3 its reports"


class S3BatchOperations(Construct):
    """What S3 Batch Operations needs to call a function's `live` alias for each object of a list.

    Defines the role of the jobs. It may call this function, read manifests and write reports, each below a prefix, and
    nothing else: what the function does with the objects is the function's own right. A job is no resource: whoever has
    work to do makes one with `create-job`, out of `job` and a manifest.

    S3 calls the function and waits. The function answers each object with `Succeeded`, `TemporaryFailure` (it comes
    again) or `PermanentFailure` (it stands in the job's report); Powertools' `S3BatchOperationResponse` writes that.
    """

    role: iam.Role
    """The role of the jobs. Who makes a job needs `s3:CreateJob`, and must be let pass it: `role.grant_pass_role`."""

    job: dict[str, Any]
    """What `create-job` takes besides the account, the token and the manifest: role, operation, report, priority."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        manifests: s3.IBucket,
        manifest_prefix: str = "manifests/",
        reports: s3.IBucket | None = None,
        report_prefix: str = "reports",
        report_scope: Literal["AllTasks", "FailedTasksOnly"] = "AllTasks",
        schema_version: Literal["1.0", "2.0"] = "2.0",
        user_arguments: Mapping[str, str] | None = None,
        priority: int = practices.BATCH_JOB_PRIORITY,
    ) -> None:
        """Define the role.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function that the jobs call.
            manifests: The bucket with the lists of objects.
            manifest_prefix: What the manifests' keys begin with; an empty one lets the jobs read the whole bucket.
                Default: manifests/
            reports: The bucket for the jobs' reports.
                Default: - that of the manifests.
            report_prefix: The folder for the reports, without a slash around it: S3 writes
                `<report_prefix>/job-<id>/…`.
                Default: reports
                Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_JobReport.html
            report_scope: Whether a report lists all objects or only those that failed.
                Default: AllTasks
            schema_version: What the function is sent: `2.0` has the bucket's name in `s3Bucket` and the job's arguments
                in `job.userArguments`, and works for directory buckets; `1.0`, S3's own default, has `s3BucketArn`.
                Default: 2.0
                Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html
            user_arguments: What every invocation of a job is told, up to 10 texts by name.
                Default: - nothing.
                Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_LambdaInvokeOperation.html
            priority: That of the jobs, 0 to 2,147,483,647; the highest goes first.
                Default: 10
                Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateJob.html

        Raises:
            ValidationError: A value outside the service's limits, arguments for a schema without them, or a prefix with
                wildcards.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "manifests", manifests, "bucket_arn", "aws_s3.IBucket")
        expect_type(where, "reports", reports, "bucket_arn", "aws_s3.IBucket")
        expect_type(where, "user_arguments", user_arguments, "keys", "Mapping", fix="write a dict")
        _check_prefixes(where, manifest_prefix, report_prefix)
        where.text("report_scope", report_scope)
        _check_schema(where, schema_version, user_arguments)
        where.within("priority", priority, quotas.BATCH_PRIORITY)
        where.matches(
            "report_scope",
            report_scope,
            "AllTasks|FailedTasksOnly",
            rule="must be 'AllTasks' or 'FailedTasksOnly'",
            fix="leave it out for all",
            code="ReportScopeInvalid",
        )
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 2 define
        reports = manifests if reports is None else reports
        live_arn = function.live.function_arn
        self.role = iam.Role(self, "Role", assumed_by=principals.service(_SERVICE))
        role_arn = self.role.role_arn

        # 3 connect
        self._allow(["lambda:InvokeFunction"], live_arn)
        self._allow_objects(["s3:GetObject", "s3:GetObjectVersion"], manifests, f"{manifest_prefix}*")
        self._allow_objects(["s3:PutObject"], reports, f"{report_prefix}/job-*")
        for key in _different(manifests.encryption_key, reports.encryption_key):
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-iam-role-policies.html
            let_use(self.role, key, "kms:Decrypt", "kms:GenerateDataKey")
        invoke: dict[str, Any] = {"FunctionArn": live_arn, "InvocationSchemaVersion": schema_version}
        if user_arguments is not None:
            invoke["UserArguments"] = dict(user_arguments)
        self.job = {
            "RoleArn": role_arn,
            "Operation": {"LambdaInvoke": invoke},
            "Report": {
                "Enabled": True,
                "Bucket": reports.bucket_arn,
                "Prefix": report_prefix,
                "Format": "Report_CSV_20180820",
                "ReportScope": report_scope,
            },
            "Priority": priority,
        }

    def job_as_text(self) -> str:
        """`job` as JSON: for an output, or the environment of a function that makes jobs."""
        return cdk.Stack.of(self).to_json_string(self.job)

    def _allow(self, actions: list[str], resource: str, conditions: Mapping[str, Any] | None = None) -> None:
        iam.Grant.add_to_principal(grantee=self.role, actions=actions, resource_arns=[resource], conditions=conditions)

    def _allow_objects(self, actions: list[str], bucket: s3.IBucket, keys: str) -> None:
        """Let objects be read or written, and only while the bucket is its account's: names can change hands."""
        objects = bucket.arn_for_objects(keys)
        account = bucket.env.account
        self._allow(actions, objects, {"StringEquals": {"s3:ResourceAccount": account}})
        acknowledge_wildcard(self.role, objects, _NAMED_BY_USERS)


def _different(*keys: kms.IKey | None) -> list[kms.IKey]:
    # What Node made itself, as a bucket's own key, is a new object of Python each time it is asked for.
    return list({reference(key): key for key in keys if key is not None}.values())


def _check_prefixes(where: Where, manifest_prefix: str, report_prefix: str) -> None:
    for name, prefix in (("manifest_prefix", manifest_prefix), ("report_prefix", report_prefix)):
        where.text(name, prefix)
        where.matches(
            name,
            prefix,
            r"[^*?]*",
            rule="is taken literally and must not hold wildcards",
            fix="write what the keys begin with",
            code="PrefixWildcard",
        )
    where.size("report_prefix", report_prefix, quotas.BATCH_REPORT_PREFIX_LENGTH)
    where.matches(
        "report_prefix",
        report_prefix,
        r"[^/](.*[^/])?",
        rule="must not begin or end with a slash, which S3 writes itself",
        fix=f"write {report_prefix.strip('/')!r}",
        code="ReportPrefixSlash",
    )


def _check_schema(where: Where, version: str, arguments: Mapping[str, str] | None) -> None:
    where.text("schema_version", version)
    where.matches(
        "schema_version",
        version,
        r"1\.0|2\.0",
        rule="must be '1.0' or '2.0'",
        fix="leave it out, unless the handler reads 's3BucketArn'",
        code="SchemaVersionInvalid",
    )
    if arguments is None:
        return
    if version == "1.0":
        where.refuse(
            "user_arguments",
            "must be left out with 'schema_version' 1.0, which does not have them",
            got=f"{len(arguments):,} of them",
            fix="use 2.0, and read 's3Bucket' in the handler",
            code="UserArgumentsUnsupported",
        )
    where.size("user_arguments", arguments, quotas.BATCH_USER_ARGUMENTS)
    for name, value in arguments.items():
        where.size("user_arguments", name, quotas.BATCH_USER_ARGUMENT_NAME_LENGTH)
        if not isinstance(cast("object", value), str):
            where.refuse(
                "user_arguments",
                "must have text as values",
                got=f"{type(value).__name__} for {name!r}",
                fix="write str(...), and read it in the handler",
                code="UserArgumentInvalid",
            )
        where.size("user_arguments", value, quotas.BATCH_USER_ARGUMENT_LENGTH)
