"""Settings of the TOM toolkit, without migrations."""

from __future__ import annotations

from tom_base.settings import *  # noqa: F403
from unmigrated import Unmigrated

MIGRATION_MODULES = Unmigrated()
