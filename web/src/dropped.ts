// What a hand let go over the page, or chose. A browser forgets what a drop held as soon as the event is over, so
// it is taken hold of at once; folders are walked when there is time.

/** A file and the folder it lay in, so that files of one name in two folders are not taken for parts of one. */
export interface Found {
  file: File;
  folder: string;
}

export interface Held {
  entries: FileSystemEntry[];
  loose: File[];
}

/** Must be called while the event of the drop is handled. */
export function hold(data: DataTransfer): Held {
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.() ?? null).filter((entry) => entry !== null);
  return { entries, loose: [...data.files] };
}

/** All files of what was dropped, folders and their folders included. */
export async function unfold({ entries, loose }: Held): Promise<Found[]> {
  if (entries.length === 0) return loose.map(chosen);
  const found: Found[] = [];
  const walk = async (entry: FileSystemEntry): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ file, folder: above(entry.fullPath) });
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

/** A file of a chooser, which knows its folder only where a folder was chosen. */
export function chosen(file: File): Found {
  return { file, folder: above(file.webkitRelativePath) };
}

function above(path: string): string {
  return path.split("/").filter(Boolean).slice(0, -1).join("/");
}
