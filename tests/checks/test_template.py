"""Values: known, referring to something, or unknown with a reason; and what can be true at the same time."""

from __future__ import annotations

from typing import Any

import pytest

from cdk_lambda_patterns.checks.template import Resource, Template, Templates
from cdk_lambda_patterns.checks.values import Reference, Text, Unknown, Value


def templates_of(*bodies: dict[str, object], **known: str) -> Templates:
    given: dict[str, Any] = known
    return Templates([Template(name=f"{n}.yaml", body=body, **given) for n, body in enumerate(bodies)])


def resource(templates: Templates, logical_id: str) -> Resource:
    return next(found for found in templates if found.logical_id == logical_id)


def values(value: object, **body: object) -> list[Value]:
    template: dict[str, object] = {
        "Parameters": {"Stage": {"Type": "String"}, "One": {"Type": "String", "AllowedValues": ["a", "b"]}},
        "Conditions": {
            "IsProd": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]},
            "IsTest": {"Fn::Equals": [{"Ref": "Stage"}, "test"]},
            "NotProd": {"Fn::Not": [{"Condition": "IsProd"}]},
            "Either": {"Fn::Or": [{"Condition": "IsProd"}, {"Condition": "IsTest"}]},
            "IsA": {"Fn::Equals": [{"Ref": "One"}, "a"]},
            "IsB": {"Fn::Equals": [{"Ref": "One"}, "b"]},
            "Neither": {"Fn::And": [{"Fn::Not": [{"Condition": "IsA"}]}, {"Fn::Not": [{"Condition": "IsB"}]}]},
            "Never": {"Fn::Equals": ["x", "y"]},
            "Circle": {"Condition": "Circle"},
        },
        "Mappings": {"Sizes": {"eu": {"Small": 1}}, "Names": {"eu": {"Attribute": "Arn"}}},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "It": {"Type": "T", "Properties": {"Value": value}}},
        **body,
    }
    templates = templates_of(template)
    return [case.value for case in templates.cases(resource(templates, "It"), "Value")]


def only(value: object, **body: object) -> Value:
    (found,) = values(value, **body)
    return found


def test_a_literal_is_itself() -> None:
    assert only("text") == "text"
    assert only(30) == 30
    assert only(False) is False


def test_a_parameter_is_unknown_and_says_so_even_with_a_default() -> None:
    found = only({"Ref": "Stage"}, Parameters={"Stage": {"Type": "String", "Default": "prod"}})

    assert isinstance(found, Unknown)
    assert found.why == "parameter Stage"


def test_a_reference_leads_to_the_resource() -> None:
    for reference, attribute in (
        ({"Ref": "Queue"}, "Ref"),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, "Arn"),
        ({"Fn::GetAtt": "Queue.Arn"}, "Arn"),
        ({"Fn::Sub": "${Queue.Arn}"}, "Arn"),
        ({"Fn::Sub": ["${It}", {"It": {"Fn::GetAtt": ["Queue", "Arn"]}}]}, "Arn"),
        ({"Fn::Join": ["", [{"Fn::GetAtt": ["Queue", "Arn"]}]]}, "Arn"),
        ({"Fn::Select": [1, ["x", {"Fn::GetAtt": ["Queue", "Arn"]}]]}, "Arn"),
        ({"Fn::GetAtt": [{"Fn::Sub": "Queue"}, {"Fn::FindInMap": ["Names", "eu", "Attribute"]}]}, "Arn"),
        ({"Ref": {"Fn::Join": ["", ["Qu", "eue"]]}}, "Ref"),
    ):
        found = only(reference)
        assert isinstance(found, Reference)
        assert found.resource.logical_id == "Queue"
        assert found.attribute == attribute


