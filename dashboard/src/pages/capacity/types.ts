/** What `/v1/capacity/...` says; docs/capacity.md explains the fields. Powers in W, times ISO 8601. */

export interface Quarter {
  bucket: string;
  avg_power_w: number;
  lower_w: number;
  upper_w: number;
  exact: boolean;
}

export interface QuarterGap {
  start: string;
  end: string;
  quarters: number;
  highest_at_least_w: number;
  each_at_most_w: number | null;
}

export interface Running {
  bucket: string;
  ends: string;
  as_of: string;
  power_w: number | null;
  so_far_w: number | null;
  forecast_w: number | null;
  target_w: number | null;
  free_w: number | null;
  free_without_cost_w: number | null;
}

export interface Coverage {
  expected: number;
  elapsed: number;
  covered: number;
  missing: number;
}

export interface CapacityMonth {
  month: string;
  tz: string;
  monthly_peak_w: number | null;
  monthly_peak_ts: string | null;
  monthly_peak_local: string | null;
  monthly_peak_exact: boolean;
  monthly_peak_lower_w: number | null;
  monthly_peak_upper_w: number | null;
  coverage: Coverage;
  meter: { monthly_peak_w: number; difference_w: number | null } | null;
  /** Left out where they were not asked for. */
  peaks?: Quarter[];
  gaps?: QuarterGap[];
  running: Running | null;
}

export interface MonthPeak {
  month: string;
  peak_w: number | null;
  floored_w: number | null;
  complete: boolean;
  provisional?: boolean;
}

export interface CapacityYear {
  year: number;
  months: MonthPeak[];
  average: {
    months: MonthPeak[];
    missing: string[];
    count: number;
    raw_w: number | null;
    floored_w: number | null;
    complete: boolean;
  };
  cost: {
    eur_per_year: number;
    eur_per_month: number;
    tariff_eur_per_kw_year: number;
    tariff_year: number;
    vat_included: boolean;
    source: string | null;
  } | null;
}
