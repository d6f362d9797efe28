"""Says of each object whose it is; S3 asks for one object after the other."""

from typing import Any

import boto3
from aws_lambda_powertools.utilities.data_classes import S3BatchOperationEvent, S3BatchOperationResponse
from botocore.exceptions import ClientError

PASSING = {"InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}

s3 = boto3.client("s3")


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    request = S3BatchOperationEvent(event)
    task = request.task
    owner = request.job.user_arguments["owner"]
    try:
        s3.put_object_tagging(
            Bucket=task.s3_bucket, Key=task.s3_key, Tagging={"TagSet": [{"Key": "owner", "Value": owner}]}
        )
        result = task.build_task_batch_response("Succeeded", f"belongs to {owner}")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # What passes is tried again; the rest stands in the job's report, with the reason.
        result = task.build_task_batch_response("TemporaryFailure" if code in PASSING else "PermanentFailure", code)

    response = S3BatchOperationResponse(request.invocation_schema_version, request.invocation_id, "PermanentFailure")
    response.add_result(result)
    return response.asdict()
