/** Where a key leads; undefined: nowhere. */
export function keyTarget(key: string, selected: number | null, last: number): number | null | undefined {
  if (key === "ArrowRight") return selected === null ? 0 : Math.min(last, selected + 1);
  if (key === "ArrowLeft") return selected === null ? last : Math.max(0, selected - 1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return key === "Escape" ? null : undefined;
}
