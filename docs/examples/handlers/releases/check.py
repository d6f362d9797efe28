"""Looks whether a release is there, and tells the pipeline."""

import json
import logging
from typing import Any
from urllib.request import urlopen

import boto3

logger = logging.getLogger()
codepipeline = boto3.client("codepipeline")


def handler(event: dict[str, Any], _context: object) -> None:
    job = event["CodePipeline.job"]  # holds credentials: not to be logged
    expected = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
    logger.info("Looking for %s", expected)
    problem = problem_with(expected["url"], expected["text"])
    if problem is None:
        codepipeline.put_job_success_result(jobId=job["id"], outputVariables={"CheckedUrl": expected["url"]})
    else:
        details = {"type": "JobFailed", "message": problem}
        codepipeline.put_job_failure_result(jobId=job["id"], failureDetails=details)


def problem_with(url: str, text: str) -> str | None:
    try:
        with urlopen(url, timeout=10) as page:  # noqa: S310 (the pipeline's own address)
            return None if text in page.read().decode() else f"{url} does not say {text!r}"
    except OSError as error:
        return f"{url}: {error}"
