"""What CloudFront does not take from functions at its edge, of either kind.

Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from cdk_lambda_patterns import quotas

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    Headers = Mapping[str, list[str]]
    """Their values by their names."""

_NOT_IN_A_QUERY = re.compile(r"[\s\x00-\x1f\x7f#]")
_ENCODINGS = ("text", "base64")


class Refusals:
    """Refuses what a function returned at an event."""

    def __init__(self, error: type[Exception], event_type: str) -> None:
        """Say how.

        Args:
            error: What is raised.
            event_type: The event, as CloudFront names it: `viewer-request`.
        """
        self._error = error
        self._event = event_type.replace("-", " ") + "s"

    def check_called(self, status: object) -> None:
        """Refuse a test of what never happens: at viewer responses no function is called for an origin's error.

        Args:
            status: The status that the function would be given.
        """
        if self._event == "viewer responses" and int(str(status)) >= quotas.EDGE_ORIGIN_ERRORS:
            raise self._error(
                f"no function is called at {self._event} where the origin answers with {quotas.EDGE_ORIGIN_ERRORS} or "
                f"more, got {status}"
            )

    def check_headers(self, given: Headers, returned: Headers, read_only: Collection[str]) -> None:
        """Refuse headers that no function may set, and changes of those that may only be read at this event.

        Args:
            given: The headers of what the function was given. None for a response of its own making.
            returned: The headers of what it returned.
            read_only: Those that may only be read.
        """
        for name in sorted(given.keys() | returned.keys()):
            if given.get(name) == returned.get(name):
                continue
            if name in quotas.EDGE_DISALLOWED_HEADERS or name.startswith(quotas.EDGE_DISALLOWED_HEADER_PREFIXES):
                raise self._error(f"the header '{name}' cannot be set by functions")
            if name in read_only:
                raise self._error(f"the header '{name}' cannot be added, changed or removed in {self._event}")

    def check_kept(self, given: Mapping[str, object], returned: Mapping[str, object], *fields: str) -> None:
        """Refuse changes of fields of a request that may only be read."""
        for field in fields:
            if field in returned and returned[field] != given.get(field):
                raise self._error(
                    f"'{field}' of a request cannot be changed: {given.get(field)}, got {returned[field]!r}"
                )

    def check_address(self, uri: object, querystring: object) -> None:
        """Refuse what is no address, or a longer one than CloudFront takes."""
        if not isinstance(uri, str) or not uri.startswith("/"):
            raise self._error(f"'uri' of a request must begin with '/', got {uri!r}")
        if not isinstance(querystring, str) or querystring.startswith("?") or _NOT_IN_A_QUERY.search(querystring):
            raise self._error(
                "'querystring' must be text without '?' before it, white space, control characters and '#', "
                f"got {querystring!r}"
            )
        size = len(f"{uri}?{querystring}" if querystring else uri)
        if size >= quotas.EDGE_ADDRESS_CHARACTERS:
            raise self._error(
                f"'uri' and 'querystring' must have less than {quotas.EDGE_ADDRESS_CHARACTERS:,} characters, "
                f"got {size:,}"
            )

    def check_body(self, data: object, encoding: object, *, encoded_as: str) -> str:
        """Refuse a body that is no text, or not what its encoding says.

        Args:
            data: The body.
            encoding: What is said about it.
            encoded_as: The field that says it.
        """
        if not isinstance(data, str):
            raise self._error(f"a body must be text, got {type(data).__name__}")
        if encoding not in _ENCODINGS:
            raise self._error(f"'{encoded_as}' of a body must be 'text' or 'base64', got {encoding!r}")
        if encoding == "base64":
            try:
                base64.b64decode(data, validate=True)
            except (binascii.Error, ValueError) as error:
                raise self._error(
                    f"a body must be base64 where '{encoded_as}' says so, got other text: {error}"
                ) from error
        return data
