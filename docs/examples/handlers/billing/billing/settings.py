"""What the function is told: the stack fills it in, the handler reads it."""

from typing import Literal

from cdk_lambda_patterns.settings import FunctionSettings, ReadsAndWrites, Secret, Sends


class Settings(FunctionSettings):
    """One declaration for both sides."""

    invoices: ReadsAndWrites
    overdue: Sends
    api_key: Secret
    currency: Literal["EUR", "USD"] = "EUR"
    grace_days: int = 14
