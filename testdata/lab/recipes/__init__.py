"""The recipes, in the order of whyeof-verdicts(7). Importing enters them all."""

from . import (giving_up, reading, proxies, legs, chains,
               brackets, mismatch, idle, clients,
               stalls, h2, grpc, both_legs, fastcgi, routes, malformed, peers,
               healthy, tls, processes, between, keys, tls_ends, tls_twins,
               tls_twins_more, tls_tunnels, tls_kinds, compare, connections)  # noqa: F401
