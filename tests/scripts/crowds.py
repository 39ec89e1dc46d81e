"""Made-up people at one place, as a file of check-ins."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

START = datetime(2024, 5, 6, 18, 0, 1, tzinfo=UTC)
LAT_DEG, LON_DEG = 47.37, 8.54


def write_crowd(path: Path, *, people: int = 60, latecomers: int = 20, for_s: int = 4_500) -> Path:
    """Write who is there from the start and who comes when cells of resolution 7 are open."""
    random = Random(1)
    rows = []
    for number in range(people + latecomers):
        at_s = random.uniform(0, 60) if number < people else random.uniform(for_s / 2, for_s * 0.8)
        while at_s < for_s:
            rows.append((at_s, f"made-up {number}"))
            at_s += random.uniform(300, 480)
    lines = ["user_id,timestamp_utc,lat,lon"]
    for at_s, person in sorted(rows):
        time = (START + timedelta(seconds=round(at_s))).strftime("%Y-%m-%dT%H:%M:%SZ")
        lat_deg, lon_deg = random.gauss(LAT_DEG, 0.0005), random.gauss(LON_DEG, 0.0005)
        lines.append(f"{person},{time},{lat_deg:.6f},{lon_deg:.6f}")
    path.write_text("\n".join(lines) + "\n")
    return path
