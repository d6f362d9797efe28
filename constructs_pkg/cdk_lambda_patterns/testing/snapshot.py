"""Snapshots of templates: one JSON file a test, for the diff of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from syrupy.extensions.json import JSONSnapshotExtension

from .normalization import normalized

if TYPE_CHECKING:
    from syrupy.types import SerializableData, SerializedData


class TemplateSnapshotExtension(JSONSnapshotExtension):
    """JSON snapshots without what changes by itself: see `normalized`."""

    def serialize(self, data: SerializableData, **options: Any) -> SerializedData:  # noqa: ANN401 - syrupy's filters
        """The text of the snapshot."""
        if isinstance(data, dict):
            data = normalized(cast("dict[str, Any]", data))
        return super().serialize(data, **options)
