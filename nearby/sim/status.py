"""What is going on in a server, from its metrics, for somebody who watches a terminal."""

import re
from dataclasses import dataclass

_SAMPLE = re.compile(r'^(nearby_\w+)(?:\{\w+="([^"]*)"\})? (\S+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Status:
    """A moment of a server's life."""

    people: int
    connections: int
    rooms: int
    said: int
    deliveries: int
    open_res7: int
    open_res6: int

    def line(self, before: "Status", seconds: float) -> str:
        """Return one line for people, with rates since ``before``, ``seconds`` ago."""
        said_per_s = (self.said - before.said) / seconds
        delivered_per_s = (self.deliveries - before.deliveries) / seconds
        return (
            f"{self.people} people present, {self.rooms} rooms, "
            f"{said_per_s:.1f} said and {delivered_per_s:.0f} delivered a second, "
            f"open cells: {self.open_res7} of res 7, {self.open_res6} of res 6"
        )


def read_status(exposition: str) -> Status:
    """Return the status in a server's metrics; a metric that is not there counts as 0."""
    values = {(name, label): float(value) for name, label, value in _SAMPLE.findall(exposition)}
    return Status(
        people=int(values.get(("nearby_people_present", ""), 0)),
        connections=int(values.get(("nearby_connections", ""), 0)),
        rooms=int(sum(value for (name, _), value in values.items() if name == "nearby_rooms")),
        said=int(values.get(("nearby_messages_total", "say"), 0)),
        deliveries=int(values.get(("nearby_deliveries_total", ""), 0)),
        open_res7=int(values.get(("nearby_open_catchments", "7"), 0)),
        open_res6=int(values.get(("nearby_open_catchments", "6"), 0)),
    )
