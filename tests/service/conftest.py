from tests.helpers.databases import database

__all__ = ["database"]
