"""Templates are read wherever they are, with the places that people know them by."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_, aws_lambda_event_sources as sources, aws_sqs as sqs

from cdk_lambda_patterns.checks import reading
from cdk_lambda_patterns.checks.reading import read
from cdk_lambda_patterns.checks.rule import catalogue
from cdk_lambda_patterns.checks.template import TemplateError
from cdk_lambda_patterns.checks.values import Reference

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

    from cdk_lambda_patterns.checks.template import Resource, Templates

YAML = """\
Parameters: {Stage: {Type: String}}
Resources:
  # a comment
  Queue:
    Type: AWS::SQS::Queue
    Properties: &shared
      VisibilityTimeout: 030
      Date: 2012-10-17
      Quoted: "30"
      On: on
      Nothing:
  Short:
    Type: AWS::SQS::Queue
    Condition: IsProd
    Properties:
      <<: *shared
      A: !GetAtt Queue.Arn
      B: !Sub "${Queue}"
      C: !If [IsProd, !Ref Queue, !ImportValue x]
      D: !Select [0, !Split [",", !Join [",", [a, b]]]]
"""


def by_id(templates: Templates, logical_id: str) -> Resource:
    return next(resource for resource in templates if resource.logical_id == logical_id)


def test_yaml_is_read_as_cloudformation_does(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(YAML)

    templates = read([file]).templates

    assert by_id(templates, "Queue").properties == {
        "VisibilityTimeout": "030",
        "Date": "2012-10-17",
        "Quoted": "30",
        "On": True,
        "Nothing": None,
    }
    short = by_id(templates, "Short").properties
    assert short["Date"] == "2012-10-17"
    assert short["A"] == {"Fn::GetAtt": ["Queue", "Arn"]}
    assert short["B"] == {"Fn::Sub": "${Queue}"}
    assert short["C"] == {"Fn::If": ["IsProd", {"Ref": "Queue"}, {"Fn::ImportValue": "x"}]}
    assert short["D"] == {"Fn::Select": [0, {"Fn::Split": [",", {"Fn::Join": [",", ["a", "b"]]}]}]}


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text(YAML)
    resources = {
        'A "quoted"': {"Type": "T", "Properties": {"Resources": {"B": {"Type": "no"}}, "Text": 'x"}{\n'}},
        "B": {"Type": "T"},
    }
    (tmp_path / "template.json").write_text(
        json.dumps({"Outputs": {"B": {"Value": 1}}, "Resources": resources}, indent=1)
    )
    lines = (tmp_path / "template.json").read_text().splitlines()

    in_yaml = read([tmp_path / "template.yaml"]).templates.templates[0]
    in_json = read([tmp_path / "template.json"]).templates.templates[0]

    assert [in_yaml.line_of(name) for name in ("Queue", "Short", "Missing")] == [4, 12, None]
    expected = [n for n, line in enumerate(lines, 1) if line in ('  "A \\"quoted\\"": {', '  "B": {')]
    assert [in_json.line_of(name) for name in ('A "quoted"', "B")] == expected[-2:]


def test_sam_is_transformed_and_keeps_the_lines_of_its_sources(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Globals: {Function: {CodeUri: src/, Timeout: 20}}
Resources:
  Orders: {Type: AWS::SQS::Queue}
  Process:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.14
      Handler: process.handler
      AutoPublishAlias: live
      Policies: [{SQSSendMessagePolicy: {QueueName: !GetAtt Orders.QueueName}}]
      Events: {Order: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn, BatchSize: 5}}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
"""
    )

    templates = read([file]).templates

    assert by_id(templates, "Process").properties["Timeout"] == 20
    mapping = by_id(templates, "ProcessOrder")
    assert mapping.type == "AWS::Lambda::EventSourceMapping"
    assert mapping.properties["BatchSize"] == 5
    assert mapping.template.line_of("ProcessOrder") == 5


def test_without_the_translator_a_sam_template_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: AWS::Serverless::Function}}")
    monkeypatch.setitem(sys.modules, "cdk_lambda_patterns.checks.sam", None)

    with pytest.raises(TemplateError, match="needs aws-sam-translator; pip install aws-sam-translator, or this"):
        read([file])


def test_stdin_is_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(YAML.encode())))

    template = read(["-"]).templates.templates[0]

    assert template.name == "<stdin>"
    assert set(template.resources) == {"Queue", "Short"}


