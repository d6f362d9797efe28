from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2, aws_efs as efs, aws_kms as kms

from cdk_lambda_patterns import FunctionFileSystem, FunctionVpc, practices
from cdk_lambda_patterns.testing import fast_app, synthesize
from tests.findings import cfn_lint_findings
from tests.function.support import define, only, resources, statements, the_function
from tests.network.support import templates_of
from tests.refusals import refusal
from tests.triggers.polling import logical_id

if TYPE_CHECKING:
    from types import ModuleType

HANDLERS = Path(__file__).parents[2] / "docs" / "examples" / "handlers" / "archive"
TARGET = "AWS::EFS::MountTarget"
PRIVATE = ec2.SubnetType.PRIVATE_WITH_EGRESS


def file_system(stack: cdk.Stack, **options: Any) -> FunctionFileSystem:  # noqa: ANN401
    given = options.pop("vpc", None) or FunctionVpc(stack, "Vpc", flow_log=False)
    return FunctionFileSystem(stack, "Files", vpc=given, **options)


def mounting(stack: cdk.Stack, *, read_only: bool = False) -> FunctionFileSystem:
    vpc = FunctionVpc(stack, "Vpc", flow_log=False)
    files = file_system(stack, vpc=vpc)
    define(stack, vpc=vpc, filesystem=files.mounted_at("/mnt/files", read_only=read_only))
    return files


def refused(stack: cdk.Stack, code: str, got: str, /, **options: Any) -> None:  # noqa: ANN401
    refusal(lambda: file_system(stack, **options), code, got, path="Stack/Files")


