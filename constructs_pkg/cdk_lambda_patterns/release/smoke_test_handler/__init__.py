"""What `SmokeTestHook` runs in Lambda: the standard library and the boto3 of the runtime, nothing of this library."""
