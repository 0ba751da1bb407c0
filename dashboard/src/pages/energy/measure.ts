/** How long it takes from a period's data to its picture; developer tools and tests read it as "energy-render". */

const ARRIVED = "energy-arrived";
const RENDER = "energy-render";

export function markArrival(): void {
  performance.clearMarks(ARRIVED);
  performance.mark(ARRIVED);
}

/** Called at each drawing; only the first after data arrived counts. */
export function measureRender(): void {
  if (!performance.getEntriesByName(ARRIVED).length) return;
  performance.clearMeasures(RENDER);
  performance.measure(RENDER, ARRIVED);
  performance.clearMarks(ARRIVED);
}