def test_text_keeps_what_is_literal_between_what_is_not() -> None:
    found = only({"Fn::Sub": "arn:${AWS::Partition}:x:${!Literal}:${Queue}/*"})

    assert isinstance(found, Text)
    assert found.parts[0] == "arn:"
    assert found.parts[2] == ":x:${Literal}:"
    assert found.parts[4] == "/*"


def test_text_of_literals_is_a_literal() -> None:
    assert only({"Fn::Join": [":", ["a", 1, True, {"Ref": "AWS::NoValue"}, "b"]]}) == "a:1:true:b"
    assert only({"Fn::Select": ["1", {"Fn::Split": [",", "a,b,c"]}]}) == "b"
    assert only({"Fn::FindInMap": ["Sizes", "eu", "Small"]}) == 1
    assert only({"Fn::FindInMap": ["Sizes", "us", "Small", {"DefaultValue": {"Fn::Join": ["", ["2"]]}}]}) == "2"


def test_a_dynamic_reference_is_unknown() -> None:
    for value in ("{{resolve:ssm:/x}}", {"Fn::Sub": "{{resolve:ssm:/x}}"}):
        found = only(value)
        assert isinstance(found, Unknown)
        assert "{{resolve:ssm:/x}}" in found.why


def test_what_a_transform_adds_is_unknown() -> None:
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}
    properties = {"Fn::Transform": include, "Timeout": 30}
    templates = templates_of({"Resources": {"It": {"Type": "T", "Properties": properties}}})

    assert templates.one(resource(templates, "It"), "Timeout") == 30
    assert templates.one(resource(templates, "It"), "MemorySize") == Unknown("what Fn::Transform adds")


def test_a_condition_gives_both_branches() -> None:
    assert values({"Fn::If": ["IsProd", 1, 2]}) == [1, 2]


def test_a_branch_that_can_never_be_is_left_out() -> None:
    assert values({"Fn::If": ["Never", 1, 2]}) == [2]
    assert values({"Fn::If": ["Neither", 1, 2]}) == [2]


def test_branches_that_cannot_meet_are_not_combined() -> None:
    nested = {"Fn::If": ["IsProd", {"Fn::If": ["NotProd", 1, 2]}, {"Fn::If": ["NotProd", 3, 4]}]}

    assert values(nested) == [2, 3]


def test_conditions_on_different_values_of_a_parameter_exclude_each_other() -> None:
    assert values({"Fn::If": ["IsProd", {"Fn::If": ["IsTest", 1, 2]}, 3]}) == [2, 3]
    assert values({"Fn::If": ["Either", {"Fn::If": ["IsProd", 1, {"Fn::If": ["IsTest", 2, 3]}]}, 4]}) == [1, 2, 4]


def test_a_condition_that_is_not_defined_may_be_either() -> None:
    assert values({"Fn::If": ["Missing", 1, 2]}) == [1, 2]
    assert values({"Fn::If": ["Circle", 1, 2]}) == [1, 2]


def test_too_many_branches_are_unknown_instead_of_slow() -> None:
    many = {f"C{n}": {"Fn::Equals": [{"Ref": f"P{n}"}, "x"]} for n in range(12)}
    join = {"Fn::Join": ["", [{"Fn::If": [name, "a", "b"]} for name in many]]}

    found = only(join, Conditions=many, Parameters={f"P{n}": {} for n in range(12)})

    assert found == Unknown("too many conditions")


def test_malformed_functions_are_unknown() -> None:
    malformed: list[dict[str, object]] = [
        {"Fn::Join": 1}, {"Fn::Sub": []}, {"Ref": []}, {"Fn::GetAtt": 1}, {"Fn::If": ["IsProd"]},
        {"Fn::Select": [9, ["a"]]}, {"Fn::Split": []}, {"Fn::Unheard": 1}, {"Fn::FindInMap": ["Sizes"]},
    ]  # fmt: skip
    for value in malformed:
        assert isinstance(only(value), Unknown), value