def test_several_templates_are_one_app(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("Resources: {A: {Type: T}}")
    (tmp_path / "b.json").write_text('{"Resources": {"B": {"Type": "T"}}}')

    templates = read([tmp_path / "a.yaml", str(tmp_path / "b.json"), {"Resources": {"C": {"Type": "T"}}}]).templates

    assert [resource.logical_id for resource in templates] == ["A", "B", "C"]


PARENT = """\
Resources:
  Orders: {Type: AWS::SQS::Queue}
  Workers:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: nested/child.yaml, Parameters: {QueueArn: !GetAtt Orders.Arn, Seconds: 60}}
  Elsewhere: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/b/k.yaml"}}
  Missing: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: missing.yaml}}
"""
CHILD = """\
Parameters: {QueueArn: {Type: String}, Seconds: {Type: Number}, Size: {Type: Number, Default: 5}}
Resources:
  Process: {Type: AWS::Lambda::Function, Properties: {Timeout: !Ref Seconds}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !Ref QueueArn, FunctionName: !Ref Process, BatchSize: !Ref Size}
"""


@pytest.mark.parametrize("also_given", [[], ["before"], ["after"]])
def test_nested_stacks_beside_a_template_are_read_with_it(tmp_path: Path, also_given: list[str]) -> None:
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "child.yaml").write_text(CHILD)
    (tmp_path / "parent.yaml").write_text(PARENT)
    child = tmp_path / "nested" / ".." / "nested" / "child.yaml"
    given = [*([child] if also_given == ["before"] else []), tmp_path / "parent.yaml"]
    given += [child] if also_given == ["after"] else []

    templates = read(given).templates

    assert [template.parent and template.parent.logical_id for template in templates.templates] == [None, "Workers"]
    mapping = by_id(templates, "Mapping")
    assert [case.value for case in templates.cases(mapping, "EventSourceArn")] == [
        Reference(by_id(templates, "Orders"), "Arn")
    ]
    assert templates.one(by_id(templates, "Process"), "Timeout") == 60
    assert templates.one(mapping, "BatchSize") == 5
    assert mapping.template.line_of("Mapping") == 4


def test_a_nested_file_that_contains_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Resources: {A: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ./template.yaml}}}")

    with pytest.raises(TemplateError, match="this nested stack contains itself"):
        read([file])


def test_nested_files_that_stand_for_far_too_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_NESTED", 50)
    for level in range(8):
        nested = f"{{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {level + 1}.yaml}}}}"
        stacks = "".join(f"  S{n}: {nested}\n" for n in range(12))
        (tmp_path / f"{level}.yaml").write_text(f"Resources:\n{stacks}")

    with pytest.raises(TemplateError, match="more than 50 nested stacks"):
        read([tmp_path / "0.yaml"])


def test_an_application_of_sam_beside_the_template_is_read_with_it(tmp_path: Path) -> None:
    (tmp_path / "child.yaml").write_text(CHILD)
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Workers: {Type: AWS::Serverless::Application, Properties: {Location: child.yaml, Parameters: {Seconds: 60}}}
"""
    )

    templates = read([file]).templates

    assert templates.one(by_id(templates, "Process"), "Timeout") == 60


def test_what_is_given_twice_is_refused(tmp_path: Path, assembly: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(YAML.encode())))
    file = tmp_path / "template.yaml"
    file.write_text("Resources: {A: {Type: T}}")

    twice: list[tuple[list[str | Path], str]] = [
        ([file, str(file)], r"template\.yaml: given twice"),
        ([assembly, assembly], "given twice"),
        (["-", "-"], "<stdin>: given twice"),
        ([assembly / "assembly-Prod", assembly], "a stage of it was given too"),
    ]
    for given, message in twice:
        with pytest.raises(TemplateError, match=message):
            read(given)


def test_fails_when_a_template_is_an_app_and_says_what_takes_one() -> None:
    app: Any = cdk.App()

    with pytest.raises(TemplateError, match="a template is a mapping, not App; assert_no_findings takes apps and st"):
        read([app])


def test_what_loops_write_has_the_line_of_the_loop(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Alone: {Type: AWS::SQS::Queue}
  Fn::ForEach::Workers:
    - Name
    - [orders, bills]
    - "${Name}Queue": {Type: AWS::SQS::Queue}
      "${Name}Function":
        Type: AWS::Serverless::Function
        Properties:
          Handler: a.b
          Runtime: python3.14
          Events: {Q: {Type: SQS, Properties: {Queue: !GetAtt [!Sub "${Name}Queue", Arn]}}}
"""
    )

    templates = read([file]).templates

    line_of = templates.templates[0].line_of
    assert [line_of(name) for name in ("Alone", "billsQueue", "ordersFunctionQ", "Missing")] == [3, 4, 4, None]
    assert templates.one(by_id(templates, "billsFunctionQ"), "EventSourceArn") == Reference(
        by_id(templates, "billsQueue"), "Arn"
    )


