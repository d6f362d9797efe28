"""Starts a function from a queue of an Amazon MQ broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_amazonmq as amazonmq, aws_cloudwatch as cloudwatch, aws_iam as iam, aws_lambda as lambda_
from constructs import Construct

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_function, require_type
from cdk_lambda_patterns.function.secret_rights import Secret, let_read_secret
from cdk_lambda_patterns.tokens import is_token
from cdk_lambda_patterns.validation import Where

from .broker_access import access, check_arn, check_timeout, let_enter_vpc, waiting_alarm
from .event_source_mappings import check_batch, define_mapping, reader_of
from .filter_patterns import Pattern, Record, check_filters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import Duration

    from cdk_lambda_patterns.function.well_architected_function import WellArchitectedFunction

_RECORD = Record(
    "a message of Amazon MQ",
    frozenset(
        {
            "data",
            # ActiveMQ
            "messageID",
            "messageType",
            "timestamp",
            "deliveryMode",
            "correlationID",
            "replyTo",
            "destination",
            "redelivered",
            "type",
            "expiration",
            "priority",
            "brokerInTime",
            "brokerOutTime",
            "properties",
            "connectionId",
            # RabbitMQ
            "basicProperties",
        }
    ),
    "data",
)
_RABBIT_MQ = "RABBITMQ"
_DEFAULT_HOST = "/"
_NAME_IN_ARN = 6


class MqTrigger(Construct):
    """Starts a function's `live` alias from a queue of an Amazon MQ broker, ActiveMQ or RabbitMQ.

    Defines the event source mapping, the rights to find the broker and to get in, and for RabbitMQ an alarm on messages
    that wait.

    Lambda knows neither partial responses nor a place for failures here: a batch that fails comes again as a whole,
    until it succeeds or its messages expire, and what is behind it waits. Let the handler set aside what it cannot
    process, and give messages a time to live on the broker. The function's `Errors` alarm tells of the first failure.

    Lambda reads from within the broker's VPC unless the broker is public: its security group must let itself in, and
    the VPC needs a way to Lambda, STS and Secrets Manager.
    """

    event_source_mapping: lambda_.CfnEventSourceMapping
    """What polls the queue for the function."""

    alarms: dict[str, cloudwatch.CfnAlarm]
    """The alarms by their names: `MessagesWaiting` for RabbitMQ; ActiveMQ counts for each instance of a broker."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: WellArchitectedFunction,
        broker: amazonmq.CfnBroker | str,
        queue: str,
        secret: Secret,
        virtual_host: str | None = None,
        batch_size: int = practices.STREAM_BATCH_SIZE,
        max_batching_window: Duration | None = None,
        filters: Sequence[Pattern] | None = None,
        enabled: bool = True,
    ) -> None:
        """Define the trigger.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            function: The function to start, with a timeout of up to 14 minutes.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html
            broker: The broker, or its ARN.
            queue: The name of the queue.
            secret: A user of the broker: `username` and `password`.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/process-mq-messages-with-lambda.html
            virtual_host: For RabbitMQ: where the queue is.
                Default: - for a RabbitMQ broker of this app, `/`; else none, which RabbitMQ takes for the same.
            batch_size: Messages in one invocation at most, 1 to 10,000.
                Default: 100
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
            max_batching_window: How long messages are gathered, up to 5 minutes.
                Default: - half a second.
            filters: Patterns over the message, as `{"data": {"kind": ["order"]}}`; messages that match none are passed
                over.
                Default: - all messages are passed on.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/with-mq-filtering.html
            enabled: Whether polling begins at once.
                Default: True

        Raises:
            ValidationError: A value outside the service's limits, or a virtual host of ActiveMQ.
        """
        # 1 validate
        where = Where(scope, construct_id)
        require_function(where, "function", function)
        require_type(where, "secret", secret, "secret_arn", "aws_secretsmanager.ISecret")
        check_timeout(where, function)
        if isinstance(broker, str):
            check_arn(where, "broker", broker, "mq:broker")
        else:
            require_type(where, "broker", broker, "attr_arn", "aws_amazonmq.CfnBroker or its ARN")
        where.true_or_false(enabled=enabled)
        where.text("queue", queue)
        where.size("queue", queue, quotas.MQ_QUEUE_LENGTH)
        if virtual_host is not None:
            where.text("virtual_host", virtual_host)
        where.size("virtual_host", virtual_host, quotas.VIRTUAL_HOST_LENGTH)
        window = check_batch(
            where, batch_size=batch_size, batch_quota=quotas.STREAM_BATCH_SIZE, window=max_batching_window
        )
        patterns = check_filters(where, filters, _RECORD)

        # 2 derive
        host = _virtual_host(where, broker, virtual_host)
        broker_arn = broker if isinstance(broker, str) else broker.attr_arn
        with cdk_refusals(where):
            super().__init__(scope, construct_id)

        # 3 define and connect
        reader = reader_of(self, function)
        iam.Grant.add_to_principal(grantee=reader, actions=["mq:DescribeBroker"], resource_arns=[broker_arn])
        let_read_secret(reader, secret)
        let_enter_vpc(reader)
        accesses = [access("BASIC_AUTH", secret.secret_arn)]
        if host is not None:
            accesses.append(access("VIRTUAL_HOST", host))
        self.event_source_mapping = define_mapping(
            self,
            function,
            reader,
            event_source_arn=broker_arn,
            queues=[queue],
            source_access_configurations=accesses,
            batch_size=batch_size,
            maximum_batching_window_in_seconds=window,
            report_batch_item_failures=False,
            filters=patterns,
            enabled=enabled,
        )
        self.alarms = {}
        if host is not None:
            dimensions = {"Broker": _name(broker), "VirtualHost": host, "Queue": queue}
            self.alarms["MessagesWaiting"] = waiting_alarm(
                self,
                "MessagesWaitingAlarm",
                function,
                metric=("AWS/AmazonMQ", "MessageReadyCount"),
                dimensions=dimensions,
                batch_size=batch_size,
                text="A hundred batches of messages wait. Look for errors and throttles: a batch that fails holds up "
                "those behind it.",
            )


def _virtual_host(where: Where, broker: amazonmq.CfnBroker | str, given: str | None) -> str | None:
    """Where the queue is: None where the broker is ActiveMQ, or may be."""
    engine = None if isinstance(broker, str) else broker.engine_type.upper()
    if engine is None or is_token(engine):
        return given
    if engine == _RABBIT_MQ:
        return _DEFAULT_HOST if given is None else given
    if given is not None:
        where.refuse(
            "virtual_host",
            "is for RabbitMQ only",
            got=repr(given),
            fix="leave it out",
            code="VirtualHostOfActiveMq",
        )
    return None


def _name(broker: amazonmq.CfnBroker | str) -> str:
    """The broker's name, which stands in its ARN before its id."""
    if not isinstance(broker, str):
        return broker.broker_name
    return (
        cdk.Fn.select(_NAME_IN_ARN, cdk.Fn.split(":", broker)) if is_token(broker) else broker.split(":")[_NAME_IN_ARN]
    )
