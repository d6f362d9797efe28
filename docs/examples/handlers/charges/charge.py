"""Charges an order once, however often its event comes."""

import os
from typing import Any

import boto3
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from aws_lambda_powertools.utilities.typing import LambdaContext

accounts = boto3.resource("dynamodb").Table(os.environ["ACCOUNTS_TABLE"])
once = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
# An event without an order would be the same as any other without one.
by_order = IdempotencyConfig(event_key_jmespath="detail.order", raise_on_no_idempotency_key=True)


@idempotent(persistence_store=once, config=by_order)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    order = event["detail"]
    accounts.update_item(
        Key={"customer": order["customer"]},
        UpdateExpression="ADD charged :amount",
        ExpressionAttributeValues={":amount": order["amount"]},
    )
    return {"charged": order["order"]}
