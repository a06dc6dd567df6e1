// What was dropped or chosen, put together into things to send: the parts of a shapefile belong together and
// travel as one archive, a metadata file goes with the file it is named after.

/** One delivery to be. */
export interface Parcel {
  name: string;
  /** The files it is made of. */
  files: File[];
  /** What lay beside it. */
  metadata: Record<string, unknown> | null;
}

/** The endings of what may lie beside a `.shp`. */
const PARTS = ["shp", "shx", "dbf", "prj", "cpg", "qpj", "sbn", "sbx", "qix", "cst", "shp.xml"];
const METADATA = ".metadata.json";

/** Sorts files into parcels. */
export async function parcels(files: File[]): Promise<Parcel[]> {
  const groups = new Map<string, File[]>();
  const beside: File[] = [];
  const stems = new Set(files.filter((file) => /\.shp$/i.test(file.name)).map((file) => stem(file.name, "shp")));
  for (const file of files) {
    if (file.name.startsWith(".") || file.size === 0) continue;
    if (file.name.toLowerCase().endsWith(METADATA)) {
      beside.push(file);
      continue;
    }
    const part = PARTS.find((ending) => file.name.toLowerCase().endsWith(`.${ending}`));
    const name = part ? stem(file.name, part) : "";
    const group = part && stems.has(name) ? `${name}.shp` : file.name;
    groups.set(group, [...(groups.get(group) ?? []), file]);
  }
  return Promise.all(
    [...groups].map(async ([name, members]) => {
      const bare = name.replace(/\.[^.]+$/, "").toLowerCase();
      const said = beside.find((file) => [bare, name.toLowerCase()].includes(file.name.toLowerCase().slice(0, -METADATA.length)));
      const metadata = said ? ((await said.text().then(JSON.parse).catch(() => null)) as Record<string, unknown> | null) : null;
      return { name: members.length > 1 ? name.replace(/\.shp$/i, ".zip") : name, files: members, metadata };
    }),
  );
}

function stem(name: string, ending: string): string {
  return name.slice(0, -ending.length - 1);
}

/** All files of what was dropped, folders and their folders included. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const loose = [...data.files];
  if (entries.length === 0) return loose;
  const found: File[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      found.push(await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject)));
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // A reader gives a hundred at a time, and nothing at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) return;
      for (const one of some) await walk(one);
    }
  };
  for (const entry of entries) await walk(entry);
  return found;
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