class Shop(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        nested = cdk.NestedStack(self, "Nested")
        for within in (self, nested):
            function = lambda_.Function(
                within,
                "Process",
                handler="i.h",
                runtime=lambda_.Runtime.PYTHON_3_14,
                code=lambda_.Code.from_inline("x"),
            )
            function.add_event_source(sources.SqsEventSource(sqs.Queue(within, "Orders")))


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cdk") / "cdk.out"
    app = cdk.App(outdir=str(folder), builtin_cloud_formation_validation=False, analytics_reporting=False)
    shop = Shop(app, "Shop")
    Shop(cdk.Stage(app, "Prod"), "Shop")
    cdk.Validations.of(shop).acknowledge(
        cdk.Acknowledgment(id="LambdaChecks::FunctionErrorAlarm", reason="seen elsewhere")
    )
    app.synth()
    return folder


def test_an_assembly_is_read_with_its_stages_and_nested_stacks(assembly: Path) -> None:
    templates = read([assembly]).templates

    assert sorted(str(template.construct_path) for template in templates.templates) == [
        "Prod/Shop",
        "Prod/Shop/Nested",
        "Shop",
        "Shop/Nested",
    ]
    functions = sorted(function.path for function in templates.of_type("AWS::Lambda::Function"))
    assert functions == ["Prod/Shop/Nested/Process", "Prod/Shop/Process", "Shop/Nested/Process", "Shop/Process"]


def test_paths_are_known_without_a_tree(assembly: Path, tmp_path: Path) -> None:
    copy = tmp_path / "cdk.out"
    subprocess.run(["cp", "-r", str(assembly), str(copy)], check=True)
    (copy / "tree.json").unlink()

    functions = sorted(function.path for function in read([copy]).templates.of_type("AWS::Lambda::Function"))

    assert functions == ["Prod/Shop/Nested/Process", "Prod/Shop/Process", "Shop/Nested/Process", "Shop/Process"]


def test_acknowledgements_are_in_the_assembly(assembly: Path) -> None:
    assert read([assembly]).acknowledgements["Shop"]["LambdaChecks::FunctionErrorAlarm"] == "seen elsewhere"


def test_assets_are_found(assembly: Path) -> None:
    shop = next(t for t in read([assembly]).templates.templates if t.construct_path == "Shop")

    assert any(path.name.endswith(".nested.template.json") for path in shop.assets.values())


def artifact(kind: str, **properties: str) -> str:
    return json.dumps({"artifacts": {"A": {"type": kind, "properties": properties}}})


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (artifact("cdk:cloud-assembly", directoryName="."), "contains itself"),
        (artifact("aws:cloudformation:stack"), "has no templateFile"),
        (artifact("aws:cloudformation:stack", templateFile="x"), "No such file"),
        ("[]", "a mapping is expected, not a list"),
        ("{", "not JSON"),
        ("{}", "no template was found"),
    ],
)
def test_a_broken_assembly_is_refused_in_one_line(tmp_path: Path, manifest: str, message: str) -> None:
    (tmp_path / "manifest.json").write_text(manifest)

    with pytest.raises(TemplateError, match=message) as refused:
        read([tmp_path])

    assert "\n" not in str(refused.value)


def test_a_folder_that_is_no_assembly_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="no cloud assembly"):
        read([tmp_path])


