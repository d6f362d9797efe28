"""Tries each new version of a function before it gets traffic."""

from __future__ import annotations

import math
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import constructs
import jsii

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.durations import duration_within, seconds
from cdk_lambda_patterns.function.packaging import PythonCode
from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction
from cdk_lambda_patterns.json_values import as_mapping
from cdk_lambda_patterns.quotas import Quota
from cdk_lambda_patterns.validation import Where

from . import smoke_test_handler, smoke_tests
from .smoke_test_handler.entry import RESERVE_SECONDS, TESTS, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from constructs import Construct
    from typing_extensions import Unpack

    from cdk_lambda_patterns.function.well_architected_kwargs import WellArchitectedKwargs

_HANDLER = Path(smoke_test_handler.__file__).parent
_ANSWER_SECONDS = 60
_TIMEOUT = Quota(
    code="SmokeTestTimeoutTooShort",
    minimum=RESERVE_SECONDS + 5,
    maximum=math.inf,
    unit=f"seconds: {RESERVE_SECONDS:g} are kept for the answer, and a first call has a cold start",
    source="https://docs.aws.amazon.com/codedeploy/latest/userguide/limits.html",
    fix="raise it, or leave it out for 5 minutes",
    whole=False,
)


class SmokeTestHook(WellArchitectedFunction):
    """A function that calls exactly the new version of another one and looks at its replies. For `GradualRelease`.

    CodeDeploy asks it before it shifts traffic; what it disapproves of gets none. At the first deployment, for which
    CodeDeploy does not run, CloudFormation asks: `live` is not made until the tests pass, and if they fail the
    deployment is rolled back.

    The payloads reach the real function with its real rights: use those that do no harm.
    """

    tested: WellArchitectedFunction | None
    """The function whose versions it tries. None until a release has it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        payloads: str | Path | Mapping[str, Mapping[str, Any]] | Sequence[Mapping[str, Any]],
        **options: Unpack[WellArchitectedKwargs],
    ) -> None:
        """Every other option is one of `WellArchitectedFunction`, without code and handler.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            payloads: The tests: a folder of JSON files, names with a test each, or a list. A test is
                `{"payload": ..., "expect": {...}}`, and passes if the function does not fail. Beyond that it may
                expect an `error` (true, or its name), a `status`, values of the reply by JSON path (`equals`,
                `matches` a regular expression, `exists`, `absent`), and an answer in `max_milliseconds`.
            **options: As for `WellArchitectedFunction`; `timeout`, for all tests together, is 5 minutes by default,
                see `practices.SMOKE_TEST_TIMEOUT_SECONDS`, and at least 20 seconds, of which 15 are for the answer.

        Raises:
            ValidationError: No test, one that could not be tried, no time to try any, a variable that the release sets,
                or as for `WellArchitectedFunction`.
        """
        where = Where(scope, construct_id)
        tests = smoke_tests.read(where, payloads)
        duration_within(where, "timeout", options.get("timeout"), _TIMEOUT)
        _check_variables(where, options.get("environment"))
        given: dict[str, Any] = {
            "description": "Tries new versions of a function before they get traffic",
            "timeout": seconds(practices.SMOKE_TEST_TIMEOUT_SECONDS),
            **{name: value for name, value in options.items() if value is not None},
        }
        with TemporaryDirectory() as folder:
            (Path(folder) / TESTS).write_text(tests, encoding="utf-8")
            super().__init__(
                scope,
                construct_id,
                code=PythonCode.from_folder(folder, include=[_HANDLER]),
                handler=f"{_HANDLER.name}.entry.handler",
                **given,
            )
        self.tested = None
        self.node.add_validation(_IsUsed(self))

    def try_versions_of(self, function: WellArchitectedFunction) -> None:
        """Try the versions of a function, the first one too. `GradualRelease` calls it.

        Args:
            function: The function.
        """
        self.tested = function
        self.add_environment(VERSION, function.live_version.function_arn)
        # Where only the deployment knows it, it may be as long as Lambda allows.
        timeout = quotas.TIMEOUT.maximum if self.timeout_seconds is None else self.timeout_seconds
        first = cdk.CustomResource(
            self,
            "FirstDeployment",
            resource_type="Custom::SmokeTest",
            service_token=self.live.function_arn,
            # An answer that does not come would be waited for an hour.
            service_timeout=seconds(int(timeout) + _ANSWER_SECONDS),
        )
        function.live.node.add_dependency(first)


def _check_variables(where: Where, environment: object) -> None:
    variables = as_mapping(environment)
    if variables is not None and VERSION in variables:
        where.refuse(
            "environment",
            f"must leave {VERSION} to the release: it says which version to try",
            got="a value for it",
            fix="leave it out, or rename it",
            code="SmokeTestVersionTaken",
        )


@jsii.implements(constructs.IValidation)
class _IsUsed:
    """Says so when nobody asks the hook: it would try nothing, and all would seem well."""

    def __init__(self, hook: SmokeTestHook) -> None:
        self._hook = hook

    def validate(self) -> list[str]:
        """What is wrong."""
        if self._hook.tested is not None:
            return []
        return ["no release asks this hook; give it as smoke_test=... to the GradualRelease (SmokeTestUnused)"]
