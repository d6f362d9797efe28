"""Local clouds for tests: started when the first test asks for one, one for each worker of pytest-xdist.

```python
def test_poisoned_message_is_kept(local_cloud):
    orders = local_cloud.deploy(Orders)
    orders.queue("Orders").send({"id": None})
    assert orders.queue("Orders/DeadLetterQueue").receive(within=10).body == {"id": None}
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .cloud import LocalCloud


@pytest.fixture(scope="session")
def local_cloud_options() -> Mapping[str, Any]:
    """What `LocalCloud.start()` is given; a `conftest.py` that has a fixture of this name decides otherwise."""
    return {}


@pytest.fixture
def local_cloud(local_clouds_of_tests: _Restarting) -> LocalCloud:
    """A local cloud that is empty when the test begins. The tests of a session share its process."""
    return local_clouds_of_tests.empty()


@pytest.fixture(scope="session")
def shared_local_cloud(local_cloud_options: Mapping[str, Any]) -> Iterator[LocalCloud]:
    """A local cloud that keeps what is deployed to it: for fixtures that deploy once for the tests of a module.

    It is another one than `local_cloud`, which tests may use beside it.
    """
    from .cloud import LocalCloud  # noqa: PLC0415 - every run of pytest imports this file

    with LocalCloud.start(**local_cloud_options) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def local_clouds_of_tests(local_cloud_options: Mapping[str, Any]) -> Iterator[_Restarting]:
    """What gives each test an empty cloud; tests use `local_cloud`."""
    clouds = _Restarting(local_cloud_options)
    yield clouds
    clouds.stop()


class _Restarting:
    """One cloud after the other: a test that made its cloud end must not fail those after it."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._cloud: LocalCloud | None = None

    def empty(self) -> LocalCloud:
        if self._cloud is not None and self._cloud.running:
            self._cloud.reset()
            return self._cloud
        from .cloud import LocalCloud  # noqa: PLC0415 - every run of pytest imports this file

        self.stop()
        self._cloud = LocalCloud.start(**self._options)
        return self._cloud

    def stop(self) -> None:
        if self._cloud is not None:
            self._cloud.stop()
