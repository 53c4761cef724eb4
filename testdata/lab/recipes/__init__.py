"""The recipes, in the order of verdicts.md. Importing enters them all."""

from . import (giving_up, reading, proxies, mismatch, idle, clients, stalls,
               healthy)  # noqa: F401
