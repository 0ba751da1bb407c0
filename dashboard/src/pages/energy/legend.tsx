interface Props {
  title: string;
  /** Leads to the period that the title names. */
  href: string | null;
  items: { name: string; label: string; color: string; value: string }[];
}

/** What the colours mean, with the values of a bucket or of the whole period. */
export function Legend({ title, href, items }: Props) {
  return (
    <div className="legend">
      <p>{href ? <a href={href}>{title}</a> : title}</p>
      <dl>
        {items.map(({ name, label, color, value }) => (
          <div key={name}>
            <dt>
              <span className="swatch" style={{ background: `var(${color})` }} />
              {label}
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
