"""The function: everything else in this library binds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

import aws_cdk as cdk
from aws_cdk import (
    aws_cloudwatch as cloudwatch,
    aws_iam as iam,
    aws_kms as kms,
    aws_lambda as lambda_,
    aws_lambda_event_sources as event_sources,
    aws_logs as logs,
    aws_secretsmanager as secretsmanager,
    aws_sns as sns,
    aws_sqs as sqs,
    aws_ssm as ssm,
)

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from . import alarms, execution_role, function_settings, secrets_extension
from .asynchronous import AsynchronousOptions, define_asynchronous_configuration
from .cdk_refusals import cdk_refusals, expect_type, require_type
from .defaults import default_runtime, function_defaults
from .destinations import bind_destination
from .durations import in_seconds
from .environment import check_environment
from .features import Features, check_features
from .function_checks import (
    check_code,
    check_function,
    check_layers,
    layer_count,
    member,
    refuse_replaced_options,
)
from .function_network import check_network, connect_to_network, network_defaults
from .keys import let_logs_use_key_of, let_use
from .layer_versions import follow_layers
from .log_group import check_log_options, define_log_group_of, logging_config
from .option_types import check_types
from .packaging import PythonCode, bundling_errors, check_with_layers
from .policies import allow
from .python_override import python_override
from .queues import define_dead_letter_queue
from .references import reference
from .resource_policy import ResourcePolicy
from .retention import keep_versions
from .secret_rights import let_read_secret
from .stacks import stack_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_codedeploy as codedeploy
    from constructs import Construct, IConstruct
    from typing_extensions import Unpack

    from cdk_lambda_patterns.settings import FunctionSettings

    from .destinations import Destination
    from .function_kwargs import FunctionKwargs
    from .managed_instances import ManagedInstances


class WellArchitectedFunction(lambda_.Function):
    """A Lambda function with the practices built in.

    Defines the function, an execution role of its own, its log group, a version of the current code and configuration,
    the alias `live` on that version, and alarms on errors and throttles. Once something calls it asynchronously (a
    trigger of this library, or `invoked_asynchronously`), also the queue that keeps what failed.

    It is a `lambda_.Function`: every CDK API that takes a function takes it, and it can stand in the place of one
    without replacing anything. Triggers and permissions belong on `live`.
    """

    live: lambda_.Alias
    """The alias that triggers, permissions, releases and alarms bind to."""

    failure_queue: sqs.IQueue | None
    """The queue that keeps asynchronous events that failed. None until something calls the function asynchronously, and
    where failures go to a destination of your own."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `Errors`, `Throttles`, and with a failure path `DeliveryFailures` and
    `FailureQueue`."""

    callers: ResourcePolicy
    """Who may call `live`: triggers add themselves, each with its source."""

    reserved_concurrency: float | None
    """The function's reserved concurrency. None where it has none, or where it is only known at deployment."""

    alarm_actions: list[str]
    """The ARNs of what the alarms notify."""

    live_version: lambda_.Version
    """The version that `live` is put on: of this code and configuration."""

    live_dimensions: dict[str, str]
    """The dimensions of the metrics of `live`, in words that depend on the function alone: what looks at them, and what
    `live` waits for, make no circle."""

    gradual_release: codedeploy.LambdaDeploymentGroup | None
    """What shifts the traffic of `live` to a new version: one `GradualRelease` at most."""

    autoscaled_by: Construct | None
    """What changes the provisioned concurrency of `live` by itself. Lambda refuses that while traffic is shifted."""

    features: Features
    """SnapStart, tenants, durable executions: what does not go together with everything else."""

    def __init__(  # noqa: PLR0915 - a list of steps
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code | PythonCode,
        handler: str,
        runtime: lambda_.Runtime | None = None,
        role: iam.IRole | iam.Role | None = None,
        log_group: logs.ILogGroup | None = None,
        log_retention: logs.RetentionDays | None = None,
        log_removal_policy: cdk.RemovalPolicy | None = None,
        on_failure: Destination | None = None,
        on_success: Destination | None = None,
        retry_attempts: int | None = None,
        max_event_age: cdk.Duration | None = None,
        public_environment: Mapping[str, str] | None = None,
        notify: sns.ITopic | sns.TopicBase | None = None,
        **options: Unpack[FunctionKwargs],
    ) -> None:
        """Every other option is one of `aws_cdk.aws_lambda.FunctionProps` and passes through.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            code: The code: `PythonCode` with its dependencies, or any `aws_lambda.Code`.
            handler: The function that Lambda calls, as `module.function`.
            runtime: What runs the code.
                Default: - `python3.14`, see `practices.RUNTIME`.
            role: A role for this function alone, which Lambda can assume.
                Default: - a role that may write to the function's log group, and to X-Ray if traced; grants add to it.
            log_group: A log group for this function.
                Default: - one is defined, with a generated name.
            log_retention: How long the function's own log group keeps events.
                Default: - 30 days, see `practices.LOG_RETENTION_DAYS`.
            log_removal_policy: What becomes of the function's own log group when the function goes.
                Default: - it stays until its events expire.
            on_failure: Where events go that failed after all retries: a standard queue or topic, a function, event bus
                or bucket. Grants, of a customer's key too, are made.
                Default: - `failure_queue`, once something calls the function asynchronously.
            on_success: Where the results of asynchronous invocations go: a standard queue or topic, a function or event
                bus.
                Default: - nowhere.
            retry_attempts: How often a failed asynchronous invocation is tried again, 0 to 2.
                Default: - 2, see `practices.ASYNC_RETRY_ATTEMPTS`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
            max_event_age: How long an asynchronous event may wait, 1 minute to 6 hours.
                Default: - 6 hours, see `practices.ASYNC_EVENT_AGE_SECONDS`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
            public_environment: Environment variables whose names look like secrets and whose values are public, each
                with the reason.
                Default: - none.
            notify: The topic that the alarms publish to.
                Default: - the alarms change state and tell nobody.
            **options: `memory_size` (default 512 MB), `timeout` (30 seconds), `architecture` (arm64), `tracing`
                (active), `logging_format` (JSON), `application_log_level_v2` and `system_log_level_v2` (INFO),
                `recursive_loop` (terminate) and all others of `FunctionProps`.

        Raises:
            ValidationError: A value that Lambda or the CDK would refuse, a secret in plain text, a shared role, a FIFO
                destination, a layer for another processor, or code without its handler.
        """
        # 1 validate
        where = Where(scope, construct_id)
        # None means the default also for what passes through.
        given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
        for name in [name for name, value in given.items() if isinstance(value, tuple)]:
            given[name] = list(given[name])  # Node knows lists alone
        refuse_replaced_options(where, given)
        check_types(
            where,
            code=code,
            handler=handler,
            runtime=runtime,
            options=given,
            log_removal_policy=log_removal_policy,
        )
        expect_type(where, "role", role, "role_arn", "aws_iam.IRole")
        expect_type(where, "log_group", log_group, "log_group_name", "aws_logs.ILogGroup")
        expect_type(where, "notify", notify, "topic_arn", "aws_sns.ITopic")
        check_function(
            where, handler=handler, options={**given, "retry_attempts": retry_attempts, "max_event_age": max_event_age}
        )
        check_network(where, given)
        check_features(where, given, code=code, runtime=runtime)
        check_environment(where, given.get("environment"), public_environment)
        check_log_options(where, log_group, log_retention, log_removal_policy)

        # 2 derive
        runtime_name = practices.RUNTIME if runtime is None else runtime.name
        architecture = given.get("architecture")
        architecture_name = practices.ARCHITECTURE if architecture is None else architecture.name
        check_layers(where, list(given.get("layers", ())), runtime=runtime_name, architecture=architecture_name)
        tracing, events = given.pop("tracing", lambda_.Tracing.ACTIVE), given.pop("events", ())
        props = {**function_defaults(given), **network_defaults(given), **given}
        if isinstance(code, PythonCode):
            code = code.code_for(where, scope, handler=handler, runtime=runtime_name, architecture=architecture_name)
        else:
            check_code(where, code, handler=handler, runtime=runtime_name)
        if role is not None:
            execution_role.check_role(where, cast("iam.IRole", role))  # pyright does not see that a Role is one

        # 3 define
        with bundling_errors(), cdk_refusals(where):
            super().__init__(
                scope,
                construct_id,
                code=code,
                handler=handler,
                runtime=default_runtime() if runtime is None else runtime,
                role=cast("iam.IRole | None", role),
                log_group=log_group,
                **props,
            )
            if "layers" in given:
                check_with_layers(where, self, given["layers"])
                follow_layers(self, given["layers"])
        self._where = where
        self._variables: dict[str, str] = dict(given.get("environment", {}))
        self._public_environment = public_environment
        self._layers: list[lambda_.ILayerVersion] = list(given.get("layers", ()))
        self._target = {"runtime": runtime_name, "architecture": architecture_name}
        self.features = Features.of(given)
        timeout = given.get("timeout")
        self._timeout_seconds = practices.TIMEOUT_SECONDS if timeout is None else in_seconds(timeout)
        self._timeout_is_used = False
        reserved = given.get("reserved_concurrent_executions")
        self.reserved_concurrency = None if reserved is None or is_token(reserved) else reserved
        with cdk_refusals(where):
            self.live = super().add_alias(practices.LIVE_ALIAS)
        parts = self.node.find_all()
        self.live_version = next(part for part in parts if isinstance(part, lambda_.Version))
        self._alias = next(part for part in parts if isinstance(part, lambda_.CfnAlias))
        function = next(part for part in parts if isinstance(part, lambda_.CfnFunction))
        encrypted = log_group is not None and let_logs_use_key_of(log_group)
        if log_group is None:
            log_group = define_log_group_of(self, parts, retention=log_retention, removal_policy=log_removal_policy)
            function.logging_config = logging_config(props, log_group.log_group_name)
        self._log_group = log_group
        traced = tracing is not lambda_.Tracing.DISABLED
        if traced:
            # Not through the CDK's option, which would put X-Ray's wildcard among what the function is granted.
            function.tracing_config = lambda_.CfnFunction.TracingConfigProperty(mode=_TRACING_MODES[tracing])
        self._baseline = self._grant_baseline(parts, function, role, props, traced=traced, encrypted=encrypted)
        self.gradual_release = self.autoscaled_by = None
        self.callers = ResourcePolicy(self.live, where, self.features)
        self._complete_features(props)

        # 4 connect
        connect_to_network(self, given)
        self.alarm_actions = []
        if notify is not None:
            alarms.let_alarms_publish(notify)
            self.alarm_actions = [notify.topic_arn]
        name = self.function_name
        self.live_dimensions = {"FunctionName": name, "Resource": f"{name}:{practices.LIVE_ALIAS}"}
        self.alarms = {
            "Errors": alarms.errors_alarm(self, self.live_dimensions, self.alarm_actions),
            "Throttles": alarms.throttles_alarm(self, self.live_dimensions, self.alarm_actions),
        }
        self._has_secrets_extension = "params_and_secrets" in given
        self._layer_count = layer_count(given)
        self.failure_queue = None
        self._failure_path_defined = False
        self._asynchronous = AsynchronousOptions(on_failure, on_success, retry_attempts, max_event_age)
        if self._asynchronous != AsynchronousOptions():
            self.invoked_asynchronously()
        for event in events:
            self.add_event_source(event)

    def is_part_of(self, stack: cdk.Stack) -> bool:
        """Whether the function is defined in a stack.

        Args:
            stack: The stack.
        """
        return reference(stack_of(self._where.scope)) == reference(stack)

    @property
    def timeout_seconds(self) -> float | None:
        """The function's timeout in seconds, for what is derived from it. None where it is only known at deployment."""
        self._timeout_is_used = True  # who derived from it would not hear of another one
        return self._timeout_seconds

    @property
    def log_group(self) -> logs.ILogGroup:
        """The function's log group."""
        # The CDK's own property would define a custom resource for a group that the constructor was not given.
        return self._log_group

    def add_event_source(self, source: lambda_.IEventSource) -> None:
        """Start the function's `live` alias from an event source.

        Args:
            source: An event source of `aws_lambda_event_sources`.
        """
        if isinstance(source, _ASYNCHRONOUS_SOURCES):
            self.invoked_asynchronously()
        with cdk_refusals(self._where):
            self.live.add_event_source(source)

    @python_override
    def add_environment(self, key: str, value: str, *, remove_in_edge: bool | None = None) -> lambda_.Function:
        """Add an environment variable.

        Args:
            key: Its name.
            value: Its value, which everybody can read who may see the function.
            remove_in_edge: Not used: functions at the edge have no variables. There is `EdgeFunction` for them.
                Default: - no.

        Raises:
            ValidationError: A name that Lambda refuses, a secret in plain text, or 4 KB of variables in all.
        """
        check_environment(self._where, {key: value}, self._public_environment, beside=self._variables)
        self._variables[key] = value
        return super().add_environment(key, value, remove_in_edge=remove_in_edge)

    def add_variables(self, variables: Mapping[str, str]) -> None:
        """Add environment variables, which are checked together.

        Args:
            variables: Their names and values.

        Raises:
            ValidationError: As for `add_environment`, or a name that has another value already.
        """
        check_environment(self._where, variables, self._public_environment, beside=self._variables)
        for name, value in variables.items():
            if self._variables.get(name, value) != value:
                self._refuse_taken(name)
        self._variables.update(variables)
        for name, value in variables.items():
            super().add_environment(name, value)

    @python_override
    def add_alias(self, alias_name: str, **options: Any) -> lambda_.Alias:  # noqa: ANN401 - the CDK's
        """Add another alias.

        Args:
            alias_name: Its name; `live` is there already.
            **options: As for `aws_lambda.Function.add_alias`.

        Raises:
            ValidationError: Another alias has the name.
        """
        if alias_name == practices.LIVE_ALIAS:
            self._where.refuse(
                "alias_name",
                "must be another than that of the alias that the function has",
                got=repr(alias_name),
                fix="use function.live",
                code="AliasNameTaken",
            )
        with cdk_refusals(self._where):
            return super().add_alias(alias_name, **options)

    @python_override
    def configure_async_invoke(self, **options: Any) -> None:  # noqa: ANN401 - the CDK's
        """Not for this function: it would configure `$LATEST`, where nothing calls it.

        Args:
            **options: As for `aws_lambda.Function.configure_async_invoke`.

        Raises:
            ValidationError: Always.
        """
        self._where.refuse(
            "configure_async_invoke",
            "is for functions without an alias: callers of this one call 'live'",
            got=", ".join(options) or "no options",
            fix="give 'on_failure', 'on_success', 'retry_attempts' and 'max_event_age' to the constructor",
            code="AsyncConfigurationOnLatest",
        )

    @python_override
    def add_layers(self, *layers: lambda_.ILayerVersion) -> None:
        """Add layers.

        Args:
            *layers: The layers.

        Raises:
            ValidationError: A sixth layer, one for another processor or Python, one that nobody has signed where that
                is a must, or 250 MB in all.
        """
        where, count = self._where, self._layer_count + len(layers)
        where.size("layers", range(count), quotas.LAYERS)
        check_layers(where, list(layers), **self._target)
        self.features.check_layers(where, layers)
        with cdk_refusals(where):
            super().add_layers(*layers)
        self._layer_count = count
        self._layers.extend(layers)
        check_with_layers(where, self, self._layers)
        follow_layers(self, layers)

    def invoked_asynchronously(self) -> None:
        """Say that something calls the function asynchronously, so that what fails is kept.

        Defines, once, the asynchronous configuration of `live` and, where no destination was given, `failure_queue`:
        standard, encrypted, TLS only, 14 days. Triggers of this library call it; call it for callers that the library
        does not see.
        """
        if self._failure_path_defined:
            return
        self._failure_path_defined = True
        wanted, where = self._asynchronous, self._where
        if wanted.on_failure is None:
            failed = self._define_failure_queue()
        else:
            failed = bind_destination(where, "on_failure", wanted.on_failure, self)
        succeeded = None
        if wanted.on_success is not None:
            succeeded = bind_destination(where, "on_success", wanted.on_success, self)
        with cdk_refusals(where):
            define_asynchronous_configuration(
                self.live,
                self._alias,
                wanted,
                function_name=self.live_dimensions["FunctionName"],
                failed=failed,
                succeeded=succeeded,
            )
        self.alarms["DeliveryFailures"] = alarms.delivery_failures_alarm(self, self.live_dimensions, self.alarm_actions)

    def run_on(self, instances: ManagedInstances) -> None:
        """Run on EC2 instances that Lambda manages: `live` and all that is bound to it stay.

        Args:
            instances: The instances, and how many environments run on them.

        Raises:
            ValidationError: A number outside the service's limits, less than 2 GB of memory, something that Lambda does
                not do on instances, such as provisioned concurrency, or a timeout after what was derived from it.
        """
        require_type(self._where, "instances", instances, "apply", "ManagedInstances")
        resource = cast("lambda_.CfnFunction", self.node.default_child)
        alias = cast("lambda_.CfnAlias", self.live.node.default_child)
        kept_ready = self.autoscaled_by is not None or alias.provisioned_concurrency_config is not None
        instances.check(self._where, self.features, resource, kept_ready=kept_ready)
        if instances.timeout is not None:
            if self._timeout_is_used:
                self._where.refuse(
                    "instances",
                    "must be given before what looks at the function's timeout, if it gives another one",
                    got="a 'timeout' after it",
                    fix="call run_on right after defining the function",
                    code="InstanceTimeoutTooLate",
                )
            self._timeout_seconds = in_seconds(instances.timeout)
        instances.apply(resource, self.live_version)

    def secret(self, name: str, secret: secretsmanager.ISecret | secretsmanager.Secret) -> None:
        """Let the function read a secret: the grant, the reference in an environment variable, and the extension.

        The value never enters the template. The handler asks for it by the reference, through the extension's cache on
        `http://localhost:2773` or with the SDK.

        Args:
            name: The environment variable that gets the secret's ARN.
            secret: The secret.

        Raises:
            ValidationError: A name that Lambda refuses or the function has, a sixth layer, or a Region without the
                extension.
        """
        require_type(self._where, "secret", secret, "secret_arn", "aws_secretsmanager.ISecret")
        self._check_reference(name)
        let_read_secret(self, secret)
        self._refer(name, secret.secret_arn)

    def parameter(self, name: str, parameter: ssm.IParameter) -> None:
        """Let the function read a parameter: the grant, its name in an environment variable, and the extension.

        Args:
            name: The environment variable that gets the parameter's name.
            parameter: The parameter.

        Raises:
            ValidationError: A name that Lambda refuses or the function has, a sixth layer, or a Region without the
                extension.
        """
        require_type(self._where, "parameter", parameter, "parameter_name", "aws_ssm.IParameter")
        self._check_reference(name)
        parameter.grant_read(self)
        self._refer(name, parameter.parameter_name)

    def configure(self, settings: type[FunctionSettings], /, **values: object) -> None:
        """Give the function what its settings class declares: variables, grants, references to secrets.

        The handler loads the same class: `SETTINGS = Settings.load()`.

        Args:
            settings: A subclass of `cdk_lambda_patterns.settings.FunctionSettings`.
            **values: A value for each of its fields: a resource for `Reads`, `Writes`, `ReadsAndWrites`, `Sends` and
                `Invokes`, a secret or parameter, or what the field's type says.

        Raises:
            ValidationError: A field without a value, a value without a field, or one of the wrong kind; a variable that
                has another value already; 4 KB of variables in all.
        """
        function_settings.configure(self._where, self, settings, values)

    def _grant_baseline(
        self,
        parts: Sequence[IConstruct],
        function: lambda_.CfnFunction,
        role: iam.IRole | iam.Role | None,
        props: Mapping[str, Any],
        *,
        traced: bool,
        encrypted: bool,
    ) -> execution_role.Baseline:
        in_vpc, insights = "vpc" in props, "insights_version" in props
        own_role = None if role is not None else next((part for part in parts if isinstance(part, iam.CfnRole)), None)
        log_group_arn = self._log_group.log_group_arn
        apart = encrypted and own_role is not None
        if apart:
            execution_role.let_log(self, cast("iam.IRole", self.role), log_group_arn)
        statements = execution_role.baseline_statements(
            log_group_arn=None if apart else log_group_arn, traced=traced, in_vpc=in_vpc, insights=insights
        )
        if own_role is not None:
            managed = execution_role.managed_by_cdk(in_vpc=in_vpc, insights=insights, durable="durable_config" in props)
            return execution_role.Baseline.in_role(own_role, statements, managed=managed)
        # The user's role, or with aws_iam.Role.customize_roles one that was made before.
        role = cast("iam.IRole", self.role)
        return execution_role.Baseline.beside(self, role, statements, function=function)

    def _complete_features(self, props: Mapping[str, Any]) -> None:
        """What some of the options need beside themselves, which the CDK leaves to the user."""
        key = props.get("environment_encryption")
        if key is not None:
            self._let_decrypt(key)
        if "durable_config" in props:
            role = cast("iam.IRole", self.role)
            self.live.node.add_dependency(execution_role.let_checkpoint(self, role, self.function_arn))
            if member(props.get("current_version_options"), "removal_policy") is None:
                # Executions come back to the version that they began on, when `live` has long moved on.
                keep_versions(self.live_version)
        if "snap_start" in props:
            # The CDK warns that SnapStart works for published versions only: `live` is on one.
            cdk.Annotations.of(self).acknowledge_warning(_SNAP_START_WARNING, "the alias is on a published version")

    def _let_decrypt(self, key: Any) -> None:  # noqa: ANN401 - a key, or what CloudFormation knows of one
        if isinstance(key, kms.CfnKey):
            self.add_to_role_policy(iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.attr_arn]))
        else:
            let_use(self, key, "kms:Decrypt")

    def _define_failure_queue(self) -> str:
        queue = define_dead_letter_queue(self, construct_id="FailureQueue", stack=stack_of(self._where.scope))
        self.failure_queue = queue
        self.alarms["FailureQueue"] = alarms.queue_not_empty_alarm(self, queue.queue_name, self.alarm_actions)
        arn = queue.queue_arn
        self._baseline.allow(allow("sqs:SendMessage", arn))
        return arn

    def _check_reference(self, name: str) -> None:
        check_environment(self._where, {name: ""}, beside=self._variables)  # the name; a reference is no secret
        if name in self._variables:
            self._refuse_taken(name)

    def _refuse_taken(self, name: str) -> NoReturn:
        self._where.refuse(
            "environment",
            "must have one value for each name",
            got=f"another one for {name!r}",
            fix="choose another name",
            code="EnvironmentNameTaken",
        )

    def _refer(self, name: str, reference: str) -> None:
        self._variables[name] = reference
        super().add_environment(name, reference)
        if not self._has_secrets_extension:
            self._has_secrets_extension = True
            with_extension = range(self._layer_count + 1)
            self._where.size("layers", with_extension, quotas.LAYERS, fix=secrets_extension.NO_LAYER_LEFT)
            with cdk_refusals(self._where):
                secrets_extension.add_to(self, self._where)


_SNAP_START_WARNING = "@aws-cdk/aws-lambda:snapStartRequirePublish"
_ASYNCHRONOUS_SOURCES = (event_sources.S3EventSource, event_sources.S3EventSourceV2, event_sources.SnsEventSource)
_TRACING_MODES = {lambda_.Tracing.ACTIVE: "Active", lambda_.Tracing.PASS_THROUGH: "PassThrough"}
