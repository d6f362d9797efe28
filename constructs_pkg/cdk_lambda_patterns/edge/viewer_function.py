"""A CloudFront Function."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, cast

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront, aws_cloudwatch as cloudwatch, aws_sns as sns

from cdk_lambda_patterns import quotas
from cdk_lambda_patterns.function.alarms import define_alarm, let_alarms_publish
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, expect_type, require_type
from cdk_lambda_patterns.function.stacks import root_stack
from cdk_lambda_patterns.tokens import is_token, without_tokens
from cdk_lambda_patterns.validation import Where

from .key_values import as_import_source, read_key_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from .key_values import KeyValues


class ViewerFunction(cloudfront.Function):
    """A CloudFront Function: JavaScript that changes or answers a visitor's request, or its response, in a millisecond.

    Defines the function for runtime 2.0, published, the key-value store that it reads, and in us-east-1, where
    CloudFront's metrics are, alarms. It is a `cloudfront.Function`: every CDK API that takes one takes it.
    """

    key_value_store: cloudfront.IKeyValueStore | None
    """The store that the function reads as `cf.kvs()`. None where it has none."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `Errors`, `InvalidResults`, `Throttles`. Empty outside us-east-1."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: cloudfront.FunctionCode,
        key_values: KeyValues | None = None,
        key_value_store: cloudfront.IKeyValueStore | cloudfront.KeyValueStore | None = None,
        function_name: str | None = None,
        comment: str | None = None,
        notify: sns.ITopic | sns.TopicBase | None = None,
    ) -> None:
        """Define the function.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            code: JavaScript with a function `handler`: `cloudfront.FunctionCode.from_file` or `from_inline`. At most 10
                KB.
                Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
            key_values: What a key-value store of the function's own holds: keys and values, or the path of a JSON file
                with them. A store takes such data only when it is made, so that other data make another store; data
                that change between deployments are written to a store that begins empty, `{}`.
                Default: - the function has no store.
                Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/kvs-with-functions.html
            key_value_store: A store that exists, in place of one of its own.
                Default: - the function has none, or one with `key_values`.
            function_name: The function's name, 1 to 64 letters, digits, hyphens and underscores.
                Default: - one is generated from the Region and the path.
                Source: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateFunction.html
            comment: What it is for, at most 128 characters.
                Default: - its name.
            notify: The topic that the alarms publish to.
                Default: - the alarms change state and tell nobody.

        Raises:
            ValidationError: Code that is not there, is too large or has no handler, a name or data outside CloudFront's
                limits, or a store that the code reads and that is not there.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_type(where, "code", code, "render", "aws_cloudfront.FunctionCode")
        expect_type(where, "key_value_store", key_value_store, "key_value_store_arn", "aws_cloudfront.IKeyValueStore")
        expect_type(where, "notify", notify, "topic_arn", "aws_sns.ITopic")
        _check_name(where, function_name)
        _check_code(where, _text_of(where, code), has_store=key_values is not None or key_value_store is not None)
        where.size("comment", comment, quotas.VIEWER_FUNCTION_COMMENT_LENGTH)
        if key_values is not None and key_value_store is not None:
            where.refuse(
                "key_values",
                "must be left out where 'key_value_store' is given: a function reads one store",
                got="both",
                fix="leave one of them out",
                code="KeyValueStoresConflict",
            )
        data = None if key_values is None else read_key_values(where, key_values)

        # 2 define
        with cdk_refusals(where):
            super().__init__(
                scope,
                construct_id,
                code=code,
                function_name=function_name,
                comment=comment,
                runtime=cloudfront.FunctionRuntime.JS_2_0,
                key_value_store=key_value_store,
            )
        # A distribution of another stack reads the ARN from this one's outputs: no custom resource, in any Region, and
        # nothing that keeps another function from taking its place.
        cdk.CrossStackReferences.of(self).produce(cdk.ReferenceStrength.WEAK)
        self._where = where
        self.key_value_store = key_value_store
        if data is not None:
            self.key_value_store = self._define_store(data)

        # 3 connect
        self.alarms = {}
        if cdk.Stack.of(self).region == quotas.EDGE_REGION:
            self._define_alarms(notify)

    def at(self, event_type: cloudfront.FunctionEventType) -> cloudfront.FunctionAssociation:
        """The function at an event, for the `function_associations` of a distribution's behavior.

        Args:
            event_type: Before CloudFront looks into its cache, or before it answers the visitor.

        Raises:
            ValidationError: An event of Lambda@Edge.
        """
        if not isinstance(cast("object", event_type), cloudfront.FunctionEventType):
            self._where.refuse(
                "event_type",
                "must be VIEWER_REQUEST or VIEWER_RESPONSE of aws_cloudfront.FunctionEventType",
                got=str(event_type),
                fix="choose one of them, or use an EdgeFunction for origin events",
                code="EventNotViewer",
            )
        return cloudfront.FunctionAssociation(event_type=event_type, function=self)

    def _define_store(self, data: Mapping[str, str]) -> cloudfront.KeyValueStore:
        content = as_import_source(data)
        # Other data in a store of the same name would change nothing: CloudFront reads them when it makes the store.
        stack = cdk.Stack.of(self)
        # A nested stack's own name is a token, and another one as soon as the app changes.
        digest = hashlib.sha256(f"{root_stack(stack).stack_name}\n{content}".encode()).hexdigest()[:_DIGEST]
        unique = cdk.Names.unique_resource_name(self, max_length=_NAME - _REGION - _DIGEST - 2, separator="-")
        store = cloudfront.KeyValueStore(
            self,
            "KeyValueStore",
            key_value_store_name=f"{stack.region}-{unique}-{digest}",
            source=cloudfront.ImportSource.from_inline(content) if data else None,
        )
        resource = cast("cloudfront.CfnFunction", self.node.default_child)
        association = {"KeyValueStoreARN": store.key_value_store_arn}
        resource.add_property_override("FunctionConfig.KeyValueStoreAssociations", [association])
        return store

    def _define_alarms(self, notify: sns.ITopic | sns.TopicBase | None) -> None:
        actions: list[str] = []
        if notify is not None:
            let_alarms_publish(notify)
            actions = [notify.topic_arn]
        dimensions = {"FunctionName": self.function_name, "Region": "Global"}
        for name, (metric, text) in _ALARMS.items():
            self.alarms[name] = define_alarm(
                self,
                f"{name}Alarm",
                metric=("AWS/CloudFront", metric, "Sum"),
                dimensions=dimensions,
                threshold=1,
                text=text,
                actions=actions,
            )


_NAME = 64
"""The longest name of a store. Source:
https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateKeyValueStore.html"""
_REGION = 16
_DIGEST = 8
_HANDLER = re.compile(r"\bfunction\s+handler\s*\(|\b(?:const|let|var)\s+handler\s*=")
_UNREADABLE = re.compile(r"(?:ENOENT|ENOTDIR|EISDIR|EACCES): .*")
"""Node's words for a file that is not there, or is none."""
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_READS_A_STORE = re.compile(r"\.\s*kvs\s*\(")
_ITS_LOG = "Its log is in us-east-1, in /aws/cloudfront/function/ and its name."
_ALARMS = {
    "Errors": ("FunctionExecutionErrors", f"The function failed, and visitors got 503. {_ITS_LOG}"),
    "InvalidResults": (
        "FunctionValidationErrors",
        f"CloudFront could not use what the function returned, and visitors got 502. {_ITS_LOG}",
    ),
    "Throttles": (
        "FunctionThrottles",
        "The function took too long and was stopped. Let it do less, or use Lambda@Edge.",
    ),
}


