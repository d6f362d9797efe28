"""Where a Kafka topic is, and how one gets in: an MSK cluster, or a cluster that somebody runs themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import aws_cdk as cdk
from aws_cdk import (
    aws_iam as iam,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_msk as msk,
)

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.acknowledgments import acknowledge_wildcard
from cdk_lambda_patterns.function.cdk_refusals import expect_type, require_type
from cdk_lambda_patterns.function.secret_rights import Secret, let_read_secret
from cdk_lambda_patterns.tokens import is_token

from .broker_access import access, check_arn, let_enter_vpc
from .event_source_mappings import role_of
from .trigger_checks import require_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_ec2 as ec2

    from cdk_lambda_patterns.validation import Where

    from .broker_access import Access
    from .event_source_mappings import Reader

Method: TypeAlias = event_sources.AuthenticationMethod
_Mapping: TypeAlias = lambda_.CfnEventSourceMapping

_MSK_METHODS = (Method.SASL_SCRAM_512_AUTH, Method.CLIENT_CERTIFICATE_TLS_AUTH)
_DESCRIBE = ("kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers")
_CONNECT = ("kafka-cluster:Connect", "kafka-cluster:DescribeClusterDynamicConfiguration")
_READ_TOPIC = ("kafka-cluster:DescribeTopic", "kafka-cluster:ReadData")
_USE_GROUP = ("kafka-cluster:AlterGroup", "kafka-cluster:DescribeGroup")
_WRITE_TOPIC = ("kafka-cluster:DescribeTopic", "kafka-cluster:WriteData")


@dataclass(frozen=True)
class MskCluster:
    """A cluster of Amazon MSK, provisioned or serverless, in this account and Region.

    Without a secret the function shows its role (IAM), which may then read this topic and no other.
    """

    cluster: msk.CfnCluster | msk.CfnServerlessCluster | str
    """The cluster, or its ARN."""
    secret: Secret | None = None
    """What a provisioned cluster wants to know instead: a user name and password, or a certificate.

    Default: - IAM.
    """
    authentication_method: event_sources.AuthenticationMethod | None = None
    """What the secret holds: SASL_SCRAM_512_AUTH or CLIENT_CERTIFICATE_TLS_AUTH.

    Default: - SASL_SCRAM_512_AUTH.
    """

    def check(self, where: Where) -> None:
        """Refuse what MSK does not know.

        Args:
            where: The trigger.

        Raises:
            ValidationError: No ARN of a cluster, or an authentication that it does not have.
        """
        if isinstance(self.cluster, str):
            check_arn(where, "cluster", self.cluster, "kafka:cluster")
        else:
            require_type(where, "cluster", self.cluster, "attr_arn", "aws_msk.CfnCluster or its ARN")
        expect_type(where, "secret", self.secret, "secret_arn", "aws_secretsmanager.ISecret")
        if self.authentication_method is not None and self.secret is None:
            _refuse_method_without_secret(where, self.authentication_method)
        if self.authentication_method not in {None, *_MSK_METHODS}:
            where.refuse(
                "cluster",
                f"must authenticate with {' or '.join(method.value for method in _MSK_METHODS)}, or with IAM",
                got=getattr(self.authentication_method, "value", self.authentication_method),
                fix="choose one of them",
                code="AuthenticationUnsupported",
            )
        if isinstance(self.cluster, msk.CfnServerlessCluster) and self.secret is not None:
            where.refuse(
                "cluster",
                "must authenticate with IAM: a serverless cluster knows nothing else",
                got="a secret",
                fix="leave the secret out",
                code="AuthenticationUnsupported",
            )

    def source(self) -> dict[str, Any]:
        """What says in the mapping where the cluster is."""
        return {"event_source_arn": self.identity, "source_access_configurations": self._accesses() or None}

    def let_read(self, reader: Reader, *, topic: str, group: str | None, failures: str | None) -> None:
        """Grant what it takes to read the topic.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html

        Args:
            reader: Who reads.
            topic: The topic.
            group: The consumer group. None where Lambda names it.
            failures: The topic for failures, if there is one.
        """
        arn = self.identity
        let_enter_vpc(reader)
        if self.secret is not None:
            let_read_secret(reader, self.secret)
            _allow(reader, (*_DESCRIBE, "kafka:ListScramSecrets"), arn)
            return
        _allow(reader, (*_DESCRIBE, *_CONNECT), arn)
        _allow(reader, _READ_TOPIC, _part(arn, "topic", topic))
        groups = _part(arn, "group", "*" if group is None else group)
        _allow(reader, _USE_GROUP, groups)
        acknowledge_wildcard(role_of(reader), groups, "Lambda names the consumer group after the mapping")
        if failures is not None:
            _allow(reader, _WRITE_TOPIC, _part(arn, "topic", failures))

    @property
    def identity(self) -> str:
        """What tells it from others: its ARN."""
        if isinstance(self.cluster, str):
            return self.cluster
        return self.cluster.attr_arn

    def _accesses(self) -> list[Access]:
        if self.secret is None:
            return []
        method = self.authentication_method or Method.SASL_SCRAM_512_AUTH
        return [access(method.value, self.secret.secret_arn)]


@dataclass(frozen=True, kw_only=True)
class SelfManagedKafka:
    """A Kafka cluster outside of MSK: on machines of one's own, or of another provider.

    Brokers in a VPC are reached through `vpc` and `security_group`; those on the internet want a `secret`.
    """

    bootstrap_servers: Sequence[str]
    """Brokers to begin with, each as `host:port`, 1 to 10."""
    secret: Secret | None = None
    """A user name and password, or a certificate.

    Default: - none, for brokers in a VPC that ask for none.
    """
    authentication_method: event_sources.AuthenticationMethod | None = None
    """What the secret holds.

    Default: - SASL_SCRAM_512_AUTH.
    """
    root_ca_certificate: Secret | None = None
    """The certificate of the authority that signed the brokers' certificates, if it is a private one.

    Default: - one that everybody trusts signed them.
    """
    vpc: ec2.IVpc | None = None
    """Where the brokers are.

    Default: - on the internet.
    """
    subnets: Sequence[ec2.ISubnet] | None = None
    """The subnets that the pollers stand in.

    Default: - the VPC's private ones.
    """
    security_group: ec2.ISecurityGroup | ec2.SecurityGroup | None = None
    """The pollers' security group, which the brokers let in.

    Default: - none, on the internet.
    """

    def check(self, where: Where) -> None:
        """Refuse what cannot be reached.

        Args:
            where: The trigger.

        Raises:
            ValidationError: No or too many servers, one without a port, or no way in.
        """
        for name, secret in (("secret", self.secret), ("root_ca_certificate", self.root_ca_certificate)):
            expect_type(where, name, secret, "secret_arn", "aws_secretsmanager.ISecret")
        servers = self.bootstrap_servers
        if not is_token(servers):
            where.size("cluster", require_list(where, "cluster", servers), quotas.KAFKA_BOOTSTRAP_SERVERS)
            for server in servers:
                where.matches(
                    "cluster",
                    server,
                    quotas.KAFKA_BOOTSTRAP_SERVER_PATTERN,
                    rule="must name bootstrap servers as host:port",
                    fix="write for example 'broker.example.com:9092'",
                    code="BootstrapServerInvalid",
                )
        if self.authentication_method is not None and self.secret is None:
            _refuse_method_without_secret(where, self.authentication_method)
        if (self.vpc is None) != (self.security_group is None):
            where.refuse(
                "cluster",
                "must have both a VPC and a security group, or neither",
                got="a VPC alone" if self.security_group is None else "a security group alone",
                fix="give the security group that the brokers let in, and their VPC",
                code="VpcIncomplete",
            )
        if self.vpc is None and self.secret is None:
            where.refuse(
                "cluster",
                "must have a secret where the brokers are on the internet",
                got="neither a secret nor a VPC",
                fix="give one of them",
                code="SecretMissing",
            )

    def source(self) -> dict[str, Any]:
        """What says in the mapping where the cluster is."""
        return {
            "self_managed_event_source": _Mapping.SelfManagedEventSourceProperty(
                endpoints=_Mapping.EndpointsProperty(kafka_bootstrap_servers=list(self.bootstrap_servers))
            ),
            "source_access_configurations": self._accesses(),
        }

    def let_read(self, reader: Reader, *, topic: str, group: str | None, failures: str | None) -> None:
        """Grant what it takes to get in; what may be read there is the cluster's business.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kafka-permissions.html

        Args:
            reader: Who reads.
            topic: The topic.
            group: The consumer group.
            failures: The topic for failures.
        """
        del topic, group, failures
        for secret in (self.secret, self.root_ca_certificate):
            if secret is not None:
                let_read_secret(reader, secret)
        if self.vpc is not None:
            let_enter_vpc(reader)

    @property
    def identity(self) -> str:
        """What tells it from others: its servers."""
        return ",".join(sorted(self.bootstrap_servers))

    def _accesses(self) -> list[Access]:
        accesses: list[Access] = []
        if self.secret is not None:
            method = self.authentication_method or Method.SASL_SCRAM_512_AUTH
            accesses.append(access(method.value, self.secret.secret_arn))
        if self.root_ca_certificate is not None:
            accesses.append(access("SERVER_ROOT_CA_CERTIFICATE", self.root_ca_certificate.secret_arn))
        if self.vpc is not None and self.security_group is not None:
            accesses.append(access("VPC_SECURITY_GROUP", f"security_group:{self.security_group.security_group_id}"))
            chosen = self.subnets
            ids = self.vpc.select_subnets().subnet_ids if chosen is None else [subnet.subnet_id for subnet in chosen]
            accesses.extend(access("VPC_SUBNET", f"subnet:{subnet_id}") for subnet_id in ids)
        return accesses


KafkaCluster: TypeAlias = MskCluster | SelfManagedKafka
"""Where a topic is."""


def _refuse_method_without_secret(where: Where, method: event_sources.AuthenticationMethod) -> None:
    where.refuse(
        "cluster",
        "must have a secret for its authentication method",
        got=f"{method.value} alone",
        fix="give the secret, or leave the method out",
        code="SecretMissing",
    )


def _allow(reader: Reader, actions: tuple[str, ...], arn: str) -> None:
    iam.Grant.add_to_principal(grantee=reader, actions=[*actions], resource_arns=[arn])


def _part(cluster_arn: str, kind: str, name: str) -> str:
    """The ARN of a topic or group of a cluster: `cluster/<name>/<id>` becomes `topic/<name>/<id>/<topic>`."""
    if is_token(cluster_arn):
        halves = cdk.Fn.split(":cluster/", cluster_arn, 2)
        before, cluster = halves[0], halves[1]
    else:
        before, _, cluster = cluster_arn.partition(":cluster/")
    return f"{before}:{kind}/{cluster}/{name}"
