"""Confirms members of the company, turns others away, and writes the company into access tokens."""

import os
from typing import Any


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    company = event["request"]["userAttributes"]["email"].rpartition("@")[2]
    if event["triggerSource"].startswith("PreSignUp_"):
        if company != os.environ["COMPANY"]:
            raise ValueError("only members can sign up")  # what the user is shown
        event["response"] |= {"autoConfirmUser": True, "autoVerifyEmail": True}
    elif event["triggerSource"].startswith("TokenGeneration_"):
        claims = {"claimsToAddOrOverride": {"company": company}}
        event["response"]["claimsAndScopeOverrideDetails"] = {"accessTokenGeneration": claims}
    return event
