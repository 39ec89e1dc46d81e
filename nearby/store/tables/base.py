"""What all tables share, and the numbers there is one of."""

import sqlalchemy as sa

from nearby.store.columns import number, text

SCHEMA_VERSION = 4
"""Of ``schema.sql`` and of what stands here: the number of the last migration."""

metadata = sa.MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

markers = sa.Table("markers", metadata, text("name", primary_key=True), number("value"))
