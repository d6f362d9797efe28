"""The checks in pytest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from .evaluation import check
from .report import write
from .rule import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from .evaluation import Report


def assert_no_findings(
    *subjects: object,
    fail_on: Severity = Severity.INFO,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    as_of: date | None = None,
) -> Report:
    """Fail the test if the checks find something.

        assert_no_findings(app)
        assert_no_findings(synthesize(Orders), ignore=["FunctionErrorAlarm"])

    Args:
        subjects: CDK apps, stages or stacks; templates as mappings; paths of templates or cloud assemblies. Several are
            checked together, as one app. Of a stack everything in its app is checked.
        fail_on: The least severity that fails the test.
            Default: `Severity.INFO`
        select: Ids of the only rules to ask.
            Default: - all.
        ignore: Ids of rules not to ask.
            Default: - none.
        as_of: The day for which facts with dates hold, such as the end of a runtime.
            Default: - the day the facts were gathered.

    Returns:
        The report, for what else it says: what could not be told, what was acknowledged.

    Raises:
        AssertionError: Something was found, or a check failed. The message is the report.
        TemplateError: A subject cannot be read as a template.
        UnknownRuleError: An id is none of a rule.
    """
    __tracebackhide__ = True
    report = check(*(_source(subject) for subject in subjects), select=select, ignore=ignore, as_of=as_of)
    report.findings = report.at_least(fail_on)
    if report.findings or report.errors:
        raise AssertionError(f"the checks found something\n{write(report)}")
    return report


def _source(subject: object) -> str | Path | Mapping[str, object]:
    if isinstance(subject, (str, Path)):
        return subject
    if isinstance(subject, dict):
        return cast("dict[str, object]", subject)
    # An app, stage or stack: asked for by what they have, for this package does without the CDK.
    root: Any = getattr(getattr(subject, "node", None), "root", None)
    if not hasattr(root, "synth"):
        raise TypeError(
            "'subjects' must be CDK apps, stages or stacks, templates as mappings, or paths, "
            f"got {type(subject).__name__}; give what app.synth() or synthesize(...) returns"
        )
    # Without force a second synthesis gives the first one's templates, whatever was changed in between.
    return Path(root.synth(force=True).directory)
