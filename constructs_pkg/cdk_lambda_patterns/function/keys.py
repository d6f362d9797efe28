"""Customers' keys: whoever uses what they guard is let use them too, however the app knows the key.

The CDK's own grants do nothing, without a word, for a key that is known by its alias, and are of no use where the key's
policy leaves no say to the roles of its account.
Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_kms as kms, aws_lambda as lambda_, aws_logs as logs

from cdk_lambda_patterns.json_values import as_list, as_mapping

from . import principals
from .acknowledgments import acknowledge_wildcard
from .cdk_refusals import has
from .policies import allow, arn_here
from .references import in_one_stack

if TYPE_CHECKING:
    from constructs import IConstruct

    from .policies import Statement


_ALIAS_REASON = "the keys that have this alias: which one that is, another app decides"


def let_use(grantee: lambda_.Function | iam.IRole | iam.Role, key: kms.IKey | kms.Key, *actions: str) -> None:
    """Let a role use a key.

    Args:
        grantee: The role, or the function that has it.
        key: The key: of this app, imported, or an alias.
        *actions: As `kms:Decrypt`.
    """
    if not _is_imported_alias(key):
        key.grant(cast("iam.IGrantable", grantee), *actions)
    complete_grant(grantee, key, *actions)


def complete_grant(grantee: lambda_.Function | iam.IRole | iam.Role, key: kms.IKey | kms.Key, *actions: str) -> None:
    """Let a role use a key where a grant of the CDK on what it guards left that out.

    Args:
        grantee: The role, or the function that has it.
        key: The key.
        *actions: As `kms:Decrypt`.
    """
    if _is_imported_alias(key):
        statement = use_of(key, *actions)
        principal = cast("iam.IGrantable", grantee).grant_principal
        principal.add_to_principal_policy(iam.PolicyStatement.from_json(statement))
        acknowledge_wildcard(cast("IConstruct", _role(grantee)), statement["Resource"], _ALIAS_REASON)
    else:
        let_into_closed(grantee, key, *actions)


def let_into_closed(grantee: lambda_.Function | iam.IRole | iam.Role, key: kms.IKey | kms.Key, *actions: str) -> None:
    """Let a role use a key of this app whose policy leaves less to the roles of its account. Others pass.

    Args:
        grantee: The role, or the function that has it.
        key: The key.
        *actions: As `kms:Decrypt`.
    """
    known = _behind(key)
    if isinstance(known, kms.Key) and not _leaves_it_to_roles(known, actions):
        _let_in(grantee, known, actions)


def use_of(key: kms.IKey | kms.Key, *actions: str) -> Statement:
    """The statement of a role's policy that lets it use a key.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html

    Args:
        key: The key: of this app, imported, or an alias.
        *actions: As `kms:Decrypt`.
    """
    if _is_imported_alias(key):
        # The ARN of an alias stands for no key.
        name = cast("kms.IAlias", key).alias_name
        condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": name}}
        return {**allow(actions, arn_here("kms", "key/*")), "Condition": condition}
    return allow(actions, _behind(key).key_arn)


def let_service_use(
    owner: IConstruct, key: kms.IKey | kms.Key, statement: iam.PolicyStatement, *, service: str, otherwise: str
) -> None:
    """Let a service use the key of what it writes to. Of a key from outside a warning says what its policy has to hold.

    Args:
        owner: What is encrypted with the key.
        key: The key.
        statement: What the service may do.
        service: Its name, for the warning.
        otherwise: What happens until the key lets it.
    """
    if not key.add_to_resource_policy(statement, True).statement_added:
        _warn(owner, f"it lets {service} do {' and '.join(statement.actions)}. Until then {otherwise}")


def let_logs_use(owner: IConstruct, key: kms.IKey | kms.Key) -> None:
    """Let CloudWatch Logs encrypt the log groups of this account.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html

    Args:
        owner: What is encrypted with the key.
        key: The key.
    """
    statement = iam.PolicyStatement(
        sid="LogsEncrypt",
        actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        principals=[principals.service(f"logs.{cdk.Aws.REGION}.amazonaws.com")],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn_here("logs", "log-group:*")}},
    )
    let_service_use(owner, key, statement, service="CloudWatch Logs", otherwise="the log group cannot be made")


def let_logs_use_key_of(log_group: logs.ILogGroup) -> bool:
    """Let CloudWatch Logs use the key of a log group that somebody else defined. Return whether it has one.

    Args:
        log_group: The log group.
    """
    if not isinstance(log_group, logs.LogGroup):
        return False
    key_arn = cast("logs.CfnLogGroup", log_group.node.default_child).kms_key_id
    if key_arn is None:
        return False
    token = cdk.Tokenization.reverse_string(key_arn).first_token
    resource = token.target if isinstance(token, cdk.Reference) else None
    key = None if resource is None else resource.node.scope
    if isinstance(key, kms.Key):
        let_logs_use(log_group, key)
    else:
        _warn(log_group, "it lets CloudWatch Logs encrypt with it. Until then the log group cannot be made")
    return True


def _is_imported_alias(key: kms.IKey | kms.Key) -> bool:
    return has(key, "alias_name") and not isinstance(key, kms.Alias)


def _behind(key: kms.IKey | kms.Key) -> kms.IKey | kms.Key:
    return key.alias_target_key if isinstance(key, kms.Alias) else key


def _leaves_it_to_roles(key: kms.Key, actions: tuple[str, ...]) -> bool:
    """Whether the policies of roles are enough: the key's own lets its account, or everybody, do as much.

    Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    resource = cast("kms.CfnKey", key.node.default_child)
    policy: dict[str, Any] = cdk.Stack.of(key).resolve(resource.key_policy)
    left = [
        pattern
        for statement in as_list(policy.get("Statement"))
        if statement["Effect"] == "Allow" and "Condition" not in statement and _is_account(statement.get("Principal"))
        for pattern in as_list(statement.get("Action"))
    ]
    return all(any(fnmatchcase(action, pattern) for pattern in left) for action in actions)


def _is_account(principal: Any) -> bool:  # noqa: ANN401 (policy JSON)
    kinds = as_mapping(principal)
    listed = as_list(principal if kinds is None else kinds.get("AWS"))
    return any(name == "*" or ":root" in json.dumps(name) for name in listed)


def _let_in(grantee: lambda_.Function | iam.IRole | iam.Role, key: kms.Key, actions: tuple[str, ...]) -> None:
    role = _role(grantee)
    if not in_one_stack(key, cast("IConstruct", role)):
        # The key's stack cannot name the role: the role's names the key.
        _warn(
            key, f"it lets {role.node.path} do {' and '.join(actions)}: it leaves nothing to the roles of its account"
        )
        return
    statement = iam.PolicyStatement(actions=[*actions], principals=[role.grant_principal], resources=["*"])
    key.add_to_resource_policy(statement)


def _role(grantee: lambda_.Function | iam.IRole | iam.Role) -> iam.IRole:
    return cast("iam.IRole", grantee.role if isinstance(grantee, lambda_.Function) else grantee)


def _warn(owner: IConstruct, what: str) -> None:
    cdk.Annotations.of(owner).add_warning_v2(
        "cdk-lambda-patterns:keyPolicyUnknown",
        f"the policy of this key cannot be changed from here: see that {what}",
    )
