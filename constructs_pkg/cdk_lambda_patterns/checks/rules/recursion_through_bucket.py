"""What a function writes to a bucket starts it again.

## Why
Every object starts the function, which writes an object. Lambda notices such a loop after about 16 rounds, if it goes
through S3, SQS and SNS alone; what they have cost and written by then stays. A suffix does not help: a grant cannot
be limited to one, so that only the code keeps to it.

## Fix
Write to another bucket, or to another prefix than the one that starts the function, and grant only that.

```python
bucket.grant_write(function, "out/*")
```
```yaml
# before
Resource: !Sub ${Uploads.Arn}/*
```
```yaml
# after
Resource: !Sub ${Uploads.Arn}/out/*
```
"""

from __future__ import annotations

from cdk_lambda_patterns.checks.recursion_rule import RecursionRule


class RecursionThroughBucket(RecursionRule):
    medium = "s3"
    fix = "write to another bucket, or grant another prefix only: bucket.grant_write(function, 'out/*')"
