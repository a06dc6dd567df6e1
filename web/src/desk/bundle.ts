// What was dropped or chosen, put together into things to send: the parts of a shapefile belong together and
// travel as one archive, a metadata file goes with the file it is named after.

import { type Found } from "../dropped";

/** One delivery to be. */
export interface Parcel {
  name: string;
  /** The folder it lay in; empty for a file by itself. */
  folder: string;
  /** The files it is made of. */
  files: File[];
  /** What lay beside it. */
  metadata: Record<string, unknown> | null;
}

/** The endings of what may lie beside a `.shp`. */
const PARTS = ["shp", "shx", "dbf", "prj", "cpg", "qpj", "sbn", "sbx", "fbn", "fbx", "ain", "aih", "atx", "qix", "fix", "cst", "shp.xml", "qml", "qmd", "lyr"];
const METADATA = ".metadata.json";

/** What goes up, and what of a heap or a folder does not: read-me files, projects, styles. */
export interface Sorted {
  parcels: Parcel[];
  left: string[];
}

/** Sorts files into parcels. Where there are several, those with an ending that the server does not take are left;
 * a file that comes by itself always goes up, and the server says what it thinks of it. */
export async function sorted(found: Found[], endings: string[]): Promise<Sorted> {
  const groups = new Map<string, Found[]>();
  const beside: Found[] = [];
  const left: string[] = [];
  const path = ({ file, folder }: Found): string => `${folder}/${file.name}`.toLowerCase();
  const stems = new Set(found.filter((one) => /\.shp$/i.test(one.file.name)).map((one) => stem(path(one), "shp")));
  for (const one of found) {
    const name = one.file.name.toLowerCase();
    if (name.startsWith(".") || one.file.size === 0) continue;
    if (name.endsWith(METADATA)) {
      beside.push(one);
      continue;
    }
    const part = PARTS.find((ending) => name.endsWith(`.${ending}`));
    const group = part && stems.has(stem(path(one), part)) ? `${stem(path(one), part)}.shp` : path(one);
    if (group === path(one) && found.length > 1 && endings.length > 0 && !endings.some((ending) => name.endsWith(`.${ending}`))) left.push(one.file.name);
    else groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  const parcels = await Promise.all(
    [...groups].map(async ([group, members]) => {
      const said = beside.find((one) => [group.replace(/\.[^.]+$/, ""), group].includes(path(one).slice(0, -METADATA.length)));
      const metadata = said ? ((await said.file.text().then(JSON.parse).catch(() => null)) as Record<string, unknown> | null) : null;
      const files = members.map((one) => one.file);
      const main = files.find((file) => /\.shp$/i.test(file.name)) ?? files[0]!;
      return { name: files.length > 1 ? main.name.replace(/\.shp$/i, ".zip") : main.name, folder: members[0]!.folder, files, metadata };
    }),
  );
  return { parcels, left };
}

function stem(name: string, ending: string): string {
  return name.slice(0, -ending.length - 1);
}

/** A parcel as one blob: the file itself, or a zip archive that stores its files as they are. */
export async function blobOf(parcel: Parcel): Promise<Blob> {
  const [only] = parcel.files;
  if (only && parcel.files.length === 1) return only;
  const parts: BlobPart[] = [];
  const directory: BlobPart[] = [];
  let offset = 0;
  let listed = 0;
  for (const file of parcel.files) {
    const name = new TextEncoder().encode(file.name);
    const check = await crc32(file);
    // Bit 11 says that names are UTF-8; the date is 1980-01-01, so that the same files make the same archive.
    const common = [[2, 20], [2, 1 << 11], [2, 0], [2, 0], [2, 0x21], [4, check], [4, file.size], [4, file.size], [2, name.length], [2, 0]];
    parts.push(fields([[4, 0x04034b50], ...common]), name, file);
    directory.push(fields([[4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, offset]]), name);
    offset += 30 + name.length + file.size;
    listed += 46 + name.length;
  }
  const count = parcel.files.length;
  return new Blob([...parts, ...directory, fields([[4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, listed], [4, offset], [2, 0]])]);
}

/** Little-endian numbers, each with its width in bytes. */
function fields(list: number[][]): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(list.reduce((sum, [width]) => sum + (width ?? 0), 0));
  const view = new DataView(made.buffer);
  let at = 0;
  for (const [width = 0, value = 0] of list) {
    if (width === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += width;
  }
  return made;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  let left = value;
  for (let bit = 0; bit < 8; bit += 1) left = left & 1 ? (left >>> 1) ^ 0xedb88320 : left >>> 1;
  return left;
});

/** The check sum of the ZIP format, read a piece at a time: files are larger than memory likes. */
async function crc32(file: Blob): Promise<number> {
  let sum = 0xffffffff;
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return (sum ^ 0xffffffff) >>> 0;
    for (const byte of value) sum = (sum >>> 8) ^ (TABLE[(sum ^ byte) & 255] ?? 0);
  }
}
