/**
 * A large map that is copied in nearly every step, a few rows changed: its rows lie in one array, which copies in a
 * microsecond where an object of a thousand names takes thirty-five (measured; decision 0143). To everybody who reads it,
 * it is the record it stands for: looked up by name, listed in the order of its rows, written as JSON. Nobody can write it.
 */

interface Named {
  readonly id: string;
}

/** Of a row: its place in the array. Shared by all tables that are made of each other. */
type Places = ReadonlyMap<string, number>;

class Face<Row extends Named> implements ProxyHandler<Record<string, Row>> {
  readonly rows: readonly Row[];
  readonly places: Places;
  constructor(rows: readonly Row[], places: Places) {
    this.rows = rows;
    this.places = places;
  }

  get(_target: unknown, name: string | symbol): Row | undefined {
    const place = this.places.get(name as string);
    return place === undefined ? undefined : this.rows[place];
  }

  has(_target: unknown, name: string | symbol): boolean {
    return this.places.has(name as string);
  }

  ownKeys(): string[] {
    return [...this.places.keys()];
  }

  getOwnPropertyDescriptor(target: unknown, name: string | symbol): PropertyDescriptor | undefined {
    const value = this.get(target, name);
    return value === undefined ? undefined : { value, enumerable: true, configurable: true, writable: false };
  }

  set(): boolean {
    return false;
  }

  defineProperty(): boolean {
    return false;
  }

  deleteProperty(): boolean {
    return false;
  }
}

const placesOf = new WeakMap<object, Places>();

/** As a record by id, in this order. The array is the table's from here on: whoever gave it writes to it no more. */
export function tableOf<Row extends Named>(
  rows: readonly Row[],
  places: Places = new Map(rows.map(({ id }, at) => [id, at])),
): Readonly<Record<string, Row>> {
  const table = new Proxy<Record<string, Row>>(Object.create(null), new Face(rows, places)) as Record<string, Row>;
  placesOf.set(table, places);
  return table;
}

/** `rows` with the ids of `table`, each in its place. */
export const tableLike = <Row extends Named>(
  table: Readonly<Record<string, Row>>,
  rows: readonly Row[],
): Readonly<Record<string, Row>> => tableOf(rows, placesOf.get(table));
