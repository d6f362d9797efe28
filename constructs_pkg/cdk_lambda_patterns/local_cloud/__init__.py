"""The local cloud: deploy the same app to a process on this machine, send real events, see what landed where.

```python
with LocalCloud.start() as cloud:
    orders = cloud.deploy(Orders)
    orders.queue("Orders").send({"id": None})
    assert orders.queue("Orders/DeadLetterQueue").receive(within=10).body == {"id": None}
```

In tests the fixture `local_cloud` is one, empty at the beginning of each test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cdk_lambda_patterns.lazy_names import lazy_names

if TYPE_CHECKING:
    from cdk_lambda_patterns.errors import LocalCloudError

    from .cloud import LocalCloud, Recorded
    from .description import DeployedStack, Deployment
    from .http_request import Response
    from .resources import (
        Activity,
        Alarm,
        Bucket,
        Depth,
        EventBus,
        Function,
        Invocation,
        Message,
        Queue,
        Resource,
        Stream,
        Table,
        Topic,
    )
    from .unsupported import NOT_SHOWN, NotShown

_MODULES = {
    "NOT_SHOWN": ".unsupported",
    "Activity": ".resources",
    "Alarm": ".resources",
    "Bucket": ".resources",
    "DeployedStack": ".description",
    "Deployment": ".description",
    "Depth": ".resources",
    "EventBus": ".resources",
    "Function": ".resources",
    "Invocation": ".resources",
    "LocalCloud": ".cloud",
    "LocalCloudError": "cdk_lambda_patterns.errors",
    "Message": ".resources",
    "NotShown": ".unsupported",
    "Queue": ".resources",
    "Recorded": ".cloud",
    "Resource": ".resources",
    "Response": ".http_request",
    "Stream": ".resources",
    "Table": ".resources",
    "Topic": ".resources",
}

__all__ = [
    "NOT_SHOWN",
    "Activity",
    "Alarm",
    "Bucket",
    "DeployedStack",
    "Deployment",
    "Depth",
    "EventBus",
    "Function",
    "Invocation",
    "LocalCloud",
    "LocalCloudError",
    "Message",
    "NotShown",
    "Queue",
    "Recorded",
    "Resource",
    "Response",
    "Stream",
    "Table",
    "Topic",
]

if not TYPE_CHECKING:
    __getattr__ = lazy_names(__name__, _MODULES)


def __dir__() -> list[str]:
    return __all__
