"""Crowds against placement policies on a simulated clock, and the figures that compare them.

A *crowd* is a stream of what people do, a *policy* seats them, a *history* is what became of it, and
*figures* are computed from a history alone, so that no policy can be kinder to itself than to others.
Ours is ``LiveState``, the same that serves phones. One seed gives one result, byte for byte.
"""
