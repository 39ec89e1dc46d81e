import { felt, STILL } from "../model/shaking.ts";

interface AsksFirst {
  requestPermission?: () => Promise<"granted" | "denied">;
}

/** Whether this device may feel that it is shaken. */
export function canFeel(): boolean {
  return typeof DeviceMotionEvent !== "undefined" && matchMedia("(pointer: coarse)").matches;
}

/** Asks for leave where a browser wants that (iOS); call it from a tap. */
export async function mayFeel(): Promise<boolean> {
  if (!canFeel()) return false;
  const ask = (DeviceMotionEvent as unknown as AsksFirst).requestPermission;
  if (!ask) return true;
  try {
    return (await ask.call(DeviceMotionEvent)) === "granted";
  } catch {
    return false;
  }
}

/** Calls `shaken` each time the device is shaken, until the returned function is called. */
export function onShaken(shaken: () => void): () => void {
  let state = STILL;
  const hear = ({ acceleration }: DeviceMotionEvent) => {
    const { x, y, z } = acceleration ?? {};
    const along = [x, y, z].reduce<number>(
      (most, each) => (Math.abs(each ?? 0) > Math.abs(most) ? (each ?? 0) : most),
      0,
    );
    const next = felt(state, along, performance.now());
    state = next.state;
    if (next.isShake) shaken();
  };
  addEventListener("devicemotion", hear);
  return () => removeEventListener("devicemotion", hear);
}