class TestFileSystem:
    def test_is_encrypted_elastic_backed_up_and_kept(self, stack: cdk.Stack) -> None:
        file_system(stack)

        template = synthesize(stack)
        (resource,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::EFS::FileSystem"]
        properties = resource["Properties"]
        assert properties["Encrypted"] is True
        assert properties["ThroughputMode"] == practices.FILE_SYSTEM_THROUGHPUT.lower()
        assert properties["LifecyclePolicies"] == [{"TransitionToIA": practices.FILE_SYSTEM_TRANSITION}]
        assert properties["BackupPolicy"] == {"Status": "ENABLED"}
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"

    def test_has_a_mount_target_in_every_zone_of_the_functions(self, stack: cdk.Stack) -> None:
        files = file_system(stack)

        template = synthesize(stack)
        targets = resources(template, TARGET).values()
        assert {target["SubnetId"]["Ref"] for target in targets} == set(resources(template, "AWS::EC2::Subnet"))
        for target in targets:
            assert target["SecurityGroups"] == [{"Fn::GetAtt": [logical_id(files.security_group), "GroupId"]}]

    @pytest.mark.parametrize("options", [{}, {"vpc_subnets": ec2.SubnetSelection(subnet_type=PRIVATE)}])
    def test_has_one_mount_target_in_a_zone_of_several_subnets(self, options: dict[str, Any], stack: cdk.Stack) -> None:
        """EFS refuses a second."""
        kinds = {"Public": ec2.SubnetType.PUBLIC, "One": PRIVATE, "Two": PRIVATE}
        subnets = [ec2.SubnetConfiguration(name=name, subnet_type=kind) for name, kind in kinds.items()]
        vpc = ec2.Vpc(stack, "Vpc", max_azs=2, subnet_configuration=subnets, restrict_default_security_group=False)

        FunctionFileSystem(stack, "Files", vpc=vpc, **options)

        targets = resources(synthesize(stack), TARGET).values()
        assert [target["SubnetId"] for target in targets] == [
            stack.resolve(subnet.subnet_id) for subnet in vpc.private_subnets[:2]
        ]

    def test_has_mount_targets_in_the_subnets_that_are_listed(self, stack: cdk.Stack) -> None:
        vpc = FunctionVpc(stack, "Vpc")
        (subnet, _) = vpc.isolated_subnets

        FunctionFileSystem(stack, "Files", vpc=vpc, vpc_subnets=ec2.SubnetSelection(subnets=[subnet]))

        assert only(synthesize(stack), TARGET)["SubnetId"] == stack.resolve(subnet.subnet_id)

    def test_lets_in_nobody_until_a_function_mounts_it(self, stack: cdk.Stack) -> None:
        file_system(stack)

        template = synthesize(stack)
        group = only(template, "AWS::EC2::SecurityGroup")
        assert "SecurityGroupIngress" not in group
        assert "AWS::EC2::SecurityGroupIngress" not in {r["Type"] for r in template["Resources"].values()}
        assert [rule["CidrIp"] for rule in group["SecurityGroupEgress"]] == ["255.255.255.255/32"]

    @pytest.mark.parametrize("recommended", [False, True])
    def test_demands_tls_and_an_access_point_and_allows_nobody(self, recommended: bool) -> None:  # noqa: FBT001
        stack = cdk.Stack(fast_app(recommended_flags=recommended), "Stack")
        file_system(stack)

        found = only(synthesize(stack), "AWS::EFS::FileSystem")["FileSystemPolicy"]["Statement"]
        assert {statement["Effect"] for statement in found} == {"Deny"}
        assert [statement["Condition"] for statement in found] == [
            {"Bool": {"aws:SecureTransport": "false"}},
            {"Null": {"elasticfilesystem:AccessPointArn": "true"}},
        ]

    def test_shows_functions_a_directory_of_their_own(self, stack: cdk.Stack) -> None:
        file_system(stack)

        access_point = only(synthesize(stack), "AWS::EFS::AccessPoint")
        assert access_point["RootDirectory"] == {
            "Path": "/functions",
            "CreationInfo": {"OwnerUid": "1001", "OwnerGid": "1001", "Permissions": practices.FILE_SYSTEM_PERMISSIONS},
        }
        assert access_point["PosixUser"] == {"Uid": "1001", "Gid": "1001"}

    def test_may_be_otherwise(self, stack: cdk.Stack) -> None:
        key = kms.Key(stack, "Key")
        vpc = ec2.Vpc(stack, "Vpc", restrict_default_security_group=False)

        file_system(
            stack,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PUBLIC),
            path="/",
            user=4_294_967_295,
            encryption_key=key,
            throughput_mode=efs.ThroughputMode.BURSTING,
            lifecycle_policy=efs.LifecyclePolicy.AFTER_7_DAYS,
            automatic_backups=False,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )

        template = synthesize(stack)
        properties = only(template, "AWS::EFS::FileSystem")
        assert properties["KmsKeyId"] == {"Fn::GetAtt": [logical_id(key), "Arn"]}
        assert properties["ThroughputMode"] == "bursting"
        assert properties["LifecyclePolicies"] == [{"TransitionToIA": "AFTER_7_DAYS"}]
        assert "BackupPolicy" not in properties
        assert all("Public" in target["SubnetId"]["Ref"] for target in resources(template, TARGET).values())
        access_point = only(template, "AWS::EFS::AccessPoint")
        assert access_point["PosixUser"] == {"Uid": "4294967295", "Gid": "4294967295"}
        assert access_point["RootDirectory"]["Path"] == "/"


