from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from cdk_lambda_patterns import EventBridgeTrigger, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Shipping(cdk.Stack):
    """Paid orders of a shop's own event bus, of which the function gets the number and the moment."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        shop = events.EventBus(self, "Shop")
        ship = WellArchitectedFunction(
            self, "Ship", code=PythonCode.from_folder(HANDLERS / "shipping"), handler="shipping.handler"
        )
        EventBridgeTrigger(
            self,
            "Orders",
            function=ship,
            event_bus=shop,
            pattern={
                "source": [{"prefix": "shop."}],
                "detail-type": ["Order Placed"],
                "detail": {"paid": [True], "total": [{"numeric": [">", 0]}]},
            },
            target_input=events.RuleTargetInput.from_object(
                {
                    "order": events.EventField.from_path("$.detail.id"),
                    "at": events.EventField.time,
                }
            ),
            # An order that nobody could ship for two hours is looked at by a person.
            max_event_age=cdk.Duration.hours(2),
        )
        cdk.CfnOutput(self, "BusName", value=shop.event_bus_name)
