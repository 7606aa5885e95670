"""The CloudFormation template is secure, scales as it should, and agrees with the worker and with itself."""

import pytest

from infra.template import Resolver, TemplateError, load_template
from tests.unit.infra.template_checks import CHECKS
from tests.unit.infra.template_checks.reading import Check


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_template_has_no_fault(check: Check) -> None:
    assert list(check(load_template())) == []


def test_functions_are_worked_out_as_cloudformation_would() -> None:
    template = {
        "Parameters": {"Name": {"Default": "x"}, "Given": {}},
        "Conditions": {
            "IsX": {"Fn::Equals": [{"Ref": "Name"}, "x"]},
            "NotX": {"Fn::Not": [{"Condition": "IsX"}]},
            "Both": {"Fn::And": [{"Condition": "IsX"}, {"Condition": "NotX"}]},
            "Any": {"Fn::Or": [{"Condition": "IsX"}, {"Condition": "NotX"}]},
        },
        "Resources": {"Always": {}, "Sometimes": {"Condition": "NotX"}},
    }
    resolver = Resolver(template, {"Given": 5}, made={"Queue": {"Ref": "url", "Arn": "arn"}})
    assert set(resolver.resources) == {"Always"}
    cases = {
        "${Name}-${Given}-${Queue}-${Queue.Arn}-${!Kept}": "x-5-url-arn-${Kept}",
        "${AWS::StackName}": "local",
    }
    assert {text: resolver.resolve({"Fn::Sub": text}) for text in cases} == cases
    assert resolver.resolve({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Given"}}]}) == "5x"
    assert resolver.resolve([{"Fn::If": ["IsX", 1, 2]}, {"Fn::If": ["NotX", 1, {"Ref": "AWS::NoValue"}]}]) == [1]
    assert resolver.resolve({"a": {"Ref": "AWS::NoValue"}, "b": {"Fn::Join": ["/", ["p", "q"]]}}) == {"b": "p/q"}
    assert [resolver.condition(name) for name in ("Both", "Any")] == [False, True]


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Nothing"},
        {"Fn::GetAtt": ["Queue", "Arn"]},
        {"Fn::ImportValue": "x"},
        {"Fn::If": ["NoSuchCondition", 1, 2]},
        {"Fn::Sub": "${Nobody.Home}"},
    ],
)
def test_what_the_reader_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(TemplateError):
        Resolver({"Resources": {}, "Conditions": {}}).resolve(value)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(TemplateError, match="Typo"):
        Resolver(load_template(), {"Typo": 1})
