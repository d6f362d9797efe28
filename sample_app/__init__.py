"""The sample: reference architectures built with cdk_lambda_patterns, each deployed and driven."""
