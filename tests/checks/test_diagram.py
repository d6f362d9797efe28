"""The picture of an event flow."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from cdk_lambda_patterns.checks import diagram
from cdk_lambda_patterns.checks.diagram import Style, draw
from cdk_lambda_patterns.checks.evaluation import check
from cdk_lambda_patterns.checks.layered_layout import lay_out
from cdk_lambda_patterns.checks.picture import picture

if TYPE_CHECKING:
    from cdk_lambda_patterns.checks.evaluation import Report

DOCS = Path(__file__).parents[2] / "docs"

TEMPLATE = """\
Resources:
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt Orders.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: in/}]}}
  Failed: {Type: AWS::SQS::Queue}
  Orders:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 1, RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 5}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyDocument: {Statement: [{Effect: Allow, Action: s3:PutObject, Resource: !Sub "${Uploads.Arn}/out/*"}]}
  Process: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Orders.Arn, FunctionName: !Ref Process}
  Handler: {Type: AWS::Lambda::Function, Properties: {Timeout: 3}}
  Custom: {Type: Custom::Thing, Properties: {ServiceToken: !GetAtt Handler.Arn}}
"""


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "shop.yaml"
    file.write_text(TEMPLATE)
    return check(file, select=["QueueVisibilityTimeout", "FunctionActiveTracing", "RoleTrust"])


def test_mermaid_shows_groups_failures_and_findings(report: Report) -> None:
    lines = draw(report, Style.MERMAID).splitlines()

    assert lines[:2] == ["flowchart LR", '  subgraph s0["shop.yaml"]']
    names = {
        line.split('"')[1].partition("<")[0]: line.split()[0].partition("[")[0] for line in lines if "<small>" in line
    }
    assert set(names) == {"Uploads", "Orders", "Failed", "Process"}
    assert f'  {names["Uploads"]} -->|"in/#42;"| {names["Orders"]}' in lines
    assert f"  {names['Orders']} -.-> {names['Failed']}" in lines
    assert f"  {names['Orders']} --> {names['Process']}" in lines
    assert f'  {names["Process"]} -->|"out/#42;"| {names["Uploads"]}' in lines
    (orders,) = (line for line in lines if '"Orders<br/>' in line)
    assert "✖#160;QueueVisibilityTimeout" in orders
    assert orders.endswith(":::error")
    (process,) = (line for line in lines if '"Process<br/>' in line)
    assert "⚠#160;FunctionActiveTracing" in process


def test_names_cannot_break_out_of_mermaid() -> None:
    report = check({"Resources": {'x"];click n0 <b>#': {"Type": "AWS::Lambda::Function"}}})

    drawn = draw(report)

    assert "x#34;#93;#59;click n0 #60;b#62;#35;" in drawn


def test_svg_is_well_formed_and_shows_the_same(report: Report) -> None:
    root = ET.fromstring(draw(report, Style.SVG))  # noqa: S314 - our own

    texts = {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Uploads", "Orders", "Failed", "Process", "in/*", "shop.yaml", "✖ QueueVisibilityTimeout"} <= texts
    paths = list(root.iter("{http://www.w3.org/2000/svg}path"))
    assert sum("stroke-dasharray" in path.attrib for path in paths) == 2  # one line, and the legend


def test_svg_shows_names_as_constructs_of_this_library_have_them() -> None:
    def queue(path: str, **properties: object) -> dict[str, object]:
        return {"Type": "AWS::SQS::Queue", "Metadata": {"aws:cdk:path": path}, "Properties": properties}

    redrive = {"deadLetterTargetArn": {"Fn::GetAtt": ["Dead", "Arn"]}}
    resources = {
        "Dead": queue("Orders/DeadLetterQueue"),
        "Queue": queue("Orders/DeadLetterQueue/OfTheSecond", RedrivePolicy=redrive),
    }

    drawn = draw(check({"Resources": resources}), Style.SVG)

    assert 'font-size="11" font-weight="bold" fill="#1b2730">Orders/DeadLetterQueue<' in drawn
    assert ">Orders/Dead…OfTheSecond<" in drawn


def test_labels_of_lines_are_above_every_line(report: Report) -> None:
    drawn = draw(report, Style.SVG)

    assert drawn.index(">in/*<") > drawn.rindex("marker-start") > 0


def test_a_label_is_clear_of_the_arrowhead_and_of_the_box_before_it() -> None:
    long = "incoming/photos/2026/large/"
    report = check({"Resources": {"Uploads": notifying(long), "Orders": {"Type": "AWS::SQS::Queue"}}})
    layout = lay_out(picture(report))
    (route,) = layout.routes

    root = ET.fromstring(draw(report, Style.SVG))  # noqa: S314 - our own

    (label,) = (e for e in root.iter("{http://www.w3.org/2000/svg}text") if e.get("text-anchor") == "end")
    text, end, base = label.text or "", float(label.attrib["x"]), float(label.attrib["y"])
    left, right = route.places
    arrowhead, halo, letter, descender = 7 * 1.4, 1.5, 5.2, 2  # as 10 pixels of Helvetica are drawn
    assert end + halo < right.x - arrowhead
    assert base + descender + halo < route.end
    assert end - letter * len(text) > left.x + left.width
    assert text == "incoming/photos/2…"


def notifying(prefix: str) -> dict[str, object]:
    key = {"Rules": [{"Name": "prefix", "Value": prefix}]}
    to_orders = {"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Orders", "Arn"]}, "Filter": {"S3Key": key}}
    return {
        "Type": "AWS::S3::Bucket",
        "Properties": {"NotificationConfiguration": {"QueueConfigurations": [to_orders]}},
    }


@pytest.mark.parametrize(
    ("properties", "meanings"),
    [
        ({}, {"starts, delivers to, may write to"}),
        (
            {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Failed", "Arn"]}}},
            {"starts, delivers to, may write to", "what fails goes to"},
        ),
    ],
)
def test_the_legend_tells_of_the_lines_that_are_there(properties: dict[str, object], meanings: set[str]) -> None:
    resources = {
        "Uploads": notifying("in/"),
        "Orders": {"Type": "AWS::SQS::Queue", "Properties": properties},
        "Failed": {"Type": "AWS::SQS::Queue"},
    }

    drawn = draw(check({"Resources": resources}), Style.SVG)

    assert {text for text in ("starts, delivers to, may write to", "what fails goes to") if f">{text}<" in drawn} == (
        meanings
    )


def test_the_bundled_layout_reads_from_left_to_right_without_overlaps(report: Report) -> None:
    layout = lay_out(picture(report))

    boxes = {place.box.name: place for place in layout.places if place.box is not None}
    assert boxes["Uploads"].x < boxes["Orders"].x < boxes["Process"].x
    assert boxes["Orders"].x < boxes["Failed"].x
    placed = list(boxes.values())
    for first in placed:
        assert 0 <= first.x <= layout.width - first.width
        assert 0 <= first.y <= layout.height - first.height
        for second in placed:
            apart = first.x + first.width <= second.x or first.y + first.height <= second.y
            apart = apart or second.x + second.width <= first.x or second.y + second.height <= first.y
            assert first is second or apart


def test_one_line_of_a_circle_leads_back(report: Report) -> None:
    layout = lay_out(picture(report))

    (back,) = (route for route in layout.routes if route.back)
    assert (back.line.source.name, back.line.target.name) == ("Process", "Uploads")


def test_the_same_app_gives_the_same_picture(report: Report) -> None:
    assert draw(report, Style.SVG) == draw(report, Style.SVG)


def test_without_graphviz_the_layout_is_bundled(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    assert draw(report, Style.SVG, graphviz=True) == draw(report, Style.SVG)


def test_a_graphviz_that_fails_is_not_needed(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "dot"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(broken))

    assert draw(report, Style.SVG, graphviz=True) == draw(report, Style.SVG)


def test_graphviz_gets_quoted_text(report: Report, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    echo = tmp_path / "dot"
    echo.write_text("#!/bin/sh\ncat\n")
    echo.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(echo))

    dot = draw(report, Style.SVG, graphviz=True)

    assert 'label="Orders\\nqueue\\n✖ QueueVisibilityTimeout"' in dot
    assert "style=dashed" in dot
    assert diagram._dot_text('a"b\\c\nd') == '"a\\"b\\\\c\\nd"'


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_draws_what_it_gets(report: Report) -> None:
    root = ET.fromstring(draw(report, Style.SVG, graphviz=True))  # noqa: S314 - of Graphviz

    assert "Orders" in {element.text for element in root.iter("{http://www.w3.org/2000/svg}text")}


@pytest.mark.parametrize("drawn", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda file: file.stem)
def test_a_picture_is_on_the_page_of_its_example(drawn: Path) -> None:
    pages = [page.read_text() for page in DOCS.glob("guides/*.md")]

    (page,) = (text for text in pages if f'"examples/{drawn.stem}.py"' in text)
    assert f"](../pictures/{drawn.name})" in page, f"show pictures/{drawn.name} below the example"
