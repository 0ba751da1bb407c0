/** What the server says; docs/api.md describes it. Times are ISO 8601, null means "the device does not have it". */

export interface Sample {
  device_id: string;
  kind: string;
  ts: string;
  [field: string]: number | string | null;
}

export interface EdgeReport {
  reported_at: string;
  waiting: number;
  quarantined: number;
  version: string | null;
}

export interface Device {
  device_id: string;
  kind: string | null;
  first_seen: string | null;
  last_seen: string | null;
  edge: EdgeReport | null;
}

export interface Devices {
  /** The zone whose days the home lives by. */
  tz: string;
  devices: Device[];
}

export type BucketName = "15m" | "hour" | "day" | "week" | "month" | "year";

export interface SeriesBucket {
  bucket: string;
  bucket_local: string;
  sample_count: number;
  [field: string]: number | string | null;
}

export interface Series {
  device_id: string;
  kind: string;
  tz: string;
  bucket: BucketName;
  start: string;
  end: string;
  energy_source: Record<string, "counter" | "power" | null>;
  series: SeriesBucket[];
}

export interface Gap {
  start: string;
  /** null: it lasts. */
  end: string | null;
  seconds: number;
}

export interface Gaps {
  device_id: string;
  kind: string;
  start: string;
  end: string;
  min_s: number;
  gaps: Gap[];
  missing_s: number;
}
