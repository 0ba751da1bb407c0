import type { ReactNode } from "react";
import "./as-table.css";

interface Props {
  summary: string;
  columns: string[];
  /** The rows; the first cell of each is its `th`. */
  children: ReactNode;
}

/** What a picture shows, as a table that can be opened. */
export function AsTable({ summary, columns, children }: Props) {
  return (
    <details className="as-table">
      <summary>{summary}</summary>
      <table>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </details>
  );
}
