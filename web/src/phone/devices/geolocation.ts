import type { Fix } from "../model/position.ts";

export type Trouble = "denied" | "unavailable";

/** A position some minutes old will do: an area is some kilometres wide, and a battery is small. */
const OPTIONS: PositionOptions = { enableHighAccuracy: false, maximumAge: 120_000, timeout: 30_000 };

/** Hears the device's position until the returned function is called. */
export function watchPosition(heard: (fix: Fix) => void, failed: (trouble: Trouble) => void): () => void {
  const device = navigator.geolocation;
  if (!device) {
    failed("unavailable");
    return () => {};
  }
  const watch = device.watchPosition(
    ({ coords }) => {
      const { latitude: lat, longitude: lon, accuracy } = coords;
      if (Number.isFinite(lat) && Number.isFinite(lon)) {
        heard({ lat, lon, accuracyM: Number.isFinite(accuracy) ? accuracy : 0, atMs: performance.now() });
      }
    },
    (error) => failed(error.code === error.PERMISSION_DENIED ? "denied" : "unavailable"),
    OPTIONS,
  );
  return () => device.clearWatch(watch);
}
