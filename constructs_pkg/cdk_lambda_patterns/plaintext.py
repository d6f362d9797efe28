"""How a secret in plain text is recognised: by the name of the variable that holds it, or by its own shape.

Constructs refuse it, a check finds it in templates.
"""

from __future__ import annotations

import re

SECRET_NAME = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|passphrase|secret|token|api_?key|private_?key|access_?key|credentials?)$",
    re.IGNORECASE,
)
"""Names of variables whose value is a secret, and not a name or ARN of one."""

SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\b[rs]k_live_[A-Za-z0-9]{16,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\."
    r"|://[^/\s:@]+:[^/\s:@]+@"
    r"|\{\{resolve:(?:secretsmanager|ssm-secure):"
)
"""Values that are a secret whatever they are called: keys, tokens, addresses with a password, references that
CloudFormation replaces by the secret itself."""

FLAG_VALUES = frozenset({"", "true", "false", "0", "1", "none", "null"})
"""Values, in lower case, that are no secret whatever they are called."""
