"""Recognises CDK tokens without asking the CDK.

A token stands for a value that is only known at deployment. `Token.is_unresolved` answers the same question with a
message to Node for every value; these functions look at the encodings, which are stable: strings and list elements
carry a marker, numbers are a reserved range far below any real value.
Source: https://docs.aws.amazon.com/cdk/v2/guide/tokens.html
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARKER = re.compile(r"[$#]\{Token\[[^\]]*\]\}")
# CDK encodes number tokens as negative doubles whose high bits are 0xFBFF: about -1.89e289 and below.
_LARGEST_NUMBER_TOKEN = -1.8e289


def is_token(value: object) -> bool:
    """Whether the value is a token, or text that holds one."""
    if isinstance(value, str):
        return _MARKER.search(value) is not None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return -math.inf < value <= _LARGEST_NUMBER_TOKEN
    if isinstance(value, (list, tuple)):
        return any(is_token(element) for element in cast("Sequence[object]", value))
    return False


def is_known_to_differ(one: str | None, other: str | None) -> bool:
    """Whether two accounts, Regions or other names are not the same, as far as is known now.

    Args:
        one: The one. None is unknown, as a token is.
        other: The other.
    """
    return None not in {one, other} and one != other and not is_token(one) and not is_token(other)


def without_tokens(text: str) -> str:
    """The text without its tokens: what is known of it now."""
    return _MARKER.sub("", text)
