"""What a function is told: one class that the stack fills in and the handler reads.

    class Settings(FunctionSettings):
        orders: ReadsAndWrites
        api_key: Secret
        max_items: int = 100

    process.configure(Settings, orders=table, api_key=secret)  # in the stack: variables, grants, the extension

    SETTINGS = Settings.load()  # in the handler
    SETTINGS.orders  # the table's name
    SETTINGS.api_key.value()

Standard library only, and put into the package of a function whose code imports it: a dataclass costs a cold start
next to nothing, where pydantic-settings costs a tenth of a second.
"""

from .declaration import (
    Access as Access,
    FunctionSettings as FunctionSettings,
    Invokes as Invokes,
    Reads as Reads,
    ReadsAndWrites as ReadsAndWrites,
    Sends as Sends,
    SettingsError as SettingsError,
    Writes as Writes,
)
from .references import Parameter as Parameter, Secret as Secret

__all__ = [
    "Access",
    "FunctionSettings",
    "Invokes",
    "Parameter",
    "Reads",
    "ReadsAndWrites",
    "Secret",
    "Sends",
    "SettingsError",
    "Writes",
]
