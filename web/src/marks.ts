// The small images of the map, drawn here and not fetched: the hatch of "no value", and for differences a
// pattern and a sign each, because colours alone say nothing to one man in twelve.

/** The colour of each role: blue-green, vermilion and amber stay apart under every common colour blindness. */
export const INKS = {
  light: { added: "#00695c", removed: "#b3261e", changed: "#8a5a00", before: "#b3261e", after: "#00695c", candidate: "#4a3a8c", outline: "#5d3f60" },
  dark: { added: "#5fd3bc", removed: "#ff9a85", changed: "#f2c14e", before: "#ff9a85", after: "#5fd3bc", candidate: "#b9a9ff", outline: "#d0b0d6" },
};

export const NO_VALUE = "no-value";

/** The sign of each kind of difference, the same on the map, in the table and among the numbers. */
export const SIGNS: Record<string, string> = { added: "+", removed: "−", changed: "~" };

export interface MapImage {
  id: string;
  image: ImageData;
  /** Pixels of the image for one of the map. */
  scale: number;
}

export function imagesOf(dark: boolean): MapImage[] {
  const tail = dark ? "-dark" : "";
  const inks = INKS[dark ? "dark" : "light"];
  const images: MapImage[] = [{ id: NO_VALUE + tail, image: hatch(dark), scale: 1 }];
  for (const role of ["added", "removed", "changed"] as const) {
    images.push({ id: `area-${role}${tail}`, image: pattern(role, inks[role]), scale: 2 });
    images.push({ id: `sign-${role}${tail}`, image: sign(SIGNS[role] ?? "", inks[role], dark), scale: 2 });
  }
  for (let at = 1; at <= 9; at += 1) images.push({ id: `sign-${at}${tail}`, image: sign(String(at), inks.candidate, dark), scale: 2 });
  return images;
}

function hatch(dark: boolean): ImageData {
  const size = 12;
  const image = new ImageData(size, size);
  const [ink, ground] = dark ? [[120, 126, 134], [38, 42, 47]] : [[150, 144, 134], [236, 231, 221]];
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const line = (x + y) % 6 < 1.5;
      image.data.set([...((line ? ink : ground) as number[]), line ? 255 : 150], (y * size + x) * 4);
    }
  }
  return image;
}

/** Added: crosses. Removed: a hatch. Changed: level lines. */
function pattern(role: "added" | "removed" | "changed", ink: string): ImageData {
  const size = 24;
  const image = new ImageData(size, size);
  const rgb = [1, 3, 5].map((at) => Number.parseInt(ink.slice(at, at + 2), 16));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const drawn =
        role === "removed" ? (x + y) % 12 < 3
        : role === "changed" ? y % 12 < 3
        : (Math.abs(x - 12) < 2 && Math.abs(y - 12) < 6) || (Math.abs(y - 12) < 2 && Math.abs(x - 12) < 6);
      image.data.set([...rgb, drawn ? 215 : 56], (y * size + x) * 4);
    }
  }
  return image;
}

/** A sign on a disc. */
function sign(text: string, ink: string, dark: boolean): ImageData {
  const size = 40;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d")!;
  pen.beginPath();
  pen.arc(size / 2, size / 2, size / 2 - 3, 0, 2 * Math.PI);
  pen.fillStyle = ink;
  pen.fill();
  pen.lineWidth = 3;
  pen.strokeStyle = dark ? "#15191d" : "#ffffff";
  pen.stroke();
  pen.fillStyle = pen.strokeStyle;
  pen.font = "bold 26px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, size / 2, size / 2 + 1);
  return pen.getImageData(0, 0, size, size);
}
