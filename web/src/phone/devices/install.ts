import { signal } from "@preact/signals";

interface InstallPrompt extends Event {
  prompt(): Promise<void>;
}

/** Whether the browser offers to install the page as an app. */
export const canInstall = signal(false);
let offered: InstallPrompt | null = null;

/** Hears the browser's offer, and keeps it until the person asks for it. */
export function listenForInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offered = event as InstallPrompt;
    canInstall.value = true;
  });
  addEventListener("appinstalled", () => {
    canInstall.value = false;
  });
}

export async function install(): Promise<void> {
  await offered?.prompt();
  offered = null;
  canInstall.value = false;
}