def test_an_import_leads_to_the_other_template() -> None:
    templates = templates_of(
        {
            "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
            "Outputs": {"Q": {"Value": {"Ref": "Queue"}, "Export": {"Name": "shop"}}},
        },
        {"Resources": {"It": {"Type": "T", "Properties": {"Value": {"Fn::ImportValue": "shop"}}}}},
    )

    found = templates.one(resource(templates, "It"), "Value")

    assert isinstance(found, Reference)
    assert found.resource.template.name == "0.yaml"


def test_an_import_of_nothing_known_says_its_name() -> None:
    assert only({"Fn::ImportValue": "elsewhere"}) == Unknown("import of elsewhere")


def test_imports_in_a_circle_end() -> None:
    templates = templates_of(
        {
            "Resources": {"It": {"Type": "T", "Properties": {"Value": {"Fn::ImportValue": "a"}}}},
            "Outputs": {"O": {"Value": {"Fn::ImportValue": "a"}, "Export": {"Name": "a"}}},
        }
    )

    assert templates.one(resource(templates, "It"), "Value") == Unknown("references that lead in a circle")


def test_parameters_of_two_templates_are_not_the_same() -> None:
    body: dict[str, object] = {
        "Parameters": {"P": {}},
        "Resources": {"It": {"Type": "T", "Properties": {"Value": {"Ref": "P"}}}},
    }
    templates = templates_of(body, body)

    first, second = (templates.one(found, "Value") for found in templates)

    assert first != second
    assert str(first) == str(second) == "<parameter P>"


@pytest.mark.parametrize(
    ("given", "expected"), [(30, 30), ("30", 30), ("1.5", 1.5), (None, 7), ({"Ref": "AWS::NoValue"}, 7)]
)
def test_a_number_may_be_written_as_text_or_be_absent(given: object, expected: float) -> None:
    templates = templates_of({"Resources": {"It": {"Type": "T", "Properties": {"Value": given}}}})

    assert [n.value for n in templates.number(resource(templates, "It"), "Value", default=7)] == [expected]


@pytest.mark.parametrize("given", [True, "many", [], {"a": 1}, "1e400"])
def test_what_is_no_number_is_unknown(given: object) -> None:
    templates = templates_of({"Resources": {"It": {"Type": "T", "Properties": {"Value": given}}}})

    (found,) = templates.number(resource(templates, "It"), "Value", default=7)

    assert isinstance(found.value, Unknown)


def test_numbers_are_combined_only_as_they_can_be_deployed() -> None:
    templates = templates_of(
        {
            "Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]}},
            "Resources": {
                "A": {"Type": "T", "Properties": {"N": {"Fn::If": ["C", 1, 2]}}},
                "B": {"Type": "T", "Properties": {"N": {"Fn::If": ["C", 10, 20]}}},
                "OnlyThere": {"Type": "T", "Condition": "C"},
            },
        }
    )
    a, b = (templates.number(resource(templates, name), "N", default=0) for name in "AB")

    assert set(templates.combined(a, b)) == {(1, 10), (2, 20)}
    assert set(templates.combined(a, b, given=[resource(templates, "OnlyThere")])) == {(1, 10)}


def test_a_known_region_decides_conditions_on_it() -> None:
    body: dict[str, object] = {
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "eu-central-1"]}},
        "Resources": {"It": {"Type": "T", "Properties": {"Value": {"Fn::If": ["C", 1, 2]}}}},
    }
    templates = templates_of(body, region="us-east-1")

    assert templates.one(resource(templates, "It"), "Value") == 2


def test_a_resource_is_called_by_its_path_without_its_stack() -> None:
    template = Template(
        name="a.json",
        body={"Resources": {"Q1": {"Type": "T", "Metadata": {"aws:cdk:path": "Shop/Orders/Queue/Resource"}}}},
        construct_path="Shop",
    )
    found = template.resources["Q1"]

    assert found.path == "Shop/Orders/Queue"
    assert found.name == "Orders/Queue"
