"""Prints what the library costs beside the same infrastructure by hand."""

from __future__ import annotations

from tests.bench.alarms import alarm_constructs, included_alarms
from tests.bench.contenders import by_hand, released_by_hand, released_with_the_library, with_the_library
from tests.bench.measurements import cost, import_cost, times


def main() -> None:
    """Print the table."""
    ours, theirs = cost(with_the_library), cost(by_hand)
    our_time, their_time = times()
    rows: list[tuple[str, float, float]] = [
        ("messages to Node", len(ours.messages), len(theirs.messages)),
        ("more at synthesis", ours.messages_at_synthesis, theirs.messages_at_synthesis),
        ("resources", ours.resources, theirs.resources),
        ("template, bytes", ours.template_bytes, theirs.template_bytes),
        ("wall, ms", our_time.wall, their_time.wall),
        ("processor of Python, ms", our_time.python, their_time.python),
        ("processor of Node, ms", our_time.node, their_time.node),
    ]
    print("One function with its failure path and alarms, not the first one of its stack\n")  # noqa: T201
    print(f"{'':26}{'library':>10}{'by hand':>10}{'ratio':>8}")  # noqa: T201
    for name, our, their in rows:
        ratio = f"{our / their:.2f}" if their else ""
        print(f"{name:26}{our:>10,.4g}{their:>10,.4g}{ratio:>8}")  # noqa: T201

    ours, theirs = cost(released_with_the_library), cost(released_by_hand)
    print(  # noqa: T201
        f"\nWith a gradual release, beyond the first of a stack: {ours.resources} resources, "
        f"{ours.messages_at_synthesis} messages at synthesis and {ours.messages}\n"
        f"By hand: {theirs.resources} resources, {theirs.messages_at_synthesis} messages at synthesis and "
        f"{len(theirs.messages)} messages"
    )

    each, included = times((alarm_constructs, included_alarms))
    print(  # noqa: T201
        f"\nThree alarms: {each.wall:.1f} ms as constructs by a message each, {included.wall:.1f} ms by one message, "
        "included from a template"
    )

    imported = import_cost()
    print(  # noqa: T201
        f"\nimport cdk_lambda_patterns: {imported.milliseconds:.1f} ms, {imported.processes} processes, "
        f"of the CDK: {', '.join(imported.modules) or 'nothing'}"
    )


if __name__ == "__main__":
    main()
