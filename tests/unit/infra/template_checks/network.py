"""Who reaches whom, what the choices of network make, and what CloudFormation itself takes."""

from collections.abc import Iterator
from typing import Any

from infra.template_steps import MAX_BYTES, compact
from tests.unit.infra.template_checks.reading import Template, of_type, resolver

#: All that CloudFormation knows under Rules, beside Ref; it refuses a template that uses another function there.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
RULE_FUNCTIONS = {
    f"Fn::{name}"
    for name in (
        "And", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "Not", "Or", "RefAll", "ValueOf", "ValueOfAll",
    )
}  # fmt: skip


def nobody_calls_in(template: Template) -> Iterator[str]:
    groups = of_type(template, "AWS::EC2::SecurityGroup")
    worker = groups["WorkerSecurityGroup"]
    if worker.get("SecurityGroupIngress") or of_type(template, "AWS::EC2::SecurityGroupIngress"):
        yield "somebody may call workers"
    for rule in groups["EndpointSecurityGroup"]["SecurityGroupIngress"]:
        if rule.get("SourceSecurityGroupId") != {"Ref": "WorkerSecurityGroup"}:
            yield "endpoints answer others than workers"
    if any(subnet.get("MapPublicIpOnLaunch") for subnet in of_type(template, "AWS::EC2::Subnet").values()):
        yield "a subnet gives public addresses"
    service = template["Resources"]["Service"]["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
    if service["AssignPublicIp"] != "DISABLED":
        yield "tasks have public addresses"
    if service["Subnets"]["Fn::If"][1] != [{"Ref": "PrivateSubnetA"}, {"Ref": "PrivateSubnetB"}]:
        yield "tasks run in public subnets"
    private = {"PrivateRouteTableA", "PrivateRouteTableB"}
    for name, route in of_type(template, "AWS::EC2::Route").items():
        if route["RouteTableId"]["Ref"] in private and "GatewayId" in route:
            yield f"{name} opens a private subnet"
    for service_name in ("s3", "dynamodb"):
        tables = [
            {table["Ref"] for table in endpoint["RouteTableIds"]}
            for endpoint in of_type(template, "AWS::EC2::VPCEndpoint").values()
            if endpoint["VpcEndpointType"] == "Gateway" and endpoint["ServiceName"]["Fn::Sub"].endswith(service_name)
        ]
        if tables != [private]:
            yield f"{service_name} is reached through NAT, and paid for"


def workers_reach_qdrant_and_models_wherever_they_are(template: Template) -> Iterator[str]:
    """Each port once: CloudFormation refuses a group that has a rule twice."""
    anywhere = ("tcp", 443, 443, "0.0.0.0/0")
    cases: list[tuple[dict[str, Any], list[tuple[str, int, int, str]]]] = [
        ({}, [anywhere, ("tcp", 6333, 6333, "0.0.0.0/0")]),
        ({"QdrantPort": 443}, [anywhere]),
        (
            {"QdrantPort": 7000, "QdrantCidr": "10.1.0.0/16", "ModelPort": 8000, "ModelCidr": "10.2.0.0/16"},
            [anywhere, ("tcp", 7000, 7000, "10.1.0.0/16"), ("tcp", 8000, 8000, "10.2.0.0/16")],
        ),
    ]
    for choice, expected in cases:
        rules = resolver(template, **choice).properties("WorkerSecurityGroup")["SecurityGroupEgress"]
        called = [(rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["CidrIp"]) for rule in rules]
        if called != expected:
            yield f"with {choice} workers call {called}"


def network_is_made_or_given(template: Template) -> Iterator[str]:
    """Which resources the choices make; a given VPC stays untouched."""
    expected = {
        (("NatGateways", "none"), ("InterfaceEndpoints", "yes")): {"NatGateway": 0, "EIP": 0, "InternetGateway": 0},
        (("NatGateways", "one"),): {"NatGateway": 1, "EIP": 1, "InternetGateway": 1, "VPC": 1, "Subnet": 4},
        (("NatGateways", "per-zone"),): {"NatGateway": 2, "EIP": 2, "InternetGateway": 1, "Subnet": 4},
        (("VpcId", "vpc-1"), ("SubnetIds", "subnet-1")): dict.fromkeys(
            ("VPC", "Subnet", "NatGateway", "EIP", "InternetGateway", "RouteTable", "Route", "VPCEndpoint"), 0
        ),
    }
    for choice, numbers in expected.items():
        made = [r["Type"] for r in resolver(template, **dict(choice)).resources.values()]
        for kind, number in numbers.items():
            if made.count(f"AWS::EC2::{kind}") != number:
                yield f"{dict(choice)} makes {made.count(f'AWS::EC2::{kind}')} {kind}"


def rules_use_what_rules_know(template: Template) -> Iterator[str]:
    def functions(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from (key for key in value if key.startswith("Fn::"))
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from functions(item)

    for name, rule in template["Rules"].items():
        yield from (f"{name} uses {function}" for function in functions(rule) if function not in RULE_FUNCTIONS)


def it_fits_into_one_request(template: Template) -> Iterator[str]:
    if len(compact(template).encode()) > MAX_BYTES:
        yield "there is too much in it to be sent"
