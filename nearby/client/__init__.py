"""The SDK: a phone that stays connected, resumes without loss and says each thing once.

async with Phone("ws://127.0.0.1:8080", token) as phone:
    await phone.check_in(40.72, -74.00)
    async for event in phone:
        print(event)
"""

from nearby.client.account import Account
from nearby.client.backoff import Backoff, next_check_in_s
from nearby.client.bottles import Bottles, Caught
from nearby.client.events import Connected, Disconnected, PhoneEvent
from nearby.client.people import People
from nearby.client.phone import Phone
from nearby.client.settings import PhoneSettings, PhoneStatistics

__all__ = [
    "Account",
    "Backoff",
    "Bottles",
    "Caught",
    "Connected",
    "Disconnected",
    "People",
    "Phone",
    "PhoneEvent",
    "PhoneSettings",
    "PhoneStatistics",
    "next_check_in_s",
]
