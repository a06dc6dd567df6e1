// A real tus client against a running server: `node client.cjs URL FILE`. It breaks an upload off after a
// part of it, finds it again, goes on from the server's offset, and prints what was made as JSON.
const fs = require("node:fs");
const tus = require("tus-js-client");

const [url, file] = process.argv.slice(2);
const size = fs.statSync(file).size;
const chunkSize = Math.max(1, Math.ceil(size / 5));

function upload(extra) {
  return new Promise((resolve, reject) => {
    let delivery;
    const task = new tus.Upload(fs.createReadStream(file), {
      endpoint: `${url}/uploads`,
      chunkSize,
      uploadSize: size,
      retryDelays: [0, 200, 1000],
      metadata: { filename: file.split("/").pop(), source: "tus-js-client", filetype: "application/zip" },
      onAfterResponse: (_request, response) => {
        delivery = response.getHeader("Parat-Delivery") ?? delivery;
      },
      onError: reject,
      onSuccess: () => resolve({ url: task.url, delivery }),
      ...extra(() => task, resolve),
    });
    task.start();
  });
}

async function main() {
  // Broken off after two pieces.
  const broken = await upload((task, resolve) => ({
    onChunkComplete: (_size, accepted) => {
      if (accepted >= 2 * chunkSize) {
        task().abort(false).then(() => resolve({ url: task().url, accepted }));
      }
    },
  }));
  const head = await fetch(broken.url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
  const offset = Number(head.headers.get("upload-offset"));
  if (offset < 2 * chunkSize || offset >= size) throw new Error(`broke off at ${offset} of ${size}`);
  // The stream of the second task begins at the offset: the client reads and throws away what is there.
  let first = null;
  const done = await upload(() => ({
    uploadUrl: broken.url,
    onProgress: (sent) => { first ??= sent; },
  }));
  if (done.url !== broken.url) throw new Error("another upload was made");
  // One that is given up is gone.
  const gone = await upload((task, resolve) => ({
    onChunkComplete: () => task().abort(true).then(() => resolve({ url: task().url ?? broken.gone })),
    onUploadUrlAvailable: () => { broken.gone = task().url; },
  }));
  const after = await fetch(broken.gone ?? gone.url, { method: "HEAD", headers: { "Tus-Resumable": "1.0.0" } });
  if (![404, 410].includes(after.status)) throw new Error(`terminated, but ${after.status}`);
  console.log(JSON.stringify({ delivery: done.delivery, resumed_from: offset, first_sent: first, size }));
}

main().catch((error) => { console.error(String(error)); process.exit(1); });
