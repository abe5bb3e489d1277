"""The database's schema, brought up to date by Alembic's migrations (``migrations/versions``)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from comps.cores.errors import NodeUnavailable

#: The key of PostgreSQL's advisory lock: replicas that start together migrate one after the other.
_LOCK = 0x4156_4154
#: What databases have that were made before there were migrations; their tables are those of the first.
_BEFORE_MIGRATIONS, _FIRST = "schema_version", "0001"


def bring_up_to_date(connection: Connection, revision: str = "head") -> None:
    """Migrate in the connection's transaction, by default to the newest schema.

    Raises NodeUnavailable when a newer version of the program has been here.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    config = _config(connection)
    known = ScriptDirectory.from_config(config)
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in {script.revision for script in known.walk_revisions()}:
        raise NodeUnavailable(
            f"the database has schema version {found}, this program knows {known.get_current_head()}", node="storage"
        )
    if found is None and inspect(connection).has_table(_BEFORE_MIGRATIONS):
        command.stamp(config, _FIRST)
        connection.execute(text(f"DROP TABLE {_BEFORE_MIGRATIONS}"))
    command.upgrade(config, revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    return config
