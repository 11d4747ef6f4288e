// Pictures on their way to the server: square PNGs of bounded size.

const MAX_SIDE = 1024;
const MAX_BYTES = 4_000_000;

/**
 * @typedef {object} SquarePicture
 * @property {Blob} blob   a PNG
 * @property {number} side in pixels
 * @property {string} note what was done to it; empty when nothing was
 */

function toPng(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The browser could not write the picture as PNG."))), "image/png");
  });
}

async function decode(blob) {
  try {
    return await createImageBitmap(blob);
  } catch {
    throw new Error("This is no picture that the browser can read. PNG, JPEG and WebP will do.");
  }
}

function describe(bitmap, cut, side) {
  const notes = [];
  if (bitmap.width !== bitmap.height) notes.push(`cropped to its middle square, from ${bitmap.width} × ${bitmap.height}`);
  if (side !== cut) notes.push(`made smaller, to ${side} × ${side}`);
  const text = notes.join(", and ");
  return text && `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/**
 * @param {Blob} blob a picture of any shape in a format that the browser reads
 * @returns {Promise<SquarePicture>} its middle square
 */
export async function squarePicture(blob) {
  const bitmap = await decode(blob);
  const cut = Math.min(bitmap.width, bitmap.height);
  const side = Math.min(cut, MAX_SIDE);
  const note = describe(bitmap, cut, side);
  if (!note && blob.type === "image/png" && blob.size < MAX_BYTES) {
    bitmap.close();
    return { blob, side, note };
  }
  const canvas = document.createElement("canvas");
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, (bitmap.width - cut) / 2, (bitmap.height - cut) / 2, cut, cut, 0, 0, side, side);
  bitmap.close();
  return { blob: await toPng(canvas), side, note };
}

function typeOf(bytes) {
  if (bytes[0] === 0xff) return "image/jpeg";
  return bytes[0] === 0x52 ? "image/webp" : "image/png";
}

/**
 * @param {string} base64 of a PNG, JPEG or WebP file
 * @returns {Blob}
 */
export function blobFromBase64(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; ++index) bytes[index] = text.charCodeAt(index);
  return new Blob([bytes], { type: typeOf(bytes) });
}

/**
 * @param {Blob} blob a picture
 * @returns {Promise<string>} its size, such as "256x128"
 */
export async function pictureSize(blob) {
  const bitmap = await decode(blob);
  const size = `${bitmap.width}x${bitmap.height}`;
  bitmap.close();
  return size;
}
