"""Alembic's revisions, one a change."""
