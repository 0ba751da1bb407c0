/** The page's colours as a canvas wants them, and a sign when they change. */

import { useEffect, useState } from "react";

/** Resolve a custom property such as `--sun`, `light-dark()` included. */
export function colorOf(element: HTMLElement, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/** Counts the changes between light and dark. */
export function useThemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const changed = () => setChanges((count) => count + 1);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", changed);
    window.addEventListener("themechange", changed);
    return () => {
      dark.removeEventListener("change", changed);
      window.removeEventListener("themechange", changed);
    };
  }, []);
  return changes;
}
