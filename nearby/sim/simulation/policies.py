"""The policies by name, ours first."""

from nearby.sim.simulation.clusters import BalancedClusters
from nearby.sim.simulation.matchmaker import IntervalMatchmaker
from nearby.sim.simulation.ours import Ours
from nearby.sim.simulation.policy import MakePolicy
from nearby.sim.simulation.refill import Board, ClosedBuckets, LeastLoaded, NearestFirst, RandomRefill
from nearby.sim.simulation.thin_only import ThinOnly

POLICIES: dict[str, MakePolicy] = {
    "ours": Ours,
    "thin-only": ThinOnly,
    "closed": ClosedBuckets,
    "matchmaker": IntervalMatchmaker,
    "random": RandomRefill,
    "least-loaded": LeastLoaded,
    "nearest": NearestFirst,
    "clusters": BalancedClusters,
    "board": Board,
}
"""What each is: docs/simulation.md."""