def test_a_nested_stack_that_contains_itself_is_refused(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "a.template.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"A": {**stack, "dependencies": ["A.assets"]}}}))
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/hash.json"}}
    (tmp_path / "a.template.json").write_text(json.dumps({"Resources": {"N": nested}}))
    asset = {"source": {"path": "a.template.json"}, "destinations": {"x": {"objectKey": "hash.json"}}}
    (tmp_path / "A.assets.json").write_text(json.dumps({"files": {"hash": asset}}))

    with pytest.raises(TemplateError, match="contains itself"):
        read([tmp_path])


def test_of_what_is_far_too_large_only_the_beginning_is_read(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    with file.open("wb") as sparse:
        sparse.truncate(2**34)

    with pytest.raises(TemplateError) as refused:
        read([file])

    assert str(refused.value) == f"{file}: larger than 16 MB, which is no template"


@pytest.mark.parametrize("name", ["missing.yaml", "a\0b", "x" * 300])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(TemplateError) as refused:
        read([tmp_path / name])

    assert "\n" not in str(refused.value)


def test_the_checks_need_neither_the_cdk_nor_boto3() -> None:
    code = (
        "import sys; from cdk_lambda_patterns.checks import check;"
        "from cdk_lambda_patterns.checks.rule import catalogue;"
        "check({'Resources': {'F': {'Type': 'AWS::Lambda::Function'}}});"
        "print(len(catalogue()), {'aws_cdk', 'jsii', 'boto3', 'yaml', 'samtranslator'} & set(sys.modules))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"{len(catalogue())} set()"


def test_sam_needs_no_network_no_values_and_no_build(tmp_path: Path) -> None:
    (tmp_path / "work.asl.json").write_text('{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}')
    (tmp_path / "work.asl.yaml").write_text("StartAt: A\nStates: {A: {Type: Pass, End: true}}\n")
    (tmp_path / "no.yaml").write_text("")
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: [AWS::Serverless-2016-10-31]
Parameters: {Alias: {Type: String}, Seconds: {Type: Number, Default: 30}}
Resources:
  Shared:
    Type: AWS::Serverless::Application
    Properties: {Location: {ApplicationId: "arn:aws:serverlessrepo:x:1:applications/a", SemanticVersion: 1.0.0}}
  NotBuilt:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, Runtime: python3.14, AutoPublishAlias: !Ref Alias, Timeout: !Ref Seconds}
  Image: {Type: AWS::Serverless::Function, Properties: {PackageType: Image}, Metadata: {Dockerfile: Dockerfile}}
  Work: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: work.asl.json, Role: "arn:aws:iam::1:role/r"}}
  Yaml: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: work.asl.yaml, Role: "arn:aws:iam::1:role/r"}}
  Empty: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: no.yaml, Role: "arn:aws:iam::1:role/r"}}
  Missing: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: no.json, Role: "arn:aws:iam::1:role/r"}}
"""
    )

    templates = read([file]).templates

    assert by_id(templates, "Shared").type == "AWS::CloudFormation::Stack"
    assert by_id(templates, "NotBuilt").properties["Timeout"] == {"Ref": "Seconds"}
    for read_beside in ("Work", "Yaml"):
        assert "DefinitionString" in by_id(templates, read_beside).properties
    for left in ("Empty", "Missing"):
        assert "DefinitionS3Location" in by_id(templates, left).properties


def test_loops_of_the_language_extensions_are_written_out(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(
        """\
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Queues:
    - Name
    - [orders, pay-ments]
    - "Queue&{Name}":
        Type: AWS::SQS::Queue
        Properties: {QueueName: !Sub "${Name}-queue", Tags: [{Key: name, Value: !Ref Name}]}
"""
    )

    templates = read([file]).templates

    assert [resource.logical_id for resource in templates] == ["Queueorders", "Queuepayments"]
    payments = by_id(templates, "Queuepayments").properties
    assert payments == {"QueueName": {"Fn::Sub": "pay-ments-queue"}, "Tags": [{"Key": "name", "Value": "pay-ments"}]}


@pytest.mark.parametrize(
    ("loop", "message"),
    [
        ("[Name, !Ref Names, {}]", "needs a name, a list that is written out"),
        ("[Name, [!Ref First], {}]", "is over what is known at deployment"),
        ("1", "needs a name"),
    ],
)
def test_a_loop_over_what_is_not_known_is_refused(tmp_path: Path, loop: str, message: str) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(f"Resources: {{Fn::ForEach::Queues: {loop}}}")

    with pytest.raises(TemplateError, match=message):
        read([file])


def test_a_macro_among_the_resources_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text("Resources: {Fn::Transform: {Name: AWS::Include}}")

    with pytest.raises(TemplateError, match="give the template it becomes"):
        read([file])
