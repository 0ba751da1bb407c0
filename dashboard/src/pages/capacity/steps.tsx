import type { ReactNode } from "react";
import "./steps.css";

interface Props {
  label: string;
  previous: { name: string; href: string | null };
  next: { name: string; href: string | null };
  children: ReactNode;
}

/** One back, one forth; where there is nothing to go to, the arrow is faint. */
export function Steps({ label, previous, next, children }: Props) {
  return (
    <nav className="steps" aria-label={label}>
      <Step {...previous} arrow="M15 5l-7 7 7 7" />
      {children}
      <Step {...next} arrow="M9 5l7 7-7 7" />
    </nav>
  );
}

function Step({ name, href, arrow }: { name: string; href: string | null; arrow: string }) {
  const icon = (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={arrow} />
    </svg>
  );
  if (href === null) return <span className="step">{icon}</span>;
  return (
    <a className="step" href={href} aria-label={name} title={name}>
      {icon}
    </a>
  );
}