class TestMount:
    def test_is_where_the_function_says(self, stack: cdk.Stack) -> None:
        files = mounting(stack)

        template = synthesize(stack)
        (config,) = the_function(template)["FileSystemConfigs"]
        assert config["LocalMountPath"] == "/mnt/files"
        assert logical_id(files.access_point) in str(config["Arn"])
        assert cfn_lint_findings(template) == []

    @pytest.mark.parametrize(("read_only", "actions"), [(False, ["Mount", "Write"]), (True, "Mount")])
    def test_brings_the_rights_to_this_directory_alone(
        self,
        stack: cdk.Stack,
        read_only: bool,  # noqa: FBT001
        actions: Any,  # noqa: ANN401
    ) -> None:
        files = mounting(stack, read_only=read_only)

        (statement,) = [s for s in statements(synthesize(stack)) if "elasticfilesystem" in str(s["Action"])]
        prefix = "elasticfilesystem:Client"
        assert statement["Action"] == ([prefix + a for a in actions] if isinstance(actions, list) else prefix + actions)
        assert statement["Resource"] == {"Fn::GetAtt": [logical_id(files.file_system), "Arn"]}
        condition = statement["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"]
        assert logical_id(files.access_point) in str(condition)

    def test_brings_the_rules_between_the_security_groups(self, stack: cdk.Stack) -> None:
        files = mounting(stack)

        template = synthesize(stack)
        inward, outward = (
            only(template, "AWS::EC2::SecurityGroupIngress"),
            only(template, "AWS::EC2::SecurityGroupEgress"),
        )
        group = {"Fn::GetAtt": [logical_id(files.security_group), "GroupId"]}
        assert inward["GroupId"] == outward["DestinationSecurityGroupId"] == group
        assert inward["SourceSecurityGroupId"] == outward["GroupId"]
        for rule in (inward, outward):
            assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 2049, 2049)

    def test_waits_for_the_mount_targets(self, stack: cdk.Stack) -> None:
        mounting(stack)

        template = synthesize(stack)
        (function,) = [r for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
        assert set(resources(template, TARGET)) <= set(function["DependsOn"])

    @pytest.mark.parametrize("recommended", [True, False], ids=["weak references", "exports"])
    def test_in_another_stack_makes_no_circle(self, recommended: bool) -> None:  # noqa: FBT001
        app = fast_app(recommended_flags=recommended)
        data, stack = cdk.Stack(app, "Data"), cdk.Stack(app, "Functions")
        vpc = FunctionVpc(data, "Vpc")
        files = FunctionFileSystem(data, "Files", vpc=vpc)

        define(stack, vpc=vpc, filesystem=files.mounted_at("/mnt/files"))

        templates = templates_of(app)
        for kind in ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
            assert len(resources(templates["Functions"], kind)) == 1
            assert not resources(templates["Data"], kind)
        assert [dependency.stack_name for dependency in stack.dependencies] == ["Data"]

    @pytest.mark.parametrize(
        ("path", "code", "got"),
        [
            ("/files", "MountPathInvalid", "'/files'"),
            ("/mnt", "MountPathInvalid", "'/mnt'"),
            ("/mnt/a/b", "MountPathInvalid", "'/mnt/a/b'"),
            ("", "MountPathLength", "0"),
            ("/mnt/" + "f" * 156, "MountPathLength", "161"),
        ],
    )
    def test_fails_when_it_is_elsewhere(self, stack: cdk.Stack, path: str, code: str, got: str) -> None:
        files = file_system(stack)

        refusal(lambda: files.mounted_at(path), code, got)

    @pytest.mark.parametrize("path", [None, 5])
    def test_fails_when_its_place_is_no_text(self, stack: cdk.Stack, path: Any) -> None:  # noqa: ANN401
        files = file_system(stack)

        refusal(lambda: files.mounted_at(path), "TextExpected", repr(path), path="Stack/Files")

    def test_fails_when_it_may_be_read_only_or_not(self, stack: cdk.Stack) -> None:
        files, given = file_system(stack), cast("bool", "no")

        refusal(lambda: files.mounted_at("/mnt/files", read_only=given), "TypeMismatch", "'no'", path="Stack/Files")

    def test_fails_when_the_function_is_in_another_vpc(self, stack: cdk.Stack) -> None:
        mounted, other = file_system(stack).mounted_at("/mnt/files"), FunctionVpc(stack, "Other")

        refusal(
            lambda: define(stack, vpc=other, filesystem=mounted),
            "FileSystemInOtherVpc",
            "files in Stack/Vpc for a function in Stack/Other",
            path="Stack/Function",
        )

    def test_may_be_in_a_vpc_that_is_imported(self, stack: cdk.Stack) -> None:
        imported = ec2.Vpc.from_vpc_attributes(
            stack, "Known", vpc_id="vpc-1", availability_zones=["a", "b"], private_subnet_ids=["subnet-1", "subnet-2"]
        )
        mounted = file_system(stack).mounted_at("/mnt/files")

        define(stack, vpc=imported, filesystem=mounted)

        assert the_function(synthesize(stack))["FileSystemConfigs"]

    def test_may_have_a_long_name(self, stack: cdk.Stack) -> None:
        path = "/mnt/" + "f" * 155

        assert file_system(stack).mounted_at(path).config.local_mount_path == path


@pytest.mark.parametrize(
    ("options", "code", "got"),
    [
        ({"path": ""}, "AccessPointPathLength", "0"),
        ({"path": "/" + "d" * 100}, "AccessPointPathLength", "101"),
        ({"path": "files"}, "AccessPointPathInvalid", "'files'"),
        ({"path": "/a/b/c/d/e"}, "AccessPointPathInvalid", "'/a/b/c/d/e'"),
        ({"path": "/../etc"}, "AccessPointPathInvalid", "'/../etc'"),
        ({"user": -1}, "PosixIdOutOfRange", "-1"),
        ({"user": 1_000.5}, "PosixIdOutOfRange", "1,000.5"),
        ({"user": 4_294_967_296}, "PosixIdOutOfRange", "4,294,967,296"),
        ({"vpc": "vpc-1"}, "TypeMismatch", "str"),
        ({"vpc_subnets": 5}, "TypeMismatch", "int"),
        ({"encryption_key": "key"}, "TypeMismatch", "str"),
        ({"user": None}, "PosixIdOutOfRange", "None"),
        ({"path": None}, "TextExpected", "None"),
        ({"path": 5}, "TextExpected", "5"),
        ({"automatic_backups": "no"}, "TypeMismatch", "'no'"),
        ({"removal_policy": "DESTROY"}, "RemovalPolicyInvalid", "'DESTROY'"),
        ({"removal_policy": cdk.RemovalPolicy.SNAPSHOT}, "RemovalPolicyInvalid", "SNAPSHOT"),
    ],
)
def test_fails_when_a_value_cannot_work(stack: cdk.Stack, options: dict[str, Any], code: str, got: str) -> None:
    refused(stack, code, got, **options)


def test_fails_when_its_name_is_taken(stack: cdk.Stack) -> None:
    define(stack, "Files")

    refused(stack, "ConstructIdTaken", "'Files' a second time")


def test_leaves_a_user_alone_that_is_chosen_at_deployment(stack: cdk.Stack) -> None:
    number: Any = cdk.CfnParameter(stack, "Number", type="Number").value_as_number

    file_system(stack, user=number)

    ref = {"Ref": "Number"}
    access_point = only(synthesize(stack), "AWS::EFS::AccessPoint")
    assert access_point["PosixUser"] == {"Uid": ref, "Gid": ref}
    assert access_point["RootDirectory"]["CreationInfo"]["OwnerUid"] == ref


@pytest.mark.parametrize("options", [{"path": "/" + "d" * 99}, {"path": "/a/b/c/d"}, {"user": 0}])
def test_takes_what_is_just_within_the_limits(stack: cdk.Stack, options: dict[str, Any]) -> None:
    file_system(stack, **options)

    assert cfn_lint_findings(synthesize(stack)) == []


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("FILES", str(tmp_path))
    spec = importlib.util.spec_from_file_location("archive", HANDLERS / "archive.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "archive", module)
    spec.loader.exec_module(module)
    return module


def test_the_examples_handlers_find_what_they_kept(archive: ModuleType, tmp_path: Path) -> None:
    archive.keep({"name": "march", "text": "sales rose"}, None)
    archive.keep({"name": "april", "text": "sales fell"}, None)
    (tmp_path / ".may").write_text("sales ro")

    assert archive.find({"word": "sales"}, None) == ["april", "march"]
    assert archive.find({"word": "rose"}, None) == ["march"]
