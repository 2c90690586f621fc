"""What stands in Django's MIGRATION_MODULES for no migrations at all."""

from __future__ import annotations


class Unmigrated:
    """Every app has none: tables are made from the models, where migrations take seconds."""

    def __contains__(self, name: str) -> bool:
        return True

    def __getitem__(self, name: str) -> None:
        return None