def _check_name(where: Where, function_name: str | None) -> None:
    if function_name is None or is_token(function_name):
        return
    where.text("function_name", function_name)
    where.size("function_name", function_name, quotas.VIEWER_FUNCTION_NAME_LENGTH)
    where.matches(
        "function_name",
        function_name,
        quotas.FUNCTION_NAME_PATTERN,
        rule="must consist of letters, digits, hyphens and underscores",
        fix="rename the function, or leave it out and let the CDK name it",
        code="ViewerFunctionNameInvalid",
    )


def _text_of(where: Where, code: cloudfront.FunctionCode) -> str:
    """The text of the code. The CDK reads a file only now."""
    try:
        return code.render()
    except RuntimeError as error:
        unreadable = _UNREADABLE.search(str(error))
        if unreadable is None:
            raise
        where.refuse(
            "code", "must be a file that exists", got=unreadable[0], fix="correct the path", code="FileMissing"
        )


def _check_code(where: Where, code: str, *, has_store: bool) -> None:
    known = without_tokens(code)
    where.within("code", len(known.encode()), quotas.VIEWER_FUNCTION_SIZE)
    if _HANDLER.search(known) is None and known == code:
        where.refuse(
            "code",
            "must define a function called 'handler', which CloudFront calls",
            got="none",
            fix="write function handler(event) { return event.request; }",
            code="ViewerHandlerMissing",
        )
    if not has_store and _READS_A_STORE.search(_COMMENT.sub("", known)):
        where.refuse(
            "code",
            "reads a key-value store",
            got="a function without one",
            fix="give it 'key_values' or a 'key_value_store'",
            code="KeyValueStoreMissing",
        )
