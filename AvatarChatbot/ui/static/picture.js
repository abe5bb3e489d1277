/** Pictures of faces, made ready for the server here: upright, and no larger than it draws. */

/** Longest side of a picture that is sent, pixels, and the quality of its JPEG. */
const LONGEST = 2048;
const QUALITY = 0.92;
/** What is smaller is sent as it is, bytes. */
const SMALL = 2 ** 20;
/** Formats that the server reads and that may be sent as they are. Others, such as AVIF, are made JPEG where this browser can. */
const PLAIN = new Set(["image/jpeg", "image/png", "image/webp"]);
/** Side of the picture in the list, and of the one in the dialog, pixels. */
export const THUMBNAIL = 192;
export const PREVIEW = 480;

/**
 * The file to be sent for one that was chosen. Clips, moving pictures and what this browser cannot decode go as they are.
 * @param {File} file
 * @returns {Promise<Blob>}
 */
export async function small(file) {
  if (file.type.startsWith("video/") || file.type === "image/gif") return file;
  let bitmap;
  try {
    // Turned as its Exif says.
    bitmap = await createImageBitmap(file);
  } catch {
    return file; // the server may still read it: HEIC, for one
  }
  const { width, height } = bitmap;
  const scale = Math.min(1, LONGEST / Math.max(width, height));
  if (scale === 1 && file.size <= SMALL && PLAIN.has(file.type)) return file;
  const canvas = drawn(bitmap, [0, 0, width, height], Math.round(width * scale), Math.round(height * scale));
  bitmap.close();
  const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
  return made && (scale < 1 || made.size < file.size || !PLAIN.has(file.type)) ? made : file;
}

/**
 * A square JPEG of a picture, or of a clip's beginning, as a data URL; nothing where this browser cannot show it.
 * @param {Blob} file
 * @param {number} size pixels
 */
export async function square(file, size) {
  const url = URL.createObjectURL(file);
  try {
    const shown = file.type.startsWith("video/") ? await firstFrame(url) : await createImageBitmap(file);
    const [width, height] = "videoWidth" in shown ? [shown.videoWidth, shown.videoHeight] : [shown.width, shown.height];
    const side = Math.min(width, height);
    const top = Math.min((height - side) / 2, height * 0.1);
    return drawn(shown, [(width - side) / 2, top, side, side], size, size).toDataURL("image/jpeg", 0.8);
  } catch {
    return "";
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * @param {ImageBitmap | HTMLVideoElement} shown
 * @param {[number, number, number, number]} part of it: left, top, width and height
 * @param {number} width
 * @param {number} height
 */
function drawn(shown, part, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser cannot draw.");
  context.imageSmoothingQuality = "high";
  // JPEG has no transparency.
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.drawImage(shown, ...part, 0, 0, width, height);
  return canvas;
}

/**
 * @param {string} url
 * @returns {Promise<HTMLVideoElement>}
 */
function firstFrame(url) {
  const video = Object.assign(document.createElement("video"), { muted: true, src: url, preload: "auto" });
  return new Promise((resolve, reject) => {
    video.onloadeddata = () => resolve(video);
    video.onerror = () => reject(video.error);
  });
}
