import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

import type { Pages } from "../load";

export interface Field<Row> {
  name: string;
  unit?: string;
  /** What the column means, for whoever hovers. */
  means?: string;
  /** Whether it holds numbers. */
  number?: boolean;
  /** Whether it holds sentences, which may take several lines. */
  prose?: boolean;
  of: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  caption: string;
  fields: Field<Row>[];
  rows: Row[];
  total?: Row | null;
}

/** Rows, the first field of each its name; wide ones scroll within themselves. */
export function Table<Row>({ caption, fields, rows, total }: TableProps<Row>) {
  const id = useId();
  return (
    <div class="sheet">
      <p id={id} class="caption">
        {caption}
      </p>
      <div class="scroll" role="region" aria-labelledby={id} tabIndex={0}>
        <table aria-labelledby={id}>
          <thead>
            <tr>
              {fields.map((field) => (
                <th key={field.name} scope="col" class={field.number ? "n" : ""} title={field.means}>
                  {field.name}
                  {field.unit && <span class="unit"> {field.unit}</span>}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              <Line key={at} fields={fields} row={row} />
            ))}
          </tbody>
          {total && (
            <tfoot>
              <Line fields={fields} row={total} />
            </tfoot>
          )}
        </table>
      </div>
    </div>
  );
}

function Line<Row>({ fields, row }: { fields: Field<Row>[]; row: Row }) {
  const [first, ...rest] = fields;
  return (
    <tr>
      {first && <th scope="row">{first.of(row)}</th>}
      {rest.map((field) => (
        <td key={field.name} class={field.number ? "n" : field.prose ? "prose" : ""}>
          {field.of(row)}
        </td>
      ))}
    </tr>
  );
}

export function More<Row>({ of }: { of: Pages<Row> }) {
  if (!of.more) return null;
  return (
    <button type="button" class="more" onClick={of.more}>
      Show more
    </button>
  );
}
